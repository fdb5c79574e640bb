"""What units had open that are no more is handed on, by the command with which a supervisor reassigns an item: said
before, done chunk by chunk by the workflow rehouse/<directory version>, and looked at afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.acting import acting_in_command
from desk.caller import Caller
from ledger.chain import bulk, lookup
from ledger.chain.selections import REHOUSED, Selected, left_behind, rehousing_id
from ledger.directory import people
from ledger.directory.following import LeftItem
from ledger.directory.units import directory_version
from ledger.store.database import Database
from rules.machine.commands import CommandKind, Status
from rules.permitting import check_role
from rules.process import Role
from workflows.contracts import rehousing
from workflows.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """What has become of an item of a unit that is no more: with the unit `to`, `annulled`, or refused; else it stands
    as it stood."""

    no: str
    unit_name: str
    to: str = ""
    refusal: str = ""
    annulled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToHandOn:
    """What is handed on: of the `units` (ids) alone, where some are named; what no unit is in the place of goes `to`
    that one (id, name or alias), or is annulled, if wanted."""

    reason: str
    units: tuple[str, ...] = ()
    to: str = ""
    annul: bool = False


def wanted_by(database: Database, caller: Caller, wish: ToHandOn) -> Selected:
    """The same as the workflow is told it, by the directory as it is now. Raises unknown_person, wrong_role,
    unknown_unit."""
    with database.read() as connection:
        actor = acting_in_command(connection, caller, CommandKind.REASSIGN)
        check_role(CommandKind.REASSIGN, actor.role)
        return Selected(
            kind=REHOUSED.name,
            directory=directory_version(connection),
            cause=wish.reason,
            person=actor.id,
            via=str(caller.via),
            through=caller.through,
            units=list(wish.units),
            to=people.unit_ref(connection, wish.to).id if wish.to else "",
            annul=wish.annul,
        )


async def hand_on(
    gateway: Gateway, database: Database, items: Sequence[LeftItem], caller: Caller, wish: ToHandOn
) -> tuple[HandedOn, ...]:
    """Each of the items has been handed on, by one entry, or is said why not, as while it is reviewed. Done again, or
    by two at once, nothing is done twice: the second joins, or goes on."""
    wanted = await asyncio.to_thread(wanted_by, database, caller, wish)
    await gateway.bulk(rehousing(wanted), rehousing_id(wanted))
    return await asyncio.to_thread(_become, database, items, wanted)


def _become(database: Database, items: Sequence[LeftItem], wanted: Selected) -> tuple[HandedOn, ...]:
    selection, refusals = left_behind(wanted, wanted.by(Role.SUPERVISOR)), dict[str, str]()
    with database.read() as connection:
        for changes, refused in bulk.foresee_chunks(connection, selection, datetime.now(UTC)):
            refusals |= {no: str(refusal) for no, refusal in refused}
            refusals |= {one.state.no: "在此期间有了别的操作，请再运行一次" for one in changes}
        now = {row["no"]: row for row in lookup.rows_of(connection, [one.no for one in items])}
    return tuple(
        HandedOn(
            no=one.no,
            unit_name=one.unit_name,
            to=now[one.no]["unit"] if now[one.no]["unit"] != one.unit else "",
            refusal=refusals.get(one.no, ""),
            annulled=now[one.no]["status"] == Status.ANNULLED,
        )
        for one in items
    )
