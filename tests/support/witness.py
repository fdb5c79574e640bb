"""What the ledger says about an item, in the few forms in which the workflow tests ask; and starting from any entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from temporalio.client import WorkflowHandle

from activities.messages import ITEM_WORKFLOW, ItemInput
from activities.options import TASK_TIMEOUT
from ledger.chain import entries, pinned
from ledger.proof import verify
from ledger.reading import queries
from ledger.store.database import Database
from rules.codec import decode, encode
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.state import State
from tests.support.product import Started


def events(database: Database, no: str) -> tuple[Event, ...]:
    """The item's events in order."""
    with database.read() as connection:
        return queries.item(connection, no).events


def kinds(database: Database, no: str) -> list[str]:
    """What happened to the item, in order."""
    return [event.kind for event in events(database, no)]


def state(database: Database, no: str) -> State:
    """The state that the ledger holds."""
    with database.read() as connection:
        return queries.item(connection, no).state


async def known(product: Started, no: str) -> State:
    """The state that the item's workflow holds."""
    return decode(State, await product.client.get_workflow_handle(no).query("state"))


def said_once(database: Database, no: str) -> bool:
    """No rung of a clock spoke twice and no deadline was stamped twice."""
    said = [
        (e.kind, getattr(e.fact, "clock", 0), getattr(e.fact, "rung", ""), getattr(e.fact, "times", 0))
        for e in events(database, no)
        if e.kind in ("fell_due", "rung_reached")
    ]
    return len(said) == len(set(said))


def wrong(database: Database) -> list[str]:
    """What verifying finds wrong, but for numbers never given out: products share a server and number apart."""
    with database.read() as connection:
        issued = set(connection.execute(select(entries.ITEM.c.no)).scalars())
    return [f"{w.stream}/{w.seq}: {w.what}" for w in verify.verify(database).wrong if w.stream in issued]


def input_at(product: Started, no: str, seq: int, *, entries_per_run: int = 400) -> ItemInput:
    """What the item's workflow would have started from right after that entry."""
    with product.database.read() as connection:
        then = fold(entries.read_events(connection, no, until=seq))
        assert then is not None
        return ItemInput(
            state=encode(then),
            process=encode(pinned.process(connection, then.process)),
            calendar=encode(pinned.calendar(connection, then.calendar)),
            entries_per_run=entries_per_run,
        )


async def start(
    product: Started, start: ItemInput, *, task_timeout: timedelta = TASK_TIMEOUT
) -> WorkflowHandle[Any, Any]:
    """The item's workflow runs from there, on the product's queue."""
    return await product.client.start_workflow(
        ITEM_WORKFLOW,
        start,
        id=start.state["no"],
        task_queue=product.task_queue,
        task_timeout=task_timeout,
    )
