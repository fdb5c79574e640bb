"""Check-ins that begin lazily, issued by the ledger alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.directory import loading, people
from ledger.store.database import Database
from rules.machine.issuing import Order
from tests.support.processes import CHECKIN
from tests.support.product import SUPERVISOR

LAZY = replace(CHECKIN, lazily=True)
UNITS = ("县教育局", "县审计局", "县农业农村局")


def known(database: Database) -> None:
    """Check-ins begin lazily there."""
    with database.write() as connection:
        loading.load_processes(connection, [LAZY])


def issue(database: Database, count: int, *, ago: timedelta = timedelta(0)) -> tuple[str, ...]:
    """So many check-ins, issued then by the ledger alone."""
    batch, now = f"lazy-{uuid4()}", datetime.now(UTC)
    with database.write() as connection:
        refs = [people.unit_ref(connection, unit) for unit in UNITS]
        items = [
            NewItem(
                process=LAZY.id,
                variant="report",
                import_key=f"{batch}/{n}",
                order=Order(no="", unit=refs[n % len(refs)], title=f"第 {n} 件月报"),
            )
            for n in range(count)
        ]
        actor = issuer(connection, on_site(SUPERVISOR))
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=actor, now=now)
        batches.confirm(connection, batch, actor, now)
    for _ in range(0, count, 1000):
        with database.write() as connection:
            batches.issue_chunk(connection, batch, 1000, now - ago)
    with database.read() as connection:
        assert batches.unstarted(connection, batch, count) == [], "nobody is to start a workflow"
        query = select(ITEM.c.no).where(ITEM.c.batch == batch).order_by(ITEM.c.no)
        return tuple(connection.execute(query).scalars())
