"""The directory has a beginning: what a load brings that is new or other than before is an entry of the office journal
(of units: of the directory's, see units.py).

So whoever writes a post, a unit or a mail address past the program is found out (ledger/proof/verifying/authority.py).
Names and addresses stand apart, as those of responsible people do: the entry holds their hash, and they can be erased.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from ledger.chain import erasable, journal
from ledger.chain.erasable import ERASABLE
from ledger.store.canonical import canonical, parse
from ledger.store.database import hashing_of
from ledger.store.tables import KnownName, table_of
from rules.codec import Plain, decode
from rules.dates.calendar import local_date
from rules.machine.commands import SYSTEM
from rules.office.facts import DirectoryLoaded, HeldPost, KnownArea, KnownPerson

KNOWN = table_of(KnownName)


@dataclass(slots=True, kw_only=True)
class Brought:
    """The rows of a load that are new or other than before, as they are stored."""

    areas: Sequence[Plain] = ()
    people: Sequence[Plain] = ()
    posts: Sequence[Plain] = ()
    renamed: Collection[str] = ()
    """Ids of the people who had another name."""
    erased: Collection[str] = ()
    """Ids of the people whose names have been erased."""


def note(connection: Connection, brought: Brought, now: datetime, joint: int = 0) -> None:
    """What was brought stands in the office journal, in this transaction; nothing, if nothing was. `joint`: as in the
    entry."""
    hashing = hashing_of(connection)
    apart: list[Plain] = []
    people: list[KnownPerson] = []
    for row in brought.people:
        ref = ""
        if row["id"] not in brought.erased:
            apart.append(erasable.row_of(hashing, _words(row["name"], row.get("email"))))
            ref = apart[-1]["ref"]
        renamed = row["id"] in brought.renamed
        people.append(KnownPerson(id=row["id"], unit=row.get("unit"), erasable=ref, renamed=renamed))
    if apart:
        connection.execute(insert(ERASABLE), apart)
    rows: dict[str, list[Any]] = {
        "areas": [decode(KnownArea, _of(KnownArea, row)) for row in brought.areas],
        "people": people,
        "posts": [decode(HeldPost, _of(HeldPost, row)) for row in brought.posts],
    }
    for chunk in _chunks(rows):
        loaded = DirectoryLoaded(day=local_date(now), joint=joint, **chunk)
        position = journal.note(connection, loaded, SYSTEM, now).position
        named = [{"person": p.id, "position": position, "ref": p.erasable} for p in loaded.people if p.erasable]
        if named:
            connection.execute(insert(KNOWN), named)


def _of(cls: type[Any], row: Plain) -> Plain:
    return {one.name: row[one.name] for one in fields(cls) if one.name in row}


def _chunks(rows: dict[str, list[Any]]) -> Iterator[dict[str, tuple[Any, ...]]]:
    """The rows by table, so many at a time, in their order."""
    flat = [(table, row) for table, of_table in rows.items() for row in of_table]
    for start in range(0, len(flat), journal.ROWS):
        chunk: dict[str, tuple[Any, ...]] = {}
        for table, row in flat[start : start + journal.ROWS]:
            chunk[table] = (*chunk.get(table, ()), row)
        yield chunk


def _words(name: str, email: str | None) -> str:
    """What is set apart of a person."""
    return canonical([name, email]).decode()


def name_and_address(words: str) -> tuple[str, str | None]:
    """What was set apart of a person. Raises ValueError for anything else."""
    name, email = parse(words)
    return name, email


def refs_of(connection: Connection, person: str) -> list[str]:
    """The hashes under which the person's names and addresses stand apart, from the first to the last."""
    loaded = (fact for _, fact in journal.facts(connection, DirectoryLoaded))
    return [known.erasable for fact in loaded for known in fact.people if known.id == person and known.erasable]


def erase(connection: Connection, person: str, words: str) -> None:
    """All names and addresses that the person ever had here are gone. `words`: when and why."""
    gone = update(ERASABLE).where(ERASABLE.c.ref.in_(refs_of(connection, person)))
    connection.execute(gone.values(salt=None, value=None, erased=words))
