"""What units are not scored for yet: since it is asked for later (a yearly figure in January's round is owed when that
one falls due, and not when December's is locked), or since somebody has to judge it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, select

from ledger.chain import journal
from ledger.chain.family.in_rounds import DROPPED, OWING, ROUND_UNIT
from ledger.rounds.rows import LOCKED, OPEN, ROUND_ROW
from ledger.scores.rows import ScoredUnit
from ledger.store.aside_tables import ScoreWaitRow
from ledger.store.driver import among, insert_many
from ledger.store.tables import table_of
from rules.assessment.lines import LeftLine, LeftOut
from rules.assessment.state import ScoreState, evolve_scores
from rules.codec import Plain, instant_text
from rules.rounds.campaign import Campaign, asked_with
from rules.rounds.facts import CampaignLoaded
from rules.rounds.periods import Period, read_period
from rules.units.selecting import selected
from rules.units.spans import UnitThen

SCORE_WAIT = table_of(ScoreWaitRow)
FigurePeriod = tuple[str, str]
"""A figure and one of its periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AskedIn:
    """The campaign asks the figure in the round `name`."""

    campaign: Campaign
    name: str


def waiting(
    connection: Connection,
    campaign: str,
    month: Period,
    untold: Mapping[str, Collection[FigurePeriod]],
    units: Mapping[str, UnitThen],
    now: datetime,
) -> dict[str, dict[FigurePeriod, str]]:
    """By unit the figures that it does not owe, each with the round that asks for it; empty where none does any more:
    that one is over and has not asked the unit, or never opened. `campaign`: whose rounds the scores come with: what
    one of them has asked until `month` is owed, as is what no campaign ever asked. `untold`: by unit the figures, of
    those that units are asked for, without a value."""
    wanted = {key for keys in untold.values() for key in keys}
    later = _later(connection, campaign, month, wanted) if wanted else {}
    if not later:
        return {}
    rounds = {one.name for found in later.values() for one in found}
    known = select(ROUND_ROW.c.id, ROUND_ROW.c.state).where(ROUND_ROW.c.id.in_(rounds))
    states: dict[str, str] = {id_: state for id_, state in connection.execute(known)}
    concerned = [unit for unit, keys in untold.items() if not later.keys().isdisjoint(keys)]
    query = select(ROUND_UNIT.c.round, ROUND_UNIT.c.unit, ROUND_UNIT.c.state, ROUND_UNIT.c.due_at)
    query = query.where(ROUND_UNIT.c.round.in_(rounds), among(ROUND_UNIT.c.unit, concerned))
    today, owed, asked = instant_text(now), set[tuple[str, str]](), set[tuple[str, str]]()
    for round_, unit, state, due_at in connection.execute(query):
        if state == DROPPED:
            continue
        asked.add((round_, unit))
        if states[round_] == LOCKED or (states[round_] == OPEN and (state != OWING or due_at <= today)):
            owed.add((round_, unit))
    found: dict[str, dict[FigurePeriod, str]] = {}
    for unit in concerned:
        for key in later.keys() & untold[unit]:
            mine = [one.name for one in later[key] if (one.name, unit) in asked or _means(one.campaign, units[unit])]
            if not any((round_, unit) in owed for round_ in mine):
                open_ = [round_ for round_ in mine if states.get(round_, OPEN) == OPEN]
                found.setdefault(unit, {})[key] = open_[0] if open_ else ""
    return found


def _later(
    connection: Connection, campaign: str, month: Period, wanted: Collection[FigurePeriod]
) -> dict[FigurePeriod, list[_AskedIn]]:
    """Of these figures those that campaigns ask for, and no round of this one has by the end of the month; each with
    the other rounds that ask, or asked. A round that has opened asks what its own edition of the campaign says."""
    # Stopped ones too: what such a one has not asked for, nobody owes.
    editions = [fact.campaign for _, fact in journal.facts(connection, CampaignLoaded)]
    last = {one.id: one for one in editions}
    asking: dict[FigurePeriod, dict[str, str]] = {}
    for key in wanted:
        for one in editions:
            if asked := asked_with(one, key[0], read_period(key[1])):
                asking.setdefault(key, {})[f"{one.id}/{asked.id}"] = one.id
    names = sorted({name for rounds in asking.values() for name in rounds})
    query = select(ROUND_ROW.c.id, ROUND_ROW.c.campaign_ref, ROUND_ROW.c.state).where(ROUND_ROW.c.id.in_(names))
    opened = {id_: (ref, state) for id_, ref, state in connection.execute(query)}
    by_ref = {one.ref: one for one in editions}
    found: dict[FigurePeriod, list[_AskedIn]] = {}
    for key, rounds in asking.items():
        here, elsewhere = False, list[_AskedIn]()
        for name, id_ in rounds.items():
            ref, state = opened.get(name, ("", ""))
            edition, period = by_ref.get(ref, last[id_]), read_period(name.partition("/")[2])
            if asked_with(edition, key[0], read_period(key[1])) != period:
                continue
            if id_ == campaign and period.last <= month.last:
                to_come = not state and period.last == month.last  # seen before it opens: what is to come counts as 0
                here = here or to_come or state in (OPEN, LOCKED)
            else:
                elsewhere.append(_AskedIn(campaign=edition, name=name))
        if not here:
            found[key] = elsewhere
    return found


