"""Whole files through the reading process: workbooks with several sheets, text in its encodings, old workbooks."""

import io
import json
import os
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from documents.sheets.reading import to_json
from documents.sheets.unreadable import SheetRefused
from tests.support.sheet_factory import HEADING, MEANINGS, NOBODY, ignored, read, saved, workbook

BODY = ("1", "学习不够", "1.订计划；\n2.抓落实", "县教育局", "张三", "李四", "2026年12月31日", "")

MIDNIGHT = datetime.combine(date(2026, 12, 31), time())


def text(delimiter: str = ",", quote: str = '"') -> str:
    lines = [["问题整改台账", *[""] * 7], list(HEADING), list(BODY), ["合计", "1", *[""] * 6]]
    return (
        "\r\n".join(delimiter.join(f"{quote}{cell}{quote}" if cell else "" for cell in line) for line in lines) + "\r\n"
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (text().encode("utf-8"), "utf-8"), (text().encode("utf-8-sig"), "utf-8-sig"), (text().encode("gb18030"),
        "gb18030"),
        (text().encode("gbk"), "gb18030"), (text().encode("utf-16"), "utf-16"), (text(";").encode("gb18030"),
        "gb18030"),
        (text("\t").encode("utf-8"), "utf-8"), (text("|").encode("utf-8"), "utf-8"),
        (b"sep=;\r\n" + text(";").encode(), "utf-8"),
        (text().replace("\r\n", "\n").encode(), "utf-8"),
    ],
)  # fmt: skip
def test_text_is_read_in_every_encoding_and_with_every_delimiter(data: bytes, encoding: str) -> None:
    reading = read(data, "台账.CSV")
    (finding,) = reading.findings
    assert (finding.rows, finding.title, finding.lead_units) == ((3,), "学习不够", ("县教育局",))
    assert finding.answers.get("measures", ()) == ("订计划", "抓落实")
    assert (finding.due, finding.state) == (date(2026, 12, 31), "understood")
    assert sorted(ignored(reading)) == [1, 2, 4]
    assert reading.encoding == encoding


def test_unquoted_text_and_blank_lines_are_read_with_true_row_numbers() -> None:
    data = "序号,问题,责任单位,整改时限\n\n1,学习不够,县教育局，县民政局,2026-12-31\n,,,\n2,党费不清,县民政局,年底前\n"
    reading = read(data.encode("gb18030"), "台账.csv")
    assert [finding.rows for finding in reading.findings] == [(3,), (5,)]
    assert reading.findings[0].lead_units == ("县教育局", "县民政局")


def test_a_text_table_under_an_old_suffix_is_read() -> None:
    assert len(read(text("\t").encode("gb18030"), "台账.xls").findings) == 1


def test_control_characters_in_text_are_wrong_at_their_cell() -> None:
    finding = read(text().replace("学习不够", "学习\x07不够").encode(), "台账.csv").findings[0]
    assert finding.state == "wrong"
    assert [note.cell for note in finding.notes] == ["B3"]


def test_real_dates_in_a_workbook_are_understood() -> None:
    rows = [
        HEADING,
        [1, "学习不够", "x", "县教育局", "", "", MIDNIGHT],
        [2, "党费不清", "x", "县教育局", "", "", date(2026, 12, 30)],
    ]
    assert [finding.due for finding in read(workbook(rows)).findings] == [date(2026, 12, 31), date(2026, 12, 30)]


def test_a_serial_number_in_a_workbook_is_a_guess() -> None:
    (finding,) = read(workbook([HEADING, [1, "学习不够", "x", "县教育局", "", "", 46387]])).findings
    assert (finding.due, finding.state) == (date(2026, 12, 31), "guessed")


def test_the_sheet_with_the_register_is_found_and_others_are_named() -> None:
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "封面"
    cover["A1"] = "问题整改台账"
    for name, state in (("填写示例", "visible"), ("旧台账", "hidden"), ("台账", "visible"), ("第二批", "visible")):
        sheet = book.create_sheet(name)
        sheet.append(list(HEADING))
        sheet.append([1, f"{name}的问题", "x", "县教育局", "", "", "2026-12-31"])
        sheet.sheet_state = state
    reading = read(saved(book))
    assert (reading.sheet, reading.findings[0].title) == ("台账", "台账的问题")
    assert any("第二批" in remark for remark in reading.remarks)
    assert any("旧台账" in remark for remark in reading.remarks)


