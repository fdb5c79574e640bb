"""What another assessment would have given for what the ledger holds of a year: whose score and tier would differ, and
by which indicators. Only reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from ledger.chain.figures.in_force import figures_in_force
from ledger.directory import people
from ledger.directory import units as directory
from ledger.scores.in_force import assessments_in_force
from ledger.scores.recording import ReckonedUnit, lines_in, reckon, year_of
from ledger.scores.rows import SCORE_ROW
from rules.assessment.assessment import Assessment, Indicator, Tiers
from rules.assessment.deciding import refused
from rules.assessment.lines import ScoreLine, ScoreSheet
from rules.assessment.scoring import indicators_of
from rules.assessment.sheets import on_sheet, sheet
from rules.assessment.tiers import TierFound, tier_by
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, period_of, read_period

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedIndicator:
    """An indicator by its name: so many hundredths it counts over the year, and so many it would; none where it has no
    line."""

    name: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int:
        """In hundredths."""
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedPeriod:
    """A period: the score and the tier that came of it, and those that would have; no score: nothing was scored."""

    period: Period
    before: int | None
    after: int | None
    tier_before: str = ""
    tier_after: str = ""

    @property
    def differs(self) -> bool:
        """Whether score or tier would be another."""
        return (self.before, self.tier_before) != (self.after, self.tier_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedUnit:
    """A unit: the periods of tiers (half-years, where there are none), and its indicators over the year, those that
    differ most first."""

    unit: str
    name: str
    periods: tuple[PlayedPeriod, ...]
    indicators: tuple[PlayedIndicator, ...]

    @property
    def differs(self) -> bool:
        """Whether anything would be another."""
        return any(one.differs for one in self.periods)

    @property
    def moves(self) -> bool:
        """Whether it would be in another tier at any time."""
        return any(one.tier_before != one.tier_after for one in self.periods)


def assessment_before(connection: Connection, changed: Assessment) -> Assessment:
    """The assessment in force that this one would have stood in place of: of its id, or the last of all. Raises
    score_refused."""
    known = assessments_in_force(connection)
    if not known:
        raise refused("还没有启用过考核，没有可以比较的得分")
    return known.get(changed.id) or list(known.values())[-1]


def play(
    connection: Connection, before: Assessment, changed: Assessment, now: datetime, done: Callable[[int], None]
) -> Iterator[PlayedUnit]:
    """Each unit that has been scored, by what is known now. `done` hears of each chunk how many units it had. What
    people have judged, credited and left out counts under the same indicator."""
    meant = replace(changed, id=before.id, year=before.year)
    query = select(SCORE_ROW.c.unit, SCORE_ROW.c.month).where(SCORE_ROW.c.assessment == before.id)
    rows = connection.execute(query.order_by(SCORE_ROW.c.unit)).all()
    months = [read_period(month) for month in sorted({row.month for row in rows})]
    scored = {(row.unit, row.month) for row in rows}
    names = {row["id"]: row["name"] for row in people.all_units(connection)}
    register, first = figures_in_force(connection), year_of(before).first
    every = list(dict.fromkeys(row.unit for row in rows))
    for start in range(0, len(every), _CHUNK):
        units = every[start : start + _CHUNK]
        lives = directory.lives(connection, units)
        found: dict[str, list[tuple[ReckonedUnit, tuple[ScoreLine, ...]]]] = {unit: [] for unit in units}
        for month in months:
            there = [unit for unit in units if (unit, month.id) in scored]
            for unit, one in reckon(connection, meant, register, month, there, now).items():
                found[unit].append((one, one.found.lines))
        for unit, many in found.items():
            if many:
                lines = [line for _, said in many for line in said]
                begun = lives[unit].condition(first) if unit in lives else ""
                yield _unit(before, meant, many[-1][0], (names.get(unit, unit), begun), lines)
        done(len(units))


def units_scored(connection: Connection, assessment: str) -> int:
    """So many units have a score."""
    query = select(SCORE_ROW.c.unit).where(SCORE_ROW.c.assessment == assessment).distinct()
    return len(connection.execute(query).all())


def _unit(
    before: Assessment, changed: Assessment, one: ReckonedUnit, named: tuple[str, str], lines: Sequence[ScoreLine]
) -> PlayedUnit:
    name, begun = named
    was, would = indicators_of(before, one.known), indicators_of(changed, one.known)
    tiers = before.tiers or changed.tiers
    rhythm = tiers.every if tiers else Rhythm.HALF_YEAR
    last = max((read_period(line.period).last for line in lines), default=None)
    periods = [
        period
        for nth in range(1, 12 // MONTHS_OF_PERIOD[rhythm] + 1)
        if last and (period := Period(rhythm=rhythm, year=before.year, nth=nth)).last <= last
    ]
    if last and not periods:
        periods = [period_of(rhythm, last)]
    old, new = _TierCourse(before.tiers, begun), _TierCourse(changed.tiers, begun)
    played = []
    for period in periods:
        then = sheet(before, was, lines_in(one.before, period))
        now = sheet(changed, would, _within(lines, period))
        played.append(
            PlayedPeriod(
                period=period,
                before=None if then.empty else then.score,
                after=None if now.empty else now.score,
                tier_before=old.after(then),
                tier_after=new.after(now),
            )
        )
    year = year_of(before)
    whole = (sheet(before, was, lines_in(one.before, year)), sheet(changed, would, _within(lines, year)))
    return PlayedUnit(unit=one.known.unit, name=name, periods=tuple(played), indicators=_indicators(was, would, *whole))


class _TierCourse:
    """In which tier a unit comes to be, period after period, as the machine proposes it."""

    def __init__(self, tiers: Tiers | None, begun: str) -> None:
        self._tiers = tiers
        self._stands = TierFound(tier=begun if tiers and tiers.band(begun) else "")

    def after(self, found: ScoreSheet) -> str:
        if self._tiers is None or found.empty:
            return self._stands.tier
        self._stands = tier_by(self._tiers, self._stands.tier, self._stands.below, found.score)
        return self._stands.tier


def _within(lines: Sequence[ScoreLine], over: Period) -> list[ScoreLine]:
    return [line for line in lines if on_sheet(read_period(line.period), over)]


def _indicators(
    was: Sequence[Indicator], would: Sequence[Indicator], before: ScoreSheet, after: ScoreSheet
) -> tuple[PlayedIndicator, ...]:
    names = {one.id: one.name for one in (*was, *would)}
    found = []
    for id_, name in names.items():
        then, now = before.line(id_), after.line(id_)
        found.append(
            PlayedIndicator(name=name, before=then.counts if then else None, after=now.counts if now else None)
        )
    return tuple(sorted(found, key=lambda one: -abs(one.difference)))
