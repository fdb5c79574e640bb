"""The demonstration's register: about forty findings, read back as a supervisor would see them."""

from datetime import date
from pathlib import Path

import pytest

from documents.sheets.names import Directory, IssuableUnit
from documents.sheets.reading import Reading
from documents.sheets.register import read_register
from runtime.demo.sheet import build
from tests.support.sheet_factory import MEANINGS

KINDS = {"organ": "局", "institution": "中心", "research": "研究所", "enterprise": "公司", "social": "协会"}
UNITS = tuple(
    IssuableUnit(id=f"{kind}{n}", name=f"云山县{word}{ending}", kind=kind)
    for kind, ending in KINDS.items()
    for n, word in enumerate(("农业", "林业", "水利", "教育", "交通", "文化"))
)


def demo(tmp_path: Path, today: date, units: tuple[IssuableUnit, ...] = UNITS) -> Reading:
    path = tmp_path / "register.xlsx"
    build(path, today, [(unit.name, unit.kind) for unit in units])
    return read_register(path.read_bytes(), path.name, directory=Directory(units=units), today=today, meanings=MEANINGS)


@pytest.mark.parametrize(
    "today", [date(2026, 11, 22), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2026, 6, 30)]
)
def test_on_any_day_three_rows_are_wrong_and_the_rest_can_be_issued(tmp_path: Path, today: date) -> None:
    reading = demo(tmp_path, today)
    states = [finding.state for finding in reading.findings]
    assert 36 <= len(states) <= 44
    assert states.count("wrong") == 3
    assert states.count("guessed") >= 4
    wrong = [note.code for finding in reading.findings for note in finding.notes if note.level == "wrong"]
    assert sorted(wrong) == ["date_in_past", "date_invalid", "unknown_unit"]


def test_it_holds_every_kind_of_limit_and_mess(tmp_path: Path) -> None:
    reading = demo(tmp_path, date(2026, 11, 22))
    assert {finding.kind for finding in reading.findings} == {"at_once", "staged", "long_term"}
    assert any(len(finding.rows) > 1 for finding in reading.findings)
    assert any(finding.co_units for finding in reading.findings)
    assert any(len(finding.lead_units) == 6 for finding in reading.findings)
    assert {row.why for row in reading.ignored_rows} >= {"标题", "表头", "合计行", "表尾"}
    assert {finding.said("category") for finding in reading.findings} >= {"政治建设", "组织建设", "责任落实"}


def test_the_same_day_gives_the_same_findings(tmp_path: Path) -> None:
    assert demo(tmp_path, date(2026, 11, 22)) == demo(tmp_path, date(2026, 11, 22))


def test_a_county_with_one_kind_of_unit_is_enough(tmp_path: Path) -> None:
    reading = demo(tmp_path, date(2026, 11, 22), UNITS[:6])
    assert sum(finding.state == "wrong" for finding in reading.findings) == 4


def test_without_units_there_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        build(tmp_path / "x.xlsx", date(2026, 11, 22), [])
