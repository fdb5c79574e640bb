"""Who holds a post now, for the unit, the area or the body that an item has to do with. Asked when it is needed, so
that whoever leaves takes nothing along. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select, union

from ledger.store.driver import in_list, run
from ledger.store.tables import Person, Post, Unit, table_of
from rules.forms.tally import AREA_UNITS
from rules.machine.commands import UnitRef
from rules.machine.state import State
from rules.permitting import AT_PARENT, OF_AREA, OF_UNIT, place_of
from rules.process import AREA_KIND, PostAt, PostPlace, Posts, Process, Role

PERSON, POST, UNIT = table_of(Person), table_of(Post), table_of(Unit)
DEPTH = 10
"""More units than may stand one above the other (definitions.directory); a table that was tampered with has an end."""
SUPERIOR = PostAt(role=Role.SUPERVISOR, place=PostPlace.PARENT)
Wanted = tuple[Role, str, str | None]
"""A role, and the unit and the area for which somebody is looked for."""


def with_members(connection: Connection, unit: UnitRef, process: Process) -> UnitRef:
    """The area with the units that are in it now, where the process asks about each of them; else as it is."""
    if unit.kind != AREA_KIND or all(tally.each != AREA_UNITS for tally in process.tallies):
        return unit
    own = select(UNIT.c.name).where(UNIT.c.area == unit.id, UNIT.c.ended.is_(None)).order_by(UNIT.c.id)
    return replace(unit, members=tuple(connection.execute(own).scalars()))


def above(connection: Connection, units: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The units above each of these, the nearest first."""
    wanted = tuple(dict.fromkeys(units))
    parents: dict[str, str | None] = {}
    level = wanted
    for _ in range(DEPTH):
        level = tuple(unit for unit in level if unit not in parents)
        if not level:
            break
        query = f"SELECT id, parent FROM unit WHERE id IN {in_list(connection, level)}"
        parents |= dict.fromkeys(level) | {row[0]: row[1] for row in run(connection, query, level)}
        level = tuple({parent for unit in level if (parent := parents[unit])})
    return _lines(wanted, parents)


