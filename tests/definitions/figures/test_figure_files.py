"""The register of figures and what campaigns ask of it: the shipped ones work, and what cannot work is refused with its
line and what was expected."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from definitions.campaigns.catalogue import load_campaigns, shipped_campaigns
from definitions.catalogue import SHIPPED, load_catalogue, load_process, load_processes
from definitions.fields import FileMapping
from definitions.figures.figure_file import OF_QUESTIONS_ONLY, load_figures, shipped_figures
from definitions.figures.keys import FIGURE_KEYS
from definitions.mistakes import DefinitionErrors
from definitions.process import ProcessDefinition
from rules.codec import decode, encode
from rules.figures.figure import FigureRegister, FigureSource
from rules.rounds.campaign import asked_in
from rules.rounds.periods import read_period
from tests.definitions.sound import mistakes_of

ROOT = Path(__file__).parents[3]
FIGURES = """owner: 县委组织部
figures:
  members: {name: 党员数, kind: count, every: month, source: imported}
  moved: {name: 有无转入转出, kind: yes_no, every: month, source: asked}
  dues: {name: 应缴党费, kind: money, every: quarter, source: asked, prefill: last, confirm: true}
  on_time: {name: 按期率, kind: percent, places: 1, every: quarter, source: ledger, of: yearly, rate: nodes_on_time}
  shown: {name: 公开次数, kind: count, every: year, source: ledger, of: publications, what: 党务公开}
"""
CAMPAIGN = """campaign: report
name: 月报
process: checkin
variant: report
every: month
to: {kinds: all}
opens: {working_day: -3}
due: {working_day: 5, after: period}
locks: {working_day: 9, after: period}
asks:
  month: [moved]
  quarter: [dues]
