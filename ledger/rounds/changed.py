"""Whom the campaigns in force ask otherwise than before, when units change; and what open rounds do with what they ask
those that are no more."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection, RowMapping, or_, select

from ledger.chain.family.in_rounds import DROPPED, OWING, ROUND_UNIT
from ledger.directory import people
from ledger.directory.following import CampaignPopulation, LeftToRound, RoundDoes, RoundsThen, successor
from ledger.rounds.campaigns import campaign_of_ref, in_force
from ledger.rounds.rows import OPEN, ROUND_ROW
from rules.process import Holder
from rules.rounds.campaign import Campaign, OfGone, OfMerged
from rules.units.selecting import selected
from rules.units.spans import UnitThen


def campaigns_changed(
    connection: Connection, day: date, before: Sequence[UnitThen], after: Sequence[UnitThen]
) -> RoundsThen:
    """Of the campaigns in force that ask units those that ask others than before, by id; what open rounds do."""
    gone = {one.id for one in before} - {one.id for one in after}
    return RoundsThen(
        campaigns=_populations(connection, before, after),
        rounds=tuple(left_to_rounds(connection, gone, day)) if gone else (),
    )


def left_to_rounds(connection: Connection, gone: set[str], day: date) -> Iterator[LeftToRound]:
    """What open rounds that have not stopped ask these units, which are no more on that day, by round and unit."""
    query = select(ROUND_UNIT, ROUND_ROW.c.campaign_ref).join(ROUND_ROW, ROUND_ROW.c.id == ROUND_UNIT.c.round)
    query = query.where(ROUND_ROW.c.state == OPEN, ROUND_ROW.c.stopped == "", ROUND_UNIT.c.state == OWING)
    query = query.where(or_(ROUND_UNIT.c.unit.in_(gone), ROUND_UNIT.c.handed.in_(gone)))
    rows = connection.execute(query.order_by(ROUND_UNIT.c.round, ROUND_UNIT.c.unit)).mappings().all()
    asked = select(ROUND_UNIT.c.round, ROUND_UNIT.c.unit).where(ROUND_UNIT.c.state != DROPPED)
    asked = asked.where(ROUND_UNIT.c.round.in_({row["round"] for row in rows}))
    owing = {tuple(row) for row in connection.execute(asked)} if rows else set()
    names = people.names_of_units(connection, [row["unit"] for row in rows])
    for row in rows:
        campaign = campaign_of_ref(connection, row["campaign_ref"])
        if campaign.holder is Holder.AREA:
            continue
        to = successor(connection, row["unit"], day)
        does = _does(campaign, row, to, joins=bool(to) and (row["round"], to) not in owing)
        yield LeftToRound(
            campaign=campaign.id,
            name=campaign.name,
            round=row["round"],
            unit=row["unit"],
            unit_name=names.get(row["unit"], row["unit"]),
            no=row["no"] or "",
            does=does,
            to=to if does in (RoundDoes.HANDS_ON, RoundDoes.JOINS) else "",
        )


def _does(campaign: Campaign, row: RowMapping, to: str, *, joins: bool) -> RoundDoes:
    """As ledger/rounds/coming.py does, once the unit is gone."""
    if to and campaign.merged is OfMerged.BOTH and row["no"]:
        return RoundDoes.HANDS_ON
    if joins:
        return RoundDoes.JOINS
    return RoundDoes.ANNULS if campaign.gone is OfGone.ANNUL else RoundDoes.KEEPS


def _populations(
    connection: Connection, before: Sequence[UnitThen], after: Sequence[UnitThen]
) -> tuple[CampaignPopulation, ...]:
    found = []
    for id_, one in sorted(in_force(connection).items()):
        if one.campaign.holder is Holder.AREA:
            continue
        was, now = _asked(one.campaign, before), _asked(one.campaign, after)
        if was == now:
            continue
        joins, leaves = tuple(sorted(now - was)), tuple(sorted(was - now))
        found.append(
            CampaignPopulation(
                campaign=id_, name=one.campaign.name, before=len(was), after=len(now), joins=joins, leaves=leaves
            )
        )
    return tuple(found)


def _asked(campaign: Campaign, units: Sequence[UnitThen]) -> frozenset[str]:
    kinds = {one.kind for one in campaign.due}
    return frozenset(one.id for one in selected(units, campaign.to) if "" in kinds or one.known.kind in kinds)
