"""What stands in the database before the first item, and that starting again does not take it away."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from definitions.catalogue import SHIPPED
from ledger.chain import pinned
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from runtime.cli.main import run
from runtime.settings import Settings
from runtime.store import load_at_first, open_database, open_entrance

EXAMPLE = Path(__file__).parents[2] / "definitions" / "calendars" / "examples" / "qingxi-2026.yaml"
OTHER = """id: other-2026
year: 2026
source: {document: 关于某日放假的通知, date: 2026-03-02}
rest:
  - {day: 2026-06-10, name: 测试日}
"""


def _calendar(settings: Settings) -> Calendar:
    database = open_database(settings)
    with database.read() as connection:
        calendar = pinned.current_calendar(connection)
    database.close()
    return calendar


@pytest.fixture
def loading(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DUBAN_DATA", str(settings.data))
    assert run(["load", "--shipped"]) == 0
    return settings


def test_overlays_loaded_one_after_the_other_all_count(loading: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(OTHER, "utf-8")
    assert run(["load", str(EXAMPLE)]) == 0
    assert run(["load", str(other)]) == 0
    calendar = _calendar(loading)
    assert not calendar.is_working(date(2026, 5, 20))
    assert not calendar.is_working(date(2026, 6, 10))


def test_a_wrong_overlay_is_refused_and_not_kept(loading: Settings, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(OTHER.replace("2026-06-10", "2025-06-10"), "utf-8")
    before = _calendar(loading)
    assert run(["load", str(wrong)]) == 1
    assert _calendar(loading) == before
    assert not list(loading.data.glob("calendars/*"))


def test_starting_again_keeps_the_site_s_own_process_and_calendar(loading: Settings, tmp_path: Path) -> None:
    own = tmp_path / "rectification.yaml"
    own.write_text((SHIPPED / "rectification.yaml").read_text("utf-8").replace("organ: 40", "organ: 38"), "utf-8")
    assert run(["load", str(own), str(EXAMPLE)]) == 0
    calendar, database = _calendar(loading), open_database(loading)
    load_at_first(database, loading, county=False)
    with database.read() as connection:
        process = pinned.current_process(connection, "rectification", "staged", "organ")
    database.close()
    assert process.step("execute").window.amount == 38
    assert _calendar(loading) == calendar


def test_the_entrance_is_open_with_the_limits_of_the_settings(settings: Settings) -> None:
    database = open_database(settings, migrate=True)
    entrance = open_entrance(settings, database)
    assert entrance.limits == settings.access_limits
    with pytest.raises(RuleViolation, match="没有登录成功"):
        entrance.sign_in("nobody", "x", address="10.1.2.3", agent="", now=datetime.now(UTC))
    database.close()
