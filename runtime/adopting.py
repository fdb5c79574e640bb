"""Adopting a notice: the calendar that an overlay file leads to, what it would move, and the moving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from definitions.calendars import Overlay, load_overlay, overlays_in, snapshot
from desk.acting import acting_in_command
from desk.caller import Caller
from ledger.chain import bulk, pinned, selections
from ledger.chain.bulk import Selection
from ledger.directory import loading
from ledger.directory.joint.acts import JointWanted, check_agreed
from ledger.store.database import Database
from rules.dates.calendar import Calendar
from rules.machine.commands import Actor, CommandKind
from rules.machine.timed import Moved
from rules.permitting import check_role
from rules.process import Role
from runtime.product import Product
from runtime.settings import Settings
from runtime.store import overlay_folder
from runtime.waiting import waited_for
from workflows.contracts import BulkProgress, recalculate_id, recalculation

__all__ = [
    "AdoptableOverlay",
    "BulkProgress",
    "Shift",
    "adopter",
    "carry_through",
    "check_wanted",
    "foresee",
    "keep",
    "read_notice",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What the calendar does to one item."""

    no: str
    unit_name: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptableOverlay:
    """An overlay file as it would be adopted: the calendar with it, and the one that is current now."""

    path: Path
    overlay: Overlay
    calendar: Calendar
    current: Calendar

    @property
    def cause(self) -> str:
        """The document that decided so, as ledger and screens name it."""
        return f"{self.overlay.document}（{self.overlay.issued:%Y年%m月%d日}）"

    @property
    def selection(self) -> Selection:
        """The open items that reckon with another calendar, to look at: given to them in nobody's name."""
        return selections.other_calendar(self.calendar, self.cause, Actor(id="", role=Role.ADMINISTRATOR))

    def wanted(self, shifts: Sequence[Shift] | None = None) -> JointWanted:
        """The act of two people that adopting it is; `shifts`: what it would move, as of now."""
        if shifts is None:
            return loading.adoption(self.calendar, self.cause)
        moved = sum(1 for shift in shifts if shift.moved)
        items = f"未办结事项 {len(shifts)} 项要重算，其中 {moved} 项日期会变"
        return loading.adoption(self.calendar, self.cause, (items, *self.changed_days()))

    @property
    def is_current(self) -> bool:
        """Whether new items reckon with it already."""
        return self.calendar.version == self.current.version

    def changed_days(self) -> list[str]:
        """The dates on which the two calendars differ, in words."""
        before, after = ({e.day: e for e in c.exceptions} for c in (self.current, self.calendar))
        said = []
        for day in sorted({*before, *after}):
            was, now = self.current.is_working(day), self.calendar.is_working(day)
            if was != now:
                entry = after.get(day) or before.get(day)
                name = f"（{entry.name}）" if entry else ""
                said.append(f"{day} {'上班' if now else '休息'}{name}，原为{'上班' if was else '休息'}")
        return said


def read_notice(path: Path, settings: Settings, database: Database) -> AdoptableOverlay:
    """The file and what it leads to, beside the overlays kept before; its id replaces an earlier version of itself.

    Raises definition_invalid with every problem of the file.
    """
    overlay = load_overlay(path)
    kept = overlay_folder(settings) / f"{overlay.id}.yaml"
    others = {found.name: found for found in overlays_in(overlay_folder(settings))}
    files = {**others, kept.name: path}
    with database.read() as connection:
        current = pinned.current_calendar(connection)
    calendar = snapshot([files[name] for name in sorted(files)])
    return AdoptableOverlay(path=path, overlay=overlay, calendar=calendar, current=current)


def foresee(notice: AdoptableOverlay, database: Database) -> list[Shift]:
    """What the calendar would do to every open item that reckons with another; nothing is written."""
    with database.read() as connection:
        foreseen = bulk.foresee(connection, notice.selection, datetime.now(UTC))
        return [Shift(no=c.state.no, unit_name=c.state.unit.name, moved=bulk.moved(c.events)) for c in foreseen]


def adopter(database: Database, caller: Caller) -> Actor:
    """The caller, who is an administrator. Raises unknown_person, wrong_role."""
    with database.read() as connection:
        actor = acting_in_command(connection, caller, CommandKind.RECALCULATE)
    check_role(CommandKind.RECALCULATE, actor.role)
    return actor


def check_wanted(notice: AdoptableOverlay, shifts: Sequence[Shift] | None, database: Database, actor: Actor) -> None:
    """Another has confirmed what that administrator is about to adopt, or it is in force already. Raises
    SecondNeeded."""
    with database.read() as connection:
        if loading.takes_two(connection, notice.calendar):
            check_agreed(connection, notice.wanted(shifts), actor, datetime.now(UTC))


def keep(notice: AdoptableOverlay, settings: Settings, database: Database, actor: Actor) -> None:
    """The file stands in the data folder, whole, and new items reckon with the calendar, by the word of that
    administrator and of whoever confirmed it. Twice is the same as once. Raises SecondNeeded."""
    check_wanted(notice, None, database, actor)
    folder = overlay_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{notice.overlay.id}.yaml"
    if notice.path.resolve() != kept.resolve():
        fresh = kept.with_suffix(".new")
        fresh.write_bytes(notice.path.read_bytes())
        fresh.replace(kept)
    with database.by(actor).write() as connection:
        loading.load_calendar(connection, notice.calendar, by=actor, wanted=notice.wanted())


async def carry_through(
    product: Product, notice: AdoptableOverlay, actor: Actor, show: Callable[[int], None], *, glance: float = 0.2
) -> BulkProgress:
    """Every open item has the calendar. `show` is told now and then how many are still without it.

    Raises Problem when nothing has happened for a minute; what is done stays, and the rest is done when a worker runs.
    """
    version = notice.calendar.version
    return await waited_for(
        product,
        product.gateway.bulk(recalculation(version, notice.cause, actor), recalculate_id(version)),
        lambda connection: bulk.waiting(connection, notice.selection),
        show,
        stuck="日历已采用，还有 {} 项没有重算，暂时没有进展。",
        glance=glance,
    )
