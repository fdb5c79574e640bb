"""The running product: the console cannot quietly act in another's name, nor load a directory unseen."""

from __future__ import annotations

import json
import os
import pwd
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.e2e.conftest import Site
from tests.e2e.test_command_line import number

ROOT = f"{pwd.getpwuid(os.getuid()).pw_name} ({os.getuid()})"
SUPERVISOR, LEADER = "p0001", "p0004"


def told(site: Site, *arguments: str) -> Any:
    return json.loads(site.duban(*arguments, "--json").stdout)


def page(site: Site, path: str) -> str:
    with urlopen(Request(f"{site.address}{path}", headers=site.signed(SUPERVISOR)), timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def test_who_gave_a_command_at_the_console_stands_in_the_ledger_and_is_read_everywhere(site: Site) -> None:
    no = number(9)
    site.duban("do", no, "remark", "--as", LEADER, "--text", "在主机上代办的批示")
    body = json.dumps({"text": "本人在网站上的批示"}).encode()
    headers = {"Content-Type": "application/json", "Origin": site.address, **site.signed(LEADER)}
    asked = Request(f"{site.address}/api/v1/items/{no}/commands/remark", data=body, headers=headers, method="POST")
    with urlopen(asked, timeout=60) as answer:
        assert answer.status == 200
    by_text = {entry["text"]: entry for entry in told(site, "item", no)["entries"]}
    console, own = by_text["在主机上代办的批示"], by_text["本人在网站上的批示"]
    assert (console["actor"], console["via"], console["through"]) == (LEADER, "console", ROOT)
    assert console["by_hand"] == f"终端代办 {ROOT}"
    assert (own["actor"], own["via"], own["through"], own["by_hand"]) == (LEADER, "site", None, "")

    assert page(site, f"/items/{no}").count(f"终端代办 {ROOT}") == 1
    found = page(site, f"/audit?via=console&item={no}")
    assert "在主机上代办的批示" in found
    assert "本人在网站上的批示" not in found
    assert f"终端代办 {ROOT}" in site.duban("item", no).stdout
    listed = told(site, "audit", "entries", "--via", "终端代办", "--item", no)["entries"]
    assert [entry["text"] for entry in listed] == ["在主机上代办的批示"]
    assert "[field_invalid]" in site.duban("audit", "entries", "--via", "电话", check=1).stderr
    site.duban("audit", "verify")


@pytest.mark.soak
def test_what_is_done_at_the_console_in_nobody_s_name_says_who_sat_there(site: Site) -> None:
    """What the product loaded by itself when it was first started says system, what somebody loads does not."""
    site.duban("audit", "seal")
    site.duban("directory", "judge", "先进", "县教育局", "--document", "评定〔2026〕1号")
    rows = told(site, "audit", "entries", "--kind", "conditions_given", "--kind", "directory_loaded")["entries"]
    given = [row for row in rows if row["kind"] == "conditions_given"]
    loaded = [row for row in rows if row["kind"] == "directory_loaded"]
    assert {(row["actor"], row["via"], row["through"]) for row in given} == {("system", "console", ROOT)}
    assert ("system", "system", None) in {(row["actor"], row["via"], row["through"]) for row in loaded}
    assert given[0]["by_hand"] == f"终端 {ROOT}"
