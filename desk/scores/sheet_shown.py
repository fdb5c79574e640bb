"""A unit's sheet as it is shown: what each indicator counts and why, line by line, with the entries that it rests on;
its year as a chart; in which tier it stands."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection, select

from desk.figures.drawing import ShownChart, chart
from desk.scores.files_then import FilesThen
from desk.showing.values import Shown
from ledger.chain.entries import ITEM
from ledger.chain.journal import SCORE
from ledger.directory import people
from ledger.scores.appeals import appeals_of, open_to_appeal
from ledger.scores.gathering import read_month
from ledger.scores.guiding import guidance_of
from ledger.scores.in_force import assessment_named, compared
from ledger.scores.provisional import provisional_lines
from ledger.scores.recording import lines_in, months_assessed, year_of
from ledger.scores.streams import state_of
from ledger.store.sight import scopes_in, sees_everything
from rules.assessment.assessment import POINT, Assessment, Indicator
from rules.assessment.lines import LeftOut, ScoreLine, SheetLine
from rules.assessment.sheets import on_sheet, points_text, sheet
from rules.assessment.state import IndicatorPeriod, ScoreState
from rules.assessment.story import tier_name
from rules.assessment.telling import difference_text, full_text, period_name, why, why_not
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.figures.figure import FigureRegister
from rules.machine.commands import UnitRef
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Period, Rhythm, period_of, read_period
from rules.telling.item_words import status_name


class ShownBasis(Shown):
    """What a line rests on: an entry of an item (`no`, `seq`)."""

    no: str
    seq: int


class ShownMerit(Shown):
    """A merit or a fault that a line counts: the number of its entry in the unit's scores, and what it is."""

    seq: int
    name: str


class ShownScoreLine(Shown):
    """A line: its period in words, what it got of how much, and why. `difference`: to the one before it, where it was
    changed; `before`: to the period before; `provisional`: not locked yet; `appealable`: the unit may still appeal;
    `said`: the numbers of the entries in the unit's own scores that it rests on; `merits`: what can be withdrawn."""

    period: str
    period_name: str
    points: str
    full: str
    why: str
    difference: str = ""
    before: str = ""
    basis: tuple[ShownBasis, ...] = ()
    said: tuple[int, ...] = ()
    merits: tuple[ShownMerit, ...] = ()
    provisional: bool = False
    appealable: bool = False


class ShownIndicator(Shown):
    """An indicator on the sheet. `counts` of `weight` points of the sheet's total; `share`: of them, in hundredths of a
    percent, below 0 for what is not of the total. `left`: why it has no line there."""

    id: str
    name: str
    kind: str
    every: str
    standard: str
    full: str
    weight: str
    counts: str
    share: int
    lines: tuple[ShownScoreLine, ...]
    left: tuple[str, ...] = ()


class ShownTier(Shown):
    """In which tier a unit came to be, when and why."""

    day: str
    name: str
    agreed: bool
    reason: str
    until: str = ""

    @property
    def words(self) -> str:
        """As it is told in one line."""
        told = f"{self.day}　{'' if self.agreed else '不同意改为'}{self.name}"
        told += f"：{self.reason}" if self.reason else ""
        return told + (f"，到 {self.until} 须再看" if self.until else "")


class ShownAppeal(Shown):
    """An item by which the unit appeals against a line: what for, and how it stands."""

    no: str
    period_name: str
    name: str
    status: str


class ShownSheet(Shown):
    """A unit's score over a period. `score` empty: nothing was scored yet. `provisional`: some of it is not locked.
    `periods`: what can be looked at; `ranked`: units are compared, and the sheet says so; `guided`: number and title of
    each item that a tier brought."""

    assessment: str
    name: str
    version: str
    unit: str
    unit_name: str
    period: str
    period_name: str
    score: str
    total: str
    indicators: tuple[ShownIndicator, ...]
    provisional: bool
    tier: str
    proposed: str = ""
    tiers: tuple[ShownTier, ...] = ()
    uses: tuple[str, ...] = ()
    appeals: tuple[ShownAppeal, ...] = ()
    periods: tuple[tuple[str, str], ...] = ()
    chart: ShownChart | None = None
    ranked: bool = False
    asks_own: bool = False
    own_waits: bool = False
    guided: tuple[tuple[str, str], ...] = ()


