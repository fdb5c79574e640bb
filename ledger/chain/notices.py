"""Who hears of an event: roles to persons, one notice row for each. Written with the entry; delivery is elsewhere."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from ledger.store.canonical import canonical
from ledger.store.driver import in_list
from ledger.store.tables import Area, Notice, Post, table_of
from rules.codec import Plain, instant_text
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    Issued,
    Reassigned,
    Remarked,
    Reopened,
    Returned,
    Submitted,
    Urged,
)
from rules.machine.state import State
from rules.machine.timed import Paused, Recalculated, Resumed, RungReached
from rules.permitting import OF_AREA, OF_UNIT, place_of
from rules.process import Role

POST = table_of(Post)
AREA = table_of(Area)
NOTICE = table_of(Notice)

_UNIT = (Role.LIAISON,)
_UNIT_AND_HEAD = (Role.LIAISON, Role.UNIT_HEAD)
AUDIENCE: dict[type[Fact], tuple[Role, ...]] = {
    Issued: _UNIT,
    Declined: (Role.SUPERVISOR,),
    Reassigned: _UNIT,
    Submitted: (Role.SUPERVISOR,),
    Approved: _UNIT,
    Returned: _UNIT,
    ExtensionAsked: (Role.SUPERVISOR,),
    ExtensionGranted: _UNIT,
    ExtensionRefused: _UNIT,
    Urged: _UNIT_AND_HEAD,
    Remarked: (*_UNIT_AND_HEAD, Role.SUPERVISOR),
    Closed: _UNIT,
    Completed: (Role.SUPERVISOR,),
    CycleStarted: _UNIT_AND_HEAD,
    Reopened: _UNIT_AND_HEAD,
    Annulled: _UNIT,
    Paused: _UNIT_AND_HEAD,
    Resumed: _UNIT_AND_HEAD,
}
"""Who hears of a command's event. A rung names its own audience in the definition."""

TELLS_CO_UNITS = (Issued, Reassigned, Remarked, Paused, Resumed, Closed, Completed, CycleStarted, Reopened, Annulled)
"""Of these the liaisons of the co-units hear as well: that there is something to help with, for whom, how it goes on,
and that it ends. What the lead unit and its reviewer settle between them (reviews, extensions, ladder) is theirs."""

_AT_ONCE = (Urged, Remarked)


def audience(fact: Fact) -> tuple[Role, ...]:
    """The roles that hear of a fact."""
    if isinstance(fact, RungReached):
        return () if fact.quiet else fact.audience
    if isinstance(fact, Recalculated):
        return _UNIT if fact.dates.moved else ()
    if isinstance(fact, ExtensionAsked | CorrectionAsked):
        return (fact.decider,)
    if isinstance(fact, Corrected | CorrectionRefused):
        return (fact.asker_role,)
    return AUDIENCE.get(type(fact), ())


def at_once(fact: Fact) -> bool:
    """Whether whoever hears of it does so without waiting for the morning."""
    return fact.immediate if isinstance(fact, RungReached) else isinstance(fact, _AT_ONCE)


def heard_of(connection: Connection, told: Sequence[tuple[State, str, Event]]) -> list[dict[str, Role]]:
    """Who hears of each of many items' events, as what: triples of (state, supervisor's person id, event)."""
    holders = Holders.of_these(
        connection,
        {
            (role, state.unit.id, state.unit.area)
            for state, _, event in told
            for role in audience(event.fact)
            if role is not Role.SUPERVISOR  # the item's own, whom the caller knows
        }
        | {
            (Role.LIAISON, unit, None)
            for state, _, event in told
            if isinstance(event.fact, TELLS_CO_UNITS)
            for unit in state.co_units
        },
    )
    return [holders.heard(s.unit, supervisor, event.fact, s.co_units) for s, supervisor, event in told]


def told_text(heard: Mapping[str, Role]) -> str:
    """Who hears, as it stands in the entry: canonical JSON of [person, role] pairs in the order of persons."""
    return canonical(sorted([person, str(role)] for person, role in heard.items())).decode()


def rows_of(no: str, event: Event, heard: Mapping[str, Role]) -> list[Plain]:
    """The notices that one event causes for those who hear of it. All but `state` and `read_at` follows from the
    entry, which verification checks."""
    return [_row(no, event, role, person) for person, role in heard.items()]


def _row(no: str, event: Event, role: Role, person: str) -> Plain:
    fact = event.fact
    rung = fact if isinstance(fact, RungReached) else None
    return {
        "id": f"{no}/{event.seq}/{person}",
        "stream": no,
        "seq": event.seq,
        "at": instant_text(event.at),
        "person": person,
        "role": str(role),
        "kind": event.kind,
        "rung": rung.rung if rung else "",
        "lamp": rung.lamp if rung else "",
        "immediate": at_once(fact),
        "state": "pending",
    }


class Holders:
    """Persons by role: of a unit, of an area, or of the whole body (whichever unit they sit in)."""

    def __init__(self, posts: Iterable[tuple[str, str | None, str | None, str]] = ()) -> None:
        """`posts`: (role, unit, area, person)."""
        self._found: dict[tuple[str, str | None, str | None], list[str]] = {}
        for role, unit, area, person in posts:
            self._found.setdefault((role, *place_of(role, unit, area)), []).append(person)

    @classmethod
    def of_these(cls, connection: Connection, wanted: Iterable[tuple[Role, str, str | None]]) -> "Holders":
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
        return cls((row[0], row[1], row[2], row[3]) for row in connection.exec_driver_sql(query, tuple(values)))

    @classmethod
    def everybody(cls, connection: Connection) -> "Holders":
        """All that the directory knows."""
        posts = connection.execute(select(POST.c.role, POST.c.unit, POST.c.area, POST.c.person).order_by(POST.c.person))
        return cls((role, unit, area, person) for role, unit, area, person in posts)

    def heard(self, unit: UnitRef, supervisor: str, fact: Fact, co_units: tuple[str, ...] = ()) -> dict[str, Role]:
        """Who hears of the fact about an item of that unit, with these co-units, each once, as what."""
        heard: dict[str, Role] = {}
        if isinstance(fact, Corrected | CorrectionRefused):  # perhaps of a unit that the item has left
            heard[fact.asker] = fact.asker_role
        for role in audience(fact):
            for person in (supervisor,) if role is Role.SUPERVISOR else self.of(role, unit):
                heard.setdefault(person, role)
        if isinstance(fact, TELLS_CO_UNITS):
            for helper in co_units:
                for person in self._found.get((str(Role.LIAISON), helper, None), ()):
                    heard.setdefault(person, Role.LIAISON)
        return heard

    def of(self, role: Role, unit: UnitRef) -> list[str]:
        """Those who hold the role for that unit."""
        return self._found.get((str(role), *place_of(role, unit.id, unit.area)), [])
