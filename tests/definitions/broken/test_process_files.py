"""Every mistake in a process file is refused with its line, its path and what was expected."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.catalogue import load_process
from definitions.mistakes import DefinitionErrors
from tests.definitions.sound import PROCESS, marked_line, mistakes_of, replaced

Change = tuple[str, str]

BROKEN: dict[str, tuple[Change, str, str, str]] = {
    # name: (what is changed to what, path, part of what was found, part of what was expected); #! marks the line
    "an unknown key with a near one": (
        ("prefix: JY", "prefix: JY\nprefx: JY #!"),
        "prefx",
        "是不是“prefix”",
        "process",
    ),
    "an unknown key of a step": (
        ("closes: true}", "closes: true, cloze: 1} #!"),
        "variants.plain.steps.check.cloze",
        "cloze",
        "closes",
    ),
    "a duplicate key": (("declined: 2", "declined: 2\ndeclined: 3 #!"), "declined", "重复", "第 13 行"),
    "a missing key": (
        ("      review: {name: 审阅,", "      review: { #!\n          "),
        "variants.plain.steps.review.name",
        "缺少“name”",
        "中文名称",
    ),
    "a missing section": (
        ("variants:\n  plain:\n    name: 平常\n", "variants:\n  plain: #!\n"),
        "variants.plain.name",
        "缺少“name”",
        "中文",
    ),
    "a key without a value": (("name: 借阅", "name: #!"), "name", "没有值", "中文名称"),
    "an annulled item's lamp that others show": (
        ("annulled_lamp: void", "annulled_lamp: grey"),
        "annulled_lamp",
        "作废的事项亮“grey”",
        "只用于作废",
    ),
    "text where a number belongs": (("rank: 3", "rank: 高 #!\n   "), "lamps.red.rank", "“高”", "-1 至 99"),
    "a number where text belongs": (("name: 借阅", "name: 5 #!"), "name", "“5”", "中文名称"),
    "a number out of range": (("percent: 50", "percent: 150"), "extension.percent", "150", "1 至 100"),
    "a list where a table belongs": (
        ("urge: {cooldown_hours: 24, at_most: 10}", "urge: [24, 10] #!"),
        "urge",
        "列表",
        "键",
    ),
    "a list where a text belongs": (("ended_lamp: grey", "ended_lamp: [grey] #!"), "ended_lamp", "列表", "green、red"),
    "text where a list belongs": (("[liaison]", "liaison"), "ladder.remind.audience", "“liaison”", "列表"),
    "an empty list": (("[liaison]", "[]"), "ladder.remind.audience", "0 项", "至少 1 项"),
    "a name with a wrong form": (("prefix: JY", "prefix: jy #!"), "prefix", "“jy”", "大写字母"),
    "a colour with a wrong form": (('"#aa0000"', "红"), "lamps.red.colour", "“红”", "#c62828"),
    "a flag that is neither": (("closes: true", "closes: yes"), "variants.plain.steps.check.closes", "yes", "true"),
    "a version left out": (('version: "1"', ""), "version", "缺少“version”", "2026.1"),
    # references
    "an unknown step": (
        ("submit_to: review", "submit_to: revew #!"),
        "variants.plain.steps.draft.submit_to",
        "是不是“review”",
        "draft",
    ),
    "an unknown step to reopen at": (
        ("reopen_to: draft", "reopen_to: drift #!"),
        "variants.plain.reopen_to",
        "是不是“draft”",
        "work",
    ),
    "an unknown lamp": (("[unit_head], lamp: red", "[unit_head], lamp: rad"), "ladder.late.lamp", "“red”", "green"),
    "an unknown role": (("[unit_head]", "[unit_had]"), "ladder.late.audience[1]", "unit_head", "supervisor"),
    "a role that hears nothing": (("[unit_head]", "[system]"), "ladder.late.audience[1]", "system", "supervisor"),
    "an unknown clock": (
        ("[unsigned, working]", "[unsigned, workin]"),
        "ladder.late.applies[2]",
        "working",
        "reviewing",
    ),
    "an unknown outcome": (
        ("outcomes: {done: watch, more: work}", "outcomes: {done: watch, more: work, mor: work} #!"),
        "variants.plain.outcomes.mor",
        "mor",
        "more",
    ),
    "an outcome without a way": (
        ("outcomes: {done: watch, more: work}", "outcomes: {done: watch} #!"),
        "variants.plain.outcomes.more",
        "“more”",
        "watch",
    ),
    "an unknown stage": (("stage: inspect", "stage: inspekt"), "variants.plain.steps.check.stage", "inspekt", "adjust"),
    "an unknown window": (
        ("window: draft\n", "window: draff #!\n"),
        "variants.plain.steps.draft.window",
        "是不是“draft”",
        "work",
    ),
    "an unknown field to require": (
        ("        proposes: work\n", "        proposes: work\n        requires: [evidance] #!\n"),
        "variants.plain.steps.draft.requires[1]",
        "evidence",
        "text",
    ),
    "a reviewer's key in a unit's step": (
        ("window: work, submit_to: check}", "window: work, submit_to: check, closes: true} #!"),
        "variants.plain.steps.work.closes",
        "unit",
        "submit_to",
    ),
    "a unit's step that leads nowhere": (
        ("window: work, submit_to: check}", "window: work} #!"),
        "variants.plain.steps.work.submit_to",
        "submit_to",
        "draft",
    ),
    "a reviewer's step that leads nowhere": (
        ("window: 5, approve_to: work, return_to: draft}", "window: 5, return_to: draft} #!"),
        "variants.plain.steps.review",
        "没有通过之后的去向",
        "approve_to",
    ),
    # windows
    "a missing kind of unit": (
        ("work: {organ: 20, research: 10-40}", "work: {organ: 20} #!"),
        "windows.work",
        "research",
        "organ、research",
    ),
    "a kind of unit that is not declared": (
        ("work: {organ: 20, research: 10-40}", "work: {organ: 20, research: 9, social: 9} #!"),
        "windows.work.social",
        "social",
        "organ",
    ),
    "a least above the most": (("5-15", "15-5"), "windows.draft.research", "最短 15、最长 5", "不大于"),
    "a window of no days": (("check: 10", "check: 0 #!"), "windows.check", "0", "1 至 1000"),
    "a window that is no window": (("check: 10", "check: soon #!"), "windows.check", "soon", "12 months"),
    "a window in an unknown unit": (("check: 10", "check: 10 weeks #!"), "windows.check", "10 weeks", "12 months"),
    "a window that nothing uses": (
        ("  check: 10", "  check: 10\n  spare: 4 #!"),
        "windows.spare",
        "没有被使用",
        "删去",
    ),
    # what does not fit together
    "a step out of reach": (
        (
            "    reopen_to:",
            "      stray: {name: 空, stage: adjust, party: unit, window: 3, submit_to: check} #!\n    reopen_to:",
        ),
        "variants.plain.steps.stray",
        "走不到",
        "submit_to",
    ),
    "no step that closes": (
        ("return_to: work, closes: true", "return_to: work, approve_to: draft"),
        "variants.plain.steps",
        "没有能办结",
        "closes",
    ),
    "no outcome that closes": (
        ("outcomes: {done: watch, more: work}", "outcomes: {done: work, more: work} #!"),
        "variants.plain.outcomes",
        "没有一个认定结果",
        "watch",
    ),
    "a step from which nothing closes": (
        ("approve_to: work, return_to: draft", "approve_to: draft, return_to: draft"),
        "variants.plain.steps.draft",
        "走不到办结",
        "check",
    ),
    "a proposal for a step that does not follow": (
        ("proposes: work", "proposes: check #!"),
        "variants.plain.steps.draft.proposes",
        "check",
        "work",
    ),
    "a proposal for a fixed window": (
        ("research: 10-40", "research: 40"),
        "variants.plain.steps.draft.proposes",
        "固定",
        "弹性",
    ),
    "a span shorter than the shortest way": (
        ("span: {organ: 60,", "span: {organ: 41,"),
        "variants.plain.cap",
        "要 42 个工作日，总时限只有 41",
        "42",
    ),
    "a rung longer before due than any window": (
        ("offset: -5", "offset: -41"),
        "ladder.remind.offset",
        "最长 40 个",
        "-40",
    ),
    "a rung on a clock that is too short for it": (
        ("applies: [working]", "applies: [working, unsigned]"),
        "ladder.remind.offset",
        "unsigned",
        "-3",
    ),
    "a rung on a clock that never runs": (
        ("applies: [working]", "applies: [working, reporting]"),
        "ladder.remind.applies[2]",
        "reporting",
        "删去",
    ),
    "a rung that repeats another": (
        (
            "variants:\n",
            "  again: {name: 又, offset: 1, applies: [working], audience: [unit_head], lamp: red} #!\nvariants:\n",
        ),
        "ladder.again",
        "late",
        "不同",
    ),
    "a turn of which nobody hears any more": (
        ("applies: [unsigned, declined, working, reviewing],", "applies: [unsigned, declined, working],"),
        "ladder",
        "reviewing（审核）走完最后一级以后再没有人知道",
        "repeat",
    ),
    "a lamp that goes back": (
        (
            "variants:\n",
            "  calm: {name: 又, offset: 2, applies: [working], audience: [unit_head], lamp: green} #!\nvariants:\n",
        ),
        "ladder.calm.lamp",
        "更重的“red”",
        "不轻于 red",
    ),
    "two lamps of one rank": (("rank: 3", "rank: 1"), "lamps.red.rank", "green", "不同"),
    "a lamp that never shows": (
        ("normal_lamp:", '  blue: {name: 蓝灯, colour: "#0000aa", rank: 5} #!\nnormal_lamp:'),
        "lamps.blue",
        "永远不会亮",
        "normal_lamp",
    ),
    "an extension that never reaches the leader": (
        ("leader_over: 5", "leader_over: 20"),
        "extension.leader_over",
        "20",
        "小于 20",
    ),
    "a watch without a length": (("watch: 3 months\n", ""), "variants.plain.outcomes.done", "watch", "close"),
    "a length without a watch": (("done: watch", "done: close"), "watch", "没有认定结果", "watch"),
    # not YAML as we take it
    "an anchor": (("name: 借阅", "name: &n 借阅 #!"), "name", "锚点", "直接写出"),
    "a tab": (("declined: 2", "\tdeclined: 2 #!"), "", "YAML", "YAML 1.2"),
    "a bracket left open": (("check: 10", "check: [10 #!"), "", "YAML", "YAML 1.2"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_process_file_is_refused_for(name: str, tmp_path: Path) -> None:
    change, path, found, expected = BROKEN[name]
    text = replaced(PROCESS, *change)
    mistakes = mistakes_of(load_process, tmp_path, text)
    (mistake,) = [p for p in mistakes if p.path == path] or mistakes
    assert mistake.path == path
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text and name != "a bracket left open":
        assert mistake.line == marked_line(text)


def test_a_bracket_left_open_is_reported_where_the_reader_stumbles(tmp_path: Path) -> None:
    text = replaced(PROCESS, "check: 10", "check: [10 #!")
    (mistake,) = mistakes_of(load_process, tmp_path, text)
    assert mistake.line == marked_line(text) + 1


def test_the_sound_file_is_taken(tmp_path: Path) -> None:
    assert mistakes_of(load_process, tmp_path, PROCESS) == []


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"", 1, "空"),
        (b"# nothing\n", 1, "空"),
        (b"- a\n- b\n", 1, "列表"),
        (b"process: loan\nname: \xff\xfe\n", 2, "UTF-8"),
        (b"a: 1\n---\nb: 2\n", 2, "YAML"),
        (b"[" * 600, 1, "嵌套太深"),
        (b"? [a, b]\n: 1\n", 1, "键是一个列表"),
        (b"a: " + b"x" * (16 * 1024 * 1024), 1, "文件太大"),
    ],
)
def test_what_is_no_table_of_keys_is_refused(content: bytes, line: int, what: str, tmp_path: Path) -> None:
    mistake = mistakes_of(load_process, tmp_path, content)[0]
    assert (mistake.line, what in mistake.what) == (line, True)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="读不到文件"):
        load_process(tmp_path / "none.yaml")


def test_all_mistakes_of_a_file_are_named_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = PROCESS
    for change in (
        ("prefix: JY", "prefix: jy"),
        ("percent: 50", "percent: 500"),
        ("submit_to: review", "submit_to: revew"),
        ("offset: -5", "offset: early"),
        ("reopen_to: draft", "reopen_two: draft"),
    ):
        text = replaced(text, *change)
    mistakes = mistakes_of(load_process, tmp_path, text)
    assert [(p.line, p.path) for p in mistakes] == [
        (3, "prefix"),
        (14, "extension.percent"),
        (27, "ladder.remind.offset"),
        (32, "variants.plain.reopen_to"),
        (41, "variants.plain.steps.draft.submit_to"),
        (46, "variants.plain.reopen_two"),
    ]


def test_a_mistake_of_form_in_one_variant_does_not_hide_one_of_sense_in_another(tmp_path: Path) -> None:
    other = PROCESS[PROCESS.index("  plain:") :].replace("plain:", "other:").replace("cap: span", "cap: 41")
    text = replaced(PROCESS, "name: 起草", "name: 7") + other
    paths = {p.path for p in mistakes_of(load_process, tmp_path, text)}
    assert paths == {"variants.plain.steps.draft.name", "variants.other.cap"}


def test_mistakes_of_form_and_of_sense_are_named_together(tmp_path: Path) -> None:
    text = PROCESS
    for change in (
        ("percent: 50", "percent: 0"),
        ("lamp: green}", "lamp: grean}"),
        ("offset: 1, applies: [unsigned, working]", "offset: -9, applies: [unsigned]"),
        ("name: 起草", "name: ~"),
        ("window: 5, approve_to: work, return_to: draft", "window: x, approve_to: work, return_to: draft"),
        ("return_to: work, closes: true", "return_to: work, approve_to: draft"),
    ):
        text = replaced(text, *change)
    assert [p.path for p in mistakes_of(load_process, tmp_path, text)] == [
        "extension.percent",
        "ladder.remind.lamp",
        "variants.plain.steps",
        "variants.plain.steps.draft.name",
        "variants.plain.steps.review.window",
    ]
    sound_extension = replaced(text, "percent: 0", "percent: 50").replace("window: x", "window: 5")
    assert "ladder.late.offset" in [p.path for p in mistakes_of(load_process, tmp_path, sound_extension)]


def test_a_problem_reads_as_one_chinese_sentence_that_begins_with_file_and_line(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(load_process, tmp_path, replaced(PROCESS, "prefix: JY", "prefix: jy"))
    assert str(mistake) == f"{mistake.file}:3 prefix：“prefix”写的是“jy”；应为1 至 6 个大写字母，用作事项编号的开头。"


LINES = PROCESS.splitlines(keepends=True)


@settings(deadline=None)
@given(
    cut=st.sets(st.integers(0, len(LINES) - 1), max_size=6),
    spoilt=st.dictionaries(
        st.integers(0, len(LINES) - 1),
        st.sampled_from(
            ["~", "[]", "{}", "[1, x]", "{a: b}", "-5", "true", "''", "2026-02-30", "&a [*a]", "审", "9" * 30]
        ),
        max_size=3,
    ),
)
def test_whatever_is_done_to_a_file_it_is_taken_or_refused_with_places(cut: set[int], spoilt: dict[int, str]) -> None:
    lines = [
        f"{line.partition(':')[0]}: {spoilt[n]}\n" if n in spoilt else line
        for n, line in enumerate(LINES)
        if n not in cut
    ]
    with TemporaryDirectory() as folder:
        for mistake in mistakes_of(load_process, Path(folder), "".join(lines)):
            assert 1 <= mistake.line <= len(lines) + 1
            assert mistake.what
            assert mistake.expected
