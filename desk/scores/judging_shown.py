"""What is to be judged: one indicator over all units side by side, with what is known of each beside it."""

from collections.abc import Mapping
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


class ShownToJudge(Shown):
    """A unit: what is known of it, what was given, and what that comes to. `mine`: what the person gave; `settled`:
    empty while somebody has to judge."""

    unit: str
    unit_name: str
    area: str
    told: str
    given: tuple[str, ...]
    settled: str
    mine: str = ""
    reason: str = ""
    waits: bool = True


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
    known = assessment_named(connection, assessment)
    judged = [one for one in known.indicators if one.kind is IndicatorKind.JUDGED and one.judge]
    one = next((found for found in judged if found.id == indicator), None) or (judged[0] if judged else None)
    if one is None or one.judge is None:
        raise RuleViolation(Code.SCORE_REFUSED, why=f"“{known.name}”没有由人评定的指标")
    periods = _periods(known, one, now)
    over = read_period(period) if period else periods[-1]
    if over.rhythm is not one.every:
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
        others=tuple((found.id, found.name) for found in judged),
        may=bool(own),
    )


def _periods(assessment: Assessment, one: Indicator, now: datetime) -> list[Period]:
    """Those of the year that have begun; the first where none has."""
    today = local_date(now)
    every = [
        Period(rhythm=one.every, year=assessment.year, nth=n + 1) for n in range(12 // MONTHS_OF_PERIOD[one.every])
    ]
    return [period for period in every if period.first <= today] or every[:1]


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
    left = state.left.get((one.id, over.id))
    excused = left is not None and left.why is LeftOut.EXCUSED
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
        waits=points is None and not excused,
    )
