"""What a file of imagined items may say, and what is refused, with its place; behaviours as they are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from definitions.mistakes import DefinitionErrors
from rules.telling.simulation import NOBODY, Behaviour, Habit
from runtime.ending import Problem
from runtime.simulate.behaviour import read_behaviour
from runtime.simulate.items import ImaginedItems, Usual, read_items

STEPS = ("plan", "execute")
USUAL = Usual(
    issued=date(2026, 3, 2),
    behaviour=NOBODY,
    variants=("staged", "at_once"),
    kinds=("organ", "research"),
    steps=STEPS,
)


def _read(folder: Path, name: str, text: str) -> list[ImaginedItems]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_items(path, USUAL)


@pytest.mark.parametrize(
    ("text", "unit", "reviewer", "steps"),
    [
        ("never", None, None, ()),
        ("不办", None, None, ()),
        ("3", 3, 3, ()),
        ("unit=-2, reviewer=never", -2, None, ()),
        ("单位=1；审核方=0 execute=never sign=+2", 1, 0, (("execute", None), ("sign", 2))),
    ],
)
def test_a_behaviour_is_read(
    text: str, unit: int | None, reviewer: int | None, steps: tuple[tuple[str, int | None], ...]
) -> None:
    assert read_behaviour(text, STEPS) == Behaviour(
        unit=Habit(days=unit),
        reviewer=Habit(days=reviewer),
        steps=tuple((name, Habit(days=days)) for name, days in steps),
    )


@pytest.mark.parametrize(
    ("text", "said"), [("soon", "“soon”看不懂"), ("excute=1", "没有“excute”这个环节"), ("", "看不懂")]
)
def test_a_behaviour_that_says_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_behaviour(text, STEPS)


def test_yaml_and_csv_say_the_same(tmp_path: Path) -> None:
    yaml = _read(
        tmp_path,
        "items.yaml",
        "items:\n"
        "  - {unit: 县教育局, variant: staged, issued: 2026-03-05, deadline: 2026-06-30, count: 3, behaviour: unit=2}\n"
        "  - {unit_kind: organ, variant: at_once}\n",
    )
    table = _read(
        tmp_path,
        "items.csv",
        "\ufeff单位,单位类别,走法,交办日期,完成时限,数量,表现\n县教育局,,staged,2026-03-05,2026-06-30,3,unit=2\n\n,organ,at_once,,,,\n",
    )
    strip = [(w.unit, w.unit_kind, w.variant, w.issued, w.deadline, w.count, w.behaviour) for w in yaml]
    assert strip == [(w.unit, w.unit_kind, w.variant, w.issued, w.deadline, w.count, w.behaviour) for w in table]
    assert strip[1] == ("", "organ", "at_once", date(2026, 3, 2), None, 1, NOBODY)
    assert table[1].where.endswith("items.csv:4")


def test_every_wrong_value_of_a_yaml_file_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors) as refused:
        _read(
            tmp_path,
            "items.yaml",
            "items:\n  - {unit_kind: organs, variant: staged}\n"
            "  - {unit: 甲, variant: x, behaviour: late, colour: red}\n",
        )
    assert [(problem.line, problem.path) for problem in refused.value.mistakes] == [
        (2, "items[1].unit_kind"),
        (3, "items[2].behaviour"),
        (3, "items[2].colour"),
        (3, "items[2].variant"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("单位,走法\n甲,nonsense\n", "items.csv:2：“走法”写的是“nonsense”"),
        ("单位,走法,交办日期\n甲,staged,3月2日\n", "“交办日期”写的是“3月2日”"),
        ("单位,走法,数量\n甲,staged,0\n", "“数量”写的是“0”"),
        ("单位类别,走法\nschool,staged\n", "“单位类别”写的是“school”"),
        ("甲,乙\n1,2\n", "不认识的列“甲、乙”"),
        ("", "不认识的列"),
    ],
)
def test_a_wrong_csv_file_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        _read(tmp_path, "items.csv", text)


def test_a_csv_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes("单位,走法\n甲,staged\n".encode("gb18030"))
    with pytest.raises(Problem, match="UTF-8"):
        read_items(tmp_path / "items.csv", USUAL)
