"""Scores recorded: everybody's at the lock of a round, some hundred at a time; a unit's anew, when what it rests on is
other than it was. The same transaction writes entries and rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select

from ledger.chain.entries import ENTRY
from ledger.chain.family.in_rounds import DROPPED, ROUND_UNIT
from ledger.chain.figures.in_force import figures_in_force, figures_of_version
from ledger.chain.journal import MARK, ROUND
from ledger.rounds.rows import LOCKED, row_of
from ledger.scores.gathering import known_of, read_month, units_then
from ledger.scores.in_force import assessment_for, assessment_then, assessments_in_force
from ledger.scores.proposing import UnitLooked, propose_tiers
from ledger.scores.rows import SCORE_ROW, ScoredUnit, months_scored, put_scores
from ledger.scores.streams import note_scores, states_of
from ledger.scores.waiting import looked_at, put_waits, waited_for
from ledger.store.canonical import parse
from ledger.store.driver import PreparedQuery
from rules.assessment.assessment import Assessment, months_of
from rules.assessment.facts import Scored
from rules.assessment.known import UnitKnown
from rules.assessment.lines import PeriodLines, ScoreLine
from rules.assessment.scoring import MonthScorer, indicators_of
from rules.assessment.sheets import on_sheet, score_of
from rules.assessment.state import ScoreState, changed
from rules.figures.figure import FigureRegister
from rules.machine.commands import SYSTEM
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, period_of, read_period
from rules.units.spans import UnitThen

_OVER = "后一轮才问的，已经截止"
CHUNK = 300
"""So many units are scored in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReckonedUnit:
    """What a unit comes to for a month, and how it stood before."""

    then: UnitThen
    known: UnitKnown
    before: ScoreState
    found: PeriodLines


def to_score(connection: Connection, round_: str, limit: int = CHUNK) -> dict[str, dict[str, UnitThen]]:
    """By assessment the units, at most so many, that a locked round has, that were units when its month
    ended, and that have no score for it yet; each as it was then."""
    campaign, _, period = round_.partition("/")
    known = [one for one in assessments_in_force(connection).values() if one.campaign == campaign]
    if not known:
        return {}
    row = row_of(connection, round_)
    if row is None or row["state"] != LOCKED:
        return {}
    month, found = read_month(period), dict[str, dict[str, UnitThen]]()
    for one in known:
        if one.year != month.year:
            continue
        scored = and_(
            SCORE_ROW.c.assessment == one.id, SCORE_ROW.c.unit == ROUND_UNIT.c.unit, SCORE_ROW.c.month == month.id
        )
        query = (
            select(ROUND_UNIT.c.unit)
            .join(SCORE_ROW, scored, isouter=True)
            .where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state != DROPPED, SCORE_ROW.c.unit.is_(None))
            .order_by(ROUND_UNIT.c.unit)
            .limit(limit)
        )
        if units := _units_of_month(connection, query, month, limit):
            found[one.id] = units
    return found


def _units_of_month(connection: Connection, query: Select[Any], month: Period, limit: int) -> dict[str, UnitThen]:
    """The first of these units, at most so many. What was no unit yet when the month ended has no score for it, and
    keeps nobody else from theirs. `query`: units in their order, as many."""
    found: dict[str, UnitThen] = {}
    past = ""
    while len(found) < limit:
        units: list[str] = list(connection.execute(query.where(ROUND_UNIT.c.unit > past)).scalars())
        found |= units_then(connection, units, month)
        if len(units) < limit:
            break
        past = units[-1]
    return {unit: found[unit] for unit in sorted(found)[:limit]}


def anything_to_score(connection: Connection, round_: str) -> bool:
    """Whether `score_round` has anything to do."""
    return bool(to_score(connection, round_, 1) or waited_for(connection, round_, 1))


def score_round(connection: Connection, round_: str, now: datetime, size: int = CHUNK) -> int:
    """The next units of the locked round are scored for its month, and for earlier ones where their scores waited for
    what it has asked; how many. Safe to run again at any point."""
    done = 0
    for id_, units in to_score(connection, round_, size).items():
        assessment = assessment_for(connection, id_, opened_at(connection, round_))
        if assessment is None:
            continue
        register = figures_of_round(connection, round_)
        month = read_month(round_.partition("/")[2])
        reckoned = reckon(connection, assessment, register, month, units, now, anew=False)
        _record(connection, assessment, register, month, reckoned, now)
        done += len(reckoned)
    for (id_, month_id), waited in waited_for(connection, round_, size - done).items() if done < size else ():
        _rescored(connection, assessments_in_force(connection)[id_], waited, read_period(month_id), now, _OVER)
        looked_at(connection, round_, id_, month_id, waited)
        done += len(waited)
    return done


# Without the fact itself: that names every unit, and is asked for with each chunk of them.
_OPENED = PreparedQuery(
    select(ENTRY.c.at, ENTRY.c.body)
    .where(ENTRY.c.stream == bindparam("of"), ENTRY.c.kind == "round_opened")
    .order_by(ENTRY.c.seq)
    .limit(1)
)


def opened_at(connection: Connection, round_: str) -> str:
    """The instant at which the round opened, as entries write it; empty where it has not."""
    first = _OPENED.first(connection, of=f"{MARK}{ROUND}/{round_}")
    return first["at"] if first else ""


