"""`duban notices` and `duban people` as a newcomer runs them, beside the running product."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rules.dates.calendar import local_date
from tests.e2e.conftest import Site


def test_a_wrong_channels_file_is_refused_with_its_line_and_a_right_one_is_shown(site: Site) -> None:
    path = site.folder / "channels.yaml"
    try:
        path.write_text("mail: {host: smtp.test, port: 70000, from: d@x.test}\n")
        refused = site.duban("notices", "--check", check=1)
        assert "channels.yaml:1 mail.port" in refused.stderr
        path.write_text("file: {folder: out}\n")
        assert "out" in site.duban("notices", "--check").stdout
    finally:
        path.unlink()


def test_what_was_given_up_is_listed_and_nothing_is_no_fault(site: Site) -> None:
    assert json.loads(site.duban("notices", "--failed", "--json").stdout) == []
    assert "没有放弃了的通知" in site.duban("notices", "--again").stdout


@pytest.mark.soak
def test_people_are_listed_named_and_come_back(site: Site) -> None:
    everybody = json.loads(site.duban("people", "--json").stdout)
    assert {"id", "name", "unit", "roles"} == set(everybody[0])
    today = local_date(datetime.now(UTC))
    days = ("--from", str(today), "--to", str(today + timedelta(days=2)))
    named = json.loads(site.duban("people", "substitute", "p1040", "p2040", *days, "--json").stdout)
    assert (named["person"], named["stand_in"], named["named_by"]) == ("p2040", "p1040", "p2040")
    refused = site.duban("people", "substitute", "p2040", "p1040", *days, check=1)
    assert "stand_in_cycle" in refused.stderr
    assert "p2040" not in refused.stderr, "people are called by name"
    away = json.loads(site.duban("people", "away", "--json").stdout)
    assert [one["stand_in"] for one in away if one["person"] == "p2040"] == ["p1040"]
    inbox = json.loads(site.duban("notices", "--person", "p1040", "--json").stdout)
    assert inbox["standing_in"] == [named["person_name"]]
    assert json.loads(site.duban("people", "back", "p2040", "--json").stdout) == {"ended": 1}
