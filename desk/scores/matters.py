"""What of assessments waits for somebody's word: units to be judged, tiers to be confirmed or looked at again."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from sqlalchemy import Connection, Select, func, select

from desk.scores.by_decision import held_by_decision
from desk.scores.judging_shown import OWN_QUEUE
from ledger.chain.entries import ENTRY
from ledger.directory.people import UNIT
from ledger.scores.in_force import assessments_in_force
from ledger.scores.rows import TIER
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
FEW_UNITS = 300
"""Of more units than these nobody asks which of them somebody has judged already."""
_JUDGE, _LEAD = PERMITTED_ACTS[OfficeAct.JUDGE], PERMITTED_ACTS[OfficeAct.DECIDE_TIER]


def score_matters(connection: Connection, posts: Collection[Actor], today: date) -> Iterator[tuple[str, str]]:
    """What waits for whoever holds one of these posts, in words, each with the address where it is done. Of what is to
    be judged that of ended periods that were scored without it."""
    judges = [post for post in posts if post.role in _JUDGE]
    if not judges:
        return
    lead = any(post.role in _LEAD for post in judges)
    waiting, tiers = _unjudged(connection), _tiers(connection) if lead else {}
    if not waiting and not tiers:
        return
    every = assessments_in_force(connection)
    known = {id_: one for id_, one in every.items() if one.year >= today.year - 1}
    for id_, indicators in waiting.items():
        if id_ in known:
            yield from _to_judge(connection, known[id_], indicators, judges)
    roles = {post.role for post in judges}
    for id_, by_condition in tiers.items():
        of = known.get(id_)
        if of is None or of.tiers is None or of.tiers.confirm not in roles:
            continue
        held = {of.tiers.by_decision} - {""}
        proposed = sum(count for condition, count in by_condition.items() if condition not in held)
        if proposed:
            yield f"{_of_year(of)}：{proposed} 个单位的状况变动等您确认", f"/scores/tiers?assessment={id_}"
    latest = {one.tiers.by_decision: one for one in sorted(every.values(), key=lambda one: one.year) if one.tiers}
    for tier, of in latest.items():
        if tier and tiers and of.tiers is not None and of.tiers.confirm in roles:
            yield from _to_look_at(connection, of, tier, today)


def _of_year(known: Assessment) -> str:
    return f"{known.name}（{known.year} 年）"


def _unjudged(connection: Connection) -> dict[str, dict[tuple[str, str], dict[str, int]]]:
    """By assessment, indicator and month, and by area, how many units wait for somebody to judge: counted, since every
    page asks. What is no unit any more nobody judges."""
    of = SCORE_WAIT.c
    keys = (of.assessment, of.indicator, of.month, UNIT.c.area)
    query = (
        select(*keys, func.count()).join(UNIT, UNIT.c.id == of.unit).where(of.indicator != "", UNIT.c.ended.is_(None))
    )
    found: dict[str, dict[tuple[str, str], dict[str, int]]] = {}
    for assessment, indicator, month, area, count in connection.execute(query.group_by(*keys).order_by(*keys)):
        found.setdefault(assessment, {}).setdefault((indicator, month), {})[area or ""] = count
    return found


def _tiers(connection: Connection) -> dict[str, dict[str, int]]:
    """By assessment how many units' tiers are proposed, by their condition."""
    of = (TIER.c.assessment, UNIT.c.condition)
    proposed = func.count().filter(TIER.c.proposed != "")
    query = select(*of, proposed).join(UNIT, UNIT.c.id == TIER.c.unit).where(UNIT.c.ended.is_(None))
    found: dict[str, dict[str, int]] = {}
    for assessment, condition, count in connection.execute(query.group_by(*of).order_by(*of)):
        found.setdefault(assessment, {})[condition] = count
    return found


