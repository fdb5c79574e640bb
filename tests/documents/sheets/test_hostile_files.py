"""Files that are broken, locked or meant to do harm: one clear refusal each, and the calling process lives on."""

import io
import os
import time
import zipfile

import openpyxl
import pytest
import xlsxwriter

from documents.sheets.unreadable import REASONS, SheetRefused
from rules.errors import Code
from tests.support.sheet_factory import HEADING, notes, read, saved, workbook

BODY = (1, "学习不够", "订计划", "县教育局", "", "", "2026-12-31", "")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def reason(data: bytes, filename: str = "台账.xlsx") -> str:
    began = time.monotonic()
    with pytest.raises(SheetRefused) as refused:
        read(data, filename)
    assert time.monotonic() - began < 20
    assert refused.value.code is Code.SHEET_REFUSED
    assert str(refused.value)
    assert "{" not in str(refused.value)
    return refused.value.reason


def outcome(data: bytes) -> str:
    try:
        read(data)
    except SheetRefused as refused:
        return refused.reason
    return "read"


def repacked(data: bytes, changes: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
    return buffer.getvalue()


def test_a_cell_at_the_far_corner_is_refused_by_name() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADING))
    sheet.append(list(BODY))
    sheet["XFD1048576"] = "x"
    with pytest.raises(SheetRefused, match="XFD1048576") as refused:
        read(saved(book))
    assert refused.value.reason == "workbook_too_large"


def test_a_blank_but_formatted_far_cell_does_no_harm() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADING)
    sheet.write_row(1, 0, BODY)
    sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    book.close()
    assert len(read(buffer.getvalue()).findings) == 1


def test_a_text_file_is_refused_without_the_name_of_a_sheet() -> None:
    heading = ",".join(map(str, HEADING))
    for body in ("", "\n".join(",".join(map(str, BODY)) for _ in range(5_001))):
        with pytest.raises(SheetRefused) as refused:
            read(f"{heading}\n{body}\n".encode(), "台账.csv")
        assert "工作表" not in str(refused.value)
        assert "“”" not in str(refused.value)
    with pytest.raises(SheetRefused, match="工作表“台账”的表头下面没有问题"):
        read(workbook([HEADING]))


def test_too_many_rows_or_columns_are_refused() -> None:
    assert reason(workbook([HEADING, *[BODY] * 5_000])) == "workbook_too_large"
    assert reason(workbook([HEADING, [*BODY, *["x"] * 100]])) == "workbook_too_large"


@pytest.mark.soak
def test_five_thousand_rows_are_read() -> None:
    assert len(read(workbook([HEADING, *[(n, *BODY[1:]) for n in range(1, 5_000)]])).findings) == 4_999


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/media/image1.png"])
def test_a_zip_bomb_is_refused_unopened(part: str) -> None:
    bomb = repacked(workbook([HEADING, BODY]), {part: b"<x>" + b"0" * 200_000_000})
    assert len(bomb) < 1_000_000
    assert reason(bomb) == "workbook_bomb"


def test_a_bomb_that_lies_about_its_size_is_stopped() -> None:
    honest = repacked(workbook([HEADING, BODY]), {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 10_000_000})
    size = (5 + 17 * 10_000_000).to_bytes(4, "little")
    lying = honest.replace(size, (1_000).to_bytes(4, "little"))
    assert lying != honest
    assert reason(lying) in {"reader_failed", "workbook_damaged", "workbook_bomb"}


def test_many_entries_are_refused() -> None:
    assert reason(repacked(workbook([HEADING, BODY]), {f"xl/x{n}": b"" for n in range(3_000)})) == "workbook_bomb"


def test_an_entity_bomb_is_refused() -> None:
    entities = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(9)
    )
    bomb = (
        b'<?xml version="1.0"?>'
        + entities
        + b"]><worksheet><sheetData><row><c><v>&a8;</v></c></row></sheetData></worksheet>"
    )
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"):
        assert reason(repacked(workbook([HEADING, BODY]), {part: bomb})) == "workbook_unsafe"


def test_a_password_protected_workbook_is_named_as_such() -> None:
    container = OLE + b"\x00" * 1_000 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 3_000
    assert reason(container) == "workbook_encrypted"
    assert reason(OLE + os.urandom(4_000)) == "workbook_encrypted"
    assert reason(OLE + os.urandom(4_000), "台账.xls") == "not_a_workbook"
    locked = bytearray(workbook([HEADING, BODY]))
    at = locked.find(b"PK\x01\x02")
    locked[at + 8] |= 1
    assert reason(bytes(locked)) == "workbook_encrypted"


