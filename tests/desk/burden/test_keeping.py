"""What is asked by hand beyond the budget waits for the leader; the account says who asked whom; questions are
contested by the unit and answered by whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import httpx2
import pytest

from api.app import create_app
from definitions.burden.budget_file import load_budget_file
from desk.acting import issuer
from desk.burden import keeping
from desk.burden.account_shown import ShownAccount, month_asked, show_account
from desk.caller import at_console, on_site
from desk.intake import Intake
from desk.issuing import ToIssue, UnitChoice, propose
from desk.registers.rounds import shown_campaigns
from desk.requests import Desk
from ledger.burden.account import check_budget, requests_in
from ledger.burden.budgets import load_budget
from ledger.chain import batches, journal
from ledger.chain.entries import ENTRY
from ledger.directory import people
from ledger.proof.verify import verify
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.coming import held_up, late_openings, step
from ledger.rounds.rounds import open_in_ledger, rounds
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.burden.facts import OverBudgetHeld
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.process import Role
from rules.rounds.campaign import Campaign, day_of
from rules.rounds.periods import read_period
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, known_county
from tests.support.shipped import every_campaign
from tests.support.signed import as_, browsing, entrance_of

NOW = datetime.now(UTC)
OPENING = instant_of(date(2026, 11, 26), time(9))
NAME = "monthly/2026-11"
UNIT = "u060"
TWO = UnitChoice(units=(UNIT, "u061"))
ASKED = ToIssue(
    process="inquiry",
    to=TWO,
    answers=(("title", "困难党员人数"), ("basis", "县委通知"), ("why", "月报里没有这一项")),
)


@pytest.fixture
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = known_county(tmp_path_factory.mktemp("burden"))
    with database.write() as connection:
        load_budget(connection, load_budget_file(), NOW)
    yield database
    database.close()


@pytest.fixture
def before_the_round(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same some days before the monthly round of November 2026 opens."""
    database = known_county(tmp_path_factory.mktemp("burden"), now=OPENING - timedelta(days=30))
    yield database
    database.close()


def proposed(database: Database, id_: str, asked: ToIssue = ASKED) -> str:
    return propose(database, replace(asked, id=id_), on_site(SUPERVISOR), NOW)


def confirmed(database: Database, batch: str) -> None:
    """As somebody confirms it, without the engine that issues it; then as it issues."""
    Intake(None, database)._confirm(batch, on_site(SUPERVISOR), None)
    with database.write() as connection:
        while batches.issue_chunk(connection, batch, 50, NOW):
            pass


def account(database: Database, unit: str = "", now: datetime = NOW) -> ShownAccount:
    with database.read() as connection:
        return show_account(connection, month_asked("", now), now, unit=unit)


def refusal_of_second(database: Database) -> tuple[str, RuleViolation]:
    confirmed(database, proposed(database, "first"))
    second = proposed(database, "second")
    with pytest.raises(RuleViolation) as refusal:
        confirmed(database, second)
    return second, refusal.value


def liaison(database: Database, unit: str) -> str:
    with database.read() as connection:
        return people.holders(connection, Role.LIAISON, unit=unit)[0]


def test_the_first_of_a_month_is_issued_and_the_second_waits_for_the_leader(county: Database) -> None:
    second, refusal = refusal_of_second(county)
    assert refusal.code is Code.OVER_BUDGET
    assert "临时要数（次） 2，上限 1" in str(refusal)
    assert second in str(refusal)
    (waiting,) = account(county).waiting
    assert (waiting.batch, waiting.units) == (second, 2)
    with pytest.raises(RuleViolation) as nobody:
        keeping.allow(county, second, "急用", at_console(SUPERVISOR), NOW)
    assert nobody.value.code is Code.WRONG_ROLE
    keeping.allow(county, second, "县委专项部署，只此一次", at_console(LEADER), NOW)
    keeping.allow(county, second, "再说一遍也是一次", at_console(LEADER), NOW)
    confirmed(county, second)
    found = account(county)
    (yes,) = found.allowances
    assert yes.reason == "县委专项部署，只此一次"
    assert found.waiting == []
    assert [(one.extras, bool(one.over)) for one in found.units] == [(2, True), (2, True)]
    assert [one.what for one in verify(county).wrong if "已经发出" not in one.what] == []


def test_nothing_is_half_done_where_it_is_refused(county: Database) -> None:
    second, _ = refusal_of_second(county)
    with county.read() as connection:
        assert batches.row(connection, second)["state"] == "draft"
        assert batches.progress(connection, second).left == 2


