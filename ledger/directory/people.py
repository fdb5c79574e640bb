"""Units, areas, people and their posts: loading them, and finding who acts as what."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, bindparam, delete, insert, select, update

from ledger.chain import erasable
from ledger.directory import arriving, leaving, naming
from ledger.directory import units as over_time
from ledger.directory.arriving import Brought
from ledger.store.driver import PreparedQuery
from ledger.store.tables import Area, Person, Post, Unit, table_of
from rules.codec import Plain, decode
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind, UnitRef
from rules.names import ROLE_NAMES
from rules.office.facts import HeldPost
from rules.permitting import OF_AREA, OfficeAct, nearness, place_of, roles_for, wrong_role
from rules.process import AREA_KIND, Holder, Role
from rules.telling.posts import in_post
from rules.units.comparing import compare
from rules.units.facts import KnownUnit

AREA = table_of(Area)
UNIT = table_of(Unit)
PERSON = table_of(Person)
POST = table_of(Post)

# Made once, since every command asks them: to build such a statement takes longer than to execute it.
_POSTS_OF = PreparedQuery(
    select(POST.c.unit, POST.c.area).where(POST.c.person == bindparam("who"), POST.c.role == bindparam("as_role"))
)
_UNITS_OF = (
    select(POST.c.unit)
    .where(POST.c.person.in_(bindparam("ids", expanding=True)), POST.c.unit.is_not(None))
    .distinct()
    .order_by(POST.c.unit)
)
_CALLED = PreparedQuery(
    select(PERSON, UNIT.c.name.label("unit_name"))
    .join(UNIT, UNIT.c.id == PERSON.c.unit, isouter=True)
    .where(PERSON.c.id.in_([bindparam(f"case{n}") for n in range(4)]) | (PERSON.c.name == bindparam("called")))
)
_HELD = PreparedQuery(select(POST).where(POST.c.person == bindparam("who")).order_by(POST.c.role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load changed, by table: how many rows are new, changed, as they were, and (posts) ended."""

    table: str
    new: int
    changed: int
    same: int
    ended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person with the posts held."""

    id: str
    name: str
    unit: str | None
    unit_name: str | None
    posts: tuple[Actor, ...]

    @property
    def role_names(self) -> str:
        """The posts' Chinese names."""
        return "、".join(dict.fromkeys(ROLE_NAMES[p.role] for p in self.posts))

    def is_near(self, units: Collection[str]) -> bool:
        """Whether people of these units meet that person: of one of them, or with a post that is no unit's."""
        return self.unit in units or any(post.unit is None or post.unit in units for post in self.posts)


def load(
    connection: Connection,
    *,
    areas: Sequence[Plain],
    units: Sequence[Plain],
    people: Sequence[Plain],
    posts: Sequence[Plain],
    renamed: Collection[str] = (),
    now: datetime | None = None,
    first: date | None = None,
    document: str = "",
    joint: int = 0,
) -> tuple[Loaded, ...]:
    """The directory holds these rows; what is new or other of the units from the day `first` on (without it, from
    today), by that document. People named here have just these posts, and what is given here of a unit or an
    area is held by nobody else from today. Whatever else there is stays; a unit that comes back is one again. Whose
    name was erased does not get it back from a file; whose name was changed keeps the old one under what is done.
    `joint`: the number of the joint act by which administrators' posts are given.

    Raises person_renamed when a known id is given another name and is not among `renamed`: an id given to a successor
    would sign the predecessor's acts. Raises units_refused for units that cannot stand like that.
    """
    gone = erasable.erased_refs(connection, erasable.SOMEBODY)
    people = [{**p, "name": erasable.nobody(p["id"]), "email": None} if p["id"] in gone else p for p in people]
    now = now or datetime.now(UTC)
    brought = Brought(erased=gone, renamed=_renamed(connection, people, renamed))
    brought.areas, of_areas = _upsert(connection, AREA, areas)
    of_units = _bring_units(connection, units, now, first or local_date(now), document)
    brought.people, of_people = _upsert(connection, PERSON, people)
    named, given = {p["id"] for p in people}, {(p["person"], p["role"], p["unit"], p["area"]) for p in posts}
    before = {(r["person"], r["role"], r["unit"], r["area"]) for r in connection.execute(select(POST)).mappings()}
    ended = {(post.person, post.role): post for post in leaving.replaced(connection, posts)}
    for person, role, unit, area in before:
        if person in named and (person, role, unit, area) not in given:
            ended[person, role] = HeldPost(person=person, role=role, unit=unit, area=area)
    leaving.end_posts(connection, [ended[key] for key in sorted(ended)], now)
    for chunk in _chunks(sorted(named), 500):
        connection.execute(delete(POST).where(POST.c.person.in_(chunk)))
    if posts:
        connection.execute(insert(POST), list(posts))
    brought.posts = [p for p in posts if (p["person"], p["role"], p["unit"], p["area"]) not in before]
    arriving.note(connection, brought, now, joint)
    leaving.end_substitutions(connection, {person for person, _ in ended}, now)
    new = len(brought.posts)
    of_posts = Loaded(table="post", new=new, changed=0, same=len(posts) - new, ended=len(ended))
    return of_areas, of_units, of_people, of_posts


