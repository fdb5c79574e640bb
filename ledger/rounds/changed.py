"""Whom the campaigns in force ask otherwise than before, when units change."""

from collections.abc import Sequence

from sqlalchemy import Connection

from ledger.directory.following import CampaignPopulation
from ledger.rounds.campaigns import in_force
from rules.process import Holder
from rules.rounds.campaign import Campaign
from rules.units.selecting import selected
from rules.units.spans import UnitThen


def campaigns_changed(
    connection: Connection, before: Sequence[UnitThen], after: Sequence[UnitThen]
) -> tuple[CampaignPopulation, ...]:
    """Of the campaigns in force that ask units those that ask others than before, by id."""
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