def _means(campaign: Campaign, unit: UnitThen) -> bool:
    return bool(selected((unit,), campaign.to))


Awaited = tuple[str, str]
"""A round, or an indicator that somebody has to judge: the other is empty."""


def awaited(state: ScoreState, month: str) -> set[Awaited]:
    """All for which what the unit was scored for in the month waits."""
    last = read_period(month).last
    return _awaited(one for (_, period), one in state.left.items() if read_period(period).last == last)


def _awaited(left: Iterable[LeftLine]) -> set[Awaited]:
    return {
        (one.awaits, "") if one.awaits else ("", one.indicator)
        for one in left
        if one.awaits or one.why is LeftOut.NOT_JUDGED
    }


def put_waits(connection: Connection, scored: Collection[ScoredUnit]) -> None:
    """The rows follow these facts, of one assessment and month."""
    again, rows = list[str](), list[Plain]()
    for one in scored:
        fact = one.fact
        if fact.month in one.before.scored:
            again.append(fact.unit)
            found = awaited(evolve_scores(one.before, one.seq, "", "", fact), fact.month)
        else:
            found = _awaited(fact.left)
        own = {"assessment": fact.score_of, "unit": fact.unit, "month": fact.month}
        rows += [{**own, "round": round_, "indicator": indicator} for round_, indicator in sorted(found)]
    if again:
        first = next(iter(scored)).fact
        of = (SCORE_WAIT.c.assessment == first.score_of, SCORE_WAIT.c.month == first.month)
        connection.execute(delete(SCORE_WAIT).where(*of, among(SCORE_WAIT.c.unit, again)))
    if rows:
        insert_many(connection, SCORE_WAIT, rows)


def waited_for(connection: Connection, round_: str, limit: int) -> dict[tuple[str, str], list[str]]:
    """By assessment and month the units, at most so many, whose scores waited for that round or another of its campaign
    (such a one may never have opened, and has nobody who looks after it), where it is over: none waits for it any more
    once it is scored anew."""
    of = (SCORE_WAIT.c.assessment, SCORE_WAIT.c.month, SCORE_WAIT.c.unit)
    query = select(*of).where(SCORE_WAIT.c.round != "", SCORE_WAIT.c.round.in_(_over(round_))).distinct()
    query = query.order_by(*of).limit(limit)
    found: dict[tuple[str, str], list[str]] = {}
    for assessment, month, unit in connection.execute(query):
        found.setdefault((assessment, month), []).append(unit)
    return found


def looked_at(connection: Connection, round_: str, assessment: str, month: str, units: Collection[str]) -> None:
    """Whatever came of it: these units do not wait any more for a round of that campaign that is over."""
    of = (SCORE_WAIT.c.assessment == assessment, SCORE_WAIT.c.month == month, SCORE_WAIT.c.round.in_(_over(round_)))
    connection.execute(delete(SCORE_WAIT).where(*of, among(SCORE_WAIT.c.unit, units)))


def _over(round_: str) -> Select[str]:
    """The rounds of the same campaign that are over."""
    return select(ROUND_ROW.c.id).where(ROUND_ROW.c.campaign == round_.partition("/")[0], ROUND_ROW.c.state != OPEN)


def units_waiting(connection: Connection, assessment: str) -> dict[str, Period]:
    """The units some of whose scores wait for a round, each with the last period for which one asks."""
    query = select(SCORE_WAIT.c.unit, SCORE_WAIT.c.round)
    query = query.where(SCORE_WAIT.c.assessment == assessment, SCORE_WAIT.c.round != "")
    found: dict[str, Period] = {}
    for unit, round_ in connection.execute(query):
        period = read_period(round_.partition("/")[2])
        if unit not in found or found[unit].last < period.last:
            found[unit] = period
    return found