def _bring_units(connection: Connection, units: Sequence[Plain], now: datetime, first: date, document: str) -> Loaded:
    known = over_time.lives(connection)
    rows = [{name: value for name, value in unit.items() if name != "condition"} for unit in units]
    conditions = {unit["id"]: unit["condition"] for unit in units if unit.get("condition")}
    brought = [decode(KnownUnit, row) for row in rows]
    facts = compare(known, brought, first, conditions=conditions, document=document)
    changed = over_time.record(connection, facts, now)
    new = sum(1 for unit in changed if unit not in known)
    return Loaded(table="unit", new=new, changed=len(changed) - new, same=len(units) - len(changed))


def _renamed(connection: Connection, people: Sequence[Plain], renamed: Collection[str]) -> set[str]:
    """Ids of those who get another name. Raises person_renamed."""
    known = {row.id: row.name for row in connection.execute(select(PERSON.c.id, PERSON.c.name))}
    changed = [p for p in people if known.get(p["id"], p["name"]) != p["name"]]
    other = [p for p in changed if p["id"] not in renamed]
    if other:
        words = "；".join(f"{p['id']} 原为“{known[p['id']]}”，现为“{p['name']}”" for p in other[:10])
        more = f"；等 {len(other)} 人" if len(other) > 10 else ""
        raise RuleViolation(Code.PERSON_RENAMED, people=words + more)
    return {p["id"] for p in changed}


def _upsert(connection: Connection, table: Table, rows: Sequence[Plain]) -> tuple[list[Plain], Loaded]:
    """The rows stand in the table. Returns those that are new or other than before, and how many they are."""
    known: dict[str, RowMapping] = {r["id"]: r for r in connection.execute(select(table)).mappings()}
    new = [r for r in rows if r["id"] not in known]
    changed = [r for r in rows if r["id"] in known and any(known[r["id"]][k] != v for k, v in r.items())]
    for row in changed:
        connection.execute(update(table).where(table.c.id == row["id"]).values(**row))
    if new:
        connection.execute(insert(table), new)
    same = len(rows) - len(new) - len(changed)
    return [*new, *changed], Loaded(table=table.name, new=len(new), changed=len(changed), same=same)


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def somebody(connection: Connection, person: str) -> Somebody:
    """The person of that id, or of that name when only one bears it. Raises unknown_person with the nearest names."""
    cases = {f"case{n}": case for n, case in enumerate(_cases(person))}
    found = _CALLED.all(connection, **cases, called=person.strip())
    if len(found) != 1:
        raise RuleViolation(Code.UNKNOWN_PERSON, actual=person[:50], hint=_person_hint(connection, person, found))
    row = found[0]
    posts = _HELD.all(connection, who=row["id"])
    return Somebody(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        unit_name=row["unit_name"],
        posts=tuple(Actor(id=row["id"], role=Role(p["role"]), unit=p["unit"], area=p["area"]) for p in posts),
    )


