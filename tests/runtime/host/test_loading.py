"""`duban load`: a directory has a past and an end, a used id keeps its name, no calendar is undone without a word."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runtime.cli.main import run

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


ASSESSMENT = """
assessment: study_only
name: 学习考核
year: 2027
total: 100
campaign: monthly
not_applicable: rescale
indicators:
  study: {name: 集中学习, full: 60, every: month, kind: counted, figure: study, least: 4}
  extra: {name: 党课, full: 40, every: quarter, kind: counted, figure: lectures, least: 1, kinds: [organ]}
"""


class Console:
    """`duban` with a data folder of its own, in this process: what a command is, not what starting Python takes."""

    def __init__(self, folder: Path, told: pytest.CaptureFixture[str]) -> None:
        self.folder, self.told = folder, told

    def __call__(self, *arguments: str, status: int = 0) -> str:
        self.told.readouterr()
        ended = run(list(arguments))
        said = self.told.readouterr()
        assert ended == status, said.out + said.err
        return said.out + said.err

    def load(self, text: str, *options: str, status: int = 0, name: str = "名录.yaml") -> str:
        (self.folder / name).write_text(text, "utf-8")
        return self("load", name, *options, status=status)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which what is shipped has been loaded."""
    folder = tmp_path_factory.mktemp("shipped") / "data"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DUBAN_DATA", str(folder))
        assert run(["load", "--shipped"]) == 0
    return folder


@pytest.fixture
def duban(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    shutil.copytree(shipped, tmp_path / "data")
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    console = Console(tmp_path, capsys)
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


def test_a_used_id_is_asked_for(duban: Console) -> None:
    told = duban.load(REUSED, status=1)
    assert "p2001 原为“许文静”，现为“方小雨”" in told
    assert "--renamed" in told
    assert "许文静" in duban("people")
    duban.load(REUSED, "--renamed", "p2001")
    assert "方小雨" in duban("people")


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


def test_a_directory_from_a_day_on_says_what_follows_and_a_dry_run_does_nothing(duban: Console) -> None:
    moved = FIRST.replace("某县档案馆", "某县档案史志馆")
    said = ("--from", "2027-07-01", "--document", "某编〔2027〕3号")
    told = duban.load(moved, *said, "--dry-run")
    assert "某县档案史志馆（u002），自2027年7月1日起，依据某编〔2027〕3号" in told
    assert duban("units", "u002").count("起") == 1
    duban.load(moved, *said)
    assert "人员和职务没有动" in duban.load(moved, *said)
    told = duban("units", "u002")
    assert "至 2027-07-01 前：某县档案馆" in told
    assert "2027-07-01 起：某县档案史志馆" in told
    assert "只能从那天或以后再改" in duban.load(FIRST.replace("档案馆", "档案局"), "--from", "2027-01-01", status=1)
    told = duban.load(FEWER, "--from", "2027-08-01", "--end-missing")
    assert "单位撤销：u002，自2027年8月1日起" in told
    assert "核验通过" in duban("audit", "verify")


def test_campaigns_and_figures_are_loaded_beside_what_there_is(duban: Console) -> None:
    shipped = ROOT / "definitions" / "catalogue"
    monthly = (shipped / "campaigns" / "monthly.yaml").read_text("utf-8")
    assert "周期工作" in duban.load(monthly, name="月报.yaml")
    second = monthly.replace("campaign: monthly", "campaign: second")
    refused = duban.load(second, name="又一张.yaml", status=1)
    assert "又一张.yaml:19" in refused
    assert "“monthly”已经问同一些单位" in refused
    figures = (shipped / "figures" / "figures.yaml").read_text("utf-8")
    assert "数据项" in duban.load(figures.replace("党小组会次数", "党小组会"), name="数据项.yaml")
    fewer = "\n".join(line for line in figures.splitlines() if not line.startswith("  moved:"))
    assert "周期工作“monthly”要问它" in duban.load(fewer, name="少一项.yaml", status=1)
    duban.load("单位,期,党员数\n某县教育局,2026-11,31\n", name="名册.csv", status=1)
    assert "1 个单位的 1 个数据" in duban(
        "figures", "import", "名册.csv", "--document", "县组〔2026〕5号", "--as", "p0001"
    )
    assert "党员数" in duban("figures", "list")
    assert "31" in duban("figures", "show", "党员数", "--unit", "某县教育局", "--last", "36")


def test_an_assessment_is_loaded_and_says_what_each_kind_of_unit_can_get(duban: Console) -> None:
    told = duban.load(ASSESSMENT, name="考核.yaml")
    assert "│ 考核 │ 1    │ 0    │ 0    │ 0    │" in told
    assert "学习考核：总分 100，各类单位加起来" in told
    assert "│ 机关     │ 100（2 项） │ 100（2 项） │ 100（2 项） │" in told
    assert "│ 社会组织 │ 60（1 项）  │ 60（1 项）  │ 60（1 项）  │" in told
    assert "不到总分的，其余各项按比例折算" in told
    again = duban.load(ASSESSMENT, name="考核.yaml")
    assert "│ 考核 │ 0    │ 0    │ 1    │ 0    │" in again
    assert "各类单位加起来" not in again
    assert "核验通过" in duban("audit", "verify")


def test_an_assessment_that_does_not_work_is_refused_with_its_line(duban: Console) -> None:
    refused = duban.load(ASSESSMENT.replace("full: 60", "full: 50"), name="考核.yaml", status=1)
    assert "考核.yaml:5" in refused
    assert "各项加起来最多的是 90 分" in refused
    refused = duban.load(ASSESSMENT.replace("集中学习", "在线学习"), name="考核.yaml", status=1)
    assert "考核.yaml:9" in refused
    assert "不作为考核的依据" in refused
    assert duban.load(ASSESSMENT, "--dry-run", name="考核.yaml", status=2)


def test_no_register_leaves_out_a_figure_that_an_assessment_reads(duban: Console) -> None:
    figures = (ROOT / "definitions" / "catalogue" / "figures" / "figures.yaml").read_text("utf-8")
    fewer = "\n".join(line for line in figures.splitlines() if not line.startswith("  posts_due:"))
    refused = duban.load(fewer, name="数据项.yaml", status=1)
    assert "考核“organ_2026”的“领导机构设置”用它，而登记里没有" in refused


def test_the_shipped_assessment_is_in_force_with_the_rest(duban: Console) -> None:
    again = duban("load", "--shipped")
    assert [line.split("│")[1:5] for line in again.splitlines() if "│ 考核 " in line] == [
        [" 考核     ", " 0    ", " 0    ", " 1    "]
    ]
