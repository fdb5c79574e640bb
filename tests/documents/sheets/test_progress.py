"""How far the reading of a register is: told as it goes, over all sheets, and never backwards."""

import openpyxl

from documents.sheets.register import read_register
from tests.support.sheet_factory import COUNTY, HEADING, MEANINGS, TODAY, saved

ROWS = 30


def test_whoever_reads_a_register_hears_how_many_rows_are_read_and_of_how_many() -> None:
    book = openpyxl.Workbook()
    for name in ("机关", "事业单位"):
        sheet = book.create_sheet(name)
        sheet.append(HEADING)
        for n in range(1, ROWS):
            sheet.append((n, f"第 {n} 件事没有落实", "整改", "县教育局", "", "", "12月底前", ""))
    del book["Sheet"]
    heard: list[tuple[int, int]] = []
    read_register(
        saved(book),
        "台账.xlsx",
        directory=COUNTY,
        today=TODAY,
        meanings=MEANINGS,
        sheet="all",
        told=lambda done, total: heard.append((done, total)),
    )
    done = [rows for rows, _ in heard]
    assert {total for _, total in heard} == {2 * ROWS}
    assert (done[0], done[-1]) == (0, 2 * ROWS)
    assert done == sorted(done)
    assert len(set(done)) > ROWS
