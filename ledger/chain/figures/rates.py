"""Figures that nobody is asked for, since the ledger knows them: reckoned when they are looked at, from items and their
entries, for units and periods."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from sqlalchemy import ColumnElement, Connection, select

from ledger.chain import pinned
from ledger.chain.entries import ENTRY, ITEM, read_events
from ledger.store.canonical import parse
from ledger.store.driver import among
from rules.codec import instant_text
from rules.dates.calendar import instant_of
from rules.figures.figure import PUBLICATIONS, Figure, FigureRate
from rules.figures.keeping import kept_on_time, met_tallies
from rules.forms.answers import number_text
from rules.forms.form import AnswerKind
from rules.machine.commands import Status
from rules.machine.folding import evolve
from rules.machine.state import State
from rules.rounds.periods import Period, read_period

_CLOSING = ("closed", "completed")
_PUBLISHED = "published"
FEW = 400
"""So many units are looked up by their ids."""
FiguresTold = dict[tuple[str, str], str]


def told_by_ledger(
    connection: Connection, figure: Figure, periods: Sequence[str], units: Collection[str], now: datetime
) -> FiguresTold:
    """The figure by unit and period, as canonical text; nothing where there was nothing to tell. A period that has not
    begun has none."""
    begun = [one for one in map(read_period, periods) if instant_of(one.first, time()) <= now]
    if not begun or not units:
        return {}
    match figure.rate:
        case FigureRate.PUBLISHED:
            return _published(connection, figure, begun, units)
        case FigureRate.CLOSED_ON_TIME:
            return _shares(figure, _closed(connection, figure, begun, units))
        case FigureRate.NODES_ON_TIME:
            return _shares(figure, _nodes(connection, figure, begun, units, now))
        case FigureRate.TALLIES_MET:
            return _shares(figure, _tallies(connection, figure, begun, units))
        case _:
            return {}


KeptThings = Iterator[tuple[str, str, bool]]
"""Of a unit and a period one thing more that was owed, and whether it was kept."""


def _shares(figure: Figure, found: KeptThings) -> FiguresTold:
    owed: Counter[tuple[str, str]] = Counter()
    good: Counter[tuple[str, str]] = Counter()
    for unit, period, kept in found:
        owed[unit, period] += 1
        good[unit, period] += kept
    if figure.kind is AnswerKind.YES_NO:
        return {key: "yes" if good[key] == count else "no" for key, count in owed.items()}
    return {key: number_text(Fraction(100 * good[key], count), figure.places) for key, count in owed.items()}


def _few(units: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Of a few units the database finds the items; of many all are read."""
    return (among(ITEM.c.unit, units),) if len(units) <= FEW else ()


def _bounds(period: Period) -> tuple[str, str]:
    """Its first instant, and the first after it, as entries write them."""
    after = period.last + timedelta(days=1)
    return instant_text(instant_of(period.first, time())), instant_text(instant_of(after, time()))


def _closed(connection: Connection, figure: Figure, periods: Sequence[Period], units: Collection[str]) -> KeptThings:
    """Every item that ended in the period, once: whether its unit never was late."""
    for period in periods:
        first, after = _bounds(period)
        ended = select(ENTRY.c.seq).where(
            ENTRY.c.stream == ITEM.c.no, ENTRY.c.kind.in_(_CLOSING), ENTRY.c.at >= first, ENTRY.c.at < after
        )
        query = select(ITEM.c.unit, ITEM.c.late_count).where(ITEM.c.process == figure.of, ended.exists(), *_few(units))
        for unit, late in connection.execute(query):
            if unit in units:
                yield unit, period.id, not late


def _published(
    connection: Connection, figure: Figure, periods: Sequence[Period], units: Collection[str]
) -> FiguresTold:
    found: Counter[tuple[str, str]] = Counter()
    for period in periods:
        first, after = _bounds(period)
        query = select(ITEM.c.unit, ENTRY.c.body).where(
            ENTRY.c.kind == _PUBLISHED, ENTRY.c.at >= first, ENTRY.c.at < after, ITEM.c.no == ENTRY.c.stream
        )
        query = query.where(*_few(units))
        if figure.of != PUBLICATIONS:
            query = query.where(ITEM.c.process == figure.of)
        for unit, body in connection.execute(query):
            if unit in units and (not figure.what or parse(body).get("what") == figure.what):
                found[unit, period.id] += 1
    return {(unit, period.id): str(found[unit, period.id]) for unit in units for period in periods}


def _nodes(
    connection: Connection, figure: Figure, periods: Sequence[Period], units: Collection[str], now: datetime
) -> KeptThings:
    """Every node that has fallen due: in which period, and whether it was met by then."""
    for unit, states in _lives(connection, figure.of, units).items():
        for history in states:
            for day, kept in kept_on_time(history, now):
                for period in periods:
                    if period.first <= day <= period.last:
                        yield unit, period.id, kept


def _tallies(connection: Connection, figure: Figure, periods: Sequence[Period], units: Collection[str]) -> KeptThings:
    """What an item owed by tallies at the end of the period, and how much of that was met."""
    for unit, histories in _lives(connection, figure.of, units).items():
        for history in histories:
            for period in periods:
                state = _as_of(history, period.last)
                if state is None or state.status is Status.ANNULLED or not _of_period(state, period):
                    continue
                process, calendar = (
                    pinned.process(connection, state.process),
                    pinned.calendar(connection, state.calendar),
                )
                for kept in met_tallies(process, calendar, state):
                    yield unit, period.id, kept


def _of_period(state: State, period: Period) -> bool:
    """Whether the item is of the year in which the period lies."""
    begun = state.year or (state.owed_since or state.issued or state.at).year
    return begun == period.year


def _as_of(history: Sequence[State], day: date) -> State | None:
    after = instant_of(day + timedelta(days=1), time())
    return next((state for state in reversed(history) if state.at < after), None)


def _lives(connection: Connection, process: str, units: Collection[str]) -> Mapping[str, list[list[State]]]:
    """Each item of the process by its unit: all the states that it was in, the first first."""
    found: defaultdict[str, list[list[State]]] = defaultdict(list)
    query = select(ITEM.c.no, ITEM.c.unit).where(ITEM.c.process == process, *_few(units)).order_by(ITEM.c.no)
    for no, unit in connection.execute(query).all():
        if unit not in units:
            continue
        states: list[State] = []
        for event in read_events(connection, no):
            states.append(evolve(states[-1] if states else None, event))
        found[unit].append(states)
    return found
