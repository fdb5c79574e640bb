"""Whom the campaigns in force ask otherwise than before, when units change; and what open rounds do with what they ask
those that are no more."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, or_, select

from ledger.chain.family.in_rounds import DROPPED, OWING, ROUND_UNIT
from ledger.directory import people
from ledger.directory.following import CampaignPopulation, LeftToRound, RoundsThen, successor
from ledger.rounds.campaigns import campaign_of_ref, in_force
from ledger.rounds.rows import OPEN, ROUND_ROW
from rules.process import Holder
from rules.rounds.campaign import Campaign
from rules.rounds.gone import RoundDoes, round_does
from rules.units.selecting import selected
from rules.units.spans import UnitThen


def campaigns_changed(
    connection: Connection, day: date, before: Sequence[UnitThen], after: Sequence[UnitThen]
) -> RoundsThen:
    """Of the campaigns in force that ask units those that ask others than before, by id; what open rounds do."""
    gone = {one.id for one in before} - {one.id for one in after}
    return RoundsThen(
        campaigns=_populations(connection, before, after),
        rounds=tuple(_left(connection, gone, {one.id: one.known.kind for one in after}, day)) if gone else (),
    )


def _left(connection: Connection, gone: set[str], kinds: Mapping[str, str], day: date) -> Iterator[LeftToRound]:
    """What open rounds that have not stopped ask these units, which are no more on that day, by round and unit.
    `kinds`: of the units that there are then."""
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
        does = round_does(
            campaign,
            merged=bool(to),
            owes=(row["round"], to) in owing,
            may_join=any(one.kind in ("", kinds.get(to)) for one in campaign.due),
            issued=bool(row["no"]),
        )
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
