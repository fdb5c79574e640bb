"""An item and its follow-ups in one ledger, for the tests of this folder."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from ledger.chain import entries, lookup, pinned
from ledger.chain.entries import ITEM, Appended
from ledger.store.database import Database
from rules.family import ChildStatus
from rules.machine.commands import Actor, Command, Via
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Role
from tests.support import world
from tests.support.factories import CALENDAR, LIAISON, SUPERVISOR
from tests.support.factories import UNIT as OWN
from tests.support.processes import DRIVE, FAMILY

NO = "ZX2026-0001"
DAY = timedelta(days=1)
FIVE = (
    ("aim", "三个月见效"),
    ("tasks.1.what", "摸底"),
    ("tasks.2.what", "整顿"),
    ("tasks.2.unit", "u2"),
    ("tasks.2.by", "2026-06-01"),
    ("tasks.2.kind", "people"),
    ("tasks.3.what", "培训"),
    ("tasks.3.unit", "u3"),
    ("tasks.4.what", "回访"),
    ("tasks.4.unit", "u2"),
    ("tasks.4.by", "2026-03-20"),
    ("tasks.4.after", "1,2"),
    ("tasks.5.what", "汇总"),
    ("tasks.5.after", "4"),
)


class Kin:
    """A drive and its errands in one ledger; every command at an instant later than the one before."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self._ids = database, world.NOW, 0
        with database.write() as connection:
            pinned.load_processes(connection, FAMILY, world.LOADED_AT)
        order = Order(no=NO, unit=OWN, title="支部规范化行动")
        process = DRIVE.resolve("research", "plain")
        first = issue(process, CALENDAR, order, command="issue", actor=SUPERVISOR, now=self.now).events[0]
        world.store_issued(database, first)

    def give(self, no: str, kind: K, by: Actor | None = None, **said: Any) -> Appended:
        return self.append(*self.decided(no, kind, by, **said))

    def append(self, state: State, command: Command, events: tuple[Event, ...]) -> Appended:
        return entries.append(self.database, state.no, state.seq, command.id, events)

    def decided(
        self, no: str, kind: K, by: Actor | None = None, **said: Any
    ) -> tuple[State, Command, tuple[Event, ...]]:
        """What the next command leads to, by the rules; nothing is stored."""
        self._ids += 1
        self.now += timedelta(hours=1)
        with self.database.read() as connection:
            row = lookup.item_row(connection, no)
            state = lookup.state_of(row)
            process = pinned.process(connection, state.process)
            calendar = pinned.calendar(connection, state.calendar)
        if by is None and kind is K.SUBMIT:
            by = Actor(id="lian", role=Role.LIAISON, unit=state.unit.id, area=state.unit.area, via=Via.SITE)
        command = Command(kind=kind, id=f"c{self._ids}", actor=by or SUPERVISOR, **said)
        return state, command, decide(process, calendar, state, command, self.now).events

    def planned(self, answers: tuple[tuple[str, str], ...] = FIVE) -> Appended:
        self.give(NO, K.SUBMIT, LIAISON, text="报上", answers=answers)
        return self.give(NO, K.APPROVE)

    def end(self, no: str, outcome: str = "done") -> Appended:
        self.give(no, K.SUBMIT, text="办好了")
        return self.give(no, K.CLOSE, outcome=outcome)

    def state(self, no: str = NO) -> State:
        return world.state_of(self.database, no)

    def numbers(self) -> list[str]:
        with self.database.read() as connection:
            query = select(ITEM.c.no).where(ITEM.c.parent == NO).order_by(ITEM.c.no)
            return list(connection.execute(query).scalars())

    def standing(self) -> dict[int, ChildStatus]:
        return {one.n: one.status for one in self.state().children}
