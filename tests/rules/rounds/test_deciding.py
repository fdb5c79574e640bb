"""A round by its rules: it opens before it is due and locks after, once; who was dropped is in no denominator; after
the lock one unit at a time, and every correction is a new revision."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.codec import decode, encode
from rules.dates.calendar import Calendar, DayException, instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.rounds.campaign import SHORTEST, Campaign, days_of, next_period
from rules.rounds.deciding import (
    RoundCommand,
    RoundVerb,
    decide_round,
    round_alarm,
)
from rules.rounds.facts import (
    ROUND_FACTS,
    AskedUnit,
    RoundFact,
    RoundFellDue,
    RoundLocked,
    RoundReminded,
    RoundReported,
    UnitsAsked,
)
from rules.rounds.opening import locks_at, open_round, opens_at
from rules.rounds.periods import Period, Rhythm, period_of
from rules.rounds.reporting import UnitReport, UnitStands
from rules.rounds.state import RoundState, evolve_round, fold_round, population_hash
from rules.telling.round_words import why_reported
from tests.support.days import CALENDAR, PUBLISHED
from tests.support.rounds.campaigns import MONTHLY, OTHER, SUPERVISOR, SYSTEM_ACTOR, campaigns

NOVEMBER = Period(rhythm=Rhythm.MONTH, year=2026, nth=11)
UNITS = tuple(
    AskedUnit(id=f"u{n:02}", kind=kind) for n, kind in enumerate(["organ", "organ", "research", "social", "social"])
)
PERIODS = st.dates(date(2026, 1, 1), date(2032, 6, 30))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Days off and days worked, anywhere."""
    named = draw(st.dictionaries(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.booleans(), max_size=40))
    exceptions = tuple(
        DayException(day=day, working=working, name="放假")
        for day, working in sorted(named.items())
        if working != (day.weekday() < 5)
    )
    return Calendar(version=f"any#{hash(exceptions)}", first_year=2025, last_year=2027, exceptions=exceptions)


class Round:
    """A round that is driven: what happened in it, and how it stands."""

    def __init__(
        self, campaign: Campaign = MONTHLY, period: Period = NOVEMBER, calendar: Calendar = CALENDAR, late: int = 0
    ) -> None:
        self.campaign, self.calendar = campaign, calendar
        at = opens_at(campaign, period, calendar)
        assert at
        self.now = instant_of(calendar.add(at.astimezone(UTC).date(), late), time(9)) if late else at
        begin = open_round(campaign, period, calendar, UNITS, SYSTEM_ACTOR, "p0001", self.now)
        self.facts: list[tuple[RoundFact, str]] = [(fact, "system") for fact in begin]
        self.stands: dict[str, UnitReport] = {}

    @property
    def state(self) -> RoundState:
        found = fold_round(self.facts)
        assert found
        return found

    def give(self, verb: RoundVerb, actor: Actor = SYSTEM_ACTOR, **said: object) -> tuple[RoundFact, ...]:
        stands = tuple(UnitStands(unit=unit, reported=how) for unit, how in self.stands.items())
        command = RoundCommand(id="c", verb=verb, actor=actor, stands=stands, **said)  # type: ignore[arg-type]
        found = decide_round(self.campaign, self.calendar, self.state, command, self.now)
        self.facts += [(fact, actor.id) for fact in found]
        return found

    def run(self) -> None:
        """Until nothing more happens by itself."""
        while alarm := round_alarm(self.campaign, self.calendar, self.state):
            assert alarm >= self.now or self.state.opened.lost
            self.now = max(self.now, alarm)
            assert self.give(RoundVerb.TICK)

    def of(self, kind: type[RoundFact]) -> list[RoundFact]:
        return [fact for fact, _ in self.facts if isinstance(fact, kind)]

    def refused(self, verb: RoundVerb, actor: Actor = SUPERVISOR, **said: object) -> RuleViolation:
        with pytest.raises(RuleViolation) as refusal:
            self.give(verb, actor, **said)
        return refusal.value


