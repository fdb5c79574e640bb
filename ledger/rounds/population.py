"""Whom a campaign asks: the units, or the areas, that its selector means on a day; and who of a round is meant."""

from datetime import date

from sqlalchemy import Connection, func, select

from ledger.chain.family.in_rounds import DROPPED, ROUND_UNIT
from ledger.directory import people
from ledger.directory import units as over_time
from ledger.directory.units import UNIT, UNIT_SPAN
from rules.machine.commands import UnitRef
from rules.process import AREA_KIND, Holder
from rules.rounds.campaign import Campaign
from rules.units.selecting import selected


def population(connection: Connection, campaign: Campaign, day: date | None = None) -> tuple[UnitRef, ...]:
    """As the units are that day, or as they are shown, in the order of the directory; areas have no days."""
    to = campaign.to
    if campaign.holder is Holder.AREA:
        areas = (people.area_ref(row) for row in people.all_areas(connection))
        return tuple(area for area in areas if (to.everybody or area.id in to.areas) and area.id not in to.excepted)
    due = {one.kind for one in campaign.due}
    meant = over_time.chosen(connection, to, day) if day else selected(over_time.units_now(connection), to)
    return tuple(one.ref for one in meant if "" in due or one.known.kind in due)


def named_in(connection: Connection, round_: str, written: str) -> list[str]:
    """Whom the round asks under that id, in any case, else under that name: as it is called, or was at any time, also
    where there is no such unit any more."""
    of_round = select(ROUND_UNIT.c.unit).where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state != DROPPED)
    for query in (
        of_round.where(func.lower(ROUND_UNIT.c.unit) == written.strip().lower()),
        of_round.join(UNIT, UNIT.c.id == ROUND_UNIT.c.unit).where(UNIT.c.name == written.strip()),
        of_round.join(UNIT_SPAN, UNIT_SPAN.c.unit == ROUND_UNIT.c.unit).where(UNIT_SPAN.c.name == written.strip()),
    ):
        if found := connection.execute(query.distinct().order_by(ROUND_UNIT.c.unit)).scalars().all():
            return list(found)
    return []


def how_many_asked(connection: Connection, campaign: Campaign, day: date) -> int:
    """So many it would ask that day."""
    if campaign.holder is Holder.AREA:
        return len(population(connection, campaign, day))
    due = {one.kind for one in campaign.due}
    return over_time.how_many(connection, campaign.to, set() if "" in due else due, day)


def asks_of(connection: Connection, campaign: Campaign, unit: UnitRef) -> str | None:
    """As which kind the campaign asks the unit, or its area, as the directory is now; None where it asks neither."""
    if campaign.holder is Holder.AREA:
        to = campaign.to
        meant = unit.area and (to.everybody or unit.area in to.areas) and unit.area not in to.excepted
        return AREA_KIND if meant else None
    then = over_time.unit_now(connection, unit.id)
    kinds = {one.kind for one in campaign.due}
    if then is None or not selected([then], campaign.to) or not ("" in kinds or then.known.kind in kinds):
        return None
    return then.known.kind
