"""When each open item rings next, and why: the ledger's side of clock health. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, tuple_

from ledger.chain import pinned
from ledger.chain.entries import ITEM
from ledger.chain.lookup import state_of
from ledger.chain.past import deciding, nudges
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.dates.clocks import Ring, next_rings
from rules.machine.commands import ENDED, Status
from rules.machine.item import alarm
from rules.machine.state import State
from rules.machine.ticks import LATEST
from rules.names import CLOCK_NAMES
from rules.process import Process

PAGE = 50
_RECOVERS = "确认工作进程在运行，再运行 duban recover"

_OPEN = select(ITEM).where(ITEM.c.status.not_in(ENDED))


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAlarm:
    """An open item and its next alarm. `why`: what will happen then. `wrong`: what is not as it should be, with the way
    out in `way_out`; both empty when all is well. `key`: a page that begins after this item. `lazily`: it was issued
    without a workflow and needs none yet, so the sweeps ring it. `behind`: its workflow is still to be told of what was
    decided past it."""

    no: str
    unit_name: str
    status: str
    step_name: str
    at: datetime | None
    why: str
    key: str
    wrong: str = ""
    way_out: str = ""
    lazily: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPage:
    """Some alarms, those that are missing first, then the earliest; and the key of the next page."""

    alarms: tuple[NextAlarm, ...]
    next: str | None


def page(connection: Connection, now: datetime, *, after: str = "", size: int = PAGE) -> AlarmPage:
    """The alarms that follow the key `after`."""
    at, _, no = after.partition("/")
    rows: list[RowMapping] = []
    if not at:
        missing = _OPEN.where(ITEM.c.alarm_at.is_(None), ITEM.c.no > no).order_by(ITEM.c.no)
        rows += connection.execute(missing.limit(size + 1)).mappings()
    if len(rows) <= size:
        coming = _OPEN.where(ITEM.c.alarm_at.is_not(None)).order_by(ITEM.c.alarm_at, ITEM.c.no)
        if at:
            coming = coming.where(tuple_(ITEM.c.alarm_at, ITEM.c.no) > tuple_(at, no))
        rows += connection.execute(coming.limit(size + 1 - len(rows))).mappings()
    found = tuple(next_alarms(connection, rows[:size], now))
    return AlarmPage(alarms=found, next=found[-1].key if len(rows) > size else None)


def counts(connection: Connection, now: datetime) -> tuple[int, int, int]:
    """(open items, those without an alarm, those whose alarm should have rung)."""
    is_open = ITEM.c.status.not_in(ENDED)
    late = ITEM.c.alarm_at < instant_text(now - LATEST)
    queries = (is_open, is_open & ITEM.c.alarm_at.is_(None), is_open & late)
    total, without, past = (connection.execute(select(func.count()).where(query)).scalar_one() for query in queries)
    return total, without, past


def next_alarms(connection: Connection, rows: Sequence[RowMapping], now: datetime) -> list[NextAlarm]:
    """The alarms of these items' rows."""
    behind = nudges.waiting_in(connection, [row["no"] for row in rows])
    return [_next_alarm(connection, row, now, behind=row["no"] in behind) for row in rows]


def _next_alarm(connection: Connection, row: RowMapping, now: datetime, *, behind: bool) -> NextAlarm:
    state = state_of(row)
    process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    at = datetime.fromisoformat(row["alarm_at"]) if row["alarm_at"] else None
    lazily = deciding.needs_none(connection, row)
    wrong, way_out = _wrong(at, alarm(process, calendar, state), now, lazily=lazily)
    return NextAlarm(
        no=row["no"],
        unit_name=row["unit_name"],
        status=row["status"],
        step_name=row["step_name"],
        at=at,
        why=why(process, calendar, state),
        key=f"{row['alarm_at'] or ''}/{row['no']}",
        wrong=wrong,
        way_out=way_out,
        lazily=lazily,
        behind=behind,
    )


def _wrong(at: datetime | None, reckoned: datetime | None, now: datetime, *, lazily: bool) -> tuple[str, str]:
    if at != reckoned:
        return "台账上的时刻与留痕链推算的不符", "运行 duban audit verify"
    if at is None:
        return "没有下一次到点：督办阶梯已经走完，事项还没有办结", "请督查员办理；或在流程里给最后一级加上 repeat"
    if at < now - LATEST:
        by_whom = "确认计划和工作进程在运行，每小时的自检会补记" if lazily else _RECOVERS
        return "已过点，没有响", by_whom
    return "", ""


def why(process: Process, calendar: Calendar, state: State) -> str:
    """What the item's next alarm is for."""
    if state.pause:
        return "暂停期满，恢复计时"
    rings = [ring for clock in state.running for ring in next_rings(process, calendar, clock)]
    first = min(rings, key=lambda ring: ring.at, default=None)
    if state.status is Status.WATCHING and state.watch and (first is None or state.watch.at <= first.at):
        return "回头看期满"
    return _words(first) if first else ""


def _words(ring: Ring) -> str:
    clock, rung = ring.clock, ring.rung
    due = f"{CLOCK_NAMES[clock.kind]}时限 {clock.due.date}"
    if rung is None:
        return f"{due} 到期"
    times = f"（第 {ring.times} 次）" if rung.repeat else ""
    return f"{due}：{rung.name}{times}"