@given(campaigns(), calendars(), PERIODS, st.integers(0, 25))
@settings(max_examples=100)
def test_it_opens_then_falls_due_then_locks_once_each(
    campaign: Campaign, calendar: Calendar, day: date, late: int
) -> None:
    """By whatever calendar, in whichever year, opened on its day or weeks late."""
    one = Round(campaign, period_of(campaign.rhythm, day), calendar, late)
    opened = one.state.opened
    assert all(calendar.count(opened.day, due.day.date) >= min(SHORTEST, late + SHORTEST) for due in opened.days.due)
    assert opened.day <= min(due.day.date for due in opened.days.due)
    assert opened.days.last_due < opened.days.locks.date
    one.run()
    fallen = [kind for fact in one.of(RoundFellDue) for kind in fact.kinds]  # type: ignore[union-attr]
    assert sorted(fallen) == sorted(due.kind for due in campaign.due)
    reminded = [kind for fact in one.of(RoundReminded) for kind in fact.kinds]  # type: ignore[union-attr]
    assert len(set(reminded)) == len(reminded)
    assert [type(fact) for fact, _ in one.facts[-2:]] == [RoundLocked, RoundReported]
    assert len(one.of(RoundReported)) == 1


@given(st.permutations(UNITS))
def test_the_order_of_the_units_is_nothing_to_the_hash(units: list[AskedUnit]) -> None:
    assert population_hash("a/2026", units) == population_hash("a/2026", UNITS)
    assert population_hash("a/2026", units[1:]) != population_hash("a/2026", UNITS)
    assert population_hash("a/2027", units) != population_hash("a/2026", units)


def test_what_it_begins_with_is_all_in_its_facts() -> None:
    one = Round()
    assert [unit for fact in one.of(UnitsAsked) for unit in fact.units] == list(UNITS)  # type: ignore[union-attr]
    assert one.state.opened.population_hash == population_hash("monthly/2026-11", UNITS)
    assert (one.state.opened.day, one.state.opened.campaign) == (date(2026, 11, 26), "monthly@1")
    for fact, _ in one.facts:
        kind = next(kind for kind, cls in ROUND_FACTS.items() if cls is type(fact))
        assert decode(ROUND_FACTS[kind], encode(fact)) == fact
    assert evolve_round(one.state, one.state.opened, "system") == one.state


def test_its_days_are_by_kind_and_say_why() -> None:
    days = Round().state.days
    assert [(one.kind, one.day.date, one.day.earliest) for one in days.due] == [
        ("organ", date(2026, 12, 7), None),
        ("research", date(2026, 12, 16), date(2026, 12, 7)),
        ("", date(2026, 12, 9), None),
    ]
    assert days.locks.date == date(2026, 12, 21)
    assert (days.of("social").date, days.of("organ").trace.start) == (date(2026, 12, 9), date(2026, 11, 30))


def test_new_year_is_nothing_special() -> None:
    """The series goes on over it, and December's round is due in January."""
    period = next_period(MONTHLY, CALENDAR, date(2026, 11, 27))
    assert period
    assert period.id == "2026-12"
    assert days_of(MONTHLY, period, CALENDAR).locks.date.year == 2027
    ids = [period.moved(n).id for n in range(3)]
    assert ids == ["2026-12", "2027-01", "2027-02"]
    assert [next_period(MONTHLY, CALENDAR, date(2027, month, 1)).id for month in (1, 2)] == ["2027-01", "2027-02"]  # type: ignore[union-attr]


def test_after_a_week_without_power_nobody_is_late_at_once() -> None:
    """What is far enough away stays where it was; the rest is put off by what was lost, and the entry says so."""
    in_time, late = Round().state.days, Round(late=6).state
    assert (late.opened.day, late.opened.lost) == (date(2026, 12, 4), 6)
    assert late.days.of("organ").date == CALENDAR.add(in_time.of("organ").date, 6)
    assert late.days.of("research").date == in_time.of("research").date
    assert late.days.locks.date == in_time.locks.date


