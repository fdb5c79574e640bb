"""What people were called when: a name that was changed stays with everything that was done, and heard, under it.

Every name stands apart from the `directory_loaded` that brought it (arriving.py), and holds from that entry on. The
table `known_name` finds those entries by person; verification compares the two.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, select

from ledger.chain.erasable import ERASABLE, PERSON
from ledger.directory.arriving import KNOWN, name_and_address
from ledger.store.canonical import canonical


class Called:
    """The names of these people: `now`, and as they were at any entry. Read once."""

    def __init__(self, connection: Connection, ids: Iterable[str]) -> None:
        known = tuple(set(ids))
        self.now: dict[str, str] = {
            id_: name
            for id_, name in connection.execute(select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(known)))
        }
        self._changes = sorted(_changes(connection, known))
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


def _changes(connection: Connection, ids: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Where in the ledger who of these people was given another name, and what they were called until then."""
    query = select(KNOWN.c.position, KNOWN.c.person, ERASABLE.c.value).join(ERASABLE, ERASABLE.c.ref == KNOWN.c.ref)
    query = query.where(KNOWN.c.person.in_(ids), ERASABLE.c.value.is_not(None))
    before, called = "", ""
    for position, person, words in connection.execute(query.order_by(KNOWN.c.person, KNOWN.c.position)):
        name, _ = name_and_address(words)
        if person == before and name != called:
            yield position, person, called
        before, called = person, name


def once_called(connection: Connection, name: str) -> set[str]:
    """Ids of the people who had that name and have it no longer."""
    query = (
        select(KNOWN.c.person).join(ERASABLE, ERASABLE.c.ref == KNOWN.c.ref).join(PERSON, PERSON.c.id == KNOWN.c.person)
    )
    begins = ERASABLE.c.value.startswith(canonical([name]).decode()[:-1] + ",", autoescape=True)
    return set(connection.execute(query.where(begins, PERSON.c.name != name)).scalars())
