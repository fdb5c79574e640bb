"""Indicators of units' own: what a unit has declared, what came of it, and whose wait to be reviewed."""

from datetime import date, datetime

from sqlalchemy import Connection, select

from desk.scores.sheet_shown import seen_unit
from desk.showing.values import Shown
from ledger.chain.entries import ENTRY
from ledger.chain.figures.in_force import figures_in_force
from ledger.chain.journal import MARK, SCORE
from ledger.directory import people
from ledger.scores.in_force import assessment_named
from ledger.scores.streams import state_of
from ledger.store.sight import scopes_in
from rules.assessment.assessment import WHOLE_SHARE, Assessment, Indicator, IndicatorKind
from rules.assessment.deciding import refused
from rules.assessment.declaring import OWN_JUDGES, OWN_RHYTHMS, WrittenIndicator, figures_for
from rules.assessment.scoring import value_figures
from rules.assessment.sheets import points_text
from rules.assessment.telling import share_text
from rules.dates.calendar import local_date
from rules.figures.figure import FigureRegister
from rules.names import ROLE_NAMES
from rules.rounds.periods import RHYTHM_NAMES

OWN_KINDS = {
    IndicatorKind.COUNTED: "计次数",
    IndicatorKind.COMPUTED: "算比例",
    IndicatorKind.JUDGED: "由人评定",
}
"""Of which kinds an indicator of a unit's own can be, as people say it."""
_STEPS = ("indicators_declared", "indicators_pinned", "indicators_returned")


class ShownOwnIndicator(Shown):
    """One of them; `how`: where its points come from, in words."""

    name: str
    full: str
    every: str
    how: str
    standard: str


