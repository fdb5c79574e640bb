"""What of assessments waits for somebody's word: units to be judged, tiers to be confirmed or looked at again."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

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
FEW_UNITS = 300
"""Of more units than these nobody asks which of them somebody has judged already."""
_JUDGE, _LEAD = PERMITTED_ACTS[OfficeAct.JUDGE], PERMITTED_ACTS[OfficeAct.DECIDE_TIER]


def score_matters(connection: Connection, posts: Collection[Actor], today: date) -> Iterator[tuple[str, str]]:
    """What waits for whoever holds one of these posts, in words, each with the address where it is done. Of what is to
    be judged that of ended periods that were scored without it."""
    judges = [post for post in posts if post.role in _JUDGE]
    if not judges:
        return
    waiting = _unjudged(connection, judges)
    lead = any(post.role in _LEAD for post in judges)
    tiers = _tiers(connection) if lead else []
    if not waiting and not tiers:
        return
    known = assessments_in_force(connection)
    own: dict[str, list[OwnKey]] = {}
    for one in waiting:
        if one.assessment not in known:
            continue
        if known[one.assessment].indicator(one.indicator) is None:
            own.setdefault(one.assessment, []).extend((unit, area, one.indicator) for unit, area in one.units)
        else:
            yield from _to_judge(connection, known[one.assessment], one, judges)
    for id_, keys in own.items():
        yield from _own_to_judge(connection, known[id_], keys, judges)
    for id_, proposed in tiers:
        of = known.get(id_)
        if of is not None and proposed:
            yield f"{of.name}：{proposed} 个单位的状况变动等您确认", f"/scores/tiers?assessment={id_}"
        if of is not None and of.tiers is not None and of.tiers.by_decision:
            yield from _to_look_at(connection, of, of.tiers.by_decision, today)


class Unjudged(NamedTuple):
    """So many units wait for somebody to judge that indicator in its period that ends with the month. `units`: which,
    each with its area, where they are few."""

    assessment: str
    indicator: str
    month: str
    many: int
    units: tuple[tuple[str, str], ...]


def _unjudged(connection: Connection, judges: Collection[Actor]) -> list[Unjudged]:
    """Of everybody, or of the areas that these judges have: counted, since every page asks."""
    of, row = SCORE_WAIT.c, SCORE_ROW.c
    same = and_(row.assessment == of.assessment, row.unit == of.unit, row.month == of.month)
    where = [of.indicator != ""]
    if all(post.role in OF_AREA for post in judges):
        where.append(row.area.in_({post.area for post in judges}))
    keys = (of.assessment, of.indicator, of.month)
    counted = select(*keys, func.count()).join(SCORE_ROW, same).where(*where).group_by(*keys).order_by(*keys)
    found = []
    for assessment, indicator, month, count in connection.execute(counted).all():
        key = (of.assessment == assessment, of.indicator == indicator, of.month == month)
        query = select(of.unit, row.area).join(SCORE_ROW, same).where(*where, *key).order_by(of.unit)
        units = tuple((unit, area) for unit, area in connection.execute(query)) if count <= FEW_UNITS else ()
        found.append(Unjudged(assessment, indicator, month, count, units))
    return found


def _tiers(connection: Connection) -> list[tuple[str, int]]:
    """By assessment how many units' tiers are proposed."""
    proposed = func.count().filter(TIER.c.proposed != "")
    query = select(TIER.c.assessment, proposed).group_by(TIER.c.assessment).order_by(TIER.c.assessment)
    return [(assessment, count) for assessment, count in connection.execute(query)]


def _to_judge(
    connection: Connection, known: Assessment, waits: Unjudged, judges: Collection[Actor]
) -> Iterator[tuple[str, str]]:
    one = known.indicator(waits.indicator)
    if one is None or one.judge is None:
        return
    mine = [post for post in judges if post.role is one.judge]
    period = due_in(one.every, read_period(waits.month))
    if not mine or period is None:
        return
    left = waits.many
    if waits.units:
        areas = {post.area for post in mine if post.role in OF_AREA}
        units = {unit for unit, area in waits.units if not areas or area in areas}
        left = len(units - _judged(connection, known.id, units, {post.id for post in mine}, (one.id, period.id)))
    if left:
        at = f"/scores/judging?assessment={known.id}&indicator={one.id}&period={period.id}"
        yield f"{one.name}（{period_name(period.id)}）：{left} 个单位等您评定", at


def _own_to_judge(
    connection: Connection, known: Assessment, keys: list[OwnKey], judges: Collection[Actor]
) -> Iterator[tuple[str, str]]:
    """What units have of their own: who judges it, each says for itself."""
    states = states_of(connection, known.id, {unit for unit, _, _ in keys[:FEW_UNITS]}, lines=False)
    mine = {(post.role, post.area if post.role in OF_AREA else "") for post in judges}
    left = set[str]()
    for unit, area, indicator in keys[:FEW_UNITS]:
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
    if not units:
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
