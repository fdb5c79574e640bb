"""A holiday notice from the command line: what it would move, the refusals, and adopting it, on the running product."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.e2e.conftest import Site

pytestmark = pytest.mark.soak

NOTICE = """\
id: notice-{year}
year: {year}
whole_year: true
source: {{document: 国务院办公厅关于 {year} 年部分节假日安排的通知（示例）, date: {before}-11-25}}
rest:
  - {{from: {year}-01-01, to: {year}-01-03, name: 元旦}}
  - {{from: {year}-02-05, to: {year}-02-12, name: 春节}}
"""


@pytest.fixture
def notice(site: Site, tmp_path: Path) -> Path:
    """The notice of the first year that is not published yet."""
    year = date.today().year  # noqa: DTZ011  (only a year to begin looking from)
    while json.loads(site.duban("calendar", "show", str(year), "--json").stdout)["published"]:
        year += 1
    path = tmp_path / "notice.yaml"
    path.write_text(NOTICE.format(year=year, before=year - 1), "utf-8")
    return path


@pytest.mark.timeout(300)
def test_a_notice_is_looked_at_refused_adopted_and_then_stands(site: Site, notice: Path) -> None:
    open_items = json.loads(site.duban("items", "--size", "500", "--json").stdout)["items"]
    running = [i for i in open_items if i["status"] not in ("closed", "annulled")]
    before = {i["no"]: i["calendar_ref"] for i in running}

    seen = json.loads(site.duban("calendar", "check", notice, "--json").stdout)
    assert seen["open_items"] == len(running)
    assert f"{seen['document']}".startswith("国务院办公厅关于")
    assert any("元旦" in day for day in seen["days"])
    assert seen["version"] != seen["current"]

    unsaid = site.duban("calendar", "adopt", notice, "--as", "p0006", check=2)
    assert "加 --yes 再运行" in unsaid.stderr
    assert "项要重算" in unsaid.stdout
    stranger = site.duban("calendar", "adopt", notice, "--as", "p0001", "--yes", check=1)
    assert "wrong_role" in stranger.stderr
    still = json.loads(site.duban("items", "--size", "500", "--json").stdout)["items"]
    assert {i["no"]: i["calendar_ref"] for i in still if i["no"] in before} == before

    adopt = ("calendar", "adopt", notice, "--as", "p0006", "--yes", "--json")
    asked = json.loads(site.duban(*adopt, check=1).stdout)
    assert "own_matter" in site.duban("confirm", asked["asked"], "--as", "p0006", "--yes", check=1).stderr
    site.duban("confirm", asked["asked"], "--as", "p0001", "--yes")
    done = json.loads(site.duban(*adopt).stdout)
    assert (done["stored"], done["left"], done["done"]) == (len(running), 0, True)
    moved = {m["no"] for m in seen["moved"]}
    assert done["moved"] == len(moved)
    after = json.loads(site.duban("items", "--size", "500", "--json").stdout)["items"]
    assert {i["calendar_ref"] for i in after if i["no"] in before} == {done["version"]}
    no = min(moved) if moved else running[0]["no"]
    assert "按日历" in site.duban("item", no).stdout
    assert done["version"] in site.duban("why", no).stdout
    assert (site.folder / "calendars" / notice.read_text("utf-8").split()[1]).with_suffix(".yaml").exists()

    again = json.loads(site.duban(*adopt).stdout)
    assert (again["stored"], again["moved"]) == (0, 0)
    assert "核验通过" in site.duban("audit", "verify").stdout


def test_a_notice_that_is_wrong_is_refused_with_file_and_line(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("year: 2026\nrest:\n  - {day: 2026-13-01, name: 元旦}\n", "utf-8")
    told = site.duban("calendar", "check", path, check=1).stderr
    assert "wrong.yaml" in told
    assert "wrong.yaml:3 rest[1].day" in told
