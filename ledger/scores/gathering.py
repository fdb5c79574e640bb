"""What is known of units for their scores: figures, rounds and rungs, each with the entry in which it stands. A few
statements for some hundred units, however much is known of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Text, bindparam, or_, select

from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.in_rounds import IN, LATE, OWING, ROUND_UNIT
from ledger.chain.figures.rates import told_by_ledger
from ledger.chain.figures.series import given_figures
from ledger.directory import units as directory
from ledger.scores.waiting import waiting
from ledger.store.canonical import parse
from ledger.store.driver import PreparedQuery, among, texts
from rules.assessment.assessment import POINT, Assessment, Indicator, due_in, parts_of, periods_within
from rules.assessment.known import FigureTold, RoundTold, UnitKnown
from rules.assessment.lines import LineInput
from rules.assessment.scoring import value_figures
from rules.codec import decode, instant_text
from rules.dates.calendar import LOCAL, instant_of
from rules.figures.figure import FigureRegister, FigureSource
from rules.machine.timed import RungReached
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, period_of, read_period
from rules.units.spans import UnitThen

_RUNG, _REASSIGNED = "rung_reached", "reassigned"
_PASSED = ENTRY.alias("passed")
_STANDING = PreparedQuery(
    select(
        ROUND_UNIT.c.round,
        ROUND_UNIT.c.unit,
        ROUND_UNIT.c.no,
        ROUND_UNIT.c.in_seq,
        ROUND_UNIT.c.state,
        ROUND_UNIT.c.due_at,
    ).where(
        among(ROUND_UNIT.c.round, bindparam("rounds", type_=Text())),
        among(ROUND_UNIT.c.unit, bindparam("units", type_=Text())),
    )
)
_HAD_BY = PreparedQuery(
    select(ENTRY.c.seq, ENTRY.c.body)
    .where(ENTRY.c.stream == bindparam("stream"), ENTRY.c.kind.in_(("issued", _REASSIGNED)))
    .order_by(ENTRY.c.seq.desc())
)
_HOW = {IN: "on_time", LATE: "late", OWING: "missing"}


def units_then(connection: Connection, units: Collection[str], month: Period) -> dict[str, UnitThen]:
    """The units as they were on the last day of the month; those that were no more, as they were last."""
    return directory.latest_by(connection, units, month.last)


def known_of(
    connection: Connection,
    assessment: Assessment,
    register: FigureRegister,
    month: Period,
    units: Mapping[str, UnitThen],
    now: datetime,
    own: Mapping[str, tuple[Indicator, ...]],
) -> dict[str, UnitKnown]:
    """Of each of these units all that the indicators need whose periods end with the month. `own`: the indicators that
    units have of their own."""
    every = (*assessment.indicators, *(one for found in own.values() for one in found))
    due = [(one, period) for one in every if (period := due_in(one.every, month))]
    figures: defaultdict[str, dict[tuple[str, str], FigureTold]] = defaultdict(dict)
    wanted = _figures(due, register)
    for figure in register.figures:
        if figure.source is not FigureSource.LEDGER or figure.id not in wanted:
            continue
        periods = wanted.pop(figure.id)
        for (unit, of), value in told_by_ledger(connection, figure, sorted(periods), units.keys(), now).items():
            figures[unit][figure.id, of] = FigureTold(value)
    pairs = {(figure_id, of) for figure_id, periods in wanted.items() for of in periods}
    for unit, figure_id, of, value, entry in given_figures(connection, {of for _, of in pairs}, units.keys()):
        if (figure_id, of) in pairs:
            figures[unit][figure_id, of] = FigureTold(value, entry)
    asked = {key for key in pairs if (one := register.figure(key[0])) and one.asked}
    untold = {unit: keys for unit in units if (keys := asked - figures[unit].keys())}
    waits = waiting(connection, assessment.campaign, month, untold, units, now)
    rounds = _rounds(connection, due, units, now)
    rungs, first = _rungs(connection, due, units), date(month.year, 1, 1)
    return {
        id_: UnitKnown(
            unit=id_,
            kind=then.known.kind,
            size=then.known.size,
            condition=then.condition,
            figures=figures[id_],
            waits=waits.get(id_, {}),
            rounds=rounds[id_],
            rungs=rungs[id_],
            since=then.since if then.since and then.since > first else None,
        )
        for id_, then in units.items()
    }


def _figures(due: Iterable[tuple[Indicator, Period]], register: FigureRegister) -> dict[str, set[str]]:
    """The figures that are needed, each with its own periods."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, period in due:
        for figure_id in (*one.reads, *value_figures(one)):
            figure = register.figure(figure_id)
            if figure and MONTHS_OF_PERIOD[figure.every] <= MONTHS_OF_PERIOD[period.rhythm]:
                found[figure_id] |= {part.id for part in parts_of(period, figure.every)}
    return found


