"""For what units are proposed by the year's result, by standards that the assessment's file states; and why."""

from datetime import datetime

from sqlalchemy import Connection, select

from desk.scores.keeping import USES
from desk.showing.values import Shown
from ledger.directory import people
from ledger.scores.in_force import assessment_named, assessment_then
from ledger.scores.recording import year_of
from ledger.scores.rows import SCORE_ROW, TIER, StoredLine, lines_stored, version_over
from ledger.scores.streams import states_of
from ledger.scores.waiting import units_waiting
from ledger.store.sight import scopes_in
from rules.assessment.assessment import Assessment, Honour
from rules.assessment.sheets import points_text, score_of
from rules.assessment.state import ScoreState
from rules.assessment.story import tier_name
from rules.rounds.periods import Period


class ShownProposed(Shown):
    """A unit that meets the standard: with so many points, and why in words. `used`: its result has been used for that
    already."""

    unit: str
    unit_name: str
    area: str
    score: str
    why: str
    used: bool = False


class ShownHonour(Shown):
    """One of them: its standard in words, and who meets it, in the order of the directory: nobody is compared."""

    id: str
    name: str
    standard: str
    units: tuple[ShownProposed, ...]


class ShownHonours(Shown):
    """All that the assessment proposes units for, by what is scored of its year so far (`until`: the last month of
    it)."""

    assessment: str
    name: str
    year: int
    until: str
    honours: tuple[ShownHonour, ...]


def honours(connection: Connection, now: datetime, *, assessment: str = "") -> ShownHonours:
    """As the scores stand, of the units that whoever asks sees. Raises unknown_assessment."""
    known = assessment_named(connection, assessment, now)
    months = select(SCORE_ROW.c.month).where(SCORE_ROW.c.assessment == known.id).distinct()
    until = max(connection.execute(months).scalars(), default="")
    scopes = scopes_in(connection)
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    units = {
        row["id"]: (row["name"], areas.get(row["area"] or "", ""))
        for row in people.all_units(connection)
        if all(scope.holds(row["id"], row["area"]) for scope in scopes)
    }
    tiers = dict(connection.execute(select(TIER.c.unit, TIER.c.tier).where(TIER.c.assessment == known.id)).all())
    states = states_of(connection, known.id, units, lines=False) if known.honours else {}
    then = assessment_then(connection, known, version_over(connection, known.id, year_of(known)))
    lines = lines_stored(connection, known.id, list(units), year_of(known)) if known.honours else {}
    waits = units_waiting(connection, known.id)
    shown = []
    for honour in known.honours:
        found = [
            one
            for unit, named in units.items()
            if (
                one := _proposed(
                    then, honour, unit, named, tiers.get(unit, ""), states[unit], lines.get(unit, []), waits.get(unit)
                )
            )
        ]
        shown.append(ShownHonour(id=honour.id, name=honour.name, standard=_standard(known, honour), units=tuple(found)))
    return ShownHonours(assessment=known.id, name=known.name, year=known.year, until=until, honours=tuple(shown))


def _standard(known: Assessment, honour: Honour) -> str:
    names = {one.id: one.name for one in known.indicators}
    parts = [f"全年不低于 {points_text(honour.least)} 分"]
    parts += [f"状况是{tier_name(honour.tier)}"] if honour.tier else []
    parts += [f"{'、'.join(names.get(one, one) for one in honour.without)}没有扣过分"] if honour.without else []
    return "，".join(parts)


def _proposed(
    known: Assessment,
    honour: Honour,
    unit: str,
    named: tuple[str, str],
    tier: str,
    state: ScoreState,
    lines: list[StoredLine],
    waits: Period | None,
) -> ShownProposed | None:
    points = score_of(known, (*known.indicators, *state.own), lines)
    deducted = {one.indicator for one in state.merits if one.points < 0} & set(honour.without)
    if points is None or points < honour.least or deducted or (honour.tier and tier != honour.tier):
        return None
    why = f"得 {points_text(points)} 分" + (f"，状况{tier_name(tier)}" if honour.tier else "")
    later = f"；有的指标到{waits.name}的一轮才问，分数还会变" if waits else ""
    return ShownProposed(
        unit=unit,
        unit_name=named[0],
        area=named[1],
        score=points_text(points),
        why=why + ("，没有扣过分" if honour.without else "") + later,
        used=any(one.use == USES["honour"] and one.what == honour.name for one in state.uses),
    )