def figures_of_round(connection: Connection, round_: str) -> FigureRegister:
    """The register whose figures the round asks for: that with which it opened, or the one in force."""
    first = _OPENED.first(connection, of=f"{MARK}{ROUND}/{round_}")
    version = parse(first["body"]).get("figures", "") if first else ""
    return figures_of_version(connection, version) if version else figures_in_force(connection)


def reckon(
    connection: Connection,
    assessment: Assessment,
    register: FigureRegister,
    month: Period,
    units: Iterable[str] | Mapping[str, UnitThen],
    now: datetime,
    *,
    anew: bool = True,
    states: Mapping[str, ScoreState] | None = None,
) -> dict[str, ReckonedUnit]:
    """What these units come to for the month by what is known now; nothing is written. Not `anew`: none of them has a
    score for the month, so what they were scored for others is not read. `units`: by id as they were at its end, where
    that is known; `states`: how they stand, where that is."""
    then = units if isinstance(units, Mapping) else units_then(connection, sorted(set(units)), month)
    if states is None:
        states = states_of(connection, assessment.id, then, lines=anew)
    own = {id_: state.own for id_, state in states.items()}
    known = known_of(connection, assessment, register, month, then, now, own)
    scorer = MonthScorer(assessment, register, month)
    found: dict[str, ReckonedUnit] = {}
    for id_, one in known.items():
        whole = states[id_].known(one)
        lines = scorer.score(whole)
        found[id_] = ReckonedUnit(then=then[id_], known=whole, before=states[id_], found=lines)
    return found


def _record(
    connection: Connection,
    assessment: Assessment,
    register: FigureRegister,
    month: Period,
    reckoned: Mapping[str, ReckonedUnit],
    now: datetime,
    reason: str = "",
) -> list[str]:
    """The units whose lines are other than they stood have an entry that says so; returns their ids."""
    facts: list[Scored] = []
    for id_, one in reckoned.items():
        before = one.before.scored.get(month.id)
        found = one.found if before is None else changed(one.before, one.found)
        if before is not None and not (found.lines or found.left):
            continue
        facts.append(
            Scored(
                score_of=assessment.id,
                unit=id_,
                month=month.id,
                version=assessment.version,
                figures=register.version,
                kind=one.known.kind,
                size=one.known.size,
                condition=one.known.condition,
                since=one.known.since,
                revision=before.revision + 1 if before else 1,
                lines=found.lines,
                left=found.left,
                score=score_of(assessment, indicators_of(assessment, one.known), one.found.lines) or 0,
                reason=reason,
            )
        )
    numbers = note_scores(connection, facts, SYSTEM, now)
    scored = [
        ScoredUnit(
            area=reckoned[fact.unit].then.known.area or "", before=reckoned[fact.unit].before, fact=fact, seq=seq
        )
        for fact, seq in zip(facts, numbers, strict=True)
    ]
    put_scores(connection, scored)
    put_waits(connection, scored)
    left = {
        fact.unit: UnitLooked(
            before=reckoned[fact.unit].before,
            area=reckoned[fact.unit].then.known.area or "",
            condition=reckoned[fact.unit].then.condition,
            indicators=indicators_of(assessment, reckoned[fact.unit].known),
        )
        for fact in facts
    }
    propose_tiers(connection, assessment, month, left, now)
    return [fact.unit for fact in facts]


def lines_in(state: ScoreState, period: Period) -> list[ScoreLine]:
    """The lines of the sheet over that period, in their order."""
    found = [line for (_, of), line in state.lines.items() if on_sheet(read_period(of), period)]
    return sorted(found, key=lambda line: (line.indicator, line.period))


def months_touched(day: date) -> set[str]:
    """The months with which a period ends in which that day lies: what was scored then may rest on it."""
    return {period_of(Rhythm.MONTH, period_of(rhythm, day).last).id for rhythm in MONTHS_OF_PERIOD}


def rescore(
    connection: Connection, unit: str, days: Sequence[date], now: datetime, reason: str, *, only: str = ""
) -> int:
    """What the unit was scored for in periods with these days is looked at again, and what is other than it stood has
    an entry with the difference; how many such there are. `only`: one assessment."""
    touched = set[str]().union(*(months_touched(day) for day in days))
    done = 0
    for id_, assessment in assessments_in_force(connection).items():
        if only and id_ != only:
            continue
        for month_id in months_scored(connection, id_, unit):
            if month_id in touched:
                done += _rescored(connection, assessment, (unit,), read_period(month_id), now, reason)
    return done


def _rescored(
    connection: Connection, assessment: Assessment, units: Collection[str], month: Period, now: datetime, reason: str
) -> int:
    """These units, scored for the month before, once more, each by the file and the figures of the last time."""
    states, done = states_of(connection, assessment.id, units), 0
    by_files: dict[tuple[str, str], dict[str, ScoreState]] = {}
    for unit, state in states.items():
        last = state.scored[month.id]
        by_files.setdefault((last.version, last.figures), {})[unit] = state
    for (version, figures), of in by_files.items():
        then = assessment_then(connection, assessment, version)
        register = figures_of_version(connection, figures)
        reckoned = reckon(connection, then, register, month, tuple(of), now, states=of)
        done += len(_record(connection, then, register, month, reckoned, now, reason))
    return done


def year_of(assessment: Assessment) -> Period:
    """The year that is assessed."""
    return Period(rhythm=Rhythm.YEAR, year=assessment.year)


def months_assessed(assessment: Assessment) -> list[Period]:
    """Its months, in order."""
    return list(months_of(year_of(assessment)))
