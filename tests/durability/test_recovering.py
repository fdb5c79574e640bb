"""Temporal's database deleted or set back: `recover`, and everything goes on as if nothing had been."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import TimeSkipper

from ledger.chain import pinned
from ledger.chain.entries import append
from rules.machine.commands import SYSTEM, Command, CommandKind
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.machine.item import decide
from rules.machine.state import State
from rules.machine.ticks import SPREAD
from rules.machine.timed import FellDue, RungReached
from runtime.settings import Settings
from tests.durability.engines import copy, running, set_back, throw_away
from tests.support import walks, witness
from tests.support.product import Started, known_county
from tests.support.waiting import until
from tests.support.walks import WALKS, walk

MANY, FEW, AT_ONCE = 200, 30, 24
THROUGH_THE_ENGINE = 4
"""Every fourth item has been moved along by its workflow, the others past it."""
LATE, LATER = timedelta(days=12), timedelta(days=30)
UNITS = ("县审计局", "县档案馆", "县农科所", "轴承研究院", "慈善总会", "县统计局")


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """All of it is done, some at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(task: Coroutine[Any, Any, Any]) -> None:
        async with turns:
            await task

    await asyncio.gather(*(one(task) for task in work))


async def populated(product: Started, count: int) -> dict[str, str]:
    """So many items, by number, in all states in turn."""
    share = count // len(UNITS) + 1
    issued: list[str] = []
    for unit in UNITS:
        issued += await product.issue(*(f"问题 {n}" for n in range(share)), unit=unit)
    states = [name for name in WALKS if name != "annulled"]
    stands = {no: states[n % len(states)] for n, no in enumerate(issued[:count])}
    for no in issued[count:]:
        stands[no] = "annulled"
    for n, (no, name) in enumerate(stands.items()):
        if n % THROUGH_THE_ENGINE:
            walk_in_ledger(product, no, name)
    await together(walk(product, no, name) for no, name in list(stands.items())[::THROUGH_THE_ENGINE])
    return stands


def walk_in_ledger(product: Started, no: str, where: str) -> None:
    """The item stands there, decided past its workflow as bulk decisions are: the same entries, in less time."""
    for n, said in enumerate(WALKS[where]):
        request = said.request(product, no, id=f"bulk-{n}")
        command, state = product.desk._command(request), witness.state(product.database, no)
        with product.database.read() as connection:
            process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        events = decide(process, calendar, state, command, datetime.now(UTC)).events
        assert append(product.database, no, state.seq, command.id, events).stored


async def forward(product: Started, skipper: TimeSkipper, no: str, delta: timedelta) -> None:
    """The item's own time has gone on, and everything that rang meanwhile stands in the ledger."""
    await skipper.fast_forward(product.client.get_workflow_handle(no), delta)


@dataclass(frozen=True)
class Before:
    """An item as it was when Temporal's database was lost."""

    events: tuple[Event, ...]
    state: State


def remembered(product: Started, numbers: Iterable[str]) -> dict[str, Before]:
    return {
        no: Before(events=witness.events(product.database, no), state=witness.state(product.database, no))
        for no in numbers
    }


def rung(events: Iterable[Event]) -> list[tuple[object, ...]]:
    """What spoke by itself, and when it was to."""
    facts = [e.fact for e in events if isinstance(e.fact, FellDue | RungReached)]
    return [(f.clock, getattr(f, "rung", "due"), getattr(f, "times", 1), f.due_at) for f in facts]


def expected(product: Started, before: Before, until_then: datetime) -> list[tuple[object, ...]]:
    """What the rules alone say must ring between then and that instant."""
    with product.database.read() as connection:
        process = pinned.process(connection, before.state.process)
        calendar = pinned.calendar(connection, before.state.calendar)
    state, found, now = before.state, [], before.state.at
    tick = Command(kind=CommandKind.TICK, id="tick/0", actor=SYSTEM)
    while now < until_then:  # day by day, so that a rung that repeats is not passed over
        now = min(now + timedelta(hours=12), until_then)
        events = decide(process, calendar, state, tick, now).events
        found += rung(events)
        for event in events:
            state = evolve(state, event)
    return found


