"""What counts against the month's budget while a round is open: what it issues on a later day, what the leader let go,
what a merged unit was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desk.acting import issuer
from desk.burden import keeping
from desk.caller import at_console, on_site
from desk.issuing import UnitChoice, propose
from desk.units.changing import ToChange, merge_units
from ledger.burden.account import check_budget, requests_in
from ledger.chain import batches
from ledger.chain.bulk import give
from ledger.chain.family.settling import unsettled
from ledger.directory import people
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.rounds import known_round
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.rounds.campaign import Campaign, day_of
from rules.rounds.periods import Rhythm, period_of
from tests.desk.burden.test_keeping import ASKED, NAME, OPENING, account, monthly_in, opened_in
from tests.support.product import LEADER, SUPERVISOR, known_county


@pytest.fixture
def before_the_round(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Some days before the monthly round of November 2026 opens."""
    database = known_county(tmp_path_factory.mktemp("burden"), now=OPENING - timedelta(days=30))
    yield database
    database.close()


def asked_by_hand(county: Database, unit: str, at: datetime) -> str:
    """Somebody asks the unit once more; the batch waits to be confirmed."""
    asked = replace(ASKED, to=UnitChoice(units=(unit,)), id=f"once more {at}")
    return propose(county, asked, on_site(SUPERVISOR), at)


def in_days(county: Database, fields: int) -> tuple[str, str]:
    """The round is open and issues over five days; a unit of the first day and one of the third, organs both."""
    assert opened_in(county, stored(county, replace(monthly_in(county, fields), stagger=5, version="2026.9")))
    with county.read() as connection:
        organs = [row["id"] for row in people.all_units(connection) if row["kind"] == "organ"]
    now, later = (next(one for one in organs if day_of(NAME, one, 5) == day) for day in (0, 2))
    return now, later


def stored(county: Database, campaign: Campaign) -> Campaign:
    """The campaign as it is in force from then on."""
    with county.write() as connection:
        load_campaigns(connection, [campaign], OPENING - timedelta(days=8))
        return campaign_in_force(connection, campaign.id)


def all_issued(county: Database, batch: str, now: datetime) -> None:
    with county.write() as connection:
        while batches.issue_chunk(connection, batch, 50, now):
            pass


def test_what_an_open_round_issues_on_a_later_day_counts_as_coming(before_the_round: Database) -> None:
    county = before_the_round
    _, later = in_days(county, 5)
    batch = asked_by_hand(county, later, OPENING)
    with county.write() as connection, pytest.raises(RuleViolation) as refusal:
        check_budget(connection, batch, OPENING)
    assert refusal.value.code is Code.OVER_BUDGET
    assert "要填的项 7，上限 5" in str(refusal.value)
    with county.write() as connection:
        assert batches.progress(connection, "round/monthly/2026-11").left == step(connection, NAME, OPENING).to_issue
        assert step(connection, NAME, OPENING).to_issue < 96


def test_what_the_leader_let_go_beyond_the_budget_takes_nothing_from_the_round(before_the_round: Database) -> None:
    county = before_the_round
    _, later = in_days(county, 5)
    batch = asked_by_hand(county, later, OPENING)
    keeping.allow(county, batch, "县委专项部署", at_console(LEADER), OPENING)
    with county.write() as connection:
        batches.confirm(connection, batch, issuer(connection, on_site(SUPERVISOR)), OPENING)
    all_issued(county, batch, OPENING)
    assert later in owing_on(county, OPENING + timedelta(days=4))


def owing_on(county: Database, now: datetime) -> set[str]:
    """Who owes the round, after it has looked."""
    with county.write() as connection:
        step(connection, NAME, now)
        found = known_round(connection, NAME)
    all_issued(county, batch_of(NAME), now)
    return {one.id for one in found.owing}


def test_who_would_be_asked_too_much_on_its_day_is_left_out_with_the_reason(before_the_round: Database) -> None:
    """Nobody checked what was issued meanwhile, as before the budget was loaded."""
    county = before_the_round
    _, later = in_days(county, 5)
    batch = asked_by_hand(county, later, OPENING)
    with county.write() as connection:
        batches.confirm(connection, batch, issuer(connection, on_site(SUPERVISOR)), OPENING)
    all_issued(county, batch, OPENING)
    assert later not in owing_on(county, OPENING + timedelta(days=4))
    with county.read() as connection:
        assert "超出本月减负预算：要填的项 7，上限 5" in known_round(connection, NAME).dropped[later].reason
        assert [one.what for one in verify_rounds(connection)] == []


def test_what_a_merged_unit_was_asked_counts_for_that_one_alone(before_the_round: Database) -> None:
    county = before_the_round
    assert opened_in(county, monthly_in(county, 5))
    all_issued(county, batch_of(NAME), OPENING)
    with county.read() as connection:
        first, second, *_ = (row["id"] for row in people.all_units(connection) if row["kind"] == "organ")
    day = OPENING + timedelta(days=1)
    merge_units(county, [first], second, ToChange(first=local_date(day)), day)
    owing_on(county, day)
    with county.read() as connection:
        selection = unsettled(connection, NAME)
    assert give(county, selection, day, 500).stored == 1
    with county.read() as connection:
        month = period_of(Rhythm.MONTH, local_date(day))
        of_second = requests_in(connection, month, [second])
        every = [one for one in requests_in(connection, month) if one.unit in (first, second)]
    assert [one.unit for one in of_second] == [second]
    assert sorted((one.unit, bool(one.unit_name)) for one in every) == sorted([(first, True), (second, True)])
    mine = account(county, second, day)
    assert [(one.requests, bool(one.over)) for one in mine.units] == [(1, False)]