def _to_judge(
    connection: Connection,
    known: Assessment,
    waiting: dict[tuple[str, str], dict[str, int]],
    judges: Collection[Actor],
) -> Iterator[tuple[str, str]]:
    own = False
    for (indicator, month), by_area in waiting.items():
        one = known.indicator(indicator)
        own = own or one is None
        period = due_in(one.every, read_period(month)) if one else None
        mine = [post for post in judges if one and post.role is one.judge]
        if one is None or period is None or not mine:
            continue
        areas = {post.area for post in mine if post.role in OF_AREA}
        left = sum(count for area, count in by_area.items() if not areas or area in areas)
        if one.second and left <= FEW_UNITS:
            persons = {post.id for post in mine}
            left -= len(_judged(connection, known.id, persons, (one.id, month), period.id, areas))
        if left:
            at = f"/scores/judging?assessment={known.id}&indicator={one.id}&period={period.id}"
            yield f"{one.name}（{period_name(period.id)}）：{left} 个单位等您评定", at
    if own:
        yield from _own_to_judge(connection, known, judges)


def _waiting_units(assessment: str) -> Select[str, str | None, str]:
    """The units that wait to be judged, each with its area and the indicator."""
    of = SCORE_WAIT.c
    query = select(of.unit, UNIT.c.area, of.indicator).join(UNIT, UNIT.c.id == of.unit)
    return query.where(of.assessment == assessment, of.indicator != "", UNIT.c.ended.is_(None))


def _own_to_judge(connection: Connection, known: Assessment, judges: Collection[Actor]) -> Iterator[tuple[str, str]]:
    """What units have of their own: who judges it, each says for itself; of very many only that there is some."""
    common = [one.id for one in known.indicators]
    query = _waiting_units(known.id).where(SCORE_WAIT.c.indicator.not_in(common)).order_by(SCORE_WAIT.c.unit)
    keys = connection.execute(query).all()
    units = {unit for unit, _, _ in keys}
    at = f"/scores/judging?assessment={known.id}&indicator={OWN_QUEUE}"
    if len(units) > FEW_UNITS:
        yield f"{known.year} 年的个性指标：{len(units)} 个单位还没有评定完", at
        return
    states = states_of(connection, known.id, units, lines=False)
    mine = {(post.role, post.area if post.role in OF_AREA else "") for post in judges}
    left = set[str]()
    for unit, area, indicator in keys:
        one = next((own for own in states[unit].own if own.id == indicator), None)
        if one is not None and one.judge is not None and (one.judge, area if one.judge in OF_AREA else "") in mine:
            left.add(unit)
    if left:
        yield f"{known.year} 年的个性指标：{len(left)} 个单位等您评定", at


def _judged(
    connection: Connection,
    assessment: str,
    persons: Collection[str],
    of: tuple[str, str],
    period: str,
    areas: Collection[str | None],
) -> set[str]:
    """Of the units that wait with an indicator and month those that one of these persons has judged already, and
    another has not."""
    query = _waiting_units(assessment).where(SCORE_WAIT.c.indicator == of[0], SCORE_WAIT.c.month == of[1])
    streams = [
        stream_of_scores(assessment, unit) for unit, area, _ in connection.execute(query) if not areas or area in areas
    ]
    judged = select(ENTRY).where(
        among(ENTRY.c.stream, streams), ENTRY.c.kind == "points_judged", ENTRY.c.actor.in_(persons)
    )
    facts = (fact_of(row)[3] for row in connection.execute(judged).mappings())
    return {
        fact.unit
        for fact in facts
        if isinstance(fact, PointsJudged) and (fact.indicator, fact.period) == (of[0], period)
    }


def _to_look_at(connection: Connection, known: Assessment, tier: str, today: date) -> Iterator[tuple[str, str]]:
    """Units whom somebody's decision put where no score does: such a decision ends."""
    ending = {
        unit: said.until
        for unit, said in held_by_decision(connection, tier).items()
        if said is not None and said.until is not None and said.until - SOON <= today
    }
    names = {row.id: row.name for row in connection.execute(select(UNIT.c.id, UNIT.c.name))} if ending else {}
    for unit, until in ending.items():
        at = f"/scores/tiers?assessment={known.id}#{unit}"
        yield f"{names[unit]}：{tier_name(tier)}的认定到 {long_day(until)}，须重新认定或解除", at
