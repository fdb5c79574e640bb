"""What is to be judged: one indicator over all units side by side, with what is known of each beside it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.chain.figures.in_force import figures_in_force
from ledger.chain.figures.series import known_of_figure
from ledger.directory import people
from ledger.scores.in_force import assessment_named
from ledger.scores.streams import states_of
from ledger.store.sight import scopes_in
from rules.assessment.assessment import Assessment, Indicator, IndicatorKind, parts_of
from rules.assessment.lines import LeftOut
from rules.assessment.scoring import settled
from rules.assessment.sheets import half_up, points_text
from rules.assessment.state import ScoreState
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.forms.form import AnswerKind
from rules.machine.commands import Actor
from rules.names import ROLE_NAMES
from rules.permitting import OF_AREA
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, read_period

OWN_QUEUE = "own"
"""What stands in place of an indicator where units' own are judged."""


class ShownToJudge(Shown):
    """A unit: what is known of it, what was given, and what that comes to. `mine`: what the person gave; `settled`:
    empty while somebody has to judge. Of an indicator of the unit's own: which, with its standard, what it is worth and
    its period."""

    unit: str
    unit_name: str
    area: str
    told: str
    given: tuple[str, ...]
    settled: str
    mine: str = ""
    reason: str = ""
    waits: bool = True
    indicator: str = ""
    indicator_name: str = ""
    standard: str = ""
    full: str = ""
    period: str = ""
    period_name: str = ""


class ShownJudging(Shown):
    """One indicator in one period. `others`: the judged indicators with how many units wait in their latest period."""

    assessment: str
    indicator: str
    name: str
    standard: str
    full: str
    second: str
    judge: str
    period: str
    period_name: str
    periods: tuple[tuple[str, str], ...]
    units: tuple[ShownToJudge, ...]
    waiting: int
    others: tuple[tuple[str, str], ...]
    may: bool = False


def judging(
    connection: Connection,
    posts: tuple[Actor, ...],
    now: datetime,
    *,
    indicator: str = "",
    period: str = "",
    assessment: str = "",
) -> ShownJudging:
    """The units of whoever holds these posts, those that wait first. Raises unknown_assessment, score_refused,
    field_invalid."""
    known = assessment_named(connection, assessment, now, period)
    judged = [one for one in known.indicators if one.kind is IndicatorKind.JUDGED and one.judge]
    others = [(found.id, found.name) for found in judged]
    if known.individual is not None and IndicatorKind.JUDGED in known.individual.kinds:
        others.append((OWN_QUEUE, "个性指标"))
        if indicator == OWN_QUEUE:
            return _own(connection, known, posts, now, tuple(others))
    one = next((found for found in judged if found.id == indicator), None) or (judged[0] if judged else None)
    if one is None or one.judge is None:
        raise RuleViolation(Code.SCORE_REFUSED, why=f"“{known.name}”没有由人评定的指标")
    periods = _periods(known, one, now)
    asked = read_period(period) if period else None
    if asked is not None and asked.rhythm is not one.every:
        raise RuleViolation(Code.FIELD_INVALID, field="期", actual=period[:20], expected=periods[-1].id)
    own = [post for post in posts if post.role is one.judge]
    areas = {post.area for post in own if post.role in OF_AREA}
    scopes = scopes_in(connection)  # nobody is shown as waiting of whom one may not know whether they do
    units = [
        row
        for row in people.all_units(connection)
        if (not areas or row["area"] in areas)
        and all(scope.holds(row["id"], row["area"]) for scope in scopes)
        and one.applies.to(row["kind"], row["size"], row["condition"])
    ]
    states = states_of(connection, known.id, [row["id"] for row in units])
    over = asked or _first_waiting(one, periods, states.values(), now)
    told = _told(connection, one, over, [row["id"] for row in units], now)
    names = people.names_of(
        connection,
        {given.by for state in states.values() for given in state.judged.get((one.id, over.id), ())},
    )
    me = own[0].id if own else ""
    area_names = {row["id"]: row["name"] for row in people.all_areas(connection)}
    shown = [
        _unit(one, over, row["id"], row["name"], area_names.get(row["area"] or "", ""), states, told, names, me)
        for row in units
    ]
    shown.sort(key=lambda unit: (not unit.waits, unit.area, unit.unit))
    return ShownJudging(
        assessment=known.id,
        indicator=one.id,
        name=one.name,
        standard=one.standard,
        full=points_text(one.full),
        second=points_text(one.second) if one.second else "",
        judge=ROLE_NAMES[one.judge],
        period=over.id,
        period_name=over.name,
        periods=tuple((found.id, found.name) for found in periods),
        units=tuple(shown),
        waiting=sum(1 for unit in shown if unit.waits),
        others=tuple(others),
        may=bool(own),
    )


