"""What lets in once, and was used: by its hash, for as long as it would let in again. One table for all processes."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from ledger.accounts.opening import hash_of
from ledger.store.account_tables import SpentRow
from ledger.store.tables import table_of
from rules.codec import instant_text

SPENT = table_of(SpentRow)
_SWEPT_AT_ONCE = 200


def spend(connection: Connection, secret: str, until: datetime) -> bool:
    """The secret is used up. False: it was before. In the writers' line, so that of two at once one hears no."""
    hashed = hash_of(connection, secret)
    if connection.execute(select(SPENT.c.hash).where(SPENT.c.hash == hashed)).first():
        return False
    connection.execute(insert(SPENT).values(hash=hashed, until=instant_text(until)))
    return True


def sweep(connection: Connection, now: datetime) -> None:
    """What would let in no more by the clock is gone."""
    old = select(SPENT.c.hash).where(SPENT.c.until < instant_text(now)).limit(_SWEPT_AT_ONCE)
    connection.execute(delete(SPENT).where(SPENT.c.hash.in_(old)))
