"""What people do in an assessment: judge, enter a merit, leave out, declare, use a result, appeal. What was
scored already follows in the same transaction. What only a leader does: `leading`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from desk.acting import acting
from desk.caller import Caller
from ledger.chain.figures.in_force import figures_in_force
from ledger.directory import people
from ledger.scores.appeals import open_appeal
from ledger.scores.in_force import assessment_named
from ledger.scores.recording import rescore
from ledger.scores.streams import note_scores, state_of
from ledger.store.database import Database
from rules.assessment.assessment import Assessment, Indicator
from rules.assessment.deciding import (
    check_apart,
    check_declared,
    check_excuse,
    check_judging,
    check_merit,
    check_once,
    check_reason,
    check_withdrawal,
    refused,
)
from rules.assessment.declaring import WrittenIndicator, check_in_time, check_returned, read_own
from rules.assessment.facts import (
    IndicatorExcused,
    IndicatorsDeclared,
    IndicatorsPinned,
    IndicatorsReturned,
    MeritEntered,
    MeritWithdrawn,
    PointsJudged,
    ResultUsed,
    ScoreFact,
)
from rules.assessment.state import ScoreState
from rules.assessment.telling import why
from rules.dates.calendar import local_date
from rules.machine.commands import Actor, UnitRef
from rules.permitting import OF_UNIT, OfficeAct
from rules.rounds.periods import read_period

USES = {"honour": "评先评优", "appointment": "干部任用", "accountability": "责任追究"}
"""For what a result is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A unit in an assessment, for whoever does something about it."""

    assessment: Assessment
    unit: UnitRef
    state: ScoreState

    def indicator(self, indicator: str) -> Indicator:
        """The unit's indicator of that id. Raises score_refused."""
        found = next((one for one in (*self.assessment.indicators, *self.state.own) if one.id == indicator), None)
        if found is None:
            raise refused(f"没有指标“{indicator[:40]}”")
        return found


_APART = frozenset({OfficeAct.JUDGE, OfficeAct.CREDIT, OfficeAct.EXCUSE, OfficeAct.REVIEW_DECLARED})
"""What nobody does for a unit of their own."""
Making = Callable[[Connection, Assessed, Actor], ScoreFact]
"""What is to be noted, after it was checked."""


def _kept(
    database: Database,
    caller: Caller,
    act: OfficeAct,
    unit: str,
    assessment: str,
    now: datetime,
    make: Making,
    days: Sequence[date] = (),
) -> ScoreFact:
    """The fact is noted, and what was scored for these days follows; `make` may say of which."""
    with database.write() as connection:
        actor = acting(connection, caller, act)
        of = people.unit_ref(connection, unit)
        if actor.role in OF_UNIT and actor.unit != of.id:
            raise refused(f"{of.name}不是本单位")
        known = assessment_named(connection, assessment, now, str(days[0].year) if days else "")
        about = Assessed(assessment=known, unit=of, state=state_of(connection, known.id, of.id))
        if act in _APART:
            declared = act is OfficeAct.REVIEW_DECLARED and about.state.declared_by in actor.people
            check_apart(act, of, _places(connection, actor), declared=declared)
        fact = make(connection, about, actor)
        note_scores(connection, [fact], actor, now)
        if days:
            rescore(connection, of.id, days, now, "", only=known.id)
        return fact


def _places(connection: Connection, actor: Actor) -> set[str | None]:
    """The units of whoever acts, and of the one stood in for: to which they belong, or where they have a post."""
    every = [people.somebody(connection, one) for one in sorted(actor.people)]
    posts = {post.unit for one in every for post in one.posts if post.role in OF_UNIT}
    return (posts | {one.unit for one in every}) - {None}


def judge(
    database: Database,
    caller: Caller,
    unit: str,
    indicator: str,
    period: str,
    points: int,
    reason: str,
    now: datetime,
    *,
    assessment: str = "",
) -> None:
    """The caller gives the unit so many hundredths for the indicator in that period. Raises wrong_role, unknown_unit,
    unknown_assessment, score_refused, field_missing, field_invalid."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        one, year = about.indicator(indicator), about.assessment.year
        if read_period(period).year != year:
            raise refused(f"“{about.assessment.name}”是 {year} 年的，没有 {period} 这一期")
        check_judging(one, about.state, actor, about.unit.area or "", period, points, reason)
        return PointsJudged(
            score_of=about.assessment.id,
            unit=about.unit.id,
            indicator=indicator,
            period=period,
            points=points,
            reason=reason.strip(),
        )

    day = read_period(period).last
    _kept(database, caller, OfficeAct.JUDGE, unit, assessment, now, make, [day])


def credit(
    database: Database,
    caller: Caller,
    unit: str,
    indicator: str,
    merit: str,
    day: date,
    document: str,
    now: datetime,
    *,
    evidence: str = "",
    assessment: str = "",
) -> None:
    """A merit or a fault of the unit, of that day, by its document. Raises as `judge`."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        one = about.indicator(indicator)
        kind = one.merit(merit)
        points = kind.points if kind else 0
        check_merit(one, merit, points, day, document, evidence)
        if day > local_date(now) or day.year != about.assessment.year:
            raise refused(f"{day} 不在 {about.assessment.year} 年已过的日子里")
        check_once(about.state.merits, one, merit, day, document.strip()[:100])
        return MeritEntered(
            score_of=about.assessment.id,
            unit=about.unit.id,
            indicator=indicator,
            merit=merit,
            day=day,
            points=points,
            document=document.strip()[:100],
            evidence=evidence.strip()[:100],
        )

    _kept(database, caller, OfficeAct.CREDIT, unit, assessment, now, make, [day])


