"""What is known of a figure, period by period: what was answered or imported, or what the ledger tells."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Text, bindparam, cast, select

from ledger.chain.figures.rates import told_by_ledger
from ledger.chain.figures.values import FIGURE_VALUE
from ledger.store.driver import PreparedQuery, among, texts
from rules.figures.figure import Figure, FigureSource
from rules.rounds.periods import Period, read_period

_OF = FIGURE_VALUE.c
_GIVEN = PreparedQuery(
    select(_OF.unit, _OF.figure, _OF.period, _OF.value, (_OF.stream + "#" + cast(_OF.seq, Text)).label("entry")).where(
        among(_OF.unit, bindparam("units", type_=Text())),
        among(_OF.period, bindparam("periods", type_=Text())),
        _OF.current,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKnown:
    """A value as canonical text, and whence: of the ledger's own no entry. `revision`: it stands in place of so many
    less one before it."""

    value: str
    source: FigureSource
    stream: str = ""
    seq: int = 0
    revision: int = 1


FigureSeries = dict[tuple[str, str], FigureKnown]
"""By unit and period."""


def known_of_figure(
    connection: Connection, figure: Figure, periods: Sequence[str], units: Collection[str], now: datetime
) -> FigureSeries:
    """The latest value of each of these units and periods of which there is one."""
    if figure.source is FigureSource.LEDGER:
        told = told_by_ledger(connection, figure, periods, units, now)
        return {key: FigureKnown(value=value, source=FigureSource.LEDGER) for key, value in told.items()}
    query = select(FIGURE_VALUE).where(
        FIGURE_VALUE.c.figure == figure.id, FIGURE_VALUE.c.period.in_(periods), FIGURE_VALUE.c.current
    )
    if len(units) == 1:
        query = query.where(FIGURE_VALUE.c.unit == next(iter(units)))
    return {
        (row["unit"], row["period"]): _known(row)
        for row in connection.execute(query).mappings()
        if row["unit"] in units
    }


def given_figures(
    connection: Connection, periods: Collection[str], units: Collection[str]
) -> Sequence[tuple[str, str, str, str, str]]:
    """What was answered or imported of any figure for these periods, of some hundred units: unit, figure, period, value
    and entry (stream#seq). One statement, whichever of them are wanted: nearly all are."""
    found: Sequence[tuple[str, str, str, str, str]] = (
        _GIVEN.tuples(connection, units=texts(units), periods=texts(periods)) if periods and units else ()
    )
    return found


def last_before(connection: Connection, figure: Figure, unit: str, period: Period) -> tuple[Period, FigureKnown] | None:
    """The last value of the unit that was given for a period before that one, and for which; None where there is
    none. Of one that the ledger tells, none is looked for."""
    query = select(FIGURE_VALUE).where(
        FIGURE_VALUE.c.unit == unit,
        FIGURE_VALUE.c.figure == figure.id,
        FIGURE_VALUE.c.period < period.id,  # of one rhythm the ids go as time does
        FIGURE_VALUE.c.current,
    )
    for row in connection.execute(query.order_by(FIGURE_VALUE.c.period.desc())).mappings():
        of = read_period(row["period"])
        if of.rhythm is period.rhythm:
            return of, _known(row)
    return None


def revisions(connection: Connection, figure: str, unit: str, period: str) -> tuple[FigureKnown, ...]:
    """Every value that was given of that unit and period, the first first."""
    query = select(FIGURE_VALUE).where(
        FIGURE_VALUE.c.figure == figure, FIGURE_VALUE.c.unit == unit, FIGURE_VALUE.c.period == period
    )
    rows = connection.execute(query.order_by(FIGURE_VALUE.c.revision)).mappings()
    return tuple(_known(row) for row in rows)


def _known(row: RowMapping) -> FigureKnown:
    return FigureKnown(
        value=row["value"],
        source=FigureSource(row["source"]),
        stream=row["stream"],
        seq=row["seq"],
        revision=row["revision"],
    )
