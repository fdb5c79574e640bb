"""Which nominal times of which plans were claimed and started, and how far each plan has been walked.

Claiming and moving the cursor are one transaction, so a replica that dies afterwards loses nothing: what is claimed and
not started is started by whoever looks next, under the same key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from ledger.store.aside_tables import Firing, PlanCursor
from ledger.store.database import Database
from ledger.store.tables import table_of
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.dates.plans import Plan, firing_key, nominal_times

FIRING = table_of(Firing)
CURSOR = table_of(PlanCursor)

GRACE = timedelta(minutes=1)
"""How long whoever claimed a firing has for starting it before others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A nominal time that is to be started under its key. `fresh`: it was claimed here and now, and by nobody before;
    were there a workflow of that key, a clock that ran ahead had started it, and it was taken back since."""

    key: str
    plan: str
    nominal: datetime
    fresh: bool = False


def claim(database: Database, plans: Iterable[Plan], calendar: Calendar, now: datetime, by: str) -> list[Claimed]:
    """Every nominal time of these plans up to `now` is claimed once; returns those that are claimed here and now.

    A plan that is met for the first time begins now. A clock that went back claims nothing until it has caught up.
    """
    with database.write() as connection:
        claimed = [one for plan in plans for one in _claim_one(connection, plan, calendar, now)]
        if claimed:
            connection.execute(insert(FIRING), [_row(one, now, by) for one in claimed])
    return claimed


def _claim_one(connection: Connection, plan: Plan, calendar: Calendar, now: datetime) -> list[Claimed]:
    walked_to = cursors(connection).get(plan.id)
    if walked_to is None:
        connection.execute(insert(CURSOR).values(plan=plan.id, walked_to=instant_text(now)))
        return []
    if walked_to >= now:
        return []
    connection.execute(update(CURSOR).where(CURSOR.c.plan == plan.id).values(walked_to=instant_text(now)))
    nominals = nominal_times(plan, calendar, max(walked_to, now - plan.kept), now)
    return [Claimed(key=firing_key(plan.id, at), plan=plan.id, nominal=at, fresh=True) for at in nominals]


def clock_of(connection: Connection) -> datetime | None:
    """What the database's own clock shows; None on SQLite, which has none but ours."""
    if connection.dialect.name == "sqlite":
        return None
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found


def bring_back(database: Database, now: datetime) -> tuple[list[str], int]:
    """No plan has been walked further than `now`, and what was claimed beyond is to come again.

    Returns the plans that were brought back, and how many firings were taken back.
    """
    with database.write() as connection:
        ahead = sorted(plan for plan, at in cursors(connection).items() if at > now)
        connection.execute(update(CURSOR).where(CURSOR.c.plan.in_(ahead)).values(walked_to=instant_text(now)))
        taken = connection.execute(delete(FIRING).where(FIRING.c.nominal > instant_text(now))).rowcount
    return ahead, taken


def _row(one: Claimed, now: datetime, by: str) -> dict[str, str | None]:
    return {
        "key": one.key,
        "plan": one.plan,
        "nominal": instant_text(one.nominal),
        "claimed_at": instant_text(now),
        "by": by,
        "started_at": None,
        "seen": "",
    }


def abandoned(connection: Connection, now: datetime, limit: int = 500) -> list[Claimed]:
    """Claims that nobody has started within the grace; those of a clock that ran ahead too. The oldest first."""
    early, late = instant_text(now - GRACE), instant_text(now + GRACE)
    left = or_(FIRING.c.claimed_at <= early, FIRING.c.claimed_at >= late)
    query = select(FIRING).where(FIRING.c.started_at.is_(None), left).order_by(FIRING.c.nominal, FIRING.c.key)
    return [
        Claimed(key=row["key"], plan=row["plan"], nominal=datetime.fromisoformat(row["nominal"]))
        for row in connection.execute(query.limit(limit)).mappings()
    ]


def unstarted(connection: Connection) -> bool:
    """Whether any claim waits to be started, by whomever."""
    return connection.execute(select(FIRING.c.key).where(FIRING.c.started_at.is_(None)).limit(1)).first() is not None


def mark_started(database: Database, keys: Sequence[str], now: datetime, *, seen: str = "") -> None:
    """What these keys name has been started; `seen`: what a self-check found. Marking again changes nothing."""
    mine = FIRING.c.key.in_(keys) & FIRING.c.started_at.is_(None)
    with database.write() as connection:
        connection.execute(update(FIRING).where(mine).values(started_at=instant_text(now), seen=seen))


def cursors(connection: Connection) -> dict[str, datetime]:
    """Up to which instant each plan has been walked."""
    return {
        plan: datetime.fromisoformat(at) for plan, at in connection.execute(select(CURSOR.c.plan, CURSOR.c.walked_to))
    }


def last_of(connection: Connection, plan: str) -> RowMapping | None:
    """The plan's latest firing."""
    query = select(FIRING).where(FIRING.c.plan == plan).order_by(FIRING.c.nominal.desc()).limit(1)
    return connection.execute(query).mappings().first()