def withdraw(
    database: Database, caller: Caller, unit: str, seq: int, reason: str, now: datetime, *, assessment: str = ""
) -> None:
    """The merit or fault that the entry `seq` of the unit's stream entered counts no more. Raises as `judge`."""
    days: list[date] = []

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        days.append(check_withdrawal(about.state.merits, seq, reason).day)
        return MeritWithdrawn(score_of=about.assessment.id, unit=about.unit.id, seq=seq, reason=reason.strip())

    _kept(database, caller, OfficeAct.CREDIT, unit, assessment, now, make, days)


def excuse(
    database: Database,
    caller: Caller,
    unit: str,
    indicator: str,
    period: str,
    reason: str,
    now: datetime,
    *,
    assessment: str = "",
) -> None:
    """The indicator does not count for the unit in that period. Raises as `judge`."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        check_excuse(about.indicator(indicator), about.assessment, period, reason)
        return IndicatorExcused(
            score_of=about.assessment.id,
            unit=about.unit.id,
            indicator=indicator,
            period=period,
            reason=reason.strip(),
        )

    day = read_period(period).last
    _kept(database, caller, OfficeAct.EXCUSE, unit, assessment, now, make, [day])


def declare(
    database: Database,
    caller: Caller,
    unit: str,
    indicators: Sequence[Indicator],
    now: datetime,
    *,
    assessment: str = "",
) -> None:
    """The unit proposes these indicators of its own, numbered in its order. Raises as `judge`."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        own = tuple(replace(one, id=f"own_{n}", individual=True) for n, one in enumerate(indicators, start=1))
        check_in_time(about.assessment, local_date(now))
        check_declared(about.assessment, about.state, own, figures_in_force(connection))
        return IndicatorsDeclared(score_of=about.assessment.id, unit=about.unit.id, indicators=own)

    _kept(database, caller, OfficeAct.DECLARE, unit, assessment, now, make)


def declare_written(
    database: Database,
    caller: Caller,
    unit: str,
    written: Sequence[WrittenIndicator],
    now: datetime,
    *,
    assessment: str = "",
) -> None:
    """The same, of what was written in a form. Raises field_too_long besides."""
    with database.read() as connection:
        known, register = assessment_named(connection, assessment, now), figures_in_force(connection)
    if known.individual is None:
        raise refused(f"“{known.name}”没有个性指标")
    read = [read_own(one, known.individual, register) for one in written]
    declare(database, caller, unit, read, now, assessment=assessment)


def review_declared(
    database: Database,
    caller: Caller,
    unit: str,
    now: datetime,
    *,
    agreed: bool,
    reason: str = "",
    assessment: str = "",
) -> None:
    """What the unit proposed is pinned for the year, or goes back with a reason. Raises as `judge`."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        if about.state.declared is None:
            raise refused(f"{about.unit.name}没有等着审定的申报")
        seq, _ = about.state.declared
        if agreed:
            check_in_time(about.assessment, local_date(now))
        check_returned(reason, agreed=agreed)
        of = {"score_of": about.assessment.id, "unit": about.unit.id}
        if agreed:
            return IndicatorsPinned(**of, seq=seq)
        return IndicatorsReturned(**of, seq=seq, reason=reason.strip())

    _kept(database, caller, OfficeAct.REVIEW_DECLARED, unit, assessment, now, make)


def use_result(
    database: Database,
    caller: Caller,
    unit: str,
    use: str,
    what: str,
    document: str,
    now: datetime,
    *,
    assessment: str = "",
) -> None:
    """The unit's result was used for one of USES. Raises as `judge`."""

    def make(connection: Connection, about: Assessed, actor: Actor) -> ScoreFact:
        if use not in USES:
            raise refused(f"没有“{use[:40]}”这种运用，有的是{'、'.join(USES.values())}")
        check_reason("运用结果", what, needed=True)
        return ResultUsed(
            score_of=about.assessment.id,
            unit=about.unit.id,
            year=about.assessment.year,
            use=USES[use],
            what=what.strip(),
            document=document.strip()[:100],
        )

    _kept(database, caller, OfficeAct.USE_RESULT, unit, assessment, now, make)


def appeal(
    database: Database, caller: Caller, unit: str, indicator: str, period: str, now: datetime, *, assessment: str = ""
) -> str:
    """The caller's unit appeals against that line; the number of the item in which it says why. Raises wrong_role,
    unknown_unit, unknown_assessment, score_refused."""
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.APPEAL)
        of = people.unit_ref(connection, unit)
        if actor.unit != of.id:
            raise refused(f"{of.name}不是本单位")
        known = assessment_named(connection, assessment, now, period)
        state = state_of(connection, known.id, of.id)
        about = Assessed(assessment=known, unit=of, state=state)
        line = state.lines.get((indicator, period))
        documents = {one.entry: one.document for one in state.merits}
        told = why(about.indicator(indicator), figures_in_force(connection), line, documents) if line else ""
        return open_appeal(connection, known, of.id, indicator, period, told, now)
