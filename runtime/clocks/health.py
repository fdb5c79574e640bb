"""Clock health: for every open item, the ledger's alarm beside the timer that Temporal holds. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from activities.options import ring_offset
from ledger.chain import lookup
from ledger.reading.alarms import NextAlarm, next_alarms
from ledger.store.database import Database
from rules.machine.commands import ENDED
from rules.machine.ticks import LATEST
from runtime.clocks.held import Held, held
from runtime.ending import Problem

_AT_ONCE = 24
TOLERANCE = timedelta(seconds=5)
"""Clocks of two machines, and the moment between reckoning a delay and the server's taking it."""
LOOKS_AGAIN = 2
"""An item may move between looking at the ledger and looking at Temporal: only what is wrong each time is wrong."""
RECOVER = "运行 duban recover"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheck:
    """One open item: its alarm, when its workflow wakes, what is wrong (empty: nothing) and what to do; `note` says
    what is unusual but in order."""

    alarm: NextAlarm
    wakes: datetime | None
    wrong: str = ""
    way_out: str = ""
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def judge(alarm: NextAlarm, found: Held, now: datetime) -> ClockCheck:
    """What the two sides come to. Waking early is in order: such a workflow looks, finds nothing due, and sleeps on."""

    def finding(wrong: str = "", way_out: str = "", note: str = "") -> ClockCheck:
        return ClockCheck(alarm=alarm, wakes=found.wakes, wrong=wrong, way_out=way_out, note=note)

    if alarm.behind and not alarm.wrong:
        return finding(note="有操作由留痕库直接办了，正等着补告流程，无需处理")
    if not found.runs and alarm.lazily:  # the sweeps ring it: what they owe is all that can be wrong
        return finding(alarm.wrong, alarm.way_out)
    if not found.runs:
        return finding("流程引擎里没有这个事项的流程", RECOVER)
    if alarm.wrong:
        return finding(alarm.wrong, alarm.way_out)
    if alarm.at is None:
        return finding()
    expected = alarm.at + ring_offset(alarm.no)
    if found.wakes is None:
        if found.busy and expected > now - LATEST:
            return finding(note="流程正在处理")
        return finding("流程引擎没有为它定时", RECOVER)
    if found.wakes > expected + TOLERANCE:
        return finding(f"流程引擎的定时晚了 {_words(found.wakes - expected)}", RECOVER)
    if found.wakes < expected - TOLERANCE:
        return finding(note=f"流程会早醒 {_words(expected - found.wakes)}，届时再按台账定时，无需处理")
    return finding()


def _words(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    if seconds >= 86400:
        return f"{seconds // 86400} 天"
    if seconds >= 3600:
        return f"{seconds // 3600} 小时"
    return f"{seconds} 秒"


async def look_over(client: Client, database: Database) -> AsyncIterator[ClockCheck]:
    """Every open item, by number. Raises Problem when the engine does not answer."""
    after = ""
    while alarms := await asyncio.to_thread(_alarms, database, after):
        for start in range(0, len(alarms), _AT_ONCE):
            chunk = alarms[start : start + _AT_ONCE]
            try:
                found = await asyncio.gather(*(_look(client, database, alarm) for alarm in chunk))
            except RPCError as failure:
                raise Problem(f"流程引擎没有应答：{failure.message}。", "确认 Temporal 服务器在运行。") from failure
            for finding in found:
                if finding is not None:
                    yield finding
        after = alarms[-1].no


def _alarms(database: Database, after: str) -> list[NextAlarm]:
    with database.read() as connection:
        return next_alarms(connection, lookup.open_items(connection, after=after), datetime.now(UTC))


async def _look(client: Client, database: Database, alarm: NextAlarm) -> ClockCheck | None:
    """The item's finding; None when it has ended meanwhile."""
    finding = judge(alarm, await held(client, alarm.no), datetime.now(UTC))
    for _ in range(LOOKS_AGAIN):
        if finding.good:
            break
        now = datetime.now(UTC)
        again = await asyncio.to_thread(_alarm, database, alarm.no, now)
        if again is None:
            return None
        finding = judge(again, await held(client, alarm.no), now)
    return finding


def _alarm(database: Database, no: str, now: datetime) -> NextAlarm | None:
    with database.read() as connection:
        row = lookup.item_row(connection, no)
        if row["status"] in ENDED:
            return None
        return next_alarms(connection, [row], now)[0]
