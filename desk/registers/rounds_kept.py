"""What people do to rounds: open one, unlock a unit, stop it, have its report corrected by two."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.acting import acting
from desk.caller import Caller
from ledger.directory import people
from ledger.rounds.campaigns import campaign_in_force, campaign_of_ref
from ledger.rounds.population import named_in
from ledger.rounds.rounds import join_open_round, known_round, open_in_ledger, perform
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.permitting import OfficeAct
from rules.rounds.campaign import Campaign
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.opening import refused_round, round_id
from rules.rounds.periods import period_of, read_period
from rules.rounds.state import RoundState


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRequest:
    """What somebody asks for, as it was filled in; of the rest each verb takes what it needs. `id`: the same is done
    once."""

    round: str
    verb: RoundVerb
    id: str
    unit: str = ""
    reason: str = ""
    days: int = 0
    annul: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedByHand:
    """A round that is open now; where it was already, the names of the units that have `joined` it."""

    round: str
    joined: tuple[str, ...] = ()


def open_by_hand(
    database: Database, campaign: str, caller: Caller, now: datetime, *, period: str = "", units: tuple[str, ...] = ()
) -> OpenedByHand:
    """The round of that period (of the one that it is now) is open. `units`: only these are asked; where it was open
    already they join it. Raises wrong_role, unknown_campaign, unknown_unit, field_invalid, round_refused,
    over_budget."""
    with database.write() as connection:
        found = campaign_in_force(connection, campaign)
        actor = acting(connection, caller, OfficeAct.ROUND)
        of = read_period(period) if period else period_of(found.rhythm, local_date(now))
        named = [people.holder_ref(connection, one, found.holder) for one in units] or None
        name = round_id(found.id, of)
        if open_in_ledger(connection, found, of, actor, now, named):
            return OpenedByHand(round=name)
        return OpenedByHand(round=name, joined=join_open_round(connection, name, named or (), actor, now))


def _meant(connection: Connection, asked: RoundRequest, campaign: Campaign) -> str:
    """The unit or area of the round: it may have been merged since it was asked, and be in the directory no more."""
    found = named_in(connection, asked.round, asked.unit)
    if len(found) > 1:
        raise refused_round(asked.round, f"叫过“{asked.unit[:50]}”的有 {'、'.join(found)}，请写编号")
    return found[0] if found else people.holder_ref(connection, asked.unit, campaign.holder).id


def keep(database: Database, asked: RoundRequest, caller: Caller, now: datetime) -> RoundState:
    """It has happened to the round. Raises wrong_role, own_matter, unknown_round, unknown_unit, round_refused."""
    act = OfficeAct.CORRECT_ROUND if asked.verb in (RoundVerb.AGREE, RoundVerb.REFUSE) else OfficeAct.ROUND
    with database.write() as connection:
        actor = acting(connection, caller, act)
        state = known_round(connection, asked.round)
        campaign = campaign_of_ref(connection, state.opened.campaign)
        unit = _meant(connection, asked, campaign) if asked.unit else ""
        command = RoundCommand(
            id=asked.id,
            verb=asked.verb,
            actor=actor,
            unit=unit,
            reason=asked.reason,
            days=asked.days,
            annul=asked.annul,
        )
        return perform(connection, asked.round, command, now)