"""


@pytest.fixture(scope="module")
def processes() -> tuple[ProcessDefinition, ...]:
    return load_catalogue()


def figures(processes: tuple[ProcessDefinition, ...], folder: Path, said: str = FIGURES) -> FigureRegister:
    path = folder / "figures.yaml"
    path.write_text(said, "utf-8")
    return load_figures(path, processes)


def test_the_shipped_figures_are_asked_twelve_times_a_year_and_no_more_than_twelve_at_once(
    processes: tuple[ProcessDefinition, ...],
) -> None:
    register = shipped_figures(processes)
    assert decode(FigureRegister, encode(register)) == register
    monthly = next(one for one in shipped_campaigns(processes) if one.id == "monthly")
    year = [len(asked_in(monthly, read_period(f"2026-{month:02}"))) for month in range(1, 13)]
    assert year == [8, 5, 10, 5, 5, 12, 5, 5, 10, 5, 5, 12]
    asked = {one.id for one in register.figures if one.source is FigureSource.ASKED}
    assert asked == {figure for asks in monthly.asks for figure in asks.figures}, "nothing is registered for nobody"


def test_all_of_it_is_read(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    found = figures(processes, tmp_path)
    dues, shown = found.figure("dues"), found.figure("shown")
    assert dues is not None
    assert shown is not None
    assert (dues.prefill, dues.confirm, dues.owner, dues.source) == (True, True, "县委组织部", FigureSource.ASKED)
    assert (shown.of, shown.rate, shown.what) == ("publications", "published", "党务公开")
    other = figures(processes, tmp_path, FIGURES.replace("有无转入转出", "有无转出"))
    assert (found.version == figures(processes, tmp_path, "# 说明\n" + FIGURES).version) is True
    assert other.version != found.version


WRONG = [
    ("source: imported", "source: import", 3, "没有这一项", "imported"),
    ("every: month, source: asked", "every: once, source: asked", 4, "没有这一项", "month"),
    ("kind: yes_no", "kind: evidence", 4, "evidence", "yes_no"),
    ("kind: yes_no", "kind: count, derive: 1 + 1", 4, "不写“derive”", "去掉"),
    ("kind: yes_no", "kind: choice", 4, "没有写选项", "options"),
    ("name: 有无转入转出", "name: 在线时长", 4, "要的是“时长”", "allowed_by"),
    ("name: 有无转入转出", "name: 有无转入转出, allowed_by: 县委办〔2026〕3号", 4, "不必有文件", "删去"),
    ("name: 有无转入转出", "name: 党员数", 4, "已是 members", "不重复"),
    ("name: 有无转入转出", "name: 有无转入转出, of: yearly", 4, "不认识的键“of”", "name"),
    ("prefill: last, confirm: true", "prefill: first", 5, "没有这一项", "last"),
    ("prefill: last, confirm: true", "confirm: true", 5, "无从确认", "prefill: last"),
    ("source: imported}", "source: imported, prefill: last}", 3, "不问", "去掉 prefill"),
    ("of: yearly", "of: yearlie", 6, "没有流程“yearlie”", "yearly"),
    ("of: yearly, ", "", 6, "没有写算什么", "publications"),
    ("of: yearly", "of: talk", 6, "没有定日期的节点", "by"),
    ("rate: nodes_on_time", "rate: nodes", 6, "没有这一项", "nodes_on_time"),
    ("rate: nodes_on_time", "rate: tallies_met", 6, "", ""),
    ("kind: percent, places: 1, every: quarter", "kind: yes_no, every: quarter", 6, "算出来的不是", "percent"),
    ("of: publications", "of: publications, rate: closed_on_time", 7, "只计次数", "去掉 rate"),
    ("what: 党务公开", "what: 党务", 7, "没有流程公示“党务”", "publish"),
    ("figures:", "figure:", 2, "不认识的键“figure”", "figures"),
]


@pytest.mark.parametrize(("before", "after", "line", "what", "expected"), WRONG, ids=[w[1] for w in WRONG])
def test_a_figure_that_cannot_be_known_is_refused(
    processes: tuple[ProcessDefinition, ...],
    tmp_path: Path,
    before: str,
    after: str,
    line: int,
    what: str,
    expected: str,
) -> None:
    assert before in FIGURES
    said = FIGURES.replace(before, after, 1)
    if not what:
        assert figures(processes, tmp_path, said).figure("on_time")
        return
    with pytest.raises(DefinitionErrors) as refusal:
        figures(processes, tmp_path, said)
    told = [(m.line, m.what, m.expected) for m in refusal.value.mistakes]
    assert any(at == line and what in one and expected in wanted for at, one, wanted in told), told


ASKED_WRONG = [
    ("month: [moved]", "month: [moved, move]", 11, "没有数据项“move”（是不是“moved”？）", "moved、dues"),
    ("month: [moved]", "month: [members]", 11, "由导入而来，不问", "已知"),
    ("quarter: [dues]", "quarter: [on_time]", 12, "由留痕算出，不问", "已知"),
    ("month: [moved]", "month: [moved, dues]", 11, "每季度一个数，这里每月都问", "quarter"),
    ("quarter: [dues]", "year: {with: 1, figures: [dues]}", 12, "每季度一个数，这里每年才问", "quarter"),
    ("every: month", "every: quarter", 11, "不是每月都有", "更勤"),
    ("  month: [moved]\n", "", 10, "2026年1月什么也不问", "nothing_to_ask: skip"),
    ("process: checkin\nvariant: report", "process: task\nvariant: plain", 10, "不填轮次问的", "round.asks"),
    ("asks:\n  month: [moved]\n  quarter: [dues]\n", "", 3, "没有说问什么", "asks"),
]


@pytest.mark.parametrize(("before", "after", "line", "what", "expected"), ASKED_WRONG, ids=[w[1] for w in ASKED_WRONG])
def test_what_cannot_be_asked_is_refused(
    processes: tuple[ProcessDefinition, ...],
    tmp_path: Path,
    before: str,
    after: str,
    line: int,
    what: str,
    expected: str,
) -> None:
    assert before in CAMPAIGN
    path = tmp_path / "c.yaml"
    path.write_text(CAMPAIGN.replace(before, after), "utf-8")
    with pytest.raises(DefinitionErrors) as refusal:
        load_campaigns([path], processes, figures=figures(processes, tmp_path))
    told = [(m.line, m.what, m.expected) for m in refusal.value.mistakes]
    assert any(at == line and what in one and expected in wanted for at, one, wanted in told), told


def test_a_figure_is_asked_by_one_campaign_only(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    register = figures(processes, tmp_path)
    paths = [tmp_path / f"c{n}.yaml" for n in (1, 2)]
    yearly = CAMPAIGN.replace("campaign: report", "campaign: other").replace("every: month", "every: quarter")
    yearly = yearly.replace("  month: [moved]\n", "")
    for path, said in zip(paths, (CAMPAIGN, yearly), strict=True):
        path.write_text(said, "utf-8")
    with pytest.raises(DefinitionErrors, match=r"c2\.yaml:11 .*“dues”周期工作“report”已经问同一些单位"):
        load_campaigns(paths, processes, figures=register)
    (first,) = load_campaigns(paths[:1], processes, figures=register)
    with pytest.raises(DefinitionErrors, match="已经问同一些单位"):
        load_campaigns(paths[1:], processes, [first], figures=register)
    paths[1].write_text(yearly.replace("kinds: all", "kinds: [organ]"), "utf-8")
    paths[0].write_text(CAMPAIGN.replace("kinds: all", "kinds: [social]"), "utf-8")
    assert len(load_campaigns(paths, processes, figures=register)) == 2


CHECKIN = (SHIPPED / "checkin.yaml").read_text("utf-8")


def test_a_process_asks_for_a_round_once_and_only_a_unit(tmp_path: Path) -> None:
    second = CHECKIN.replace("submit_to: close\n        outcome: taken\n", "submit_to: again\n").replace(
        "    reopen_to: fill",
        "      again: {name: 再填, stage: execute, party: unit, window: fill, form: round.asks, submit_to: close,"
        " outcome: taken}\n    reopen_to: fill",
    )
    assert any("已经填轮次问的表" in one.what for one in mistakes_of(load_process, tmp_path, second))
    named = CHECKIN.replace("variants:", "forms:\n  asks:\n    a: {name: 甲, kind: text}\n\nvariants:", 1)
    assert any("表单不能叫“asks”" in one.what for one in mistakes_of(load_process, tmp_path, named))


def test_no_other_process_hands_on_what_rounds_ask(tmp_path: Path) -> None:
    investigation = (SHIPPED / "investigation.yaml").read_text("utf-8")
    assert "process: rectification" in investigation
    path = tmp_path / "investigation.yaml"
    path.write_text(investigation.replace("process: rectification", "process: checkin"), "utf-8")
    with pytest.raises(DefinitionErrors, match="表由轮次定，不能由别的事项交办"):
        load_processes([path], load_catalogue())


def test_the_reference_is_up_to_date_and_has_every_key(
    processes: tuple[ProcessDefinition, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = runpy.run_path(str(ROOT / "setup" / "campaigns.py"))
    page = script["FIGURES_PAGE"].read_text("utf-8")
    assert script["with_figures"](page) == page, "run: .venv/bin/python setup/campaigns.py"
    asked: set[tuple[str, str]] = set()
    done = FileMapping.done

    def noted(table: FileMapping) -> None:
        asked.update(("figures.*" if table.path else "", key) for key in table._asked)
        done(table)

    monkeypatch.setattr(FileMapping, "done", noted)
    figures(processes, tmp_path, FIGURES.replace("{name: 党员数, kind: count", "{name: 党员数, kind: text, limit: 5"))
    shipped_figures(processes)
    assert asked - {("figures.*", key) for key in OF_QUESTIONS_ONLY} == {(row.table, row.key) for row in FIGURE_KEYS}
