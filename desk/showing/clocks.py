"""Clock health as it is shown: the next alarms, and when they were last compared with the engine's timers."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.chain.past import nudges
from ledger.reading import alarms
from ledger.reading.alarms import NextAlarm
from rules.telling.item_words import status_name


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongClock:
    """One item that the last comparison found wrong, and what to do."""

    no: str
    wrong: str
    way_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The last comparison: when, of how many items, how many were wrong; the first of those by name."""

    at: datetime
    items: int
    wrong_items: int
    wrong: tuple[WrongClock, ...] = ()


class ShownAlarm(Shown):
    """一个未办结事项的下一次到点；`wrong` 为空即正常。"""

    no: str
    unit_name: str
    status: str
    status_name: str
    step_name: str
    alarm_at: datetime | None
    why: str
    wrong: str
    way_out: str


class ShownClocks(Shown):
    """一页到点时刻：没有的在前，早的在前。"""

    total: int
    without: int
    past: int
    items: tuple[ShownAlarm, ...]
    next: str | None
    compared: Compared | None
    behind: int = Field(description="有操作由留痕库直接办了、还没有补告流程的事项数")


def show_clocks(
    connection: Connection, now: datetime, compared: Compared | None, *, after: str = "", size: int = alarms.PAGE
) -> ShownClocks:
    """The page that follows the key `after`."""
    total, without, past = alarms.counts(connection, now)
    page = alarms.page(connection, now, after=after, size=size)
    return ShownClocks(
        total=total,
        without=without,
        past=past,
        items=tuple(_shown(alarm) for alarm in page.alarms),
        next=page.next,
        compared=compared,
        behind=nudges.waits(connection).items,
    )


def _shown(alarm: NextAlarm) -> ShownAlarm:
    return ShownAlarm(
        no=alarm.no,
        unit_name=alarm.unit_name,
        status=alarm.status,
        status_name=status_name(alarm.status),
        step_name=alarm.step_name,
        alarm_at=alarm.at,
        why=alarm.why,
        wrong=alarm.wrong,
        way_out=alarm.way_out,
    )