def test_an_empty_a_huge_and_a_random_file_are_refused() -> None:
    assert reason(b"") == "file_empty"
    assert reason(b"x" * (10 * 1024 * 1024 + 1)) == "file_too_big"
    for seed in range(3):
        assert reason(os.urandom(20_000 + seed)) in {"not_a_workbook", "workbook_damaged"}
    assert reason(os.urandom(20_000), "台账.csv") in {"unknown_encoding", "no_heading"}
    assert reason(b"\x00" * 1_000, "台账.csv") == "unknown_encoding"


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_refused(share: float) -> None:
    whole = workbook([HEADING, *[BODY] * 50])
    assert reason(whole[: int(len(whole) * share)]) == "workbook_damaged"


def test_flipped_bytes_never_break_the_caller() -> None:
    whole = workbook([HEADING, *[BODY] * 20])
    for place in range(40, len(whole), max(len(whole) // 24, 1)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        assert outcome(bytes(broken)) in {"read", *REASONS}


def test_other_documents_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    assert reason(buffer.getvalue()) == "not_a_workbook"
    assert reason(b"%PDF-1.7 ...", "台账.pdf") == "not_a_workbook"
    assert reason("<html><table><tr><td>序号</td></tr></table></html>".encode(), "台账.xls") == "not_a_workbook"


def test_a_register_without_heading_or_findings_is_refused() -> None:
    assert reason(workbook([("姓名", "电话"), ("张三", "1")])) == "no_heading"
    assert reason(workbook([HEADING, ("合计", "0")])) == "no_rows"
    assert reason(saved(openpyxl.Workbook())) == "no_heading"


def test_a_formula_is_never_evaluated() -> None:
    rows = [
        HEADING,
        (1, "=1+1", "x", "县教育局", "", "", "2026-12-31"),
        (2, "学习不够", "x", "=A1", "", "", "=TODAY()"),
    ]
    first, second = read(workbook(rows)).findings
    assert (first.state, second.state) == ("wrong", "wrong")
    assert "公式" in notes(first)["B2"]
    assert {"D3", "G3"} <= set(notes(second))


def test_the_kept_result_of_a_formula_is_a_guess_and_a_broken_one_is_wrong() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADING)
    for row in (1, 2, 3):
        sheet.write_row(row, 0, (row, *BODY[1:]))
        sheet.write_formula(row, 0, "=ROW()-1", None, row)
    sheet.write_formula(1, 1, '="学习"&"不够"', None, "学习不够")
    sheet.write_formula(2, 3, "=VLOOKUP(1,A1:B2,2)", None, "#N/A")
    book.close()
    kept, broken, plain = read(buffer.getvalue()).findings
    assert (kept.state, kept.title) == ("guessed", "学习不够")
    assert (broken.state, "D3" in notes(broken)) == ("wrong", True)
    assert plain.state == "understood"


def test_control_characters_written_as_escapes_are_wrong_at_their_cell() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADING)
    sheet.write_row(1, 0, (1, "学习\x07不够", *BODY[2:]))
    book.close()
    (finding,) = read(buffer.getvalue()).findings
    assert finding.state == "wrong"
    assert "B2" in notes(finding)


def test_a_link_to_another_workbook_is_not_followed() -> None:
    rows = [HEADING, (1, "='[/etc/passwd]Sheet1'!A1", "x", "县教育局", "", "", "2026-12-31")]
    assert read(workbook(rows)).findings[0].state == "wrong"


def test_many_merged_ranges_over_each_other_are_no_burden() -> None:
    data = workbook([HEADING, *[(n, *BODY[1:]) for n in range(1, 400)]])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    merges = b"<mergeCells>" + b'<mergeCell ref="A300:CV5000"/>' * 50_000 + b"</mergeCells>"
    began = time.monotonic()
    tangled = repacked(data, {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", b"</sheetData>" + merges)})
    assert outcome(tangled) in {"read", *REASONS}
    assert time.monotonic() - began < 10


def test_reading_forty_findings_takes_a_moment() -> None:
    data = workbook([HEADING, *[(n, *BODY[1:]) for n in range(1, 41)]])
    read(data)
    times = []
    for _ in range(3):
        began = time.monotonic()
        read(data)
        times.append(time.monotonic() - began)
    assert min(times) < 1.0