async def goes_on(product: Started, skipper: TimeSkipper, stands: dict[str, Before], some: list[str]) -> None:
    """Each of `some` rings what it owes in the time to come, once; every other one takes a command."""
    begun, rang = datetime.now(UTC), 0
    await asyncio.gather(*(forward(product, skipper, no, LATER) for no in some))
    for no in some:
        before = stands[no]
        wanted = expected(product, before, begun + LATER - SPREAD)

        def all_rang(no: str = no, before: Before = before, wanted: list[tuple[object, ...]] = wanted) -> bool:
            return len(rung(witness.events(product.database, no)[len(before.events) :])) >= len(wanted)

        await until(f"{no} rings {wanted}", all_rang)
        rang += len(wanted)
        after = witness.events(product.database, no)
        assert after[: len(before.events)] == before.events
        assert rung(after[len(before.events) :])[: len(wanted)] == wanted
    assert rang > len(some)
    others = [no for no in stands if no not in some]
    await together(_remark(product, no) for no in others)
    for no, before in stands.items():
        after = witness.events(product.database, no)
        assert after[: len(before.events)] == before.events
        assert witness.said_once(product.database, no)
        if no in others and before.state.is_open:
            assert after[-1].kind == "remarked"
            assert rung(after) == rung(before.events)
    assert witness.wrong(product.database) == []


async def _remark(product: Started, no: str) -> None:
    if witness.state(product.database, no).is_open:
        await walks.REMARK.give(product, no)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_deleted_temporal_database_loses_nothing(settings: Settings) -> None:
    database = known_county(settings.data)
    async with running(settings, database) as (product, skipper):
        stands = await populated(product, MANY)
        numbers = list(stands)
        late = [no for no in numbers[:60:5] if stands[no] != "annulled"]
        await asyncio.gather(*(forward(product, skipper, no, LATE) for no in late))
        before = remembered(product, numbers)
        assert sum(b.state.late_count for b in before.values()) > 0
    throw_away(settings)
    async with running(settings, database) as (product, skipper):
        done = [r async for r in product.gateway.recover()]
        is_open = {no for no, b in before.items() if b.state.is_open}
        assert {r.no for r in done if r.started} == is_open
        assert len(is_open) >= MANY
        await goes_on(
            product, skipper, before, late[:6] + [n for n in numbers[1:60:9] if n in is_open and n not in late]
        )
    database.close()


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_temporal_database_set_back_goes_on_from_the_ledger(settings: Settings, tmp_path: Path) -> None:
    database = known_county(settings.data)
    async with running(settings, database) as (product, skipper):
        stands = await populated(product, FEW)
        numbers = [no for no, name in stands.items() if name != "annulled"]
    copy(settings, tmp_path / "kept")
    async with running(settings, database) as (product, skipper):
        for no in numbers[::3]:
            await _next(product, no)
        late = numbers[1::7]
        await asyncio.gather(*(forward(product, skipper, no, LATE) for no in late))
        new = list(await product.issue("后来交办的", "后来又交办的"))
        before = remembered(product, numbers + new)
    set_back(settings, tmp_path / "kept")
    async with running(settings, database) as (product, skipper):
        done = {r.no: r.started async for r in product.gateway.recover()}
        assert all(done[no] for no in new)
        told = [no for no, started in done.items() if not started]
        assert len(told) > FEW // 2
        for no in told:
            if before[no].state.seq > 1:  # the others sleep, and have nothing to learn
                assert await witness.known(product, no) == before[no].state
        await goes_on(product, skipper, before, [*late[:3], *numbers[::9], new[0]])
        for no in numbers[::9]:
            assert await witness.known(product, no) == witness.state(database, no)
    database.close()


async def _next(product: Started, no: str) -> None:
    """The item is moved one step on, whatever its status."""
    said = {
        "unsigned": walks.SIGN,
        "declined": walks.REASSIGN,
        "working": walks.REASSIGN,
        "reviewing": walks.RETURN,
        "watching": walks.REOPEN,
    }[witness.state(product.database, no).status]
    fields = {"unit": "县公安局"} if said is walks.REASSIGN else {}
    await said.give(product, no, **fields)
