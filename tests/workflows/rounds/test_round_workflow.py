"""A round's workflow: it opens, issues, waits and reports once, whoever starts it how often; what somebody does to the
round it hears of; after the lock nobody reports who is not unlocked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk.acting import acting
from desk.caller import on_site
from ledger.chain import batches
from ledger.proof.verifying.rounds import verify_rounds
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.rounds import known_round, open_in_ledger, perform
from ledger.rounds.rows import batch_of
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.permitting import OfficeAct
from rules.rounds.campaign import Campaign
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.periods import Rhythm, period_of
from rules.rounds.state import RoundState
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.shipped import every_campaign
from tests.support.waiting import until
from workflows.rounds_begun import look_at_round


def loaded(product: Started, name: str) -> Campaign:
    """A campaign of the product's own, opened by hand: over all units, a step that a unit reports in."""
    (shipped,) = (one for one in every_campaign() if one.id == "inspections")
    campaign = replace(shipped, id=name, process="task", variant="plain")
    with product.database.write() as connection:
        load_campaigns(connection, [campaign], datetime.now(UTC))
    return campaign


def opened(product: Started, campaign: Campaign, ago: timedelta = timedelta(0)) -> str:
    now = datetime.now(UTC) - ago
    with product.database.write() as connection:
        period = period_of(Rhythm.ONCE, local_date(now))
        actor = acting(connection, on_site(SUPERVISOR), OfficeAct.ROUND)
        assert open_in_ledger(connection, campaign_in_force(connection, campaign.id), period, actor, now)
    return f"{campaign.id}/{period.id}"


def state_of(product: Started, name: str) -> RoundState:
    with product.database.read() as connection:
        return known_round(connection, name)


def numbers(product: Started, name: str) -> dict[str, str]:
    with product.database.read() as connection:
        rows = queries.register(connection, Filters(batch=batch_of(name)), size=500).rows
    return {row["unit"]: row["no"] for row in rows}


def done(product: Started, name: str, verb: RoundVerb, person: str, **said: object) -> RoundState:
    act = OfficeAct.CORRECT_ROUND if verb is RoundVerb.AGREE else OfficeAct.ROUND
    with product.database.write() as connection:
        actor = acting(connection, on_site(person), act)
        command = RoundCommand(id=f"{verb}/{person}", verb=verb, actor=actor, **said)  # type: ignore[arg-type]
        return perform(connection, name, command, datetime.now(UTC))


async def test_it_opens_and_issues_once_however_often_it_is_started_and_hears_of_a_stop(product: Started) -> None:
    campaign = loaded(product, "once_only")
    name = opened(product, campaign)
    starts = [look_at_round(product.client, product.task_queue, name) for _ in range(4)]
    await asyncio.gather(*starts)

    def issued() -> bool:
        with product.database.read() as connection:
            now = batches.progress(connection, batch_of(name))
        return now.left == 0 and now.started == now.issued

    await until("all are issued", issued)
    assert len(numbers(product, name)) == 96
    handle = product.client.get_workflow_handle(batch_of(name))
    assert (await handle.describe()).status.name == "RUNNING"  # type: ignore[union-attr]
    done(product, name, RoundVerb.STOP, SUPERVISOR, reason="并入月报", annul=True)
    assert await product.gateway.tell_round(name), "as the page and the console do it"
    await handle.result()
    with product.database.read() as connection:
        assert [one.what for one in verify_rounds(connection) if one.stream.endswith(name)] == []


async def test_after_a_long_outage_it_locks_and_reports_and_a_unit_is_unlocked(product: Started) -> None:
    campaign = loaded(product, "long_ago")
    name = opened(product, campaign, timedelta(days=90))
    with product.database.write() as connection:
        while batches.issue_chunk(connection, batch_of(name), 500, datetime.now(UTC) - timedelta(days=90)):
            pass
    await look_at_round(product.client, product.task_queue, name)
    await product.client.get_workflow_handle(batch_of(name)).result()
    state = state_of(product, name)
    assert (state.locked, state.revision, state.reports[0].counts.missing) == (True, 1, 96)
    first, second, *_ = numbers(product, name).items()
    with pytest.raises(RuleViolation) as refusal:
        await product.give(first[1], "submit", product.liaison(first[1]), answers=(("how", "已办"),))
    assert refusal.value.code is Code.ROUND_LOCKED
    done(product, name, RoundVerb.UNLOCK, SUPERVISOR, unit=first[0], days=3, reason="停电")
    await look_at_round(product.client, product.task_queue, name)
    await product.give(first[1], "submit", product.liaison(first[1]), answers=(("how", "已办"),))
    with pytest.raises(RuleViolation, match="锁定"):
        await product.give(second[1], "submit", product.liaison(second[1]), answers=(("how", "已办"),))
    done(product, name, RoundVerb.ASK_CORRECTION, SUPERVISOR, reason="停电补报")
    before = state_of(product, name).reports[0]
    after = done(product, name, RoundVerb.AGREE, LEADER)
    assert (after.reports[0], after.revision) == (before, 2)
    assert (await product.client.get_workflow_handle(batch_of(name)).describe()).status.name == "RUNNING"  # type: ignore[union-attr]
