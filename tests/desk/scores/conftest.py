"""A county whose first half-year is scored, of a module's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ledger.store.database import Database
from tests.support.scores.scored import assessed, month

QUARTER = {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "3"}
TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "4", "theme_day": "1", **QUARTER}
HALF = TOLD | {"life_meeting": "1", "integrity": "1"}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """Two units told everything, the rest nothing."""
    database = assessed(tmp_path_factory.mktemp("scores") / "county")
    now = [month(database, f"2026-{n:02}", {"u001": HALF, "u002": HALF}) for n in range(1, 7)][-1]
    yield database, now + timedelta(hours=1)
    database.close()