def test_nobody_is_reminded_of_what_is_late_already() -> None:
    one = Round()
    one.now = locks_at(MONTHLY, one.state.days)
    one.give(RoundVerb.TICK)
    assert one.of(RoundReminded) == []
    assert len(one.of(RoundFellDue)) == 3
    assert one.state.locked


@given(st.data())
@settings(max_examples=60)
def test_a_dropped_unit_is_in_no_denominator_and_a_closed_one_may_open_again(data: st.DataObject) -> None:
    one, chance = Round(), random.Random(data.draw(st.integers()))
    owing = {unit.id for unit in UNITS}
    for _ in range(data.draw(st.integers(0, 8))):
        unit = chance.choice(UNITS)
        if chance.random() < 0.5:
            one.give(RoundVerb.DROP, unit=unit.id, reason="撤销")
            owing -= {unit.id}
        else:
            one.give(RoundVerb.JOIN, joins=unit)
            owing |= {unit.id}
    one.stands = {unit.id: chance.choice(list(UnitReport)) for unit in UNITS}
    assert {unit.id for unit in one.state.owing} == owing
    one.run()
    (report,) = one.state.reports
    assert report.counts.owed == len(owing)
    assert report.counts.dropped == len(UNITS) - len(owing)
    assert set(report.late_units) | set(report.missing_units) <= owing
    assert one.state.opened.count == len(UNITS)


def test_another_calendar_moves_what_has_not_come_and_nothing_rings_twice() -> None:
    one = Round()
    while not one.state.fell_due:
        one.now = round_alarm(MONTHLY, one.calendar, one.state) or one.now
        one.give(RoundVerb.TICK)
    before = one.state
    assert (set(before.fell_due), set(before.reminded)) == ({"organ"}, {"organ", ""})
    off = tuple(DayException(day=date(2026, 12, day), working=False, name="放假") for day in (8, 9, 10))
    one.calendar = replace(CALENDAR, version="later", exceptions=(*CALENDAR.exceptions, *off))
    one.give(RoundVerb.MOVE, reason="通知")
    after = one.state
    assert after.days.of("organ") == before.days.of("organ")
    assert after.days.of("social").date == date(2026, 12, 14)
    assert after.days.of("social").trace.calendar == "later"
    assert one.give(RoundVerb.MOVE, reason="通知") == ()
    one.run()
    reminded = [kind for fact in one.of(RoundReminded) for kind in fact.kinds]  # type: ignore[union-attr]
    assert sorted(reminded) == ["", "organ", "research"]


@given(calendars(), st.integers(0, 40))
@settings(max_examples=60)
def test_no_calendar_moves_a_day_into_the_past(calendar: Calendar, hours: int) -> None:
    one = Round()
    one.now += timedelta(hours=hours * 12)
    one.give(RoundVerb.TICK)
    before, one.calendar = one.state, calendar
    one.give(RoundVerb.MOVE, reason="通知")
    today = one.now.astimezone(UTC).date()
    moved = [due for due in one.state.days.due if due.kind not in before.fell_due]
    if not before.locked:
        stays = {due.day.date for due in before.days.due}
        assert all(due.day.date > today or due.day.date in stays for due in moved) or one.state == before
        assert one.state.days.last_due < one.state.days.locks.date
    one.give(RoundVerb.TICK)  # a reminder that the calendar has put behind us is given at once
    one.run()
    assert len(one.of(RoundFellDue)) <= 3
    assert [fact.revision for fact in one.of(RoundReported)] == [1]  # type: ignore[union-attr]


