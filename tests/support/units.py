"""Units that a test opens for itself: in the county that tests share, the others fill up with everybody's items."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.directory import units as over_time
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.units.facts import KnownUnit, UnitsOpened


def opened(database: Database, *units: KnownUnit, now: datetime | None = None) -> None:
    """They exist from the day of `now` (by default today)."""
    then = now or datetime.now(UTC)
    with database.write() as connection:
        over_time.record(connection, (UnitsOpened(day=local_date(then), units=units),), then)


def organ(unit: str, name: str) -> KnownUnit:
    """An organ of the county's first area."""
    return KnownUnit(id=unit, name=name, kind="organ", area="a1")
