"""Tables that process files share: a name stands for the table, what is wrong with a name is said where it stands, and
a table more than a process needs is no mistake of it."""

from pathlib import Path

import pytest
from ruamel.yaml.nodes import MappingNode

from definitions.catalogue import SHIPPED, load_catalogue, load_process
from definitions.language.shared import SHARED_FILE
from definitions.source import Source
from rules.errors import RuleViolation
from tests.definitions.sound import PROCESS, mistakes_of, replaced

TABLES = """\
common: county
unit_kinds: {both: {organ: 机关, research: 科研院所}}
lamps:
  four:
    green: {name: 绿灯, colour: "#00aa00", rank: 1}
    red: {name: 红灯, colour: "#aa0000", rank: 3}
    blue: {name: 蓝灯, colour: "#0000aa", rank: 2}
    grey: {name: 灰灯, colour: "#777777", rank: 0}
    void: {name: 作废, colour: "#555555", rank: -1}
defaults: {normal_lamp: green, ended_lamp: grey, annulled_lamp: void}
"""
OWN_LAMPS = PROCESS[PROCESS.index("lamps:\n") : PROCESS.index("ladder:")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / SHARED_FILE).write_text(TABLES, "utf-8")
    path = tmp_path / "loan.yaml"
    text = replaced(PROCESS, "{organ: 机关, research: 科研院所}", "both")
    path.write_text(replaced(text, OWN_LAMPS, "lamps: four\n"), "utf-8")
    return path


def test_a_name_stands_for_the_table_and_for_what_goes_with_it(file: Path, tmp_path: Path) -> None:
    process = load_process(file).resolve("organ", "plain")
    assert [lamp.id for lamp in process.lamps] == ["green", "red", "blue", "grey", "void"]
    assert (process.ended_lamp, process.annulled_lamp) == ("grey", "void")
    whole = tmp_path / "whole" / "loan.yaml"
    whole.parent.mkdir()
    whole.write_text(PROCESS, "utf-8")
    assert process.steps == load_process(whole).resolve("organ", "plain").steps


def test_whoever_changes_a_shared_table_makes_a_new_version(file: Path) -> None:
    before = load_process(file).version
    shared = file.parent / SHARED_FILE
    shared.write_text(TABLES.replace("#aa0000", "#bb0000"), "utf-8")
    assert load_process(file).version != before


@pytest.mark.parametrize(
    ("there", "instead", "expected"),
    [
        ("lamps: four", "lamps: for", "没有名为“for”的共用表（是不是“four”？）"),
        ("unit_kinds: both", "unit_kinds: bath", "common.yaml 里的一张：both"),
        ("urge: {cooldown_hours: 24, at_most: 10}", "urge: usual", "没有名为“usual”的共用表"),
    ],
)
def test_a_name_that_no_table_has_is_refused_where_it_stands(
    file: Path, there: str, instead: str, expected: str
) -> None:
    text = replaced(file.read_text("utf-8"), there, instead)
    found = mistakes_of(load_process, file.parent, text)
    line = next(n for n, one in enumerate(text.splitlines(), 1) if instead in one)
    assert [one.line for one in found if expected in f"{one.what}{one.expected}"] == [line]


def test_the_shared_file_itself_is_looked_at(file: Path) -> None:
    (file.parent / SHARED_FILE).write_text(TABLES.replace("unit_kinds:", "unit_kind:"), "utf-8")
    with pytest.raises(RuleViolation, match=r"common\.yaml:2 unit_kind：不认识的键"):
        load_process(file)


def test_the_shipped_processes_share_their_lamps() -> None:
    sharing = [path.stem for path in sorted(SHIPPED.glob("*.yaml")) if "lamps: standard" in path.read_text("utf-8")]
    assert len(sharing) >= 2
    lamps = {one.id: one.lamps for one in load_catalogue()}
    assert len({lamps[name] for name in sharing}) == 1


def test_every_shipped_table_stands_on_the_page_about_definitions() -> None:
    source = Source(SHIPPED.parent / SHARED_FILE)
    page = (SHIPPED.parents[1] / "docs" / "definitions.md").read_text("utf-8")
    tables = page[page.index("随附的 `common.yaml` 里有这些") : page.index("共用的表比一个流程用得到的多")]
    assert isinstance(source.root, MappingNode)
    for key, names in source.root.value:
        if isinstance(names, MappingNode) and key.value != "defaults":
            assert f"`{key.value}`" in tables
            assert [n.value for n, _ in names.value if f"`{n.value}`" not in tables] == []
