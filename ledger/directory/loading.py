"""Definitions into the ledger's database: directories, processes and calendars. Loading twice is the same as once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from definitions.directory import DirectoryDefinition
from definitions.process import ProcessDefinition
from ledger.chain import pinned
from ledger.chain.journal import HeldPost
from ledger.directory import leaving, people
from ledger.directory.leaving import Missing
from ledger.directory.people import Loaded
from rules.codec import Plain
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.permitting import place_of


def load_directory(
    connection: Connection, directory: DirectoryDefinition, *, renamed: Collection[str] = ()
) -> tuple[Loaded, ...]:
    """The areas, units and people of the file are known, with their posts; what other files named stays. See
    people.load."""
    return people.load(
        connection,
        areas=[{"id": a.id, "name": a.name, "leader": a.leader, "instructor": a.instructor} for a in directory.areas],
        units=_units(directory),
        people=[{"id": p.id, "name": p.name, "unit": p.unit, "email": p.email} for p in directory.people],
        posts=_posts(directory),
        renamed=renamed,
    )


def missing(connection: Connection, directories: Sequence[DirectoryDefinition]) -> Missing:
    """What the ledger knows and none of the files names."""
    units = [unit for directory in directories for unit in _units(directory)]
    return leaving.missing(connection, units=units, posts=[p for d in directories for p in _posts(d)])


def end(connection: Connection, absent: Missing, now: datetime) -> None:
    """What is missing is ended, from today."""
    gone = {unit["id"] for unit, _ in absent.units}
    posts = [
        HeldPost(person=p["person"], role=p["role"], unit=p["unit"], area=p["area"])
        for p in absent.posts
        if p["unit"] not in gone
    ]
    if posts:
        leaving.end_posts(connection, posts, now)
        leaving.end_substitutions(connection, {post.person for post in posts}, now)
    if gone:
        leaving.end_units(connection, gone, now)


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


def load_processes(connection: Connection, definitions: Iterable[ProcessDefinition]) -> Loaded:
    """New items are pinned to these definitions, and registers read by them; items that run keep theirs."""
    definitions = tuple(definitions)
    resolved = [process for definition in definitions for process in definition.all_resolved()]
    new = pinned.load_processes(connection, resolved)
    pinned.load_headings(connection, {definition.id: definition.headings for definition in definitions})
    return Loaded(table="process_version", new=new, changed=0, same=len(resolved) - new)


def load_calendar(connection: Connection, snapshot: Calendar, *, without: bool = True) -> Loaded:
    """New items are reckoned by this calendar; items that run keep theirs until they are given it.

    Not `without`: raises overlays_missing when the one in force was made with overlays that this one lacks, as on a
    host that does not have their files.
    """
    if not without:
        _check_overlays(connection, snapshot)
    new = int(pinned.load_calendar(connection, snapshot))
    return Loaded(table="calendar_version", new=new, changed=0, same=1 - new)