def _lines(units: Iterable[str], parents: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    lines: dict[str, tuple[str, ...]] = {}
    for unit in units:
        line: list[str] = []
        up = parents.get(unit)
        while up and up not in line and len(line) < DEPTH:
            line.append(up)
            up = parents.get(up)
        lines[unit] = tuple(line)
    return lines


def in_the_dark(connection: Connection, people: Iterable[str], units: Iterable[str]) -> set[str]:
    """Those of these people who belong to one of the units, or have a post there."""
    of = tuple(units)
    members = union(
        select(POST.c.person).where(POST.c.unit.in_(of), POST.c.role.in_(sorted(OF_UNIT))),
        select(PERSON.c.id).where(PERSON.c.unit.in_(of)),
    )
    return set(people).intersection(connection.execute(members).scalars())


class Holders:
    """Persons by role: of a unit, of an area, or of the whole body (whichever unit they sit in)."""

    def __init__(
        self,
        posts: Iterable[tuple[str, str | None, str | None, str]] = (),
        lines: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`posts`: (role, unit, area, person). `lines`: the units above each that was asked about."""
        self._found: dict[tuple[str, str | None, str | None], list[str]] = {}
        self._lines = lines or {}
        self._told: dict[tuple[Posts, str, str | None, str], tuple[tuple[str, Role], ...]] = {}
        for role, unit, area, person in posts:
            self._found.setdefault((role, *place_of(role, unit, area)), []).append(person)

    @classmethod
    def of_these(
        cls, connection: Connection, wanted: Iterable[Wanted], lines: Mapping[str, tuple[str, ...]] | None = None
    ) -> "Holders":
        """Those who matter for these (role, unit, area). One query for all."""
        asked: dict[str, tuple[set[str], set[str | None]]] = {}
        for role, unit, area in wanted:
            column, place = ("unit", unit) if role in OF_UNIT else ("area", area) if role in OF_AREA else ("", None)
            roles, places = asked.setdefault(column, (set(), set()))
            roles.add(str(role))
            places.add(place)
        either: list[str] = []
        values: list[str | None] = []
        for column, (roles, places) in asked.items():
            within = f" AND {column} IN {in_list(connection, tuple(places))}" if column else ""
            either.append(f"role IN {in_list(connection, tuple(roles))}{within}")
            values += (*roles, *places) if column else roles
        if not either:
            return cls()
        where = " OR ".join(f"({one})" for one in either)
        query = f"SELECT role, unit, area, person FROM post WHERE {where} ORDER BY person"
        rows = run(connection, query, tuple(values))
        return cls(((row[0], row[1], row[2], row[3]) for row in rows), lines)

    @classmethod
    def everybody(cls, connection: Connection) -> "Holders":
        """All that the directory knows."""
        posts = connection.execute(select(POST.c.role, POST.c.unit, POST.c.area, POST.c.person).order_by(POST.c.person))
        parents = {row.id: row.parent for row in connection.execute(select(UNIT.c.id, UNIT.c.parent))}
        return cls(((role, unit, area, person) for role, unit, area, person in posts), _lines(parents, parents))

    @classmethod
    def superiors(cls, connection: Connection, unit: str) -> "Holders":
        """Those who matter for who stands above that unit."""
        lines = above(connection, (unit,))
        return cls.of_these(connection, wanted_at(SUPERIOR, unit, None, lines), lines)

    def superior(self, unit: str) -> tuple[Role, str | None]:
        """In which role, and in which unit, the superior's post for that unit is held: by the head of the nearest unit
        above it that has one who does not belong to the unit itself; where there is none, at the site."""
        members = {person for role in OF_UNIT for person in self._found.get((str(role), unit, None), ())}
        in_unit, at_site = AT_PARENT
        for up in self._lines.get(unit, ()):
            if set(self._found.get((str(in_unit), up, None), ())) - members:
                return in_unit, up
        return at_site, None

    def of(self, role: Role, unit: UnitRef) -> list[str]:
        """Those who hold the role for that unit."""
        return self._found.get((str(role), *place_of(role, unit.id, unit.area)), [])

    def of_unit(self, role: Role, unit: str) -> list[str]:
        """Those who hold a unit's role there."""
        return self._found.get((str(role), unit, None), [])

    def at(self, post: PostAt, state: State) -> tuple[Role, list[str]]:
        """In which role, and by whom, the post is held for that item. A supervisor's is held by the one who has the
        item in hand, as long as there; by every supervisor after that."""
        role, unit = post.role, state.unit
        if post.place is PostPlace.PARENT:
            role, up = self.superior(unit.id)
            if up is not None:
                return role, self._found[str(role), up, None]
        held = self.of(role, unit)
        if role is Role.SUPERVISOR and state.supervisor in held:
            return role, [state.supervisor]
        return role, held

    def who(self, posts: Posts, state: State) -> tuple[tuple[str, Role], ...]:
        """Who is told of what concerns that party of the item, as what: of posts of which one will do, the first that
        somebody holds. An empty person: nobody holds it."""
        key = (posts, state.unit.id, state.unit.area, state.supervisor)
        told = self._told.get(key)
        if told is None:
            told = self._told[key] = tuple(self._who(posts, state))
        return told

    def _who(self, posts: Posts, state: State) -> Iterator[tuple[str, Role]]:
        asked = [self.at(post, state) for post in posts.of]
        if posts.least == 1:
            asked = [next((one for one in asked if one[1]), asked[0])]
        for role, held in asked:
            yield from ((person, role) for person in held or ("",))


def wanted_at(post: PostAt, unit: str, area: str | None, lines: Mapping[str, tuple[str, ...]]) -> Iterator[Wanted]:
    """Whom to look for to know who holds that post for an item of the unit."""
    if post.place is PostPlace.PARENT:
        in_unit, at_site = AT_PARENT
        yield from ((in_unit, up, None) for up in lines.get(unit, ()))
        yield from ((role, unit, None) for role in OF_UNIT)
        yield at_site, unit, area
    else:
        yield post.role, unit, area
