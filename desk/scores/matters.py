"""What of assessments waits for somebody's word: units to be judged, tiers to be confirmed or looked at again."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import Connection, func, select

from desk.scores.judging_shown import OWN_QUEUE
from ledger.chain.entries import ENTRY
from ledger.directory import people
from ledger.scores.in_force import assessments_in_force
from ledger.scores.rows import SCORE_ROW, TIER
from ledger.scores.streams import fact_of, states_of, stream_of_scores
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.driver import among
from rules.assessment.assessment import Assessment, due_in
from rules.assessment.facts import PointsJudged
from rules.assessment.story import tier_name
from rules.assessment.telling import period_name
from rules.dates.explain import long_day
from rules.machine.commands import Actor
from rules.permitting import OF_AREA, PERMITTED_ACTS, OfficeAct
from rules.rounds.periods import read_period

SOON = timedelta(days=30)
"""So long before a decision has to be looked at again it is said."""
OwnKey = tuple[str, str, str]
"""A unit, its area, and an indicator of its own."""
_FEW = 300
"""Of more units than these nobody asks which of them somebody has judged already."""
_JUDGE, _LEAD = PERMITTED_ACTS[OfficeAct.JUDGE], PERMITTED_ACTS[OfficeAct.DECIDE_TIER]


def score_matters(connection: Connection, posts: Collection[Actor], today: date) -> Iterator[tuple[str, str]]:
    """What waits for whoever holds one of these posts, in words, each with the address where it is done. Of what is to
    be judged that of ended periods that were scored without it."""
    judges = [post for post in posts if post.role in _JUDGE]
    if not judges:
        return
    waiting = _unjudged(connection)
    lead = any(post.role in _LEAD for post in judges)
    tiers = _tiers(connection) if lead else []
    if not waiting and not tiers:
        return
    known = assessments_in_force(connection)
    own: dict[str, list[OwnKey]] = {}
    for (id_, indicator, month), units in waiting.items():
        if id_ not in known:
            continue
        if known[id_].indicator(indicator) is None:
            own.setdefault(id_, []).extend((unit, area, indicator) for unit, area in units)
        else:
            yield from _to_judge(connection, known[id_], indicator, month, units, judges)
    for id_, keys in own.items():
        yield from _own_to_judge(connection, known[id_], keys, judges)
    for id_, proposed in tiers:
        one = known.get(id_)
        if one is not None and proposed:
            yield f"{one.name}：{proposed} 个单位的状况变动等您确认", f"/scores/tiers?assessment={id_}"
        if one is not None and one.tiers is not None and one.tiers.by_decision:
            yield from _to_look_at(connection, one, one.tiers.by_decision, today)


def _unjudged(connection: Connection) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """By assessment, indicator and month the units (with their areas) that wait for somebody to judge."""
    of, row = SCORE_WAIT.c, SCORE_ROW.c
    same = (row.assessment == of.assessment, row.unit == of.unit, row.month == of.month)
    query = select(of.assessment, of.indicator, of.month, of.unit, row.area).join(
        SCORE_ROW, same[0] & same[1] & same[2]
    )
    query = query.where(of.indicator != "").order_by(of.assessment, of.indicator, of.month, of.unit)
    rows = connection.execute(query)
    return {key: [(one[3], one[4]) for one in many] for key, many in groupby(rows, key=lambda one: tuple(one[:3]))}


def _tiers(connection: Connection) -> list[tuple[str, int]]:
    """By assessment how many units' tiers are proposed."""
    proposed = func.count().filter(TIER.c.proposed != "")
    query = select(TIER.c.assessment, proposed).group_by(TIER.c.assessment).order_by(TIER.c.assessment)
    return [(assessment, count) for assessment, count in connection.execute(query)]


def _to_judge(
    connection: Connection,
    known: Assessment,
    indicator: str,
    month: str,
    units: list[tuple[str, str]],
    judges: Collection[Actor],
) -> Iterator[tuple[str, str]]:
    one = known.indicator(indicator)
    if one is None or one.judge is None:
        return
    mine = [post for post in judges if post.role is one.judge]
    period = due_in(one.every, read_period(month))
    if not mine or period is None:
        return
    areas = {post.area for post in mine if post.role in OF_AREA}
    left = {unit for unit, area in units if not areas or area in areas}
    left -= _judged(connection, known.id, left, {post.id for post in mine}, (indicator, period.id))
    if left:
        at = f"/scores/judging?assessment={known.id}&indicator={indicator}&period={period.id}"
        yield f"{one.name}（{period_name(period.id)}）：{len(left)} 个单位等您评定", at


def _own_to_judge(
    connection: Connection, known: Assessment, keys: list[OwnKey], judges: Collection[Actor]
) -> Iterator[tuple[str, str]]:
    """What units have of their own: who judges it, each says for itself."""
    states = states_of(connection, known.id, {unit for unit, _, _ in keys[:_FEW]}, lines=False)
    mine = {(post.role, post.area if post.role in OF_AREA else "") for post in judges}
    left = set[str]()
    for unit, area, indicator in keys[:_FEW]:
        one = next((own for own in states[unit].own if own.id == indicator), None)
        if one is not None and one.judge is not None and (one.judge, area if one.judge in OF_AREA else "") in mine:
            left.add(unit)
    if left:
        at = f"/scores/judging?assessment={known.id}&indicator={OWN_QUEUE}"
        yield f"个性指标：{len(left)} 个单位等您评定", at


def _judged(
    connection: Connection, assessment: str, units: Collection[str], persons: Collection[str], key: tuple[str, str]
) -> set[str]:
    """Those that one of these persons has judged already, and another has not."""
    if not units or len(units) > _FEW:
        return set()
    streams = [stream_of_scores(assessment, unit) for unit in units]
    query = select(ENTRY).where(
        among(ENTRY.c.stream, streams), ENTRY.c.kind == "points_judged", ENTRY.c.actor.in_(persons)
    )
    facts = (fact_of(row)[3] for row in connection.execute(query).mappings())
    return {fact.unit for fact in facts if isinstance(fact, PointsJudged) and (fact.indicator, fact.period) == key}


def _to_look_at(connection: Connection, known: Assessment, tier: str, today: date) -> Iterator[tuple[str, str]]:
    """Units whom somebody's decision put where no score does: such a decision ends."""
    query = select(TIER.c.unit).where(TIER.c.assessment == known.id, TIER.c.tier == tier).order_by(TIER.c.unit)
    for unit, state in states_of(connection, known.id, connection.execute(query).scalars(), lines=False).items():
        until = next((one.until for one in reversed(state.tiers) if one.agreed and one.tier == tier), None)
        if until is not None and until - SOON <= today:
            name = people.unit_ref(connection, unit).name
            yield f"{name}：{tier_name(tier)}的认定到 {long_day(until)}，须重新认定", f"/scores/units/{unit}"