def known(connection: Connection, person: str) -> Somebody | None:
    """The person of exactly that id; None where there is none."""
    if not person:
        return None
    try:
        who = somebody(connection, person)
    except RuleViolation as refusal:
        if refusal.code not in (Code.UNKNOWN_PERSON, Code.BAD_REQUEST):
            raise
        return None
    return who if who.id == person else None


def _cases(written: str) -> tuple[str, str, str, str]:
    """An id as it may be stored, in whatever case it was typed."""
    plain = unicodedata.normalize("NFKC", written).strip()
    return written, plain, plain.lower(), plain.upper()


def _person_hint(connection: Connection, person: str, found: Sequence[RowMapping]) -> str:
    if found:
        ids = "、".join(f"{r['name']}（{r['id']}，{r['unit_name'] or '无单位'}）" for r in found)
        return f"：同名的有 {ids}，请用编号"
    if former := naming.once_called(connection, person.strip()):
        now = "、".join(f"{name}（{id_}）" for id_, name in sorted(names_of(connection, former).items()))
        return f"：这是曾用名，现在是{now}，请用编号"
    names = connection.execute(select(PERSON.c.name)).scalars().all()
    near = get_close_matches(person[:50], names, n=3, cutoff=0.5)
    return f"；是不是 {'、'.join(near)}？" if near else "；请核对姓名，或改用人员编号"


def actor_for(
    connection: Connection,
    person: str,
    what: CommandKind | OfficeAct,
    unit: str | None = None,
    *,
    area: str | None = None,
    co_units: Sequence[str] = (),
) -> Actor:
    """The person, acting in the post that permits it and is nearest to the item.

    A person without such a post acts in the first one held, so that the refusal can name it. Raises unknown_person.
    """
    who = somebody(connection, person)
    posts = _fitting(who, what) or who.posts
    if not posts:
        raise wrong_role(what, held(who))
    return min(posts, key=lambda post: nearness(post, what, unit, area, co_units))


def post_for(who: Somebody, act: OfficeAct, *, also: str = "") -> Actor:
    """The post in which somebody does that: the auditor's where it permits it, else the first that does.

    `also`: who else may, beside the roles. Raises wrong_role.
    """
    fitting = _fitting(who, act)
    if not fitting:
        raise wrong_role(act, held(who), also=also)
    return next((post for post in fitting if post.role is Role.AUDITOR), fitting[0])


def _fitting(who: Somebody, what: CommandKind | OfficeAct) -> list[Actor]:
    return [post for post in who.posts if post.role in roles_for(what)]


def held(who: Somebody) -> str:
    """The person with the posts held, in words."""
    return in_post(who.name, who.role_names or "没有任何职务")


def people_named(connection: Connection, text: str) -> list[str]:
    """Ids of the people whose name is exactly that."""
    return list(connection.execute(select(PERSON.c.id).where(PERSON.c.name == text)).scalars())


