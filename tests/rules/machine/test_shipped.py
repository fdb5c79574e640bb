"""The shipped process on the machine: each kind of rectification from issue to close, for each kind of unit."""

from datetime import date

import pytest

from definitions.catalogue import SHIPPED, load_process
from rules.errors import Code, RuleViolation
from rules.machine.commands import Assignment, UnitRef
from rules.process import ClockKind, Process
from tests.rules.machine.test_ladder import told
from tests.support.factories import LEADER, OTHER_LIAISON, SUPERVISOR, K, Play

DEFINITION = load_process(SHIPPED / "rectification.yaml")
KINDS = [kind.id for kind in DEFINITION.unit_kinds]


def process(kind: str, variant: str) -> Process:
    return DEFINITION.resolve(kind, variant)


def unit(kind: str) -> UnitRef:
    return UnitRef(id="u1", name="本单位", kind=kind, area="a1")


def begin(kind: str, variant: str, now: str = "2026-03-02", deadline: date | None = None) -> Play:
    return Play(now, process=process(kind, variant), unit=unit(kind), deadline=deadline)


def due(play: Play) -> date:
    clock = play.state.clock
    assert clock is not None
    return clock.due.date


def working_days(play: Play) -> int:
    clock = play.state.clock
    assert clock is not None
    return play.calendar.count(clock.due.trace.start, clock.due.date)


@pytest.mark.parametrize(
    ("kind", "sign", "plan", "execute", "adjust"),
    [
        ("organ", 2, 5, 40, 5),
        ("institution", 2, 7, 45, 5),
        ("research", 3, 15, 80, 10),
        ("enterprise", 3, 12, 70, 10),
        ("social", 3, 10, 50, 7),
    ],
)
def test_a_staged_item_runs_from_issue_to_closed(kind: str, sign: int, plan: int, execute: int, adjust: int) -> None:
    play = begin(kind, "staged")
    assert working_days(play) == sign
    play.do(K.SIGN)
    assert (play.state.step, working_days(play)) == ("plan", plan)
    play.do(K.SUBMIT)
    assert (play.state.step, working_days(play)) == ("plan_review", 5)
    play.do(K.RETURN)
    play.do(K.SUBMIT)
    play.do(K.APPROVE)
    assert (play.state.step, working_days(play)) == ("execute", execute)
    play.do(K.SUBMIT)
    assert (play.state.step, working_days(play)) == ("inspect", 10)
    play.do(K.RETURN)
    assert (play.state.step, working_days(play)) == ("adjust", adjust)
    play.do(K.SUBMIT)
    play.do(K.CLOSE)
    assert play.state.status == "watching"
    play.tick_until("2026-12-31")
    assert (play.state.status, play.state.outcome, play.state.late_count) == ("closed", "rectified", 0)
    assert play.kinds == [
        *("issued", "signed", "submitted", "returned", "submitted", "approved", "submitted", "returned", "submitted"),
        *("closed", "watch_ended"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_at_once_item_has_ten_days_and_no_plan(kind: str) -> None:
    play = begin(kind, "at_once")
    play.do(K.SIGN)
    assert (play.state.step, working_days(play)) == ("execute", 10)
    play.do(K.SUBMIT)
    play.do(K.CLOSE)
    assert play.state.status == "watching"


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_term_item_reports_every_quarter_and_is_inspected_every_year(kind: str) -> None:
    play = begin(kind, "long_term", "2026-03-09")
    play.do(K.SIGN)
    play.do(K.SUBMIT)
    play.do(K.APPROVE)
    assert play.state.cap is None
    assert due(play) == date(2027, 3, 9)
    for when, following in (
        ("2026-06-01", date(2026, 9, 9)),
        ("2026-08-31", date(2026, 12, 9)),
        ("2026-11-30", date(2027, 3, 9)),
    ):
        play.tick_until(when)
        play.do(K.REPORT)
        assert [c.due.date for c in play.state.clocks if c.kind is ClockKind.REPORTING] == [following]
    assert play.state.late_count == 0
    play.tick_until("2027-03-01")
    play.do(K.SUBMIT)
    play.do(K.CLOSE, "2027-03-05", outcome="continuing")
    assert (play.state.cycle, play.state.step) == (2, "execute")
    assert due(play) == date(2028, 3, 6)
    assert play.state.clocks[0].due.provisional


def test_an_elastic_unit_arranges_its_own_dates_and_a_fixed_one_cannot() -> None:
    research, organ = begin("research", "staged"), begin("organ", "staged")
    research.do(K.SIGN, days=8)
    assert working_days(research) == 8
    research.do(K.SUBMIT, days=35)
    research.do(K.APPROVE)
    assert working_days(research) == 35
    with pytest.raises(RuleViolation) as refused:
        organ.do(K.SIGN, days=8)
    assert refused.value.code is Code.WINDOW_FIXED
    organ.do(K.SIGN)
    with pytest.raises(RuleViolation, match="整改落实的时限是固定的"):
        organ.do(K.SUBMIT, days=35)


def test_the_whole_items_span_cuts_the_last_steps() -> None:
    play = begin("organ", "staged")
    play.do(K.SIGN, "2026-03-04")
    play.do(K.SUBMIT, "2026-05-29")
    play.do(K.APPROVE, "2026-06-01")
    assert play.state.cap is not None
    assert due(play) == play.state.cap.date == date(2026, 6, 26)
    play.do(K.SUBMIT, "2026-06-26")
    play.do(K.RETURN, "2026-07-06")
    assert due(play) == date(2026, 7, 7), "past its span a unit still has one working day"


def test_an_item_declined_by_an_institute_goes_on_as_an_organs() -> None:
    play = begin("research", "staged")
    play.do(K.DECLINE, "2026-03-04")
    organ = process("organ", "staged")
    other = UnitRef(id="u2", name="档案馆", kind="organ")
    play.do(K.REASSIGN, "2026-03-05", assignment=Assignment(unit=other, process=organ))
    assert working_days(play) == 2
    play.do(K.SIGN, "2026-03-06", OTHER_LIAISON)
    assert working_days(play) == 5


def test_the_shipped_ladder_rings_as_the_domain_says() -> None:
    play = begin("organ", "staged", "2026-03-02")
    play.do(K.SIGN, "2026-03-02")
    assert due(play) == date(2026, 3, 9)
    assert told(play.tick_until("2026-04-14")) == [
        ("03-05 09:00", "warn", 1),
        ("03-09 17:30", "due", 1),
        ("03-10 09:00", "overdue", 1),
        ("03-12 09:00", "letter", 1),
        ("03-16 09:00", "circular", 1),
        ("03-23 09:00", "talk", 1),
        ("03-30 09:00", "weekly", 1),
        ("04-07 09:00", "weekly", 2),
        ("04-14 09:00", "weekly", 3),
    ]
    assert play.state.points == 3


def test_an_organ_and_an_institute_get_different_dates_for_the_same_finding() -> None:
    plays = [begin("organ", "staged"), begin("research", "staged")]
    for play in plays:
        play.do(K.SIGN, "2026-03-03")
    assert [due(p) for p in plays] == [date(2026, 3, 10), date(2026, 3, 24)]


def test_a_relapse_after_closing_starts_over_with_the_plan() -> None:
    play = begin("social", "staged")
    for command in (K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT, K.CLOSE):
        play.do(command)
    play.do(K.WATCH, "2026-05-06", result="relapsed")
    play.do(K.REOPEN, "2026-05-07", LEADER)
    assert (play.state.step, play.state.reopened, working_days(play)) == ("plan", 1, 10)
    assert play.events[-2].actor == SUPERVISOR
