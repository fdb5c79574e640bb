"""`duban load`: a directory has a past and an end, a used id keeps its name, no calendar is undone without a word."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FIRST = """
name: 某县
people:
  p0001: {name: 陈思远, roles: [supervisor]}
areas:
  a1: {name: 第一片组, leader: p0011 周立文, instructor: p0021 苏明华}
units:
  u001: {name: 某县教育局, kind: organ, area: a1, head: p1001 梁志刚, liaison: p2001 许文静}
  u002: {name: 某县档案馆, kind: organ, area: a1, head: p1002 田国平, liaison: p2002 夏雨}
"""
SUCCESSOR = FIRST.replace("p2001 许文静", "p2003 方小雨")
FEWER = "\n".join(line for line in FIRST.splitlines() if "u002" not in line)
REUSED = FIRST.replace("p2001 许文静", "p2001 方小雨")
OVERLAY = """
id: moxian-2026
year: 2026
source: {document: 某县人民政府办公室关于县庆日放假的通知, date: 2026-03-02}
rest:
  - {day: 2026-05-20, name: 县庆日}
work:
  - {day: 2026-05-23}
"""


class Console:
    """`duban` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, status: int = 0) -> str:
        environment = {**os.environ, "DUBAN_DATA": str(self.folder / "data")}
        command = [str(ROOT / ".venv" / "bin" / "duban"), *arguments]
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def load(self, text: str, *options: str, status: int = 0, name: str = "名录.yaml") -> str:
        (self.folder / name).write_text(text, "utf-8")
        return self("load", name, *options, status=status)


@pytest.fixture
def duban(tmp_path: Path) -> Console:
    console = Console(tmp_path)
    console("load", "--shipped")
    console.load(FIRST)
    return console


def test_a_directory_s_changes_are_told_and_nothing_ends_by_being_left_out(duban: Console) -> None:
    duban.load(SUCCESSOR)
    people = duban("people")
    assert "方小雨" in people
    told = duban.load(FEWER)
    assert "单位 某县档案馆（u002）" in told
    assert "夏雨（p2002）的职务：联络员" in told
    assert "--end-missing" in told
    assert "夏雨" in duban("people")
    told = duban.load(FEWER, "--end-missing")
    assert "已从今天起终止的" in told
    assert "某县档案馆" not in duban("units")
    told = duban("audit", "verify")
    assert "核验通过" in told


@pytest.mark.soak
def test_a_used_id_is_asked_for(duban: Console) -> None:
    told = duban.load(REUSED, status=1)
    assert "p2001 原为“许文静”，现为“方小雨”" in told
    assert "--renamed" in told
    assert "许文静" in duban("people")
    duban.load(REUSED, "--renamed", "p2001")
    assert "方小雨" in duban("people")


@pytest.mark.soak
def test_a_host_without_the_overlays_undoes_no_calendar_without_a_word(duban: Console) -> None:
    duban.load(OVERLAY, name="县庆日.yaml")
    (kept,) = (duban.folder / "data" / "calendars").glob("*.yaml")
    elsewhere = kept.rename(duban.folder / "elsewhere.yaml")
    told = duban("load", "--shipped", status=1)
    assert "moxian-2026" in told
    assert "--without-overlays" in told
    elsewhere.rename(kept)
    duban("load", "--shipped")
    kept.unlink()
    duban("load", "--shipped", "--without-overlays")
