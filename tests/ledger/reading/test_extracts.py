"""Extracts: every row once, in order, whatever the chunk; values that any file can hold; one hash over the lines."""

import hashlib

import pytest

from desk.register_extract import register_extract
from ledger.reading import queries
from ledger.reading.entries_extract import ENTRY_COLUMNS, EntrySelection, entries_extract
from ledger.reading.entry_words import EntryWords
from ledger.reading.extracts import CELL_LIMIT, Column, ColumnKind, ContentHash, ExtractRow, clean, colour, moment
from ledger.reading.filters import Filters
from ledger.store.canonical import parse
from ledger.store.database import Database
from ledger.store.hashing import SHA256
from tests.support import world


@pytest.fixture
def lived(database: Database) -> Database:
    world.live(database)
    world.live(database, "XX2026-0002")
    world.store_issued(database, *(world.issued(f"XX2026-{n:04d}", unit=world.U3) for n in range(3, 9)))
    return database


@pytest.mark.parametrize("filters", [Filters(), Filters(unit="u3"), Filters(text="制度"), Filters(lamp="none")])
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_the_register_s_extract_is_the_register(
    lived: Database, filters: Filters, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.register_extract.ROWS_AT_ONCE", chunk)
    with lived.read() as connection:
        extract = register_extract(connection, filters)
        rows = list(extract.rows)
        page = queries.register(connection, filters, size=500)
    assert [row.values[0] for row in rows] == [row["no"] for row in page.rows]
    assert extract.total == len(rows)
    assert all(len(row.values) == len(extract.columns) for row in rows)


@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_entries_come_in_the_order_of_the_ledger(lived: Database, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.reading.entries_extract.ROWS_AT_ONCE", chunk)
    with lived.read() as connection:
        whole, one = (
            entries_extract(connection, EntrySelection()),
            entries_extract(connection, EntrySelection(no="XX2026-0002")),
        )
        rows, of_one = list(whole.rows), list(one.rows)
        view = queries.item(connection, "XX2026-0002")
    assert [row.values[0] for row in rows] == list(range(1, whole.total + 1))
    assert [row.values[-1] for row in of_one] == [entry["hash"] for entry in view.entries]
    assert one.total == len(of_one) == 7


_TOLD = [column.name for column in ENTRY_COLUMNS].index("told")


def test_who_was_told_is_asked_of_the_notices_where_an_entry_does_not_say(lived: Database) -> None:
    with lived.read() as connection:
        told = [row.values[_TOLD] for row in entries_extract(connection, EntrySelection(no="XX2026-0001")).rows]
        without = [{**entry, "told": None} for entry in queries.item(connection, "XX2026-0001").entries]
        words = EntryWords(connection, without)  # type: ignore[arg-type]
        asked = [words.told(entry) for entry in without]  # type: ignore[arg-type]
    assert {frozenset(said.split("、")) for said in asked} == {frozenset(str(said).split("、")) for said in told}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (None, ""),
        ("", ""),
        ("三会一课", "三会一课"),
        ("a\r\nb\rc\n\td", "a\nb\nc\n\td"),
        ("\x00\x07\x1b\x7f\x85\ufffe", "\ufffd" * 6),
        ("𠮷🚩\u3000", "𠮷🚩\u3000"),
    ],
)
def test_a_text_is_made_such_that_any_file_can_hold_it(text: str | None, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert clean(clean(text)) == cleaned


def test_a_text_that_no_cell_holds_is_cut_and_says_so() -> None:
    assert clean("长" * CELL_LIMIT) == "长" * CELL_LIMIT
    assert clean("长" * (CELL_LIMIT + 5)).endswith("长…（后略 5 字）")


@pytest.mark.parametrize(
    ("written", "digits"),
    [("#C62828", "#c62828"), ("#0a0", "#00aa00"), ("red", ""), ("#c62828;background:url(x)", ""), ("", "")],
)
def test_a_colour_has_six_digits_or_is_none(written: str, digits: str) -> None:
    assert colour(written) == digits


def test_a_moment_is_local_to_the_second() -> None:
    assert moment("2026-11-22T16:21:10.999999Z") == "2026-11-23 00:21:10"


def test_the_content_hash_is_that_of_the_lines() -> None:
    columns = (Column(name="b", heading="乙"), Column(name="a", heading="甲", kind=ColumnKind.NUMBER))
    content = ContentHash(columns, SHA256)
    lines = [content.line(ExtractRow(("“引号”\n", 1))), content.line(ExtractRow(("", 0)))]
    assert lines == ['{"a":1,"b":"“引号”\\n"}\n'.encode(), b'{"a":0,"b":""}\n']
    assert content.hexdigest() == hashlib.sha256(b"".join(lines)).hexdigest()
    assert [parse(line)["a"] for line in lines] == [1, 0]