def names_of(connection: Connection, ids: set[str]) -> dict[str, str]:
    """Person id to name, of those that are known."""
    rows = connection.execute(select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def names_of_units(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Unit id to name, of those that are known."""
    rows = connection.execute(select(UNIT.c.id, UNIT.c.name).where(UNIT.c.id.in_(tuple(ids))).order_by(UNIT.c.id))
    return {row.id: row.name for row in rows}


def holds(connection: Connection, actor: Actor) -> bool:
    """Whether the ledger knows that person in that very post: the role, and the unit or area that it is bound to."""
    posts = _POSTS_OF.all(connection, who=actor.behalf or actor.id, as_role=str(actor.role))
    of_area = actor.role in OF_AREA
    return any(row["unit"] == actor.unit and (not of_area or row["area"] == actor.area) for row in posts)


def units_of(connection: Connection, ids: Iterable[str]) -> tuple[str, ...]:
    """The units in which any of these people has a post, by id."""
    return tuple(connection.execute(_UNITS_OF, {"ids": tuple(ids)}).scalars())


def _is(column: ColumnElement[str | None], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def everybody(connection: Connection) -> list[Somebody]:
    """Everyone with their posts, by unit and name."""
    query = select(PERSON, UNIT.c.name.label("unit_name")).join(UNIT, UNIT.c.id == PERSON.c.unit, isouter=True)
    posts: dict[str, list[Actor]] = {}
    for p in connection.execute(select(POST).order_by(POST.c.person, POST.c.role)).mappings():
        actor = Actor(id=p["person"], role=Role(p["role"]), unit=p["unit"], area=p["area"])
        posts.setdefault(p["person"], []).append(actor)
    rows = connection.execute(query.order_by(PERSON.c.id)).mappings()
    return [
        Somebody(
            id=r["id"], name=r["name"], unit=r["unit"], unit_name=r["unit_name"], posts=tuple(posts.get(r["id"], ()))
        )
        for r in rows
    ]


def unit_ref(connection: Connection, unit: str) -> UnitRef:
    """The unit of that id, in any case, or of that name or alias. Raises unknown_unit with the nearest names."""
    unit = unit.strip()
    where = UNIT.c.id.in_(_cases(unit)) | (UNIT.c.name == unit)
    row = connection.execute(select(UNIT).where(where).order_by(UNIT.c.ended.is_not(None))).mappings().first()
    if row is None:
        every = connection.execute(select(UNIT).order_by(UNIT.c.ended.is_not(None))).mappings().all()
        row = next((u for u in every if unit and unit in u["aliases"].split("\n")), None)
        if row is None:
            near = get_close_matches(unit[:50], [u["name"] for u in every], n=3, cutoff=0.5)
            hint = f"；是不是 {'、'.join(near)}？" if near else "；请核对单位名称"
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit[:50], hint=hint)
    if row["ended"]:
        became = "、".join(names_of_units(connection, row["became"].split("\n")).values()) if row["became"] else ""
        words = f"起已并入或分为{became}" if became else "起已撤销，请改写现在的单位"
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=row["name"], hint=f"：{row['ended']} {words}")
    return UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"])


def holder_ref(connection: Connection, written: str, holder: Holder) -> UnitRef:
    """What an item may be given to: a unit as in `unit_ref`, or the area of that id or name. Raises unknown_unit."""
    if holder is Holder.UNIT:
        return unit_ref(connection, written)
    where = AREA.c.id.in_(_cases(written)) | (AREA.c.name == written.strip())
    row = connection.execute(select(AREA).where(where)).mappings().first()
    if row is None:
        every = "、".join(area["name"] for area in all_areas(connection))
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=written[:50], hint=f"；由片组承办，有{every}")
    return area_ref(row)


def area_ref(row: RowMapping) -> UnitRef:
    """The area as what has an item."""
    return UnitRef(id=row["id"], name=row["name"], kind=AREA_KIND, area=row["id"])


def all_units(connection: Connection) -> list[RowMapping]:
    """Every unit's row, by id, but of those that are no more."""
    return list(connection.execute(select(UNIT).where(UNIT.c.ended.is_(None)).order_by(UNIT.c.id)).mappings())


def all_areas(connection: Connection) -> list[RowMapping]:
    """Every area's row, by id."""
    return list(connection.execute(select(AREA).order_by(AREA.c.id)).mappings())


def holders(connection: Connection, role: Role, *, unit: str | None = None, area: str | None = None) -> list[str]:
    """Ids of the people who hold that role for the unit or its area, or everywhere."""
    in_unit, in_area = place_of(role, unit, area)
    query = select(POST.c.person).where(POST.c.role == str(role), _is(POST.c.unit, in_unit), _is(POST.c.area, in_area))
    return list(connection.execute(query.order_by(POST.c.person)).scalars())
