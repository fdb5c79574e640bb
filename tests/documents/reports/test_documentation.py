"""docs/exports.md names every column as exports do."""

from pathlib import Path

import pytest

from desk.showing.register import REGISTER_COLUMNS
from documents.reports.particulars import KIND_WORDS
from ledger.reading.entries_extract import ENTRY_COLUMNS
from ledger.reading.extracts import Column
from tests.documents.reports.exports_page import written

PAGE = Path(__file__).parents[3] / "docs" / "exports.md"


@pytest.mark.parametrize(("mark", "columns"), [("register", REGISTER_COLUMNS), ("entries", ENTRY_COLUMNS)])
def test_the_page_lists_the_columns_of_exports(mark: str, columns: tuple[Column, ...]) -> None:
    table = PAGE.read_text("utf-8").split(f"<!-- {mark} columns -->\n")[1].split("\n\n")[0]
    rows = [f"| {column.heading} | `{column.name}` | {KIND_WORDS[column.kind]} |" for column in columns]
    assert table.rstrip("\n").split("\n")[2:] == rows


def test_the_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page), "run: python -m tests.documents.reports.exports_page"


def test_what_is_printed_fits_a_page() -> None:
    for columns in (REGISTER_COLUMNS, ENTRY_COLUMNS):
        assert len({column.name for column in columns}) == len({column.heading for column in columns}) == len(columns)
        assert 5 <= len([column for column in columns if column.share]) <= 12
