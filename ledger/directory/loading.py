"""Definitions into the ledger's database: directories, processes and calendars. Loading twice is the same as once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from definitions.directory import DirectoryDefinition
from definitions.process import ProcessDefinition
from ledger.chain import lookup, pinned
from ledger.directory import leaving, people
from ledger.directory import units as over_time
from ledger.directory.joint.acts import JointWanted, carry_out, check_agreed
from ledger.directory.joint.granting import agreed_grants
from ledger.directory.leaving import Missing
from ledger.directory.people import Loaded
from rules.access import held_together
from rules.codec import Plain
from rules.dates.calendar import Calendar, local_date
from rules.errors import Code, RuleViolation
from rules.joint.acts import JOINT_ACT_NAMES, JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor
from rules.names import ROLE_NAMES
from rules.office.facts import HeldPost
from rules.permitting import place_of
from rules.units.comparing import merge


def load_directory(
    connection: Connection,
    directory: DirectoryDefinition,
    *,
    renamed: Collection[str] = (),
    first: date | None = None,
    document: str = "",
    now: datetime | None = None,
    by: Actor | None = None,
    foreseen: bool = False,
) -> tuple[Loaded, ...]:
    """The areas, units and people of the file are known, with their posts; what other files named stays. See
    people.load. An administrator's post is given by two people: `by`, and whoever confirmed it (raises as
    joint.granting), unless it is only `foreseen` and taken back.

    What is to hold of the units from the day `first` on that is still to come is known at once, and holds then; people
    and posts, which have no days, are not touched: the file is loaded again that day.
    """
    now = now or datetime.now(UTC)
    to_come = first is not None and first > local_date(now)
    areas = [{"id": a.id, "name": a.name, "leader": a.leader, "instructor": a.instructor} for a in directory.areas]
    if to_come:
        known = {area["id"] for area in people.all_areas(connection)}
        areas = [area for area in areas if area["id"] not in known]
    posts = [] if to_come else _posts(directory)
    loaded = people.load(
        connection,
        areas=areas,
        units=_units(directory),
        people=[]
        if to_come
        else [{"id": p.id, "name": p.name, "unit": p.unit, "email": p.email} for p in directory.people],
        posts=posts,
        renamed=renamed,
        now=now,
        first=first,
        document=document,
        joint=0 if foreseen else agreed_grants(connection, posts, directory.people, by, now),
    )
    _merge(connection, directory, first or local_date(now), document, now)
    return loaded


def check_apart(connection: Connection) -> None:
    """Nobody holds two of the posts of the three administrators. Raises administrators_together."""
    held = {who: held_together(who.posts) for who in people.everybody(connection)}
    named = [
        f"{who.name}（{who.id}）是{'、'.join(ROLE_NAMES[role] for role in both)}" for who, both in held.items() if both
    ]
    if named:
        raise RuleViolation(Code.ADMINISTRATORS_TOGETHER, people="；".join(named[:10]))


def _merge(connection: Connection, directory: DirectoryDefinition, first: date, document: str, now: datetime) -> None:
    """The units that the file says are part of others are so from that day on; those that are already, stay so. Raises
    units_refused."""
    for unit in (one for one in directory.units if one.merged):
        lives = over_time.lives(connection)
        gone = [part for part in unit.merged if part not in lives or lives[part].span(first)]
        if gone:
            over_time.record(connection, merge(lives, gone, unit.id, first, document=document), now)
            leaving.end_posts_of(connection, gone, now)


def missing(connection: Connection, directories: Sequence[DirectoryDefinition]) -> Missing:
    """What the ledger knows and none of the files names, not even as merged."""
    units = [unit for directory in directories for unit in _units(directory)]
    units += [{"id": part} for directory in directories for unit in directory.units for part in unit.merged]
    return leaving.missing(connection, units=units, posts=[p for d in directories for p in _posts(d)])


def end(connection: Connection, absent: Missing, now: datetime, first: date | None = None, document: str = "") -> None:
    """What is missing is ended, from today; of units from the day `first` on, if one is said. Posts in units that go on
    have no days: they end where that is not still to come."""
    gone = {unit["id"] for unit, _ in absent.units}
    posts = [
        HeldPost(person=p["person"], role=p["role"], unit=p["unit"], area=p["area"])
        for p in absent.posts
        if p["unit"] not in gone
    ]
    if posts and (first is None or first <= local_date(now)):
        leaving.end_posts(connection, posts, now)
        leaving.end_substitutions(connection, {post.person for post in posts}, now)
    if gone:
        leaving.end_units(connection, gone, now, first, document)


def _units(directory: DirectoryDefinition) -> list[Plain]:
    return [
        {
            "id": u.id,
            "name": u.name,
            "kind": u.kind,
            "area": u.area,
            "aliases": "\n".join(u.aliases),
            "parent": u.parent,
            "size": u.size,
            "condition": u.condition,
        }
        for u in directory.units
    ]


def _posts(directory: DirectoryDefinition) -> list[Plain]:
    posts: dict[tuple[str, str], Plain] = {}
    for person in directory.people:
        for role in person.roles:
            unit, area = place_of(role, person.unit, person.area)
            posts[person.id, role] = {"person": person.id, "role": role, "unit": unit, "area": area}
    return list(posts.values())


def _check_overlays(connection: Connection, snapshot: Calendar) -> None:
    in_force = pinned.current_calendar_version(connection)
    gone = [overlay for overlay in _overlays(in_force) if overlay not in _overlays(snapshot.version)]
    if gone:
        raise RuleViolation(Code.OVERLAYS_MISSING, missing="、".join(gone), version=in_force)


def _overlays(version: str) -> list[str]:
    """The ids of the overlays that a calendar was made with, as its version names them."""
    return version.partition("#")[0].split("+")[1:]


def load_processes(
    connection: Connection, definitions: Iterable[ProcessDefinition], *, now: datetime | None = None
) -> Loaded:
    """New items are pinned to these definitions, and registers read by them; items that run keep theirs."""
    definitions = tuple(definitions)
    resolved = [process for definition in definitions for process in definition.all_resolved()]
    new = pinned.load_processes(connection, resolved, now)
    pinned.load_headings(connection, {definition.id: definition.headings for definition in definitions})
    return Loaded(table="process_version", new=new, changed=0, same=len(resolved) - new)


def adoption(snapshot: Calendar, cause: str = "", foreseen: tuple[str, ...] = ()) -> JointWanted:
    """The act of two people by which that calendar takes another's place, by the document `cause`."""
    told = [("日历", snapshot.version), *((("依据", cause),) if cause else ())]
    details = tuple(JointDetail(name=name, value=value) for name, value in told)
    return JointWanted(act=JointAct.ADOPT_CALENDAR, details=details, foreseen=foreseen)


