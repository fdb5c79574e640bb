"""What approving many items by one click gains over as many single commands by sixteen callers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from time import monotonic
from uuid import uuid4

from sqlalchemy import func, select

from activities.messages import ADOPT
from ledger.chain import bulk_commands
from ledger.chain.bulk_commands import Previewed
from ledger.chain.entries import ENTRY, ITEM
from ledger.store.database import Database
from rules.machine.commands import Command, CommandKind, Via
from runtime.bench.figures import Runs
from runtime.bench.measures.commands import Give, crowd, timed
from runtime.bench.place import SUPERVISOR, TEXT, BenchPlace, draft, lead_on, planned
from runtime.ending import Problem

_OPINION = "同意"
_TALKED_TO = 8
"""Items that are not among them, to which a person gives commands meanwhile."""


async def measure(place: BenchPlace, runs: Runs, items: int) -> None:
    """One run: plans of fresh items, whose workflows all are awake, approved one by one and then by one click."""
    numbers = await _with_plans(place, 2 * items + _TALKED_TO)
    alone, together, others = numbers[:items], numbers[items : 2 * items], numbers[2 * items :]
    await place.rested()
    singly = await crowd([_approving(place, no) for no in alone])
    await place.rested()
    quiet = [await timed(_approving(place, no)) for no in others[: _TALKED_TO // 2]]
    id_ = await asyncio.to_thread(_chosen, place.database, together)
    begun = monotonic()
    giving = asyncio.create_task(place.gateway.give_all(id_))
    meanwhile = [await timed(_approving(place, no)) for no in others[_TALKED_TO // 2 :] if not giving.done()]
    await giving
    seconds = monotonic() - begun
    _check(place.database, numbers[: 2 * items])
    runs.add("bulk_approve_ratio", singly / seconds)
    runs.measured(
        bulk_approve_per_s=items / seconds,
        bulk_approve_singly_per_s=items / singly,
        bulk_command_quiet_p50_ms=median(quiet) * 1000,
        bulk_command_p50_ms=median(meanwhile) * 1000,
    )


async def _with_plans(place: BenchPlace, count: int) -> list[str]:
    """So many items whose plans wait for approval; their workflows are awake and know it."""
    batch = await asyncio.to_thread(draft, place.database, count)
    await place.gateway.issue(batch)
    said = {CommandKind.SIGN: {}, CommandKind.SUBMIT: {"text": TEXT, "answers": planned("补齐记录", "每月检查")}}
    await asyncio.to_thread(lead_on, place.database, batch, said, datetime.now(UTC))
    query = select(ITEM.c.no).where(ITEM.c.batch == batch, ITEM.c.status == "reviewing").order_by(ITEM.c.no)
    with place.database.read() as connection:
        numbers = list(connection.execute(query).scalars())
    await crowd([waking(place, no) for no in numbers])
    return numbers


def waking(place: BenchPlace, no: str) -> Give:
    """The item's workflow is awake and knows its every entry."""
    return lambda: place.client.get_workflow_handle(no).execute_update(ADOPT)


def _approving(place: BenchPlace, no: str) -> Give:
    command = Command(kind=CommandKind.APPROVE, id=str(uuid4()), actor=SUPERVISOR, text=_OPINION)
    return lambda: place.gateway.give(no, command)


def _chosen(database: Database, numbers: Sequence[str]) -> str:
    """These items' approval is confirmed; its id."""
    id_, now, said = uuid4().hex, datetime.now(UTC), {"text": _OPINION}
    items = [
        Previewed(
            no=no,
            command=Command(
                kind=CommandKind.APPROVE, id=bulk_commands.command_id(id_, no), actor=SUPERVISOR, text=_OPINION
            ),
        )
        for no in numbers
    ]
    with database.write() as connection:
        bulk_commands.save(
            connection, id_, CommandKind.APPROVE, said, items, person=SUPERVISOR.id, behalf="", words="", now=now
        )
        bulk_commands.confirm(connection, id_, Via.SITE, "", now)
    return id_


def _check(database: Database, numbers: Sequence[str]) -> None:
    """Every plan was approved, once."""
    query = select(func.count(), func.count(ENTRY.c.stream.distinct()))
    with database.read() as connection:
        where = (ENTRY.c.kind == "approved", ENTRY.c.stream.in_(numbers))
        stand, items = connection.execute(query.where(*where)).one()
    if (stand, items) != (len(numbers), len(numbers)):
        raise Problem(f"通过的应当是 {len(numbers)} 项：{items} 项，{stand} 条记录。")
