"""What cannot work in an indicator is refused, with its line, what is wrong, and what was expected; and what nobody is
assessed by, whatever document says so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rules.burden.budget import WATCHED_WORDS
from tests.definitions.assessments.small import SMALL, campaigns_and, figures, refused

STUDY_LEAST = "least: {organ: 4, institution: 2, research: 2, enterprise: 2, social: 1}"
WRONG: list[tuple[str, str, str, str]] = [
    # what stands there, what instead, what is wrong, what was expected
    # --- levels
    ("{100: 100%, 95: 80%}", "{95: 80%, 100: 100%}", "不是一档比一档低", "从高到低"),
    ("{100: 100%, 95: 80%}", "{100: 80%, 95: 80%}", "不是一档比一档低", "界限和得分都递减"),
    ("{90: 100%, 75: 80%, 60: 60%}", "{75: 80%, 90: 100%}", "不是一档比一档低", "从高到低"),
    ("{100: 100%, 95: 80%}", "{100: 120%}", "120%", "不超过 100%"),
    ("{100: 100%, 95: 80%}", "{100: 1}", "写的是“1”", "如 50%"),
    ("{100: 100%, 95: 80%}", "{all: 100%}", "界限写的是“all”", "不带百分号"),
    # --- kinds and keys
    (
        "kind: computed, value",
        "kind: reckoned, value",
        "reckoned",
        "ledger、counted、computed、on_time、judged、add_deduct",
    ),
    ("every: month, kind: counted", "every: once, kind: counted", "once", "month、quarter、half_year、year"),
    ("figure: closed_on_time, rungs", "figures: [closed_on_time], rungs", "缺少“figure”", "小写英文字母"),
    ("rungs: true", "rung: true", "不认识的键“rung”", "rungs"),
    (
        "kind: ledger, figure: published,",
        "kind: ledger, judge: leader, figure: published,",
        "ledger 的指标不写“judge”",
        "judged",
    ),
    ("record_views: true", "record_view: true", "不认识的键“record_view”（是不是“record_views”？）", "record_views"),
    ("ranking: units", "ranking: persons", "persons", "none、units"),
    ("campaign: monthly\nnot", "campaign: month\nnot", "没有这一项（是不是“monthly”？）", "monthly"),
    ("name: 党费收缴", "name: 三会一课", "“三会一课”已是 meetings 的名称", "不重复"),
    # --- applies
    ("kinds: [organ], sizes", "kinds: [organs], sizes", "没有“organs”", "organ"),
    ("sizes: [branch]", "sizes: [small]", "没有“small”", "committee、general_branch、branch"),
    ("sizes: [branch]", "conditions: [poor]", "没有“poor”", "advanced、middle、weak、slack"),
    # --- figures
    (
        "figure: closed_on_time",
        "figure: closed_in_time",
        "没有数据项“closed_in_time”（是不是“closed_on_time”？）",
        "closed_on_time",
    ),
    ("figure: closed_on_time", "figure: assembly", "“assembly”不是由留痕算的", "closed_on_time、nodes_on_time"),
    ("full: 15, every: quarter", "full: 15, every: month", "每季度一个数，指标却每月算一次", "every: quarter，或更久"),
    (
        "every: quarter, kind: computed",
        "every: month, kind: computed",
        "“dues_paid”每季度一个数，指标却每月",
        "every: quarter",
    ),
    ("figures: [integrity]", "figures: [appraised]", "“appraised”每年一个数，指标却每半年算一次", "every: year"),
    ("figures: [integrity]", "figures: [integriti]", "没有“integriti”", "integrity"),
    ("kind: counted, figure: study", "kind: counted, figure: moved", "“moved”是 yes_no，不能计次数", "count"),
    ("figure: elected", "figure: elected, least: 1", "“elected”是 yes_no，用不着 least", "去掉"),
    ("figure: elected", "figure: elected, by: {90: 100%}", "“elected”是 yes_no，用不着 by", "去掉"),
    ("figure: published, least: 1, short", "figure: published, short", "缺少“least”", "几次"),
    # --- counted
    (
        STUDY_LEAST,
        "least: {organ: 4, institution: 2, research: 2, enterprise: 2}",
        "没有写社会组织（social）至少几次",
        "适用的每一类都写",
    ),
    (STUDY_LEAST, STUDY_LEAST.replace("social", "socials"), "没有单位类别“socials”，或本指标不适用", "social"),
    (STUDY_LEAST, STUDY_LEAST.replace("organ: 4", "organ: -4"), "-4", "0 至 999"),
    ("parts: {committee: 3, lectures: 1}", "parts: {committee: 3, lessons: 1}", "没有数据项“lessons”", "lectures"),
    (
        "parts: {committee: 3, lectures: 1}",
        "parts: {committee: 3}, figure: lectures",
        "既写了 parts，又写了 figure",
        "写一种",
    ),
    ("short: 0.5}", "short: 11}", "写的是 11 分", "0.01 至 10 分"),
    # --- computed
    ("value: dues_paid / dues_owed", "value: dues_paid / dues_due", "dues_due", "dues_owed"),
    ("value: dues_paid / dues_owed", "value: dues_paid >= dues_owed", "不是一个数", "一个比"),
    ("value: dues_paid / dues_owed", "value: dues_paid /", "", ""),
    ("value: dues_paid / dues_owed", "value: moved / dues_owed", "moved", ""),
    # --- on time
    (
        "kind: on_time, campaign: monthly, late: 50%, m",
        "kind: on_time, campaign: visit, late: 50%, m",
        "没有这一项",
        "visits",
    ),
    (
        "campaign: monthly, figure: moved",
        "campaign: monthly, figure: assembly",
        "“assembly”每季度一个数，指标却每月",
        "every: quarter",
    ),
    (
        "every: month, kind: on_time, campaign: monthly, figure: moved",
        "every: quarter, kind: on_time, campaign: monthly, figure: assembly",
        "不是每一期都问“assembly”",
        "moved、committee",
    ),
    ("late: 50%, missing: 10%", "late: 50%, missing: 60%", "没有报的得分比迟报的还多", "不高于 late"),
    (
        "every: month, kind: on_time, campaign: monthly, late",
        "every: month, kind: on_time, campaign: yearly_list, late",
        "“yearly_list”每年一次，比指标少",
        "更勤",
    ),
    # --- judged
    ("judge: supervisor, standard", "standard", "没有写由谁评定", "judge: supervisor、leader、instructor、area_leader"),
    ("judge: supervisor", "judge: liaison", "liaison", "supervisor、leader"),
    ("judge: supervisor, standard: 有检查", "judge: supervisor", "评定的指标没有写标准", "standard:"),
    ("second: 1}", "second: 12}", "写的是 12 分", "0.01 至 10 分"),
    # --- add, deduct
    ("deduct: 10,", "deduct: 0,", "扣分的上限是 0，这一项永远不计", "deduct 大于 0"),
    ("add: 6,", "add: 0,", "加分的上限是 0，这一项永远不计", "add 大于 0"),
    ("points: -2.5", "points: -10.5", "一项就扣 10.5 分，超过上限", "不超过 10 分"),
    ("points: 2}", "points: 6.01}", "一项就加 6.01 分，超过上限", "不超过 6 分"),
    ("points: 2}", "points: 0}", "写的是 0 分", "加的是正数"),
    ("points: -2.5", "points: 2.5", "最多扣 10 分，entries 里却没有扣分的", "deduct: 0"),
    ("needs: [document]", "needs: [photo]", "没有“photo”", "document、date、evidence"),
    (
        "entries: {award: {name: 县级表彰, points: 2}, circular: {name: 通报批评, points: -2.5}}",
        "entries: {}",
        "是空的",
        "加减分的各项",
    ),
    ("every: half_year, add: 6", "every: half_year, full: 5, add: 6", "add_deduct 的指标不写“full”", "去掉"),
    # --- the ladder's points
    (
        "figure: published, least: 1, short: 2.5",
        "figure: published, least: 1, short: 2.5, rungs: true",
        "督办阶梯扣的分在 rectify、open 里都扣",
        "只写在一项里",
    ),
]


@pytest.mark.parametrize(("before", "after", "what", "expected"), WRONG, ids=[w[1][:60] for w in WRONG])
def test_what_cannot_work_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, what: str, expected: str
) -> None:
    assert SMALL.count(before) == 1, before
    said = refused(tmp_path, SMALL.replace(before, after))
    assert any(what in told and expected in wanted for _, told, wanted in said), said
    first = SMALL[: SMALL.index(before)].count("\n") + 1
    lines = {5, *range(first - 3, first + before.count("\n") + 4)}
    assert any(line in lines for line, told, _ in said if what in told), (first, said)


@pytest.mark.parametrize("word", WATCHED_WORDS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: 集中学习", "name: 学习{word}"),
        ("standard: 有检查", "standard: 按{word}评定"),
        ("name: 县级表彰", "name: {word}表彰"),
    ],
)
def test_days_online_punching_and_likes_are_no_basis(tmp_path: Path, word: str, before: str, after: str) -> None:
    assert SMALL.count(before) == 1
    ((line, what, expected),) = refused(tmp_path, SMALL.replace(before, after.format(word=word)))
    assert f"“{word}”" in what
    assert "不作为考核的依据" in what
    assert "按工作成效考核" in expected
    assert abs(line - (SMALL[: SMALL.index(before)].count("\n") + 1)) <= 2


@pytest.mark.parametrize("figure", ["study", "committee", "dues_paid", "closed_on_time", "integrity", "moved"])
def test_nor_does_a_figure_bring_them_in_whatever_document_allows_it(tmp_path: Path, figure: str) -> None:
    """Counted, a part, in an expression, told by the ledger, shown beside a judgement, looked at for being told."""
    register = replace(
        figures(),
        figures=tuple(replace(one, name="在线学习时长") if one.id == figure else one for one in figures().figures),
    )
    ((_, what, _),) = refused(tmp_path, SMALL, register=register)
    assert "“在线学习时长”里有“" in what


def test_nor_does_what_has_to_come_in_on_time(tmp_path: Path) -> None:
    named = tuple(replace(one, name="学习打卡") if one.id == "monthly" else one for one in campaigns_and(tmp_path))
    said = refused(tmp_path, SMALL, of=named)
    assert said
    assert all("“学习打卡”里有“打卡”" in what for _, what, _ in said)
