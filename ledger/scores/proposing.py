"""Into which tiers scores lead: proposed with the month that ends a period for which tiers are looked at, and anew
where an earlier month is other than it was. A period that was corrected is reckoned from its own start and those after
it follow, so that where a unit ends does not hang on what was recorded first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, select

from ledger.directory.people import UNIT
from ledger.scores.in_force import assessment_then, assessments_in_force
from ledger.scores.rows import SCORE_ROW, lines_stored, put_tiers
from ledger.scores.streams import note_scores, states_of
from ledger.store.driver import PreparedQuery, among, texts
from rules.assessment.assessment import Assessment, Indicator, Tiers, months_of
from rules.assessment.facts import TierProposed
from rules.assessment.sheets import score_of
from rules.assessment.state import ScoreState, evolve_scores
from rules.assessment.tiers import TierFound, tier_by
from rules.machine.commands import SYSTEM
from rules.rounds.periods import Period, ends_with, period_of, read_period

_NAMED = among(UNIT.c.id, bindparam("units", type_=Text()))
_CONDITIONS = PreparedQuery(select(UNIT.c.id, UNIT.c.condition).where(_NAMED))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLooked:
    """A unit that has just been scored: how it stood before, its area, its condition when the month ended, and by what
    it is assessed."""

    before: ScoreState
    area: str
    condition: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TierStart:
    """How a unit stood before the first of the periods, and which assessment left it so."""

    found: TierFound
    follows: str = ""


def propose_tiers(
    connection: Connection, assessment: Assessment, month: Period, units: Mapping[str, UnitLooked], now: datetime
) -> None:
    """What these units' scores for the period of that month lead to is proposed, where it is other than it was, and
    what that makes of later periods. Of a unit that is in the tier which no score gives nothing is."""
    tiers = assessment.tiers
    if tiers is None or not units:
        return
    period = period_of(tiers.every, month.last)
    ends = tiers.every in ends_with(month)
    looked = [
        id_
        for id_, one in units.items()
        if (ends or period.id in one.before.looked) and not (one.before.given and one.before.given > period.last)
    ]
    looked = _by_score(connection, tiers, units, looked) if looked else []
    if not looked:
        return
    starts = _starts(connection, assessment, tiers, {id_: units[id_] for id_ in looked})
    lines = lines_stored(connection, assessment.id, looked, period)
    states = {id_: units[id_].before for id_ in looked}
    facts: list[TierProposed] = []
    for id_ in looked:
        over = score_of(assessment, units[id_].indicators, lines.get(id_, ()))
        if over is not None and (fact := _looked_at(assessment, id_, states[id_], period.id, over, starts[id_])):
            facts.append(fact)
    changed = set[str]()
    while facts:
        for fact, seq in zip(facts, note_scores(connection, facts, SYSTEM, now), strict=True):
            states[fact.unit] = evolve_scores(states[fact.unit], seq, "", "", fact)
            changed.add(fact.unit)
        facts = [again for one in facts if (again := _followed(connection, assessment, states[one.unit], one))]
    put_tiers(connection, assessment.id, {id_: (units[id_].area, states[id_]) for id_ in sorted(changed)})


def _by_score(
    connection: Connection, tiers: Tiers, units: Mapping[str, UnitLooked], looked: Collection[str]
) -> list[str]:
    """Those of the units whose tier scores give: neither here nor in the directory are they in another."""
    if not tiers.by_decision:
        return list(looked)
    now = dict(_CONDITIONS.tuples(connection, units=texts(looked)))
    return [id_ for id_ in looked if tiers.by_decision not in (units[id_].before.tier, now.get(id_))]


def _starts(
    connection: Connection, assessment: Assessment, tiers: Tiers, units: Mapping[str, UnitLooked]
) -> dict[str, _TierStart]:
    """How these units stood before the first period: by what was decided here; as the assessment of the year before
    left them; or by their condition."""
    found = {
        id_: _TierStart(found=TierFound(tier=next((t for t in (one.before.tier, one.condition) if tiers.band(t)), "")))
        for id_, one in units.items()
    }
    new = [id_ for id_, one in units.items() if one.before.begun is None and not one.before.tier]
    before = preceding(connection, assessment)
    if before is None or not new:
        return found
    for id_, state in states_of(connection, before.id, new, lines=False).items():
        if tiers.band(state.stands):
            found[id_] = _TierStart(found=TierFound(tier=state.stands, below=state.below), follows=before.id)
    return found


def preceding(connection: Connection, assessment: Assessment) -> Assessment | None:
    """The assessment of the same campaign for the year before, of several the last."""
    every = assessments_in_force(connection).values()
    return next(
        (
            one
            for one in reversed(list(every))
            if one.id != assessment.id and (one.campaign, one.year) == (assessment.campaign, assessment.year - 1)
        ),
        None,
    )


def _looked_at(
    assessment: Assessment, unit: str, state: ScoreState, period: str, over: int, start: _TierStart | None = None
) -> TierProposed | None:
    """What the score over the period leads to; None where that was said already."""
    assert assessment.tiers is not None
    begins = state.begins(period) or (start.found if start else TierFound(tier=""))
    found = tier_by(assessment.tiers, begins.tier, begins.below, over)
    said = state.looked.get(period)
    fact = TierProposed(
        score_of=assessment.id,
        unit=unit,
        period=period,
        before=state.stands or begins.tier,
        to=found.tier,
        score=over,
        below=found.below,
        began=begins.tier,
        already=begins.below,
        follows=said.follows if said else start.follows if start and state.begun is None else "",
    )
    if said is not None and _led(said) == _led(fact):
        return None
    return fact


def _led(fact: TierProposed) -> tuple[str, int, int, str, int]:
    return fact.to, fact.score, fact.below, fact.began, fact.already


def _followed(
    connection: Connection, assessment: Assessment, state: ScoreState, changed: TierProposed
) -> TierProposed | None:
    """What the first period after that one leads to now, where it is another, by the file by which it was scored."""
    for period in sorted(id_ for id_ in state.looked if id_ > changed.period):
        by = _scored_by(connection, assessment, changed.unit, period)
        if by.tiers is not None and (fact := _looked_at(by, changed.unit, state, period, state.looked[period].score)):
            return fact
    return None


def _scored_by(connection: Connection, assessment: Assessment, unit: str, period: str) -> Assessment:
    month = months_of(read_period(period))[-1].id
    of = SCORE_ROW.c
    query = select(of.version).where(of.assessment == assessment.id, of.unit == unit, of.month == month)
    return assessment_then(connection, assessment, connection.execute(query).scalar() or "")
