"""What is put off to a day after the lock is not missing then, and is taken until that day; a correction corrects."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.coming import running_rounds, step
from ledger.rounds.of_items import round_of_item
from ledger.rounds.rounds import check_appended, known_round, perform
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.state import RoundState
from rules.telling.round_words import why_reported
from tests.ledger.rounds.month_round import BOSS, NAME, in_round, month, of_period, wrong
from tests.ledger.rounds.test_dates import given
from tests.ledger.rounds.test_gone import two
from tests.ledger.rounds.test_reviewing import shown, submitted

SOON = instant_of(date(2027, 3, 3), time(9))
LEADER = Actor(id="leader", role=Role.LEADER, via=Via.SITE)
LOCKING = instant_of(date(2027, 3, 12), time(18))
OWN = date(2027, 3, 15)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    """Due on the tenth, locked on the twelfth of March."""
    return in_round(tmp_path, month(locks=of_period(10), due=month().due[1:]))


def extended(database: Database, unit: str, to: date) -> None:
    given(database, unit, SOON, CommandKind.ASK_EXTENSION, to=to, reason="unforeseen", text="会议改期")
    given(database, unit, SOON + timedelta(hours=1), CommandKind.DECIDE_EXTENSION, grant=True, reason="同意")


def looked(database: Database, now: datetime) -> RoundState:
    with database.write() as connection:
        step(connection, NAME, now)
        return known_round(connection, NAME)


def handed_in(database: Database, unit: str, at: datetime) -> None:
    """The same as submitted, with the lock asked."""
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
    who = Actor(id=liaison, role=Role.LIAISON, unit=unit, via=Via.SITE)
    did = Command(kind=CommandKind.SUBMIT, id=f"h/{unit}", actor=who, answers=(("how", "已办"),))
    decide_here(database, shown(database, unit, at).no, did, at, away=False, check=check_appended)


def test_who_was_granted_a_day_after_the_lock_is_not_due_at_it_and_may_report_until_then(county: Database) -> None:
    first, second = two(county)
    extended(county, first, OWN)
    state = looked(county, LOCKING)
    report = state.reports[0]
    assert state.locked
    assert (report.counts.not_due, report.not_due_units, report.counts.missing) == (1, (first,), 95)
    assert report.counts.owed == 96
    at = instant_of(date(2027, 3, 15), time(9))
    with county.read() as connection:
        of = round_of_item(connection, shown(county, first, at).no)
    assert of
    assert (of.put_off(at.date()), of.closed(at.date()), of.closed(date(2027, 3, 16))) == (True, False, True)
    with pytest.raises(RuleViolation) as refused:
        handed_in(county, second, at)
    assert refused.value.code is Code.ROUND_LOCKED
    handed_in(county, first, at)
    after = looked(county, instant_of(OWN, time(18)))
    assert (after.revision, after.unlocked) == (2, ())
    assert (after.reports[1].counts.not_due, after.reports[1].counts.on_time) == (0, 1)
    assert "到期日在锁定以后" in why_reported(after.reports[1], {})
    assert state.reports == after.reports[:1]
    assert wrong(county) == []


def test_who_does_not_report_until_its_own_day_is_missing_from_then_on(county: Database) -> None:
    first, _ = two(county)
    extended(county, first, OWN)
    looked(county, LOCKING)
    after = looked(county, instant_of(OWN, time(18)))
    assert (after.reports[-1].counts.missing, after.reports[-1].counts.not_due) == (96, 0)
    with pytest.raises(RuleViolation):
        handed_in(county, first, instant_of(date(2027, 3, 16), time(9)))


def test_who_was_paused_over_the_lock_is_counted_when_it_reports(county: Database) -> None:
    first, _ = two(county)
    given(county, first, SOON, CommandKind.PAUSE, to=date(2027, 3, 26), reason="等上级通知")
    assert looked(county, LOCKING).reports[0].not_due_units == (first,)
    on = instant_of(date(2027, 3, 16), time(9))
    given(county, first, on, CommandKind.RESUME, text="已收到")
    assert shown(county, first, on).due > "2027-03-16"
    handed_in(county, first, on + timedelta(hours=1))
    with county.read() as connection:
        assert NAME in running_rounds(connection, on + timedelta(hours=2))
    after = looked(county, on + timedelta(hours=2))
    assert (after.revision, after.reports[-1].counts.on_time) == (2, 1)
    assert looked(county, on + timedelta(hours=3)) == after
    assert wrong(county) == []


def test_a_correction_leaves_out_what_was_annulled_since_the_lock_and_one_of_nothing_is_refused(
    county: Database,
) -> None:
    first, _ = two(county)
    submitted(county, first, SOON)
    before = looked(county, LOCKING)
    late = LOCKING + timedelta(days=1)

    def given_to(verb: RoundVerb, who: Actor, id_: str) -> RoundState:
        command = RoundCommand(id=id_, verb=verb, actor=who, reason="问错了")
        with county.write() as connection:
            return perform(connection, NAME, command, late)

    given_to(RoundVerb.ASK_CORRECTION, BOSS, "ask")
    with pytest.raises(RuleViolation) as refused:
        given_to(RoundVerb.AGREE, LEADER, "agree")
    assert "与第 1 版没有不同" in str(refused.value)
    void = Command(kind=CommandKind.ANNUL, id="v", actor=BOSS, reason="问错了")
    with county.read() as connection:
        missing = known_round(connection, NAME).reports[0].missing_units[0]
    for unit in (first, missing):
        decide_here(county, shown(county, unit, late).no, void, late, away=False)
    after = given_to(RoundVerb.AGREE, LEADER, "agree")
    counts = after.reports[1].counts
    assert (counts.owed, counts.on_time, counts.missing, counts.dropped) == (94, 0, 94, 2)
    assert after.reports[:1] == before.reports
    assert wrong(county) == []
