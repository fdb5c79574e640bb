"""What an item is about, as a file asks for it, is refused with line, path and what was expected."""

from pathlib import Path

import pytest

from definitions.catalogue import load_process
from tests.definitions.sound import PROCESS, marked_line, mistakes_of

BROKEN: dict[str, tuple[str, str, str, str]] = {
    # name: (the matter, path, part of what was found, part of what was expected); #! marks the line
    "no title": ("  goal: {name: 目标, kind: text}", "matter.title", "缺少“title”", "name、limit、import"),
    "a title of another kind": ("  title: {name: 问题, kind: number} #!", "matter.title.kind", "不认识的键", "limit"),
    "a field that nobody can fill in at issue": (
        "  title: {name: 问题}\n  paper: {name: 材料, kind: evidence} #!",
        "matter.paper.kind",
        "evidence",
        "交办时填得出",
    ),
    "a column of the register that is no text": (
        "  title: {name: 问题}\n  category: {name: 类别, kind: date} #!",
        "matter.category.kind",
        "台账的一栏",
        "text 或 choice",
    ),
    "a pattern that nobody can read": (
        '  title: {name: 问题, import: {headings: [问题], like: "(问题"}} #!',
        "matter.title.import.like",
        "读不懂",
        "正则式",
    ),
    "headings of the fields and none of the title": (
        "  title: {name: 问题} #!\n  goal: {name: 目标, kind: text, import: {headings: [目标]}}",
        "matter.title",
        "title 没有写",
        "headings",
    ),
    "a year that is none": (
        "  title: {name: 问题}\n  year: {name: 年度, kind: count, least: 1}\nyear: year #!",
        "year",
        "不是事由里的一个年份",
        "2000 至 2100",
    ),
    "a year of no dates": (
        "  title: {name: 问题}\n  year: {name: 年度, kind: count, least: 2000, most: 2100}\nyear: year #!",
        "year",
        "没有逐次记的",
        "tallies",
    ),
    "a word that is none": ("words: {close: 销号, open: 开} #!", "words.open", "不认识的键", "close、return"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_process_file_is_refused_for(name: str, tmp_path: Path) -> None:
    written, path, found, expected = BROKEN[name]
    text = PROCESS + (written if written.startswith("words") else f"matter:\n{written}") + "\n"
    (mistake,) = [m for m in mistakes_of(load_process, tmp_path, text) if m.path == path]
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text:
        assert mistake.line == marked_line(text)
