"""Definitions into the ledger's database: directories, processes and calendars. Loading twice is the same as once."""

from collections.abc import Iterable

from sqlalchemy import Connection

from definitions.directory import DirectoryDefinition
from definitions.process import ProcessDefinition
from ledger import people, pinned
from ledger.people import Loaded
from rules.calendar import Calendar


def load_directory(connection: Connection, directory: DirectoryDefinition) -> tuple[Loaded, ...]:
    """The areas, units and people of the file are known, with their posts; what other files named stays."""
    posts = {
        (person.id, role): {
            "person": person.id,
            "role": role,
            "unit": person.unit if role in ("liaison", "unit_head") else None,
            "area": person.area if role in ("instructor", "area_leader") else None,
        }
        for person in directory.people
        for role in person.roles
    }
    return people.load(
        connection,
        areas=[{"id": a.id, "name": a.name, "leader": a.leader, "instructor": a.instructor} for a in directory.areas],
        units=[
            {"id": u.id, "name": u.name, "kind": u.kind, "area": u.area, "aliases": "\n".join(u.aliases)}
            for u in directory.units
        ],
        people=[{"id": p.id, "name": p.name, "unit": p.unit, "email": p.email} for p in directory.people],
        posts=list(posts.values()),
    )


def load_processes(connection: Connection, definitions: Iterable[ProcessDefinition]) -> Loaded:
    """New items are pinned to these definitions; items that run keep theirs."""
    resolved = [process for definition in definitions for process in definition.all_resolved()]
    new = pinned.load_processes(connection, resolved)
    return Loaded(table="process_version", new=new, changed=0, same=len(resolved) - new)


def load_calendar(connection: Connection, snapshot: Calendar) -> Loaded:
    """New items are reckoned by this calendar; items that run keep theirs until they are given it."""
    new = int(pinned.load_calendar(connection, snapshot))
    return Loaded(table="calendar_version", new=new, changed=0, same=1 - new)
