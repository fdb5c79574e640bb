"""The hourly self-check: what should have happened by itself and has not. Looks, says so, and sweeps what is behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from definitions.plans import PLANS
from ledger.chain import bulk, selections
from ledger.store import firings
from ledger.store.tables import Delivery, Notice, table_of
from rules.codec import Plain, instant_text

DELIVERY, NOTICE = table_of(Delivery), table_of(Notice)

UNDELIVERED = timedelta(days=1)
"""A notice that has not gone out for so long has missed a morning's digest."""
UNRUNG = timedelta(minutes=10)
"""An item's own timer rings within five minutes of its alarm; after ten it is late whatever the reason."""
UNWALKED = timedelta(hours=2)
"""Every plan is walked each hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """What one self-check found: messages not delivered, alarms not rung, plans not walked, plans walked too far (the
    clock was ahead and went back)."""

    undelivered: int = 0
    unrung: int = 0
    unwalked: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()

    def plain(self) -> Plain:
        """As JSON types."""
        return asdict(self)

    def words(self) -> list[str]:
        """One sentence for each thing that is not in order."""
        said = []
        if self.undelivered:
            said.append(f"{self.undelivered} 条通知超过一天没有送出，请看 duban notices --failed 和渠道设置")
        if self.unrung:
            said.append(f"{self.unrung} 个事项到点超过 10 分钟没有记录，已补记；请看工作进程是否在运行")
        if self.unwalked:
            said.append(f"计划 {'、'.join(self.unwalked)} 超过两小时没有检查过")
        if self.ahead:
            said.append(
                f"计划 {'、'.join(self.ahead)} 已走到将来：时钟曾经超前；核对时间同步，然后运行 duban scheduler --back"
            )
        return said


def look(connection: Connection, now: datetime) -> SelfCheck:
    """What is not in order as of `now`."""
    waiting = (
        select(func.count())
        .select_from(DELIVERY.join(NOTICE, NOTICE.c.id == DELIVERY.c.notice))
        .where(DELIVERY.c.state.in_(("pending", "sending")), NOTICE.c.at < instant_text(now - UNDELIVERED))
    )
    cursors = firings.cursors(connection)
    return SelfCheck(
        undelivered=connection.execute(waiting).scalar_one(),
        unrung=bulk.waiting(connection, selections.due(now - UNRUNG)),
        unwalked=tuple(p.id for p in PLANS if p.id in cursors and cursors[p.id] < now - UNWALKED),
        ahead=tuple(p.id for p in PLANS if p.id in cursors and cursors[p.id] > now + firings.GRACE),
    )