def check_calendar(connection: Connection, snapshot: Calendar, by: Actor | None, now: datetime) -> None:
    """Whether that calendar may take the place of the one in force; nothing is written. Raises as load_calendar."""
    if _replaces(connection, snapshot, by) and by:
        check_agreed(connection, adoption(snapshot), by, now)


def takes_two(connection: Connection, snapshot: Calendar) -> bool:
    """Whether it takes two people to put that calendar in force: it takes another's place, and something was issued
    already. Before that nothing rests on one, and a site is being set up."""
    in_force = pinned.current_calendar_version(connection)
    return in_force not in ("", snapshot.version) and lookup.anything_issued(connection)


def _replaces(connection: Connection, snapshot: Calendar, by: Actor | None) -> bool:
    replaces = takes_two(connection, snapshot)
    if replaces and by is None:
        name = JOINT_ACT_NAMES[JointAct.ADOPT_CALENDAR]
        raise RuleViolation(Code.FIELD_MISSING, command=name, field="以谁的名义（--as）")
    return replaces


def load_calendar(
    connection: Connection,
    snapshot: Calendar,
    *,
    without: bool = True,
    now: datetime | None = None,
    by: Actor | None = None,
    wanted: JointWanted | None = None,
) -> Loaded:
    """New items are reckoned by this calendar; items that run keep theirs until they are given it. It takes another's
    place by the word of two people: `by`, and whoever confirmed what is `wanted` (without it: the bare calendar).

    Not `without`: raises overlays_missing when the one in force was made with overlays that this one lacks, as on a
    host that does not have their files. Raises SecondNeeded, wrong_role; field_missing where nobody puts their name to
    it.
    """
    if not without:
        _check_overlays(connection, snapshot)
    now, joint = now or datetime.now(UTC), 0
    if _replaces(connection, snapshot, by) and by:
        joint = carry_out(connection, wanted or adoption(snapshot), by, now).number
    new = int(pinned.load_calendar(connection, snapshot, now, joint=joint))
    return Loaded(table="calendar_version", new=new, changed=0, same=1 - new)