def _own(
    connection: Connection,
    known: Assessment,
    posts: tuple[Actor, ...],
    now: datetime,
    others: tuple[tuple[str, str], ...],
) -> ShownJudging:
    """What units have declared for themselves and somebody has to judge, each in the period that waits first; to a
    judge only what is theirs to judge."""
    scopes = scopes_in(connection)
    area_names = {row["id"]: row["name"] for row in people.all_areas(connection)}
    units = [
        row for row in people.all_units(connection) if all(scope.holds(row["id"], row["area"]) for scope in scopes)
    ]
    states = states_of(connection, known.id, [row["id"] for row in units])
    givers = {given.by for state in states.values() for many in state.judged.values() for given in many}
    names = people.names_of(connection, givers)
    judges = {(post.role, post.area if post.role in OF_AREA else "") for post in posts}
    me, shown = posts[0].id if posts else "", []
    for row in units:
        state = states[row["id"]]
        for one in state.own:
            if one.judge is None or (one.judge, row["area"] if one.judge in OF_AREA else "") not in judges:
                continue
            over = _first_waiting(one, _periods(known, one, now), [state], now)
            found = _unit(
                one, over, row["id"], row["name"], area_names.get(row["area"] or "", ""), states, {}, names, me
            )
            said = {"indicator": one.id, "indicator_name": one.name, "standard": one.standard}
            said |= {"full": points_text(one.full), "period": over.id, "period_name": over.name}
            shown.append(found.model_copy(update=said))
    shown.sort(key=lambda unit: (not unit.waits, unit.area, unit.unit, unit.indicator))
    return ShownJudging(
        assessment=known.id,
        indicator=OWN_QUEUE,
        name="个性指标",
        standard="",
        full="",
        second="",
        judge="、".join(sorted(ROLE_NAMES[role] for role, _ in judges)),
        period="",
        period_name="",
        periods=(),
        units=tuple(shown),
        waiting=sum(1 for unit in shown if unit.waits),
        others=others,
        may=bool(shown),
    )


def _periods(assessment: Assessment, one: Indicator, now: datetime) -> list[Period]:
    """Those of the year that have begun; the first where none has."""
    today = local_date(now)
    every = [
        Period(rhythm=one.every, year=assessment.year, nth=n + 1) for n in range(12 // MONTHS_OF_PERIOD[one.every])
    ]
    return [period for period in every if period.first <= today] or every[:1]


def _first_waiting(one: Indicator, periods: list[Period], states: Collection[ScoreState], now: datetime) -> Period:
    """Of those that are over the first in which a unit waits, otherwise the last; the first of all where none is."""
    over = [period for period in periods if period.last < local_date(now)] or periods[:1]
    return next((period for period in over if any(_waits(one, period, state) for state in states)), over[-1])


def _waits(one: Indicator, over: Period, state: ScoreState) -> bool:
    return settled(one, state.judged.get((one.id, over.id), ())) is None and not _excused(one, over, state)


def _excused(one: Indicator, over: Period, state: ScoreState) -> bool:
    left = state.left.get((one.id, over.id))
    return left is not None and left.why is LeftOut.EXCUSED


def _told(
    connection: Connection, one: Indicator, over: Period, units: list[str], now: datetime
) -> dict[str, list[str]]:
    """What is known of the units by the figures that are shown beside, in words."""
    register, found = figures_in_force(connection), dict[str, list[str]]()
    for figure_id in one.figures:
        figure = register.figure(figure_id)
        if figure is None:
            continue
        periods = [part.id for part in parts_of(over, figure.every)]
        known = known_of_figure(connection, figure, periods, frozenset(units), now)
        for (unit, _), value in sorted(known.items()):
            percent = "%" if figure.kind is AnswerKind.PERCENT else ""
            found.setdefault(unit, []).append(f"{figure.name} {value.value}{percent}")
    return found


def _unit(
    one: Indicator,
    over: Period,
    unit: str,
    name: str,
    area: str,
    states: Mapping[str, ScoreState],
    told: Mapping[str, list[str]],
    names: Mapping[str, str],
    me: str,
) -> ShownToJudge:
    state = states[unit]
    given = state.judged.get((one.id, over.id), ())
    points = settled(one, given)
    mine = next((found for found in given if found.by == me), None)
    excused = _excused(one, over, state)
    return ShownToJudge(
        unit=unit,
        unit_name=name,
        area=area,
        told="，".join(told.get(unit, ())),
        given=tuple(
            f"{names.get(found.by, found.by)} {points_text(found.points)} 分"
            + (f"：{found.reason}" if found.reason else "")
            for found in given
        ),
        settled="不计入" if excused else points_text(half_up(points)) if points is not None else "",
        mine=points_text(mine.points) if mine else "",
        reason=mine.reason if mine else "",
        waits=_waits(one, over, state),
    )
