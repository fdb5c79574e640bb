"""The same item both ways: as a real workflow whose time is skipped, and played ahead. Every date and rung agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import TimeSkipper

from activities.options import ring_offset
from ledger.chain import pinned
from rules.codec import encode
from rules.dates.calendar import local_date
from rules.dates.clocks import Clock
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.timed import FellDue, RungReached
from rules.telling.simulation import NOBODY, Behaviour, Habit, play
from tests.support import walks, witness
from tests.support.product import Started
from tests.support.waiting import until

SAID = {
    ("signed", ""): walks.SIGN,
    ("submitted", "plan"): walks.PLAN,
    ("submitted", "execute"): walks.SUBMIT,
    ("approved", "plan_review"): walks.APPROVE,
    ("closed", "inspect"): walks.CLOSE,
}
"""What is handed in at the desk where the simulation has somebody act: by what happened, in which step."""

MIXED = Behaviour(
    unit=Habit(days=0),
    reviewer=Habit(days=2),
    steps=(("sign", Habit(days=1)), ("execute", Habit(days=-3))),
)
BEHAVIOURS = {"nobody acts": (NOBODY, 40), "some late, some early": (MIXED, 150)}


def said(event: Event) -> dict[str, Any]:
    """What both ways must agree on: what happened on which day, every date with its trace, every rung with its
    audience and instant. Not in which words, by whom, or at which minute somebody acted."""
    fact = event.fact
    if isinstance(fact, FellDue | RungReached):
        told = {name: value for name, value in encode(fact).items() if name != "rang_at"}
        return {"kind": event.kind, "at": event.at, **told}
    turn = getattr(fact, "turn", None)
    clocks: list[Clock] = [c for c in (turn.clock, turn.reporting) if c] if turn else []
    dates = [encode(c.due) for c in clocks] + [encode(d) for d in (getattr(fact, "watch", None),) if d]
    return {"kind": event.kind, "on": local_date(event.at), "dates": dates}


@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_an_item_played_ahead_is_the_item_as_it_runs(product: Started, skipper: TimeSkipper, name: str) -> None:
    behaviour, days = BEHAVIOURS[name]
    (no,) = await product.issue("三会一课记录不全")
    (issued,) = witness.events(product.database, no)
    state = fold([issued])
    assert state is not None
    with product.database.read() as connection:
        process = pinned.process(connection, state.process)
        calendar = pinned.calendar(connection, state.calendar)
    horizon = issued.at + timedelta(days=days)
    played = list(play(process, calendar, state, behaviour, begin=issued.at, until=horizon))
    foreseen = [issued, *(one.event for one in played)]
    assert len(foreseen) > 5

    handle, skipped = product.client.get_workflow_handle(no), timedelta(0)
    step = ""
    for place, event in enumerate(foreseen):
        acts = place and not isinstance(event.fact, FellDue | RungReached)
        if not acts and place + 1 < len(foreseen):
            continue
        # The item's own timer rings a little after its alarm.
        wanted = event.at if acts else event.at + ring_offset(no) + timedelta(seconds=10)
        delta = wanted - datetime.now(UTC) - skipped
        await skipper.fast_forward(handle, delta)
        skipped += delta
        before = place if acts else place + 1
        await until(f"{before} entries", lambda n=before: len(witness.events(product.database, no)) >= n, within=100)  # type: ignore[misc]
        if acts:
            await SAID[event.kind, step].give(product, no)
            step = played[place - 1].state.step

    happened = witness.events(product.database, no)
    assert [said(event) for event in happened] == [said(event) for event in foreseen]