def test_a_hidden_row_is_a_guess() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (list(HEADING), [1, "学习不够", "x", "县教育局", "", "", "2026-12-31"]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    assert read(saved(book)).findings[0].state == "guessed"


def test_only_a_hidden_sheet_with_a_register_is_not_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("台账")
    sheet.append(list(HEADING))
    sheet.append(list(BODY))
    sheet.sheet_state = "hidden"
    with pytest.raises(SheetRefused):
        read(saved(book))


def test_an_empty_directory_is_said_in_a_remark() -> None:
    assert any("名录" in remark for remark in read(workbook([HEADING, BODY]), directory=NOBODY).remarks)


def test_the_json_has_exactly_the_promised_shape() -> None:
    rows = [
        ("问题整改台账",),
        ("序号", "问题", "整改措施", "责任单位", "", "责任领导", "责任人", "整改时限"),
        ("", "", "", "牵头单位", "配合单位", "", "", ""),
        (1, "学习不够", "订计划", "县教育局", "县民政局", "张三", "李四", "年底前"),
        ("", "", "抓落实", "", "", "", "", ""),
        ("合计", 1),
    ]
    answer = to_json(read(workbook(rows, ["A1:H1", "D2:E2", "A4:A5", "B4:B5"])))
    assert json.loads(json.dumps(answer)) == {
        "findings": [
            {
                "sheet": "",
                "rows": [4, 5],
                "state": "guessed",
                "title": "学习不够",
                "matter": {"measures": ["订计划", "抓落实"], "leader": ["张三"], "person": ["李四"]},
                "lead_units": ["县教育局"],
                "co_units": ["县民政局"],
                "due": "2026-12-31",
                "kind": "staged",
                "cut": [],
                "notes": [{"cell": "H4", "text": "“年底前”：按 2026-12-31 理解（今天是 2026-11-22）"}],
            }
        ],
        "ignored_rows": [1, 2, 3, 6],
        "ignored": [
            {"row": row, "why": why, "sheet": ""} for row, why in ((1, "标题"), (2, "表头"), (3, "表头"), (6, "合计行"))
        ],
        "process": "",
        "fields": [{"id": one.id, "name": one.name, "kind": one.kind} for one in MEANINGS.form.fields],
        "kinds": {"at_once": "立行立改", "staged": "分阶段整改", "long_term": "长期整改"},
        "sheet": "台账",
        "unused_columns": [],
        "remarks": [],
    }


def test_time_zone_and_locale_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook([HEADING, [1, "学习不够", "x", "县教育局", "", "", MIDNIGHT], list(BODY)]))
    script = (
        "import json, sys, datetime; from documents.sheets.register import read_register;"
        "from tests.support.sheet_factory import MEANINGS as how;"
        "from documents.sheets.reading import to_json; from documents.sheets.names import Directory;"
        "data = open(sys.argv[1], 'rb').read();"
        "today = datetime.date(2026, 11, 22);"
        "reading = read_register(data, 'a.xlsx', directory=Directory(), today=today, meanings=how);"
        "print(json.dumps(to_json(reading)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={**os.environ, "TZ": zone, "LC_ALL": locale},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            check=True,
        ).stdout
        for zone, locale in (("UTC", "C"), ("America/Los_Angeles", "C.UTF-8"), ("Pacific/Kiritimati", "POSIX"))
    }
    assert len(outputs) == 1
    assert b"2026-12-31" in outputs.pop()


def test_the_reading_process_leaves_no_file_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        read(workbook([HEADING, list(BODY)]))
        with pytest.raises(SheetRefused):
            read(io.BytesIO(b"PK\x03\x04broken").getvalue())
    assert len(os.listdir("/proc/self/fd")) <= before