def score_sheet(
    connection: Connection, unit: str, now: datetime, *, period: str = "", assessment: str = ""
) -> ShownSheet:
    """The sheet of that unit; without a period, of the half-year in which most was scored last. Whoever sees the whole
    body sees what is locked; the unit and its instructor what is to come too. Raises unknown_unit, unknown_assessment,
    field_invalid."""
    known = assessment_named(connection, assessment, now, period)
    of = seen_unit(connection, unit)
    state = state_of(connection, known.id, of.id)
    over = _period(known, state, period, now)
    files = FilesThen(connection, known, state)
    then = files.over(over)
    provisional = tuple(_coming(connection, known, state, of, over, now))
    lines = [*lines_in(state, over), *provisional]
    indicators = (*then.indicators, *state.own)
    found = sheet(then, indicators, lines)
    given = [one for many in state.judged.values() for one in many]
    names = people.names_of(connection, {one.by for one in given})
    judges = {one.entry: names.get(one.by, one.by) for one in given}
    judges |= {one.entry: one.document for one in state.merits}
    still = open_to_appeal(connection, known, state, now)
    return ShownSheet(
        assessment=known.id,
        name=known.name,
        version=then.version.partition("#")[0],
        unit=of.id,
        unit_name=of.name,
        period=over.id,
        period_name=over.name,
        score="" if found.empty else points_text(found.score),
        total=points_text(then.total),
        indicators=tuple(
            _indicator(one, files, found.line(one.id), state, over, frozenset(map(id, provisional)), judges, still)
            for one in indicators
        ),
        provisional=bool(provisional),
        tier=tier_name(state.stands) if known.tiers else "",
        proposed=_proposed(state),
        tiers=tuple(
            ShownTier(
                day=one.day.isoformat(),
                name=tier_name(one.tier),
                agreed=one.agreed,
                reason=one.reason,
                until=one.until.isoformat() if one.until else "",
            )
            for one in reversed(state.tiers)
        ),
        appeals=tuple(_appeals(connection, known, indicators, of.id)),
        uses=tuple(f"{one.year} 年：{one.use}，{one.what}" for one in state.uses),
        periods=tuple((one.id, one.name) for one in _offered(known, now)),
        chart=_chart(known, files, state, of.name),
        ranked=compared(connection, known),
        guided=tuple((no, title) for _, no, title in guidance_of(connection, known.id, of.id)),
        own_waits=state.declared is not None,
        asks_own=known.individual is not None and not state.own,
    )


def seen_unit(connection: Connection, unit: str) -> UnitRef:
    """The unit, if whoever asks may see it; what they may not, is to them as if there were none."""
    if sees_everything(connection):
        return people.unit_ref(connection, unit)
    row = next((one for one in people.all_units(connection) if unit in (one["id"], one["name"])), None)
    if row is None or not all(scope.holds(row["id"], row["area"]) for scope in scopes_in(connection)):
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit[:50], hint="；请核对单位编号")
    return people.unit_ref(connection, row["id"])


def _period(assessment: Assessment, state: ScoreState, period: str, now: datetime) -> Period:
    if period:
        found = read_period(period)
        if found.rhythm is Rhythm.ONCE or found.year != assessment.year:
            year = str(assessment.year)
            raise RuleViolation(
                Code.FIELD_INVALID, field="期", actual=period[:20], expected=f"{year} 年的月、季、半年、年"
            )
        return found
    months = sorted(state.scored)
    day = read_month(months[-1]).last if months else local_date(now)
    return period_of(Rhythm.HALF_YEAR, day) if day.year == assessment.year else year_of(assessment)