def test_after_the_lock_one_unit_reports_and_the_first_report_stays() -> None:
    one = Round()
    one.stands = {"u00": UnitReport.ON_TIME, "u01": UnitReport.LATE}
    assert "还没有锁定" in str(one.refused(RoundVerb.UNLOCK, unit="u02", days=2, reason="停电"))
    one.run()
    first = one.state.reports[0]
    assert (first.counts.on_time, first.late_units, first.missing_units) == (1, ("u01",), ("u02", "u03", "u04"))
    today = one.now.date()
    assert not one.state.takes("u02", today)
    assert "1 至 5" in str(one.refused(RoundVerb.UNLOCK, unit="u02", days=6, reason="停电"))
    assert one.refused(RoundVerb.UNLOCK, unit="u02", days=2).code is Code.FIELD_MISSING
    assert one.refused(RoundVerb.UNLOCK, SYSTEM_ACTOR, unit="u02", days=2, reason="停电").code is Code.WRONG_ROLE
    one.give(RoundVerb.UNLOCK, SUPERVISOR, unit="u02", days=2, reason="停电")
    assert (one.state.takes("u02", today), one.state.takes("u03", today)) == (True, False)
    one.stands["u02"] = UnitReport.LATE
    one.run()
    second = one.state.reports[1]
    assert (second.revision, second.late_units) == (2, ("u01", "u02"))
    assert why_reported(second, {"u02": "县教育局"}) == "县教育局 解锁补报：停电"
    assert one.state.reports[0] == first
    assert not one.state.takes("u02", today)


def test_an_unlocking_that_changed_nothing_makes_no_revision() -> None:
    one = Round()
    one.run()
    one.give(RoundVerb.UNLOCK, SUPERVISOR, unit="u02", days=1, reason="停电")
    one.run()
    assert [report.revision for report in one.state.reports] == [1]


def test_a_correction_takes_two_and_is_a_new_revision() -> None:
    one = Round()
    assert "还没有通报" in str(one.refused(RoundVerb.ASK_CORRECTION, reason="统计有误"))
    one.run()
    one.give(RoundVerb.ASK_CORRECTION, SUPERVISOR, reason="统计有误")
    assert one.refused(RoundVerb.AGREE).code is Code.OWN_MATTER
    assert one.refused(RoundVerb.AGREE, replace(OTHER, behalf=SUPERVISOR.id)).code is Code.OWN_MATTER
    first, one.stands = one.state.reports[0], {unit.id: UnitReport.ON_TIME for unit in UNITS}
    one.give(RoundVerb.AGREE, OTHER)
    assert [report.revision for report in one.state.reports] == [1, 2]
    assert (one.state.reports[0], one.state.reports[1].counts.on_time) == (first, 5)
    assert one.state.reports[1].reason == "统计有误"
    assert "没有人申请" in str(one.refused(RoundVerb.AGREE, OTHER))


def test_a_stop_lets_it_run_out_or_ends_it() -> None:
    one, other = Round(), Round()
    one.give(RoundVerb.STOP, SUPERVISOR, reason="合并填报", annul=True)
    assert round_alarm(MONTHLY, CALENDAR, one.state) is None
    other.give(RoundVerb.STOP, SUPERVISOR, reason="以后不再填报")
    other.run()
    assert other.state.reports
    assert "已经停止" in str(one.refused(RoundVerb.STOP, reason="再停"))


def test_what_nobody_owes_does_not_open_and_nothing_opens_before_its_day() -> None:
    def opened(units: tuple[AskedUnit, ...], at: datetime) -> str:
        with pytest.raises(RuleViolation) as refusal:
            open_round(MONTHLY, NOVEMBER, PUBLISHED, units, SYSTEM_ACTOR, "p0001", at)
        return str(refusal.value)

    at = opens_at(MONTHLY, NOVEMBER, PUBLISHED)
    assert at
    assert "没有要填报的单位" in opened((), at)
    assert "列了两次" in opened((UNITS[0], UNITS[0]), at)
    assert "2026-11-26 才开放" in opened(UNITS, at - timedelta(days=1))
