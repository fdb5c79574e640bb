"""Running items by another version of their process: what is meant, what it would do to each item, and the doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from desk.acting import acting_in_command
from desk.caller import Caller
from ledger.chain import bulk, lookup, pinned, selections
from ledger.chain.bulk import Selection
from ledger.chain.entries import Change
from ledger.chain.selections import OTHER_VERSION, Selected, migration_id
from ledger.directory.joint import acts
from ledger.directory.joint.acts import JointWanted
from ledger.directory.joint.migrating import migration_wanted
from ledger.reading.versions import KnownVersion, version_of, versions
from ledger.store.database import Database
from rules.dates.calendar import Calendar, local_date
from rules.dates.clocks import next_rings
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind
from rules.machine.folding import fold
from rules.machine.item import shown_lamp
from rules.machine.state import State
from rules.machine.timed import Migrated, Moved
from rules.permitting import check_role
from rules.process import Process, Role
from rules.telling.item_words import status_name
from runtime.product import Product
from runtime.waiting import waited_for
from workflows.contracts import BulkProgress, migration

__all__ = [
    "BulkProgress",
    "ForeseenItem",
    "VersionChange",
    "carry_through",
    "check_agreed",
    "foresee",
    "meant",
    "migrator",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """Which items go on by which version: those of version `before`, or of any other."""

    after: KnownVersion
    before: KnownVersion | None = None
    steps: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    def wanted(self, actor: Actor) -> Selected:
        """The same as bulk work knows it, in that administrator's name."""
        return Selected(
            kind=OTHER_VERSION.name,
            process=self.after.process,
            version=self.after.processes[0].version,
            before=self.before.processes[0].version if self.before else "",
            steps=dict(self.steps),
            cause=self.reason,
            person=actor.id,
            via=str(actor.via or ""),
            through=actor.through,
        )

    def joint(self, items: Sequence[ForeseenItem] = ()) -> JointWanted:
        """The act of two people that it is; `items`: what it would do, as of now."""
        able = [one for one in items if not one.refused]
        foreseen = [f"{self.after.title}：能换 {len(able)} 项，不能换 {len(items) - len(able)} 项"] if items else []
        for one in able:
            assert one.after is not None, "only what is refused stands nowhere"
            foreseen.append(
                f"{one.no} {one.unit_name}：{one.before.step} → {one.after.step}，{len(one.moved)} 个日期变"
            )
        return migration_wanted(self.wanted(Actor(id="", role=Role.ADMINISTRATOR)), foreseen)

    def selection(self, connection: Connection) -> Selection:
        """The items, to look at: given to them in nobody's name."""
        nobody = Actor(id="", role=Role.ADMINISTRATOR)
        return selections.other_version(connection, self.wanted(nobody), nobody)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where an item stands: its step (or status), which lamp shows, which rung speaks next and on which day."""

    step: str
    lamp: str
    rung: str = ""
    rung_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenItem:
    """What the version does to one item: where it stands before and after, which dates move, whether its turn begins
    anew; or why it is `refused`."""

    no: str
    unit_name: str
    before: Whereabouts
    after: Whereabouts | None = None
    moved: tuple[Moved, ...] = ()
    anew: bool = False
    refused: str = ""


def meant(
    database: Database, process: str, to: str, before: str, steps: Mapping[str, str], reason: str
) -> VersionChange:
    """The versions and steps that somebody names. Raises field_invalid, with those that there are."""
    with database.read() as connection:
        known = versions(connection)
        after = version_of(known, f"{process}@{to}" if to else process)
        former = version_of(known, f"{process}@{before}") if before else None
    there = {step.id: step.name for one in after.processes for step in one.steps}
    for wrong in (to for to in steps.values() if to not in there):
        expected = "、".join(f"{step}（{name}）" for step, name in there.items())
        raise RuleViolation(Code.FIELD_INVALID, field="新版本的环节", actual=wrong, expected=expected)
    return VersionChange(after=after, before=former, steps=steps, reason=reason)


def foresee(change: VersionChange, database: Database) -> list[ForeseenItem]:
    """What the version would do to every item that is meant; nothing is written."""
    with database.read() as connection:
        found: list[ForeseenItem] = []
        for changes, refused in bulk.foresee_chunks(connection, change.selection(connection), datetime.now(UTC)):
            found += [_foreseen(connection, one) for one in changes]
            found += [_refused(connection, no, refusal) for no, refusal in refused]
        return sorted(found, key=lambda one: one.no)


def _foreseen(connection: Connection, change: Change) -> ForeseenItem:
    before, after = change.state, fold(change.events, change.state)
    fact = next(e.fact for e in change.events if isinstance(e.fact, Migrated))
    assert after is not None, "it follows a state"
    return ForeseenItem(
        no=before.no,
        unit_name=before.unit.name,
        before=_standing(connection, before),
        after=_standing(connection, after),
        moved=fact.dates.moved,
        anew=fact.turn is not None,
    )


def _refused(connection: Connection, no: str, refusal: RuleViolation) -> ForeseenItem:
    state = lookup.state_of(lookup.item_row(connection, no))
    return ForeseenItem(no=no, unit_name=state.unit.name, before=_standing(connection, state), refused=str(refusal))


def _standing(connection: Connection, state: State) -> Whereabouts:
    process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    step = state.step_name or status_name(state.status, process.words)
    lamp = shown_lamp(process, calendar, state).name
    rung = None if state.pause else _next_rung(process, calendar, state)
    if rung is None:
        return Whereabouts(step=step, lamp=lamp)
    return Whereabouts(step=step, lamp=lamp, rung=rung[1], rung_on=local_date(rung[0]))


def _next_rung(process: Process, calendar: Calendar, state: State) -> tuple[datetime, str] | None:
    rings = (ring for clock in state.running for ring in next_rings(process, calendar, clock))
    return min(((ring.at, ring.rung.name) for ring in rings if ring.rung), default=None)


def migrator(database: Database, caller: Caller) -> Actor:
    """The caller, who is an administrator. Raises unknown_person, wrong_role."""
    with database.read() as connection:
        actor = acting_in_command(connection, caller, CommandKind.MIGRATE)
    check_role(CommandKind.MIGRATE, actor.role)
    return actor


def check_agreed(change: VersionChange, items: Sequence[ForeseenItem], database: Database, actor: Actor) -> None:
    """Another has confirmed what that administrator is about to do. Raises SecondNeeded."""
    with database.read() as connection:
        acts.check_agreed(connection, change.joint(items), actor, datetime.now(UTC))


async def carry_through(
    product: Product, change: VersionChange, actor: Actor, show: Callable[[int], None]
) -> BulkProgress:
    """Every item that is meant goes by the version, as far as the rules let it; see `waited_for`. It is carried out by
    two people, or gone on with. Raises SecondNeeded."""
    with product.database.write() as connection:
        acts.carry_out(connection, change.joint(), actor, datetime.now(UTC))
    wanted = change.wanted(actor)
    return await waited_for(
        product,
        product.gateway.bulk(migration(wanted), migration_id(wanted)),
        lambda connection: bulk.waiting(connection, change.selection(connection)),
        show,
        stuck="还有 {} 项没有换用新版本，暂时没有进展。",
    )