def test_a_batch_that_is_being_issued_goes_on_whatever_the_budget_is_by_then(county: Database) -> None:
    batch = proposed(county, "first")
    intake = Intake(None, county)
    intake._confirm(batch, on_site(SUPERVISOR), None)
    with county.write() as connection:
        batches.issue_chunk(connection, batch, 1, NOW)
        load_budget(connection, replace(load_budget_file(), extras=0), NOW)
    intake._confirm(batch, on_site(SUPERVISOR), None)
    confirmed(county, batch)
    assert account(county).total["extras"] == 2


def test_what_is_confirmed_and_not_issued_yet_counts(county: Database) -> None:
    """Two of them at one moment are not each judged without the other."""
    intake, first = Intake(None, county), proposed(county, "first")
    intake._confirm(first, on_site(SUPERVISOR), None)
    second = proposed(county, "second")
    with pytest.raises(RuleViolation) as refusal:
        intake._confirm(second, on_site(SUPERVISOR), None)
    assert (refusal.value.code, "临时要数（次） 2，上限 1" in str(refusal.value)) == (Code.OVER_BUDGET, True)
    confirmed(county, first)
    with county.read() as connection, pytest.raises(RuleViolation):
        check_budget(connection, second, NOW)


def test_within_the_budget_nobody_has_to_say_yes(county: Database) -> None:
    batch = proposed(county, "only")
    with pytest.raises(RuleViolation) as refusal:
        keeping.allow(county, batch, "不必", at_console(LEADER), NOW)
    assert refusal.value.code is Code.WITHIN_BUDGET
    with county.read() as connection:
        check_budget(connection, batch, NOW)


def test_what_is_annulled_counts_no_more_and_another_month_has_its_own(county: Database) -> None:
    confirmed(county, proposed(county, "first"))
    assert account(county).total["extras"] == 2
    with county.read() as connection:
        other = show_account(connection, month_asked("2026-02", NOW), NOW)
    assert (other.units_asked, other.askers) == (0, [])


def test_the_account_says_who_asked_whom_for_how_much(county: Database) -> None:
    confirmed(county, proposed(county, "first"))
    (asker,) = account(county).askers
    assert (asker.what, asker.units, asker.requests, asker.fields, asker.evidence) == ("临时要数", 2, 2, 4, 2)
    mine = account(county, UNIT)
    assert (mine.units_asked, mine.total["fields"]) == (1, 2)


def number_of(database: Database, unit: str) -> str:
    with database.read() as connection:
        return next(one.no for one in requests_in(connection, month_asked("", NOW), [unit]))


def test_a_question_is_contested_once_by_its_unit_and_answered_by_whoever_asks(county: Database) -> None:
    confirmed(county, proposed(county, "first"))
    no, mine = number_of(county, UNIT), at_console(liaison(county, UNIT))
    made = keeping.contest(county, no, "answer.amount", "民政已经报过", mine, NOW)
    assert (made.label, made.waits) == ("数", True)
    for code, place, by in (
        (Code.CONTEST_REFUSED, "answer.amount", mine),
        (Code.CONTEST_REFUSED, "answer.nothing", mine),
        (Code.CONTEST_REFUSED, "answer.said", at_console(liaison(county, "u061"))),
        (Code.WRONG_ROLE, "answer.said", at_console(AUDITOR)),
    ):
        with pytest.raises(RuleViolation) as refusal:
            keeping.contest(county, no, place, "不该要", by, NOW)
        assert refusal.value.code is code, place
    done = keeping.answer(county, made.id, "下月起从民政取", at_console(SUPERVISOR), NOW, dropped=True)
    assert (done.dropped, done.waits) == (True, False)
    with pytest.raises(RuleViolation) as again:
        keeping.answer(county, made.id, "再答", at_console(SUPERVISOR), NOW, dropped=False)
    assert again.value.code is Code.CONTEST_REFUSED
    (shown,) = account(county).contests
    assert (shown.answer, shown.times) == ("下月起从民政取", 1)
    with county.read() as connection:
        kinds = connection.execute(ENTRY.select().where(ENTRY.c.stream.like("~burden/%"))).mappings().all()
    assert [row["kind"] for row in kinds] == ["budget_loaded", "question_contested", "contest_answered"]


