"""What a leader decides in an assessment: in which tier a unit is, with what its tier brings it; whether units are
compared with each other."""

from datetime import datetime

from sqlalchemy import Connection, select

from desk.acting import acting
from desk.caller import Caller
from ledger.chain import journal
from ledger.directory import people
from ledger.directory import units as directory
from ledger.scores.guiding import Arrived, guide
from ledger.scores.in_force import assessment_named, compared
from ledger.scores.rows import TIER, put_tiers
from ledger.scores.streams import note_scores, state_of
from ledger.store.database import Database
from rules.assessment.assessment import Assessment
from rules.assessment.deciding import check_comparison, check_confirming, check_decision, refused
from rules.assessment.facts import ComparisonDecided, TierDecided
from rules.dates.calendar import local_date
from rules.dates.windows import add_months
from rules.machine.commands import Actor, UnitRef
from rules.permitting import OfficeAct
from rules.units.facts import ConditionsGiven, GivenCondition


def decide_tier(
    database: Database,
    caller: Caller,
    unit: str,
    tier: str,
    now: datetime,
    *,
    agreed: bool = True,
    reason: str = "",
    assessment: str = "",
) -> str:
    """The unit is in that tier from today on, or what was proposed is not agreed to. With it the unit's condition is
    another in the directory, and what its tier brings is issued: returns the batch of it, empty where it brings
    nothing. Raises wrong_role, unknown_unit, unknown_assessment, score_refused, field_missing, field_too_long."""
    with database.write() as connection:
        known = assessment_named(connection, assessment, now)
        actor = _deciding(connection, caller, known)
        of = people.unit_ref(connection, unit)
        arrived = _decided(connection, known, of, tier, actor, now, agreed=agreed, reason=reason)
        return guide(connection, known, [arrived], now)


def decide_all(
    database: Database, caller: Caller, now: datetime, *, count: int, assessment: str = ""
) -> tuple[int, str]:
    """Every unit is in the tier that is proposed, in one transaction; how many that were, and the batch of what their
    tiers bring. `count`: so many were looked at. Raises wrong_role, unknown_assessment, and score_refused where it is
    another number by now."""
    with database.write() as connection:
        known = assessment_named(connection, assessment, now)
        actor = _deciding(connection, caller, known)
        query = select(TIER.c.unit, TIER.c.proposed).join(people.UNIT, people.UNIT.c.id == TIER.c.unit)
        query = query.where(TIER.c.assessment == known.id, TIER.c.proposed != "", people.UNIT.c.ended.is_(None))
        if known.tiers and known.tiers.by_decision:  # whom somebody has put there since, waits for no score
            query = query.where(people.UNIT.c.condition != known.tiers.by_decision)
        waiting = connection.execute(query.order_by(TIER.c.unit)).all()
        if len(waiting) != count:
            raise refused(f"现在等着确认的有 {len(waiting)} 个，不是看到的 {count} 个，请重新看过")
        arrived = [
            _decided(
                connection,
                known,
                people.unit_ref(connection, row.unit),
                row.proposed,
                actor,
                now,
                agreed=True,
                reason="",
            )
            for row in waiting
        ]
        return len(waiting), guide(connection, known, arrived, now)


def _deciding(connection: Connection, caller: Caller, known: Assessment) -> Actor:
    """The caller in the post that the file names. Raises wrong_role."""
    who = people.somebody(connection, caller.person)
    confirm = known.tiers.confirm if known.tiers else None
    post = next((one for one in who.posts if one.role is confirm), None)
    actor = caller.acting(post or people.post_for(who, OfficeAct.DECIDE_TIER))
    if known.tiers:
        check_confirming(known.tiers, actor)
    return actor


def _decided(
    connection: Connection,
    known: Assessment,
    of: UnitRef,
    tier: str,
    actor: Actor,
    now: datetime,
    *,
    agreed: bool,
    reason: str,
) -> Arrived:
    day = local_date(now)
    state = state_of(connection, known.id, of.id)
    condition = connection.execute(select(people.UNIT.c.condition).where(people.UNIT.c.id == of.id)).scalar_one()
    check_decision(known, state, actor, condition, tier, agreed=agreed, reason=reason)
    tiers = known.tiers
    assert tiers is not None
    by_decision = tier == tiers.by_decision
    lifts = tiers.by_decision != "" and tiers.by_decision in (state.tier, condition)
    by_score = state.proposed is not None and not by_decision and not lifts
    changed = agreed and tier != (condition or state.stands)
    fact = TierDecided(
        score_of=known.id,
        unit=of.id,
        tier=tier,
        day=day,
        agreed=agreed,
        period=state.proposed.period if state.proposed and by_score else "",
        reason=reason.strip(),
        until=add_months(day, tiers.months) if by_decision and agreed else None,
    )
    (seq,) = note_scores(connection, [fact], actor, now)
    if agreed and condition != tier:
        given = ConditionsGiven(day=day, units=(GivenCondition(unit=of.id, condition=tier),), document=known.name)
        directory.record(connection, [given], now, actor)
    put_tiers(connection, known.id, {of.id: (of.area or "", state_of(connection, known.id, of.id))})
    return Arrived(unit=people.unit_ref(connection, of.id), fact=fact, seq=seq, changed=changed)


def compare(
    database: Database,
    caller: Caller,
    now: datetime,
    *,
    agreed: bool,
    document: str = "",
    reason: str = "",
    assessment: str = "",
) -> None:
    """The units of the assessment are compared with each other from now on, where its file allows it, by that document;
    or no longer, for that reason. Raises wrong_role, unknown_assessment, score_refused, field_missing,
    field_too_long."""
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.COMPARE)
        known = assessment_named(connection, assessment, now)
        check_comparison(known, compared(connection, known), agreed=agreed, document=document, reason=reason)
        fact = ComparisonDecided(
            assessment=known.id, agreed=agreed, document=document.strip()[:100], reason=reason.strip()
        )
        journal.note(connection, fact, actor, now)
