"""Campaign files: the shipped ones work, and what cannot work is refused with its line and what was expected."""

from __future__ import annotations

import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from definitions.calendars import snapshot
from definitions.campaigns.catalogue import load_campaigns, shipped_campaigns
from definitions.campaigns.keys import CAMPAIGN_KEYS, CAMPAIGN_TABLES
from definitions.catalogue import load_catalogue
from definitions.fields import FileMapping
from definitions.figures.figure_file import shipped_figures
from definitions.mistakes import DefinitionErrors
from definitions.process import ProcessDefinition
from rules.codec import decode, encode
from rules.draw.facts import StratumBy
from rules.process import Holder
from rules.rounds.campaign import Campaign, Verify, asked_in, days_of, next_period
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.periods import Rhythm, read_period

ROOT = Path(__file__).parents[3]
SOUND = """campaign: lists
name: 清单
process: yearly
variant: list
every: month
to: {kinds: all}
opens: {working_day: 1}
due: {working_day: -1}
locks: {working_day: 3, after: period}
"""
ASKING = SOUND.replace("yearly", "checkin").replace("list\n", "report\n")


@pytest.fixture(scope="module")
def processes() -> tuple[ProcessDefinition, ...]:
    return load_catalogue()


def loaded(processes: tuple[ProcessDefinition, ...], folder: Path, *texts: str) -> tuple[Campaign, ...]:
    files = [folder / f"c{n}.yaml" for n in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    return load_campaigns(files, processes, figures=shipped_figures(processes))


def test_the_shipped_ones_are_read_and_their_next_opening_is_known(processes: tuple[ProcessDefinition, ...]) -> None:
    found = {campaign.id: campaign for campaign in shipped_campaigns(processes)}
    of_areas = {id_ for id_, campaign in found.items() if campaign.holder is Holder.AREA}
    of_units = {"monthly", "yearly_list", "yearly_appraisal", "inspections", "spot_checks"}
    assert (of_areas, set(found) - of_areas) == ({"visits", "upkeep"}, of_units)
    for campaign in found.values():
        assert decode(Campaign, encode(campaign)) == campaign
    day, calendar = date(2026, 11, 29), snapshot()
    coming = {id_: next_period(campaign, calendar, day) for id_, campaign in found.items()}
    assert {id_: period and period.id for id_, period in coming.items()} == {
        "monthly": "2026-12",
        "visits": "2026-12",
        "upkeep": "2026-11",
        "yearly_list": "2027",
        "yearly_appraisal": "2027",
        "inspections": None,
        "spot_checks": None,
    }
    assert days_of(found["yearly_list"], read_period("2027"), calendar).last_due == date(2027, 12, 27)


def test_all_of_it_is_read(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    said = SOUND.replace("due: {working_day: -1}", "due: {organ: {working_day: 9}, social: {date: 12-15}}").replace(
        "every: month", "every: year"
    )
    said = said.replace("to: {kinds: all}", "to: {kinds: [organ, social], sizes: [branch], except: [u1]}")
    said += "joins: now\ngone: keep\nmerged: successor\nlate: {unlock: 3, by: supervisor}\n"
    said += 'matter: {year: "{year}"}\n'
    (found,) = loaded(processes, tmp_path, said)
    assert [(one.kind, one.moment) for one in found.due] == [
        ("organ", Moment(form=MomentForm.WORKING_DAY, nth=9)),
        ("social", Moment(form=MomentForm.DATE, month=12, day=15)),
    ]
    assert (found.rhythm, found.late.days) == (Rhythm.YEAR, 3)
    assert (found.to.sizes, found.to.excepted, found.matter[0].text) == (("branch",), ("u1",), "{year}")


def test_the_form_grows_with_quarter_and_year(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    said = ASKING + "asks: {month: [moved], quarter: [dues_paid], year: {with: 1, figures: [topics]}}\n"
    (found,) = loaded(processes, tmp_path, said + "nothing_to_ask: skip\n")
    assert found.skips_known
    assert [asked_in(found, read_period(f"2026-{month}")) for month in ("11", "12")] == [
        ("moved",),
        ("moved", "dues_paid"),
    ]
    assert asked_in(found, read_period("2027-01")) == ("moved", "topics")


def test_the_version_is_the_content_s(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    (one,) = loaded(processes, tmp_path, SOUND)
    (same,) = loaded(processes, tmp_path, "# 说明\n" + SOUND)
    (other,) = loaded(processes, tmp_path, SOUND.replace("-1", "-2"))
    assert one == same
    assert one.version != other.version


SAMPLED = (
    "verify: {share: 5%, strata: [area], seed: {witnesses: 2}, by: instructor, process: verification, variant: sample}"
)
WRONG_SAMPLES = [
    (", seed: {witnesses: 2}", "", "没有见证人", "seed: {witnesses: 2}"),
    ("witnesses: 2", "witnesses: 1", "写的是 1", "2 至 2"),
    ("share: 5%", "share: 0%", "0%", "形如 5%"),
    ("share: 5%", "share: 5", "写的是“5”", "形如 5%"),
    ("strata: [area]", "strata: [areas]", "没有“areas”", "area"),
    ("strata: [area]", "strata: [area, kind]", "2 种分层", "一种"),
    ("by: instructor", "by: supervisor", "supervisor", "instructor"),
    ("variant: sample", "variant: plain", "plain", "sample"),
    ("verification, variant: sample", "yearly, variant: list", "由单位承办", "holder: area"),
    ("verification, variant: sample", "visit, variant: monthly", "每件各起流程", "starts: lazily"),
    ("verification, variant: sample", "upkeep, variant: monthly", "事由没有 unit", "kind: unit"),
    ("share: 5%", "shares: 5%", "不认识的键“shares”", "share"),
]
WRONG = [
    ("process: yearly", "process: yearlie", 3, "没有这一项", "yearly"),
    ("variant: list", "variant: lists", 4, "没有这一项", "list"),
    ("every: month", "every: week", 5, "week", "month"),
    ("to: {kinds: all}", "to: {except: [u1]}", 6, "没有说对谁", "kinds"),
    ("to: {kinds: all}", "to: {kinds: [organs]}", 6, "没有“organs”", "organ"),
    ("opens: {working_day: 1}", "opens: {working_day: 1..3}", 7, "弹性", "固定的一天"),
    ("opens: {working_day: 1}", "opens: {after_open: 1}", 7, "从开放起数", "固定的一天"),
    ("opens: {working_day: 1}", "opens: {by: supervisor}", 7, "不是 every: once", "once"),
    ("opens: {working_day: 1}", "opens: {working_day: 40}", 7, "没有第 40 个工作日", "每一期都有"),
    ("locks: {working_day: 3, after: period}", "locks: {working_day: 18}", 9, "1月遇上最长的假期只有 14", "不超过 14"),
    ("due: {working_day: -1}", "due: {organ: {working_day: 21}, social: {working_day: 9}}", 8, "没有第 21", "period"),
    ("opens: {working_day: 1}", "opens: {working_day: -15}", 7, "没有倒数第 15 个工作日", "每一期都有"),
    ("opens: {working_day: 1}", "opens: {working_day: -1}", 8, "就到期", "至少 3 个工作日"),
    ("due: {working_day: -1}", "due: {working_day: 3}", 8, "就到期", "至少 3 个工作日"),
    ("opens: {working_day: 1}", "opens: {working_day: 3, after: period}", 8, "早于开放", "开放以后"),
    ("due: {working_day: -1}", "due: {working_day: 5, after: period}", 9, "才到期", "晚于最后一个到期日"),
    ("due: {working_day: -1}", "due: {working_day: 0}", 8, "写的是 0", "1 至 250"),
    ("due: {working_day: -1}", "due: {working_day: 9..5}", 8, "没有可选", "小于"),
    ("due: {working_day: -1}", "due: {working_day: 8..10}", 8, "时限是固定的", "一个数"),
    ("due: {working_day: -1}", "due: {date: 02-30}", 8, "不是每年都有", "每年都有的一天"),
    ("due: {working_day: -1}", "due: {working_day: 5, date: 12-01}", 8, "2 种数法", "一个日子"),
    ("due: {working_day: -1}", "due: {}", 8, "没有说是哪一天", "一个日子"),
    ("due: {working_day: -1}", "due: {organ: {working_day: 9}, organs: {working_day: 9}}", 8, "organs", "organ"),
    ("locks: {working_day: 3,", "locks: {working_day: 3..5,", 9, "锁定的日子是弹性的", "同一天"),
    ("name: 清单", "name: 清单\nlocked: 3", 3, "不认识的键“locked”", "locks"),
    ("name: 清单", "name: 清单\nmatter: {years: 1}", 3, "没有“years”", "year"),
    ("name: 清单", "name: 清单\njoins: later", 3, "later", "next、now"),
]


@pytest.mark.parametrize(("before", "after", "line", "what", "expected"), WRONG, ids=[w[1] for w in WRONG])
def test_what_cannot_work_is_refused(
    processes: tuple[ProcessDefinition, ...],
    tmp_path: Path,
    before: str,
    after: str,
    line: int,
    what: str,
    expected: str,
) -> None:
    assert before in SOUND
    with pytest.raises(DefinitionErrors) as refusal:
        loaded(processes, tmp_path, SOUND.replace(before, after))
    said = [(m.line, m.what, m.expected) for m in refusal.value.mistakes]
    assert any(at == line and what in told and expected in wanted for at, told, wanted in said), said


@pytest.mark.parametrize(
    ("before", "after", "what", "expected"), WRONG_SAMPLES, ids=[w[1] or "-" for w in WRONG_SAMPLES]
)
def test_a_sample_that_cannot_be_drawn_or_looked_at_is_refused_with_its_line(
    processes: tuple[ProcessDefinition, ...], tmp_path: Path, before: str, after: str, what: str, expected: str
) -> None:
    assert before in SAMPLED
    with pytest.raises(DefinitionErrors) as refusal:
        loaded(processes, tmp_path, SOUND + SAMPLED.replace(before, after) + "\n")
    said = [(m.line, m.what, m.expected) for m in refusal.value.mistakes]
    assert any(at == 10 and what in told and expected in wanted for at, told, wanted in said), said


def test_a_sample_is_part_of_the_version_where_there_is_one(
    processes: tuple[ProcessDefinition, ...], tmp_path: Path
) -> None:
    (without,) = loaded(processes, tmp_path, SOUND)
    (sampled,) = loaded(processes, tmp_path, SOUND + SAMPLED + "\n")
    assert "verify" not in encode(without)
    assert sampled.verify == Verify(share=5, by=StratumBy.AREA, process="verification", variant="sample")
    assert sampled.version != without.version
    long = SOUND.replace("campaign: lists", f"campaign: {'l' * 30}") + SAMPLED + "\n"
    with pytest.raises(DefinitionErrors, match="最多 40 个字"):
        loaded(processes, tmp_path, long)


def test_areas_are_asked_as_areas(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="由片组承办"):
        loaded(processes, tmp_path, SOUND.replace("yearly", "visit").replace("list\n", "monthly\n"))


def test_two_do_not_ask_the_same(processes: tuple[ProcessDefinition, ...], tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="已被"):
        loaded(processes, tmp_path, SOUND, SOUND)
    other = SOUND.replace("campaign: lists", "campaign: other")
    with pytest.raises(DefinitionErrors, match="周期也一样"):
        loaded(processes, tmp_path, SOUND, other)
    halves = (SOUND.replace("all", "[organ]"), other.replace("all", "[social]"))
    assert len(loaded(processes, tmp_path, *halves)) == 2


def test_the_reference_is_up_to_date_and_has_every_key(
    processes: tuple[ProcessDefinition, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = runpy.run_path(str(ROOT / "setup" / "campaigns.py"))
    page = script["PAGE"].read_text("utf-8")
    assert script["with_reference"](page) == page, "run: .venv/bin/python setup/campaigns.py"
    asked: set[tuple[str, str]] = set()
    done = FileMapping.done

    def noted(table: FileMapping) -> None:
        place = ".".join(str(part) for part in table.path)
        place = "opens" if place.partition(".")[0] in ("due", "locks") else place
        place = "asks.*" if place.startswith("asks.") else place
        if place in CAMPAIGN_TABLES and Path(table.source.file).name not in ("figures.yaml", "budget.yaml"):
            asked.update((place, key) for key in table._asked)
        done(table)

    monkeypatch.setattr(FileMapping, "done", noted)
    said = ASKING + "asks: {month: [moved], year: {with: 1, figures: [topics]}}\nlate: {unlock: 2}\n"
    loaded(processes, tmp_path, said)
    shipped_campaigns(processes)
    kinds = {kind.id for process in processes for kind in process.unit_kinds}
    asked = {(table, key) for table, key in asked if key not in kinds}
    assert asked == {(row.table, row.key) for row in CAMPAIGN_KEYS}


def test_a_process_that_reminds_nobody_before_its_date_is_asked_of_nobody(
    processes: tuple[ProcessDefinition, ...], tmp_path: Path
) -> None:
    silent = [
        replace(one, rungs=tuple(rung for rung in one.rungs if rung.offset > 0)) if one.id == "yearly" else one
        for one in processes
    ]
    with pytest.raises(DefinitionErrors, match="到期以前没有一级提醒机关"):
        loaded(tuple(silent), tmp_path, SOUND)
