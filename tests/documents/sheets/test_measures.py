"""One cell of measures into the single measures."""

import pytest

from documents.sheets.measures import read_measures


@pytest.mark.parametrize(
    "cell",
    [
        "1.完善制度；2.加强检查", "1.完善制度;2.加强检查。", "1. 完善制度\n2. 加强检查",
        "1、完善制度。2、加强检查。", "１．完善制度；２．加强检查",
        "（1）完善制度；（2）加强检查", "(1)完善制度\n(2)加强检查", "①完善制度；②加强检查", "①完善制度②加强检查",
        "一是完善制度；二是加强检查。",
        "一是完善制度，二是加强检查", "一、完善制度\n二、加强检查", "（一）完善制度；（二）加强检查",
        "完善制度\n加强检查", "完善制度；\n加强检查。",
        "整改措施：1.完善制度；2.加强检查", "1）完善制度 \n2）加强检查", "　1．完善制度\r\n　2．加强检查",
    ],
)  # fmt: skip
def test_counted_measures_are_cut_where_they_are_counted(cell: str) -> None:
    assert read_measures(cell) == ("完善制度", "加强检查")


@pytest.mark.parametrize(
    "cell",
    [
        "完善制度，加强检查",
        "党费按 1.5% 收缴",
        "每月第一周学习；每季度检查一次",
        "3 月底前开展 2 次培训。",
        "落实“一岗双责”",
        "对 10.5 万元逐笔核对",
    ],
)
def test_a_cell_that_counts_nothing_is_one_measure_as_written(cell: str) -> None:
    assert read_measures(cell) == (cell,)


def test_only_the_outermost_count_is_cut() -> None:
    assert read_measures("1.完善制度：①财务；②考勤。2.加强检查") == ("完善制度：①财务；②考勤", "加强检查")


def test_a_single_count_is_taken_off() -> None:
    assert read_measures("1.完善制度") == ("完善制度",)


@pytest.mark.parametrize("cell", ["", " ", "—", "无", "/"])
def test_an_empty_cell_holds_no_measure(cell: str) -> None:
    assert read_measures(cell) == ()


def test_a_count_goes_on_over_the_cells_of_one_finding() -> None:
    assert read_measures("2.加强检查", 1) == ("加强检查",)
    assert read_measures("2、加强检查；3、建立台账", 1) == ("加强检查", "建立台账")
    assert read_measures("5.加强检查", 1) == ("5.加强检查",)