def _offered(assessment: Assessment, now: datetime) -> Iterator[Period]:
    """The year, its halves and quarters that have begun, and its months."""
    today = local_date(now)
    yield year_of(assessment)
    for rhythm in (Rhythm.HALF_YEAR, Rhythm.QUARTER, Rhythm.MONTH):
        for nth in range(1, 12 // MONTHS_OF_PERIOD[rhythm] + 1):
            one = Period(rhythm=rhythm, year=assessment.year, nth=nth)
            if one.first <= today:
                yield one


def _coming(
    connection: Connection, assessment: Assessment, state: ScoreState, of: UnitRef, over: Period, now: datetime
) -> Iterator[ScoreLine]:
    """What is not locked yet, for the unit itself and its instructor."""
    scopes = scopes_in(connection)
    if scopes and all(scope.near(of.id, of.area) for scope in scopes):
        found = provisional_lines(connection, assessment, state, of.id, over, now)
        yield from (line for line in found if on_sheet(read_period(line.period), over))


def _indicator(
    one: Indicator,
    files: FilesThen,
    found: SheetLine | None,
    state: ScoreState,
    over: Period,
    provisional: frozenset[int],
    names: Mapping[str, str],
    still: Collection[IndicatorPeriod],
) -> ShownIndicator:
    lines = found.lines if found else ()
    left = [] if lines else list(_left(one, state, over))
    return ShownIndicator(
        id=one.id,
        name=one.name,
        kind=one.kind,
        every=RHYTHM_NAMES[one.every],
        standard=one.standard,
        full=full_text(one),
        weight=points_text(found.weight) if found and found.weight else "",
        counts=points_text(found.counts) if found else "",
        share=found.counts * 100 * POINT // found.weight if found and found.weight else -1,
        lines=tuple(
            _line(*files.of_line(one, line), line, names, _before(state, lines, line), still, id(line) in provisional)
            for line in lines
        ),
        left=tuple(left),
    )


def _left(one: Indicator, state: ScoreState, over: Period) -> Iterator[str]:
    for (indicator, period), why_left in sorted(state.left.items()):
        if indicator == one.id and on_sheet(read_period(period), over):
            none = not one.of_base and why_left.why is LeftOut.NOTHING_OWED
            yield f"{period_name(period)}{'没有加减分，记的已撤回' if none else why_not(why_left)}"


def _before(state: ScoreState, lines: tuple[ScoreLine, ...], line: ScoreLine) -> ScoreLine | None:
    """The line of the period before, on the sheet or beyond its edge."""
    period = read_period(line.period).moved(-1).id
    return next((one for one in lines if one.period == period), None) or state.lines.get((line.indicator, period))


def _line(
    one: Indicator,
    register: FigureRegister,
    line: ScoreLine,
    names: Mapping[str, str],
    before: ScoreLine | None,
    still: Collection[IndicatorPeriod],
    provisional: bool,
) -> ShownScoreLine:
    entries = dict.fromkeys(said.entry for said in line.inputs if said.entry and not said.entry.startswith("~"))
    own = [said for said in line.inputs if said.entry.startswith(f"~{SCORE}/")]
    return ShownScoreLine(
        period=line.period,
        period_name=period_name(line.period),
        points=points_text(line.points),
        full=points_text(line.full) if line.full else "",
        why=why(one, register, line, names),
        difference=difference_text(line.difference) if line.difference and not provisional else "",
        before=difference_text(line.points - before.points) if before else "",
        basis=tuple(ShownBasis(no=entry.partition("#")[0], seq=int(entry.partition("#")[2])) for entry in entries),
        said=tuple(sorted({_seq(said.entry) for said in own})),
        merits=tuple(
            ShownMerit(seq=_seq(said.entry), name=f"{kind.name}（{period_name(said.period)}）")
            for said in own
            if (kind := one.merit(said.name)) is not None
        ),
        provisional=provisional,
        appealable=not provisional and bool(line.full) and (line.indicator, line.period) in still,
    )


def _seq(entry: str) -> int:
    return int(entry.rpartition("#")[2])


def _appeals(
    connection: Connection, assessment: Assessment, indicators: tuple[Indicator, ...], unit: str
) -> Iterator[ShownAppeal]:
    if assessment.appeal is None:
        return
    found, names = appeals_of(connection, assessment.id, unit), {one.id: one.name for one in indicators}
    query = select(ITEM.c.no, ITEM.c.status).where(ITEM.c.no.in_([no for no, _ in found]))
    status = {no: status for no, status in connection.execute(query).all()}
    for no, line in found:
        name, how = names.get(line.indicator, line.indicator), status_name(status[no])
        yield ShownAppeal(no=no, period_name=period_name(line.period), name=name, status=how)


def _proposed(state: ScoreState) -> str:
    one = state.proposed
    if one is None:
        return ""
    return f"{period_name(one.period)}得 {points_text(one.score)} 分，建议改为{tier_name(one.to)}，等确认"


def _chart(assessment: Assessment, files: FilesThen, state: ScoreState, unit: str) -> ShownChart | None:
    """The unit's year, month by month; a month without a score is a gap."""
    points: list[tuple[str, Fraction | None, str]] = []
    for month in months_assessed(assessment):
        last = state.scored.get(month.id)
        then = files.over(month)
        own = sheet(then, (*then.indicators, *state.own), lines_in(state, month)) if last else None
        value = Fraction(own.score, POINT) if own and not own.empty else None
        points.append((f"{month.nth}月", value, points_text(own.score) if own and value is not None else ""))
    return chart(points, f"{unit}{assessment.year}年各月得分")
