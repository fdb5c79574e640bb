"""Figures as they are shown: which there are, and of one the series of a unit or of several, gaps as gaps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from definitions.directory import UNIT_KINDS
from desk.figures.asked import SOURCE_NAMES
from desk.figures.drawing import ShownChart, chart, strip
from desk.showing.values import Shown
from ledger.chain.figures.in_force import figure_named, figures_in_force
from ledger.chain.figures.series import FigureKnown, known_of_figure
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.spoken import code_of
from ledger.rounds.campaigns import in_force
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.figures.asking import question_of
from rules.figures.figure import Figure, FigureRate, FigureSource
from rules.forms.form import AnswerKind
from rules.forms.wording import text_words
from rules.rounds.periods import RHYTHM_NAMES, Period, period_of
from rules.telling.form_words import KIND_NAMES

RATE_NAMES = {
    FigureRate.CLOSED_ON_TIME: "办结的里面没有逾期的占多少",
    FigureRate.NODES_ON_TIME: "到期的节点里按期的占多少",
    FigureRate.TALLIES_MET: "逐次记的里面完成的占多少",
    FigureRate.PUBLISHED: "公示几次",
}
PERIODS, MOST_PERIODS = 12, 36
"""How many periods a series has, where nobody says; and at most."""


class ShownFigure(Shown):
    """A figure. `asked_by`: the campaigns that ask for it; `how`: of one that the ledger tells, what it is."""

    id: str
    name: str
    kind: str
    every: str
    source: str
    source_name: str
    owner: str
    how: str
    asked_by: tuple[str, ...]
    note: str


class ShownCell(Shown):
    """What is known of a unit for a period, in words; nothing where nothing is. `no`: the item that it was answered in;
    `revision`: above 1, it was corrected."""

    period: str
    value: str
    words: str
    source: str = ""
    no: str = ""
    revision: int = 0


class ShownSeriesRow(Shown):
    """The series of one unit."""

    unit: str
    unit_name: str
    cells: tuple[ShownCell, ...]
    strip: ShownChart | None = None


class ShownSeries(Shown):
    """A figure over periods (ids and names), unit by unit. `known`: how many of all cells are; `meant`: of so many
    units these rows are. Nothing is added up."""

    figure: ShownFigure
    periods: tuple[str, ...]
    period_names: tuple[str, ...]
    rows: tuple[ShownSeriesRow, ...]
    known: int
    meant: int
    chart: ShownChart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWanted:
    """Which series: of that figure, of one unit or of those of an area or a kind (all where none is said), over so many
    periods up to now; of at most so many units (`most`, 0: of all), where somebody looks at them."""

    figure: str
    unit: str = ""
    area: str = ""
    kind: str = ""
    last: int = PERIODS
    most: int = 0


def shown_figures(connection: Connection) -> tuple[ShownFigure, ...]:
    """Every figure of the register in force."""
    asking: defaultdict[str, list[str]] = defaultdict(list)
    for one in in_force(connection).values():
        for asks in one.campaign.asks:
            for figure in asks.figures:
                asking[figure].append(one.campaign.name)
    named = {process.id: process.name for process in lists.current_processes(connection)}
    return tuple(_shown(figure, asking[figure.id], named) for figure in figures_in_force(connection).figures)


def _shown(figure: Figure, asked_by: Sequence[str], processes: Mapping[str, str]) -> ShownFigure:
    of = f"{figure.what or processes.get(figure.of, figure.of)}：" if figure.of else ""
    return ShownFigure(
        id=figure.id,
        name=figure.name,
        kind=KIND_NAMES[figure.kind],
        every=RHYTHM_NAMES[figure.every],
        source=figure.source,
        source_name=SOURCE_NAMES[figure.source],
        owner=figure.owner,
        how=f"{of}{RATE_NAMES[figure.rate]}" if figure.rate else "",
        asked_by=tuple(asked_by),
        note=figure.note,
    )


def shown_series(connection: Connection, wanted: SeriesWanted, now: datetime) -> ShownSeries:
    """The series. Raises unknown_figure, unknown_unit, field_invalid."""
    figure = figure_named(connection, wanted.figure)
    if not 1 <= wanted.last <= MOST_PERIODS:
        raise RuleViolation(Code.FIELD_INVALID, field="期数", actual=str(wanted.last), expected=f"1 至 {MOST_PERIODS}")
    latest = period_of(figure.every, local_date(now))
    periods = [latest.moved(-back) for back in range(wanted.last - 1, -1, -1)]
    meant = _units(connection, wanted)
    units = meant[: wanted.most or None]
    known = known_of_figure(connection, figure, [one.id for one in periods], {id_ for id_, _ in units}, now)
    rows = tuple(_row(figure, periods, unit, known) for unit in units)
    alone = rows[0] if len(rows) == 1 else None
    return ShownSeries(
        figure=next(one for one in shown_figures(connection) if one.id == figure.id),
        periods=tuple(one.id for one in periods),
        period_names=tuple(one.name for one in periods),
        rows=rows,
        known=len(known),
        meant=len(meant),
        chart=chart(_points(figure, periods, alone.unit, known), f"{alone.unit_name}{figure.name}") if alone else None,
    )


def _units(connection: Connection, wanted: SeriesWanted) -> list[tuple[str, str]]:
    if wanted.unit:
        ref = people.unit_ref(connection, wanted.unit)
        return [(ref.id, ref.name)]
    areas = {area["id"]: area["name"] for area in people.all_areas(connection)}
    area = code_of("片组", wanted.area, areas) if wanted.area else ""
    kind = code_of("单位类型", wanted.kind, UNIT_KINDS) if wanted.kind else ""
    return [
        (row["id"], row["name"])
        for row in people.all_units(connection)
        if (not area or row["area"] == area) and (not kind or row["kind"] == kind)
    ]


def _row(
    figure: Figure, periods: Sequence[Period], unit: tuple[str, str], known: dict[tuple[str, str], FigureKnown]
) -> ShownSeriesRow:
    id_, name = unit
    cells = tuple(_cell(figure, one, known.get((id_, one.id))) for one in periods)
    small = strip(_points(figure, periods, id_, known), f"{name}{figure.name}")
    return ShownSeriesRow(unit=id_, unit_name=name, cells=cells, strip=small)


def _cell(figure: Figure, period: Period, known: FigureKnown | None) -> ShownCell:
    if known is None:
        return ShownCell(period=period.id, value="", words="")
    answered = known.source is FigureSource.ASKED
    return ShownCell(
        period=period.id,
        value=known.value,
        words=text_words(question_of(figure, ""), known.value),
        source=SOURCE_NAMES[known.source],
        no=known.stream if answered else "",
        revision=known.revision,
    )


def _points(
    figure: Figure, periods: Sequence[Period], unit: str, known: dict[tuple[str, str], FigureKnown]
) -> list[tuple[str, Fraction | None, str]]:
    found = []
    for period in periods:
        one = known.get((unit, period.id))
        number = _number(figure, one.value) if one else None
        found.append((period.id, number, text_words(question_of(figure, ""), one.value) if one else ""))
    return found


def _number(figure: Figure, text: str) -> Fraction | None:
    if figure.kind is AnswerKind.YES_NO:
        return Fraction(text == "yes")
    return Fraction(text) if figure.numeric else None