class ShownOwn(Shown):
    """How a unit stands with its own indicators: `pinned` for the year; `declared`, which wait to be reviewed;
    `returned`: why they went back. `written`: as they were declared last, to be changed. `last`: by which day they have
    to be pinned; `over`: it is past."""

    assessment: str
    name: str
    unit: str
    unit_name: str
    count: int
    full: str
    least: str
    most: str
    last: str
    over: bool
    pinned: tuple[ShownOwnIndicator, ...]
    declared: tuple[ShownOwnIndicator, ...]
    returned: str
    written: tuple[dict[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    every: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    judges: tuple[tuple[str, str], ...]


class ShownToReview(Shown):
    """Whose indicators wait to be reviewed, since when."""

    unit: str
    unit_name: str
    area: str
    since: str


class ShownDeclared(Shown):
    """All units with regard to their own indicators: `waiting` to be reviewed; so many `pinned`, `returned` and with
    nothing declared (`none`)."""

    assessment: str
    name: str
    last: str
    over: bool
    waiting: tuple[ShownToReview, ...]
    pinned: int
    returned: int
    none: int


def own_indicators(connection: Connection, unit: str, now: datetime, *, assessment: str = "") -> ShownOwn:
    """Of that unit. Raises unknown_unit, unknown_assessment, score_refused."""
    known = assessment_named(connection, assessment, now)
    own = known.individual
    if own is None:
        raise refused(f"“{known.name}”没有个性指标")
    of = seen_unit(connection, unit)
    state, register = state_of(connection, known.id, of.id), figures_in_force(connection)
    declared = state.declared[1].indicators if state.declared else ()
    day = _last_day(known)
    return ShownOwn(
        assessment=known.id,
        name=known.name,
        unit=of.id,
        unit_name=of.name,
        count=own.count,
        full=points_text(own.full),
        least=points_text(own.least),
        most=points_text(own.most),
        last=day.isoformat(),
        over=local_date(now) > day,
        pinned=tuple(_shown(one, register) for one in state.own),
        declared=tuple(_shown(one, register) for one in declared),
        returned=state.returned.reason if state.returned else "",
        written=tuple(_written(one) for one in state.wrote),
        kinds=tuple((kind.value, OWN_KINDS[kind]) for kind in own.kinds),
        every=tuple((one.value, RHYTHM_NAMES[one]) for one in OWN_RHYTHMS),
        figures=tuple((one.id, f"{one.name}（{RHYTHM_NAMES[one.every]}）") for one in figures_for(register)),
        judges=tuple((one.value, ROLE_NAMES[one]) for one in OWN_JUDGES),
    )


def declared_now(connection: Connection, now: datetime, *, assessment: str = "") -> ShownDeclared:
    """As they stand; of the units that whoever asks sees. Raises unknown_assessment, score_refused."""
    known = assessment_named(connection, assessment, now)
    if known.individual is None:
        raise refused(f"“{known.name}”没有个性指标")
    begins = f"{MARK}{SCORE}/{known.id}/"
    query = select(ENTRY.c.stream, ENTRY.c.kind, ENTRY.c.at).where(
        ENTRY.c.kind.in_(_STEPS), ENTRY.c.stream.startswith(begins, autoescape=True)
    )
    steps: dict[str, tuple[str, str]] = {}
    for stream, kind, at in connection.execute(query.order_by(ENTRY.c.position)):
        steps[stream.removeprefix(begins)] = (kind, at)
    scopes = scopes_in(connection)
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    units = [
        row for row in people.all_units(connection) if all(scope.holds(row["id"], row["area"]) for scope in scopes)
    ]
    waiting = [
        ShownToReview(
            unit=row["id"],
            unit_name=row["name"],
            area=areas.get(row["area"] or "", ""),
            since=local_date(datetime.fromisoformat(steps[row["id"]][1])).isoformat(),
        )
        for row in units
        if steps.get(row["id"], ("",))[0] == _STEPS[0]
    ]
    stand = [steps.get(row["id"], ("",))[0] for row in units]
    day = _last_day(known)
    return ShownDeclared(
        assessment=known.id,
        name=known.name,
        last=day.isoformat(),
        over=local_date(now) > day,
        waiting=tuple(sorted(waiting, key=lambda one: (one.since, one.unit))),
        pinned=stand.count(_STEPS[1]),
        returned=stand.count(_STEPS[2]),
        none=stand.count(""),
    )


def _last_day(assessment: Assessment) -> date:
    assert assessment.individual is not None
    return date(assessment.year, assessment.individual.month, assessment.individual.day)


def _shown(one: Indicator, register: FigureRegister) -> ShownOwnIndicator:
    return ShownOwnIndicator(
        name=one.name,
        full=points_text(one.full),
        every=RHYTHM_NAMES[one.every],
        how=_how(one, register),
        standard=one.standard,
    )


def _how(one: Indicator, register: FigureRegister) -> str:
    if one.kind is IndicatorKind.JUDGED:
        return f"由{ROLE_NAMES[one.judge]}评定" if one.judge else "由人评定"
    if one.kind is IndicatorKind.COMPUTED:
        part, _, whole = one.value.partition("/")
        named = "占".join(register.named(figure) for figure in value_figures(one)) if whole else part
        levels = "，".join(f"{points_text(level.least)}% 以上计 {share_text(level.share)}" for level in one.levels)
        return f"{named}的百分比：{levels}"
    told = []
    for counting in one.counts:
        short = f"，每少一次扣 {points_text(one.short)} 分" if one.short else "，少一次不得分"
        told.append(f"{register.named(counting.figure)}至少 {counting.least_of('')}{short}")
    return "；".join(told)


def _written(one: Indicator) -> dict[str, str]:
    """As its form has it."""
    part, *whole = value_figures(one) or ("",)
    counting = one.counts[0] if one.counts else None
    found = WrittenIndicator(
        name=one.name,
        full=points_text(one.full),
        kind=one.kind,
        every=one.every,
        standard=one.standard,
        figure=counting.figure if counting else part,
        least=str(counting.least_of("")) if counting else "",
        short=points_text(one.short) if one.short else "",
        over=whole[0] if whole else "",
        levels=" ".join(f"{one.least // 100}:{one.share * 100 // WHOLE_SHARE}" for one in one.levels),
        judge=one.judge or "",
    )
    return {name: getattr(found, name) for name in WRITTEN}


WRITTEN = ("name", "full", "kind", "every", "standard", "figure", "least", "short", "over", "levels", "judge")
"""The fields of the form for one indicator."""
