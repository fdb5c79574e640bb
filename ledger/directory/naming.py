"""What people were called when: a name that was changed stays with everything that was done, and heard, under it.

Each change is an entry of the office journal that holds the former name set apart (ledger/chain/erasable.py), so it can
be erased. The table `former_name` finds those entries by person; verification compares the two.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ledger.chain import erasable, journal
from ledger.chain.erasable import ERASABLE, PERSON
from ledger.chain.journal import PastName, PeopleRenamed
from ledger.store.database import hashing_of
from ledger.store.tables import FormerName, table_of
from rules.machine.commands import SYSTEM

FORMER = table_of(FormerName)
_CHUNK = 300


class Called:
    """The names of these people: `now`, and as they were at any entry. Read once."""

    def __init__(self, connection: Connection, ids: Iterable[str]) -> None:
        known = tuple(set(ids))
        self.now: dict[str, str] = {
            id_: name
            for id_, name in connection.execute(select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(known)))
        }
        query = select(FORMER.c.position, FORMER.c.person, ERASABLE.c.value).join(
            ERASABLE, ERASABLE.c.ref == FORMER.c.ref
        )
        query = query.where(FORMER.c.person.in_(known), ERASABLE.c.value.is_not(None)).order_by(FORMER.c.position)
        self._changes: list[tuple[int, str, str]] = [(at, who, name) for at, who, name in connection.execute(query)]
        self._positions = [position for position, _, _ in self._changes]
        self._spans = {len(self._changes): self.now}

    def at(self, position: int) -> Mapping[str, str]:
        """Person id to the name when the entry at that position of the ledger was made, of those that are known. Whose
        name was erased is called now as then."""
        changed = bisect_right(self._positions, position)
        if changed not in self._spans:
            first: dict[str, str] = {}
            for _, person, name in self._changes[changed:]:  # the next change says what the name was until then
                first.setdefault(person, name)
            self._spans[changed] = self.now | first
        return self._spans[changed]


def once_called(connection: Connection, name: str) -> set[str]:
    """Ids of the people who had that name and have it no longer."""
    query = select(FORMER.c.person).join(ERASABLE, ERASABLE.c.ref == FORMER.c.ref).where(ERASABLE.c.value == name)
    return set(connection.execute(query).scalars())


def note_renamed(connection: Connection, former: Mapping[str, str], now: datetime) -> None:
    """These people are called something else from now on; what they were called, by id, stays with what they did."""
    hashing, ids = hashing_of(connection), sorted(former)
    for start in range(0, len(ids), _CHUNK):
        rows = {id_: erasable.row_of(hashing, former[id_]) for id_ in ids[start : start + _CHUNK]}
        past = tuple(PastName(person=id_, name=erasable.text_of(row["ref"])) for id_, row in rows.items())
        noted = journal.note(connection, PeopleRenamed(people=past), SYSTEM, now)
        connection.execute(insert(ERASABLE), list(rows.values()))
        found = [{"person": id_, "position": noted.position, "ref": row["ref"]} for id_, row in rows.items()]
        connection.execute(insert(FORMER), found)


def forget(connection: Connection, person: str, words: str) -> None:
    """None of the person's former names is left; in its place stand when and why."""
    refs = select(FORMER.c.ref).where(FORMER.c.person == person)
    gone = update(ERASABLE).where(ERASABLE.c.ref.in_(refs))
    connection.execute(gone.values(salt=None, value=None, erased=words))
