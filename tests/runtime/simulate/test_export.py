"""A simulation's files: what somebody wrote stays a text in them."""

from pathlib import Path
from zipfile import ZipFile

import openpyxl

from runtime.simulate.export import MAIN, open_export


def test_a_text_that_looks_like_markup_is_no_markup_in_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    export = open_export(path)
    export.row(MAIN, ("单位",), ("<r></is></c><c><f>1+1</f></c><is></r>",))
    export.row(MAIN, ("单位",), ("=1+1",))
    export.close()
    with ZipFile(path) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    page = openpyxl.load_workbook(path)[MAIN]
    assert [cell.value for cell in page["A"]] == ["单位", "'<r></is></c><c><f>1+1</f></c><is></r>", "=1+1"]
