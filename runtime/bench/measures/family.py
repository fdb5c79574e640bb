"""What follow-ups cost: an approval that issues twenty items against twenty that are issued alone, and the page of an
item that has sixty against the page of one that has none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from time import monotonic, perf_counter
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from ledger.chain import batches
from ledger.chain.entries import ENTRY, ITEM
from ledger.store.database import Database
from rules.forms.answers import Pairs
from rules.machine.commands import Command, CommandKind
from runtime.bench import with_parts
from runtime.bench.figures import Runs
from runtime.bench.measures.bulk import waking
from runtime.bench.measures.commands import crowd
from runtime.bench.measures.issuing import until
from runtime.bench.place import (
    SUPERVISOR,
    TEXT,
    BenchPlace,
    draft,
    kept,
    lead_on,
    liaisons,
    numbers_of,
    opened,
    planned,
)
from runtime.bench.signed import cookie_of
from runtime.ending import Problem
from runtime.settings import Settings

SOWN, AT_MOST = 20, 60
"""How many items an approval issues; and how many an item may have."""
_GLANCE, _PATIENCE = 0.005, 60.0
K = CommandKind


async def measure(runs: Runs, rounds: int, times: int, looks: int) -> None:
    """All runs on one data folder: in each so many approvals and as many items alone, in turn; then so many looks at
    either page, in turn."""
    async with opened() as place:
        plain = await asyncio.to_thread(_approved, place, planned("补齐记录", "每月检查"))
        with place.database.write() as connection:
            process = with_parts.load(connection, with_parts.issuing)
        parent = await asyncio.to_thread(_approved, place, with_parts.answered(process, AT_MOST))
        rows = with_parts.answered(process, SOWN)
        with _site(place.settings) as site:
            for _ in range(rounds):
                await _issue(place, runs, times, rows)
                await place.rested()
                await asyncio.to_thread(_look, place.database, site, runs, parent, plain, looks)


def _approved(place: BenchPlace, answers: Pairs) -> str:
    """The number of an item whose plan has been approved; its workflow is not needed and never begins."""
    batch = draft(place.database, 1)
    with place.database.write() as connection:
        batches.issue_chunk(connection, batch, 1, datetime.now(UTC))
    lead_on(place.database, batch, _way(answers) | {K.APPROVE: {}}, datetime.now(UTC))
    (no,) = numbers_of(place.database, batch)
    return no


def _way(answers: Pairs) -> dict[CommandKind, dict[str, Any]]:
    return {K.SIGN: {}, K.SUBMIT: {"text": TEXT, "answers": answers}}


async def _issue(place: BenchPlace, runs: Runs, times: int, rows: Pairs) -> None:
    """Each approval is followed by as many items alone: the one is told to the workflow of the item, which is awake, as
    any command is; the other is a confirmed batch. Both until all stand in the register and all have workflows."""
    batch = await asyncio.to_thread(draft, place.database, times)
    await place.gateway.issue(batch)
    await asyncio.to_thread(lead_on, place.database, batch, _way(rows), datetime.now(UTC))
    numbers = numbers_of(place.database, batch)
    await crowd([waking(place, no) for no in numbers])
    approved, alone = list[float](), list[float]()
    for no in numbers:
        command = Command(kind=K.APPROVE, id=str(uuid4()), actor=SUPERVISOR)
        await place.rested()
        approved.append(await _seconds(place, place.gateway.give(no, command), ITEM.c.parent == no))
        batch = await asyncio.to_thread(draft, place.database, SOWN)
        await place.rested()
        alone.append(await _seconds(place, place.gateway.issue(batch), ITEM.c.batch == batch))
    _check(place.database, numbers)
    runs.add("follow_up_ratio", median(approved) / median(alone))
    runs.measured(follow_up_ms=median(approved) * 1000, follow_up_alone_ms=median(alone) * 1000)


async def _seconds(place: BenchPlace, issuing: Awaitable[object], which: ColumnElement[bool]) -> float:
    """Until it is answered, and all those items stand in the register and have running workflows."""
    found = select(ITEM.c.no).where(which)

    def standing() -> list[str]:
        with place.database.read() as connection:
            return list(connection.execute(found).scalars())

    begun = monotonic()
    answered = asyncio.ensure_future(issuing)
    await until(lambda: len(standing()) == SOWN)
    await asyncio.gather(*(_runs(place, no) for no in standing()))
    await answered
    return monotonic() - begun


async def _runs(place: BenchPlace, no: str) -> None:
    """The item has its workflow."""
    handle, deadline = place.client.get_workflow_handle(no), monotonic() + _PATIENCE
    while monotonic() < deadline:
        try:
            if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
                return
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(_GLANCE)
    raise Problem(f"{no} 交办 {_PATIENCE:.0f} 秒以后还没有流程。")


def _check(database: Database, numbers: list[str]) -> None:
    """Each row has become one item, issued once."""
    query = select(func.count(), func.count(ENTRY.c.stream.distinct())).join(ITEM, ITEM.c.no == ENTRY.c.stream)
    with database.read() as connection:
        where = (ENTRY.c.kind == "issued", ITEM.c.parent.in_(numbers))
        stand, items = connection.execute(query.where(*where)).one()
    if (stand, items) != (SOWN * len(numbers),) * 2:
        raise Problem(f"应当交办 {SOWN * len(numbers)} 个子项：{items} 项，{stand} 条记录。")


@contextmanager
def _site(settings: Settings) -> Iterator[str]:
    """The address of a real `duban site`, which answers."""
    note = settings.data / "run" / "site.json"
    with kept(settings, "runtime.cli.main", "site"):
        deadline = monotonic() + _PATIENCE
        while not note.exists():
            if monotonic() > deadline:
                raise Problem("网站没有起来。")
        yield json.loads(note.read_text())["address"]


def _look(database: Database, site: str, runs: Runs, parent: str, plain: str, looks: int) -> None:
    """Both pages as the unit's liaison sees them, with what may be done next, in turn; the first looks do not count."""
    with database.read() as connection:
        rows = connection.execute(select(ITEM.c.no, ITEM.c.unit).where(ITEM.c.no.in_([parent, plain])))
        units = {no: unit for no, unit in rows}
    who = {no: liaisons(database)[unit].id for no, unit in units.items()}
    cookies = {no: cookie_of(database, person) for no, person in who.items()}
    seconds: dict[str, list[float]] = {parent: [], plain: []}
    size = {}
    for n in range(looks + 2):
        for no, taken in seconds.items():
            asked = Request(f"{site}/items/{no}", headers={"Cookie": cookies[no]})
            begun = perf_counter()
            with urlopen(asked, timeout=30) as answer:
                size[no] = len(answer.read())
            if n >= 2:
                taken.append(perf_counter() - begun)
    runs.add("parent_page_ratio", median(seconds[parent]) / median(seconds[plain]))
    runs.measured(
        parent_page_ms=median(seconds[parent]) * 1000,
        plain_page_ms=median(seconds[plain]) * 1000,
        parent_page_kb=size[parent] / 1024,
        plain_page_kb=size[plain] / 1024,
    )