def _rounds(
    connection: Connection, due: Iterable[tuple[Indicator, Period]], units: Mapping[str, UnitThen], now: datetime
) -> defaultdict[str, dict[tuple[str, str], RoundTold]]:
    """How the units stand in the rounds of the campaigns that indicators look at. What is still owed in time says
    nothing yet."""
    found: defaultdict[str, dict[tuple[str, str], RoundTold]] = defaultdict(dict)
    wanted: defaultdict[str, list[Period]] = defaultdict(list)
    for one, period in due:
        if one.campaign:
            wanted[one.campaign].append(period)
    for campaign, periods in wanted.items():
        names = {f"{campaign}/{part.id}" for period in periods for part in periods_within(period)}
        rows = _STANDING.tuples(connection, rounds=texts(names), units=texts(units))
        today = instant_text(now)
        for round_, unit, no, in_seq, state, due_at in rows:
            how = _HOW.get(state)
            if how is None or (how == "missing" and due_at > today):
                continue
            entry = f"{no}#{in_seq}" if how != "missing" else ""
            found[unit][campaign, round_.partition("/")[2]] = RoundTold(how, entry)
    return found


def _rungs(
    connection: Connection, due: Iterable[tuple[Indicator, Period]], units: Mapping[str, UnitThen]
) -> defaultdict[str, dict[str, tuple[LineInput, ...]]]:
    """What the ladder took from the units' items, by the month in which it was recorded, in hundredths; each once,
    however many indicators look at it, and from the unit that had the item then."""
    found: defaultdict[str, dict[str, tuple[LineInput, ...]]] = defaultdict(dict)
    periods = [period for one, period in due if one.rungs]
    if not periods:
        return found
    first = instant_text(instant_of(min(period.first for period in periods), time()))
    after = instant_text(instant_of(max(period.last for period in periods) + timedelta(days=1), time()))
    passed = select(_PASSED.c.seq).where(_PASSED.c.stream == ITEM.c.no, _PASSED.c.kind == _REASSIGNED)
    passed_on = passed.exists()
    query = select(
        ENTRY.c.stream, ENTRY.c.seq, ENTRY.c.at, ENTRY.c.body, ITEM.c.unit, passed_on.label("passed_on")
    ).where(
        ITEM.c.no == ENTRY.c.stream,
        ENTRY.c.kind == _RUNG,
        ENTRY.c.at >= first,
        ENTRY.c.at < after,
        or_(among(ITEM.c.unit, units), passed_on),
    )
    rows = connection.execute(query.order_by(ENTRY.c.stream, ENTRY.c.seq)).mappings().all()
    holders = _holders(connection, {row["stream"] for row in rows if row["passed_on"]})
    for row in rows:
        unit = row["unit"]
        if row["passed_on"]:  # whoever had it then
            unit = next(unit for seq, unit in holders[row["stream"]] if seq <= row["seq"])
        rung = decode(RungReached, parse(row["body"]))
        if not rung.points or unit not in units:
            continue
        month = f"{datetime.fromisoformat(row['at']).astimezone(LOCAL):%Y-%m}"
        said = LineInput(
            name="rungs", period=month, value=str(rung.points * POINT), entry=f"{row['stream']}#{row['seq']}"
        )
        found[unit][month] = (*found[unit].get(month, ()), said)
    return found


def _holders(connection: Connection, streams: Collection[str]) -> dict[str, list[tuple[int, str]]]:
    """Of these items which unit had it from which entry on, the last first."""
    found = defaultdict[str, list[tuple[int, str]]](list)
    for stream in streams:  # few: that an item was passed on is seldom
        for seq, body in _HAD_BY.tuples(connection, stream=stream):
            found[stream].append((seq, parse(body)["unit"]["id"]))
    return found


def read_month(period: str) -> Period:
    """The last month of the period of a round. Raises field_invalid."""
    found = read_period(period)
    return period_of(Rhythm.MONTH, found.last)
