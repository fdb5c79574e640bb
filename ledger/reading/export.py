"""The ledger as JSON Lines for verifiers in other languages (docs/ledger.md): one row of `entry` a line. Reads only."""

from collections.abc import Iterator

from sqlalchemy import select

from ledger.chain.entries import ENTRY
from ledger.store.canonical import canonical
from ledger.store.database import Database

_CHUNK = 1000


def lines(database: Database) -> Iterator[bytes]:
    """Every entry in the order of the whole ledger, each line ended; `body` is the stored text."""
    after = 0
    while True:
        query = select(ENTRY).where(ENTRY.c.position > after).order_by(ENTRY.c.position)
        with database.read() as connection:
            rows = connection.execute(query.limit(_CHUNK)).mappings().all()
        for row in rows:
            yield canonical(dict(row)) + b"\n"
        if not rows:
            return
        after = rows[-1]["position"]