async def test_it_is_seen_asked_and_answered_on_pages_too(
    county: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = EvidenceStore(tmp_path_factory.mktemp("files"))
    desk = Desk(None, county, files)  # type: ignore[arg-type]
    app = create_app(desk=desk, intake=Intake(None, county), database=county, files=files, entrance=entrance_of(county))
    second, _ = refusal_of_second(county)
    no = number_of(county, UNIT)
    async with browsing(app) as web:

        async def page(address: str, by: str) -> str:
            return (await web.get(address, headers=as_(by))).text

        async def post(address: str, by: str, **form: str) -> httpx2.Response:
            sent = {**as_(by), "sec-fetch-site": "same-origin"}
            return await web.post(address, data=form, headers=sent)

        of_unit = liaison(county, UNIT)
        assert f"/burden/contest/{no}?place=answer.said" in await page(f"/items/{no}", of_unit)
        assert "困难党员人数" in await page(f"/burden/contest/{no}?place=answer.said", of_unit)
        assert (await post(f"/burden/contest/{no}", of_unit, place="answer.said", reason="")).status_code == 422
        assert (await post(f"/burden/contest/{no}", of_unit, place="answer.said", reason="报过了")).status_code == 303
        told = await page("/burden", LEADER)
        assert all(one in told for one in ("报过了", "同意超出预算", second, "临时要数"))
        assert (await post(f"/burden/allow/{second}", LEADER, reason="确有需要")).status_code == 303
        assert "确有需要" in await page("/burden", AUDITOR)
        (waits,) = account(county).contests
        assert (
            await post(f"/burden/contests/{waits.id}", SUPERVISOR, reason="以后不要", dropped="true")
        ).status_code == 303
        assert "不再要" in await page("/burden", of_unit)
        assert (await web.get("/api/v1/burden")).json()["units_asked"] == 2


def monthly_in(county: Database, fields: int) -> Campaign:
    """The monthly round, and a budget of so many fields a month."""
    then = OPENING - timedelta(days=9)
    with county.write() as connection:
        load_budget(connection, replace(load_budget_file(), fields=fields), then)
        load_campaigns(connection, every_campaign(), then)
        return campaign_in_force(connection, "monthly")


def opened_in(county: Database, campaign: Campaign) -> bool:
    with county.write() as connection:
        return open_in_ledger(connection, campaign, read_period("2026-11"), SYSTEM, OPENING)


def test_what_a_round_asks_on_later_days_counts_when_it_opens(before_the_round: Database) -> None:
    """Only one unit would be asked too much, and it is issued what it is asked some days after the opening."""
    monthly = replace(monthly_in(before_the_round, 5), stagger=5)
    later = next(n for n in range(1, 97) if day_of("monthly/2026-11", f"u{n:03}", 5) > 0)
    asked = replace(ASKED, to=UnitChoice(units=(f"u{later:03}",)))
    batch = propose(before_the_round, replace(asked, id="first"), on_site(SUPERVISOR), OPENING)
    with before_the_round.write() as connection:
        batches.confirm(connection, batch, issuer(connection, on_site(SUPERVISOR)), OPENING)
        while batches.issue_chunk(connection, batch, 50, OPENING):
            pass
    with pytest.raises(RuleViolation) as refusal:
        opened_in(before_the_round, monthly)
    assert (refusal.value.code, "，上限 5" in str(refusal.value)) == (Code.OVER_BUDGET, True)
    with before_the_round.read() as connection:
        assert rounds(connection) == []


def test_a_round_that_would_go_beyond_does_not_open_before_the_leader_has_said_yes(before_the_round: Database) -> None:
    """More would be asked than may be in the month: nothing is open."""
    monthly = monthly_in(before_the_round, 3)

    def opened() -> bool:
        return opened_in(before_the_round, monthly)

    with pytest.raises(RuleViolation) as refusal:
        opened()
    assert refusal.value.code is Code.OVER_BUDGET
    assert "要填的项 5，上限 3" in str(refusal.value)
    with before_the_round.read() as connection:
        assert rounds(connection) == []
    for _ in range(2):  # as its workflow does, each hour
        with before_the_round.write() as connection:
            assert "等分管领导同意" in step(connection, NAME, OPENING).words
    with before_the_round.read() as connection:
        (held,) = journal.facts(connection, OverBudgetHeld)
        (shown,) = (one.held for one in shown_campaigns(connection, OPENING) if one.held)
        assert late_openings(connection, OPENING + timedelta(hours=1)) == [NAME]
    assert (held[1].units, held[1].over, "要填的项 5，上限 3" in shown[0]) == (96, ("要填的项 5，上限 3",), True)
    (waiting,) = account(before_the_round, now=OPENING).waiting
    assert (waiting.batch, waiting.by, waiting.title) == ("round/monthly/2026-11", "", "党建月报（2026年11月）")
    keeping.allow(before_the_round, "round/monthly/2026-11", "年初已经部署", at_console(LEADER), OPENING)
    with before_the_round.read() as connection:
        assert rounds(connection) == [], "saying yes opens nothing"
    with before_the_round.write() as connection:
        assert step(connection, NAME, OPENING).to_issue == 96
        assert held_up(connection) == {}
    assert account(before_the_round, now=OPENING).waiting == []
    (yes,) = account(before_the_round, now=OPENING).allowances
    assert (yes.title, yes.units) == ("党建月报（2026年11月）", 96)
