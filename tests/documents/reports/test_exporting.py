"""Exports: the same rows and one hash in every format; nothing in them acts; an entry before anybody has a file."""

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from desk import exporting
from desk.caller import on_site
from desk.exporting import Format, MadeExport, What
from desk.register_extract import register_extract
from desk.timeline import timeline_of
from documents.reports import plain, printed_table, printing
from documents.reports.binding import bound, pages_of
from documents.reports.timeline import as_html
from ledger.chain.entries import ENTRY
from ledger.proof import checkpoints
from ledger.proof.keys import KeyFolder
from ledger.reading.entries_extract import ENTRY_COLUMNS, EntrySelection
from ledger.reading.extracts import ColumnKind
from ledger.reading.filters import Filters
from ledger.store import migrations
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM
from tests.documents.reports import stranger
from tests.documents.reports.conftest import HOSTILE
from tests.support import world

NOW = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
ALL = Filters()
PAST = EntrySelection(until=date(2026, 11, 24))
"""Without the notes of the exports that the test itself makes."""


@contextmanager
def made(
    database: Database, what: What, form: Format, *, person: str = "shen", folder: Path | None = None
) -> Iterator[MadeExport]:
    with exporting.exported(database, what, form, caller=on_site(person), now=NOW, folder=folder) as done:
        yield done


def taken(database: Database, what: What, form: Format, tmp_path: Path) -> tuple[Path, MadeExport]:
    with made(database, what, form) as done:
        return Path(shutil.copy(done.path, tmp_path / f"out.{form}")), done


def notes(database: Database) -> list[Mapping[str, Any]]:
    with database.read() as connection:
        rows = connection.execute(select(ENTRY).where(ENTRY.c.kind == "exported").order_by(ENTRY.c.position))
        return [{**row._mapping, **parse(row.body)} for row in rows]


@pytest.mark.parametrize("what", [ALL, EntrySelection(no="XX2026-0001"), PAST])
def test_every_format_of_the_same_rows_has_one_content_hash(database: Database, what: What, tmp_path: Path) -> None:
    done = {form: taken(database, what, form, tmp_path)[1] for form in Format}
    assert len({one.content_hash for one in done.values()}) == 1
    assert len({one.file_hash for one in done.values()}) == len(Format)
    assert done[Format.JSONL].file_hash == done[Format.JSONL].content_hash


@pytest.mark.parametrize("what", [ALL, EntrySelection(no="XX2026-0001"), PAST])
def test_a_stranger_works_out_the_content_hash_from_the_file_alone(
    database: Database, what: What, tmp_path: Path
) -> None:
    with database.read() as connection:
        columns = register_extract(connection, what).columns if isinstance(what, Filters) else ENTRY_COLUMNS
    lines, done = taken(database, what, Format.JSONL, tmp_path)
    assert stranger.hash_of_lines(lines) == done.content_hash
    table, done = taken(database, what, Format.CSV, tmp_path)
    numbers = {column.name for column in columns if column.kind is ColumnKind.NUMBER}
    assert stranger.hash_of_table(table, [column.name for column in columns], numbers) == done.content_hash


@pytest.mark.parametrize("what", [ALL, EntrySelection(no="XX2026-0001"), PAST])
def test_a_stranger_works_out_the_content_hash_from_the_workbook(
    database: Database, what: What, tmp_path: Path
) -> None:
    book, done = taken(database, what, Format.XLSX, tmp_path)
    assert stranger.hash_of_workbook(book) == (done.content_hash, done.content_hash)


def test_the_export_stands_in_the_ledger_before_anybody_has_the_file(database: Database) -> None:
    with made(database, Filters(lamp="red", late=True), Format.CSV) as done:
        (note,) = notes(database)
        assert done.path.exists()
    assert (note["stream"], note["actor"], note["role"]) == ("~access/2026-11", "shen", "auditor")
    assert (note["what"], note["format"], note.get("rows", 0)) == ("台账", "csv", done.rows)
    assert (note["content_hash"], note["file_hash"]) == (done.content_hash, done.file_hash)
    assert note["filters"] == ["灯：红灯", "逾期：是"]
    assert not done.path.exists()


def test_an_item_s_export_is_noted_under_its_number(database: Database) -> None:
    with made(database, EntrySelection(no="XX2026-0002"), Format.JSONL, person="李安"):
        (note,) = notes(database)
    assert (note["what"], note["item"], note["actor"], note["rows"]) == ("留痕", "XX2026-0002", "lian", 7)


@pytest.mark.parametrize(
    ("what", "form", "person", "code"),
    [
        (ALL, Format.CSV, "nobody", "unknown_person"),
        (EntrySelection(no="XX2026-9999"), Format.PDF, "shen", "unknown_item"),
    ],
)
def test_a_refused_export_leaves_no_note_and_no_file(
    database: Database, what: What, form: Format, person: str, code: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(RuleViolation) as refused, made(database, what, form, person=person, folder=folder):
        pass
    assert refused.value.code == code
    assert (notes(database), list(folder.iterdir())) == ([], [])


@pytest.mark.parametrize("form", list(Format))
def test_an_export_that_fails_on_the_way_leaves_no_note_and_no_file(
    database: Database, form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(done: int, total: int) -> None:
        raise OSError("no space left")

    folder = tmp_path / "out"
    folder.mkdir()
    with (
        pytest.raises(OSError, match="no space"),
        exporting.exported(database, ALL, form, caller=on_site("shen"), now=NOW, folder=folder, progress=fail),
    ):
        pass
    assert (notes(database), list(folder.iterdir())) == ([], [])


def test_nothing_in_a_workbook_is_a_formula_or_a_link(database: Database, tmp_path: Path) -> None:
    path, _ = taken(database, ALL, Format.XLSX, tmp_path)
    findings = [str(cell.value) for cell in load_workbook(path).worksheets[0]["J"]]
    for dangerous in HOSTILE[:6]:
        assert dangerous in findings
    with zipfile.ZipFile(path) as parts:
        sheets = b"".join(parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/"))
    assert b"<f>" not in sheets
    assert b"<hyperlink" not in sheets


def test_no_filter_puts_markup_into_a_workbook(database: Database, tmp_path: Path) -> None:
    dangerous = "<r></is></c><c><f>1+1</f></c><is></r>"
    path, _ = taken(database, Filters(text=dangerous), Format.XLSX, tmp_path)
    about = {row[0].value: row[1].value for row in load_workbook(path)["说明"].iter_rows()}
    assert dangerous in str(about["范围"])


def test_nothing_in_a_table_can_be_taken_for_a_formula(database: Database, tmp_path: Path) -> None:
    path, _ = taken(database, ALL, Format.CSV, tmp_path)
    text = path.read_text("utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf" + "编号,灯,".encode())
    for dangerous in HOSTILE[1:6]:
        assert f",'{dangerous}," in text
        assert f",{dangerous}," not in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("'x", "''x"),
        ("x=1", "x=1"),
        (-1, -1),
    ],
)
def test_a_harmless_value_gives_itself_back_without_its_apostrophe(value: str | int, shown: str | int) -> None:
    assert plain.harmless(value) == shown


def test_control_characters_are_replaced_in_every_format_alike(database: Database, tmp_path: Path) -> None:
    path, _ = taken(database, ALL, Format.JSONL, tmp_path)
    rows = [parse(line) for line in path.read_bytes().splitlines()]
    assert "坏\ufffd字\n第二行\ufffd[31m\ufffd" in [row["title"] for row in rows]


def test_a_workbook_has_headings_panes_a_filter_dates_and_lamps_in_their_colours(
    database: Database, tmp_path: Path
) -> None:
    path, done = taken(database, ALL, Format.XLSX, tmp_path)
    book = load_workbook(path)
    page = book.worksheets[0]
    said = {"title": "问题"}  # as the process of these items calls it
    with database.read() as connection:
        columns = register_extract(connection, ALL).columns
    assert [cell.value for cell in page[1]] == [said.get(one.name, one.heading) for one in columns]
    last = page.cell(done.rows + 1, len(columns)).coordinate
    assert (page.freeze_panes, page.auto_filter.ref) == ("B2", f"A1:{last}")
    lamps = {str(row[1].value): row[1].fill.start_color.rgb for row in page.iter_rows(min_row=2)}
    assert lamps["绿灯"] == "FF00AA00"
    due = next(row[14].value for row in page.iter_rows(min_row=2) if row[0].value == "XX2026-0001")
    assert due == datetime(2026, 3, 19)  # noqa: DTZ001 - a spreadsheet's dates have no zone
    about = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert about["导出人"] == "沈计（shen）"
    assert about["导出时间"] == "2026-11-25 11:04:05（北京时间）"
    assert (about["行数"], about["范围"]) == (done.rows, "全部")


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("what", [ALL, EntrySelection(since=date(2030, 1, 1))])
def test_an_export_of_nothing_is_a_file_of_headings(empty: Database, what: What, form: Format, tmp_path: Path) -> None:
    path, done = taken(empty, what, form, tmp_path)
    assert done.rows == 0
    assert done.content_hash == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    if form is Format.CSV:
        assert len(path.read_text("utf-8-sig").splitlines()) == 1
    if form is Format.PDF:
        assert path.read_bytes().startswith(b"%PDF-")


def test_a_period_holds_what_became_true_within_it(database: Database, tmp_path: Path) -> None:
    day = EntrySelection(since=date(2026, 3, 5), until=date(2026, 3, 9))
    path, _ = taken(database, day, Format.JSONL, tmp_path)
    rows = [parse(line) for line in path.read_bytes().splitlines()]
    assert {row["at"][:10] for row in rows} == {"2026-03-05", "2026-03-09"}
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)


def test_a_period_holds_who_exported_what(database: Database, tmp_path: Path) -> None:
    _, done = taken(database, ALL, Format.CSV, tmp_path)
    path, _ = taken(database, EntrySelection(since=date(2026, 11, 25)), Format.JSONL, tmp_path)
    (row,) = [parse(line) for line in path.read_bytes().splitlines()]
    assert (row["stream"], row["kind"], row["actor"]) == ("~access/2026-11", "导出", "沈计")
    assert row["what"].startswith("导出台账（csv）")
    assert parse(row["written"])["file_hash"] == done.file_hash


def test_rows_are_read_in_chunks_and_none_is_left_out(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, entries = (taken(database, what, Format.JSONL, tmp_path)[1] for what in (ALL, PAST))
    monkeypatch.setattr("desk.register_extract.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("ledger.reading.entries_extract.ROWS_AT_ONCE", 2)
    assert taken(database, ALL, Format.JSONL, tmp_path)[1].content_hash == whole.content_hash
    assert taken(database, PAST, Format.JSONL, tmp_path)[1].content_hash == entries.content_hash


def test_rows_beyond_a_sheet_stand_on_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.reports.workbook.SHEET_ROWS", 5)
    path, done = taken(database, ALL, Format.XLSX, tmp_path)
    book = load_workbook(path)
    assert book.sheetnames == ["台账", "台账 2", "台账 3", "说明"]
    assert sum(page.max_row - 1 for page in book.worksheets[:-1]) == done.rows


def test_more_than_somebody_waits_for_is_not_printed_there(database: Database) -> None:
    for what in (ALL, EntrySelection(no="XX2026-0001")):
        asked = exporting.exported(database, what, Format.PDF, caller=on_site("shen"), now=NOW, printed=3)
        with pytest.raises(RuleViolation, match="PDF 最多印 3 行"), asked:
            pass
    assert not notes(database)


def test_a_long_table_is_printed_in_parts_and_bound(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[dict[str, Any]] = []

    def seen(template: str, data: dict[str, Any], at: datetime) -> bytes:
        parts.append(data)
        return printing.printed(template, data, at)

    monkeypatch.setattr(printed_table, "printed", seen)
    monkeypatch.setattr(printed_table, "PART_ROWS", 4)
    steps: list[tuple[int, int]] = []
    asked = exporting.exported(
        database, ALL, Format.PDF, caller=on_site("shen"), now=NOW, progress=lambda *step: steps.append(step)
    )
    with asked as done, pikepdf.open(done.path) as document:
        assert len(parts) == -(-done.rows // 4) > 2
        assert [len(part["cells"]) for part in parts[:-1]] == [4] * (len(parts) - 1)
        assert sum(len(part["cells"]) for part in parts) == done.rows
        numbers = [cell["values"][0] for part in parts for cell in part["cells"]]
        assert len(set(numbers)) == len(numbers), "every row once"
        pages = [part["page"] for part in parts]
        assert pages[0] == 1
        assert pages == sorted(set(pages)), "page numbers go on"
        assert pages[-1] <= len(document.pages)
        assert [part["begins"] for part in parts] == [True] + [False] * (len(parts) - 1)
        assert [part["ends"] for part in parts] == [False] * (len(parts) - 1) + [True]
        assert "/OutputIntents" not in document.Root, "one row holds characters that the font lacks"
        assert [path.name for path in done.path.parent.iterdir() if path.suffix == ".pdf"] == [done.path.name]
        assert steps[-1] == (done.rows, done.rows)
    hashes = {taken(database, ALL, Format.PDF, tmp_path)[1].file_hash for _ in range(2)}
    assert len(hashes) == 1, "the same bytes"


def test_parts_that_are_fit_for_archives_make_a_whole_that_is(tmp_path: Path) -> None:
    names = {"title": "台账", "scope": "", "when": "", "person": "沈", "hash": "0" * 64, "algorithm": "sha256"}
    data = {**names, "seal": "", "rows": 0, "columns": [], "marked": -1, "all": 1, "cells": []}
    parts = [tmp_path / f"{n}.pdf" for n in range(3)]
    for n, part in enumerate(parts):
        place = {"begins": n == 0, "ends": n == 2, "page": n + 1}
        part.write_bytes(printing.printed("table", {**data, **place}, NOW))
        assert pages_of(part) == 1
    bound(parts, tmp_path / "whole.pdf")
    assert not any(part.exists() for part in parts)
    with pikepdf.open(tmp_path / "whole.pdf") as document:
        assert len(document.pages) == 3
        assert {"/OutputIntents", "/Metadata"} <= set(document.Root.keys())
        assert "/StructTreeRoot" not in document.Root


def test_an_item_with_very_many_entries_is_printed_as_a_table(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates: list[str] = []

    def seen(template: str, data: dict[str, Any], at: datetime) -> bytes:
        templates.append(template)
        return printing.printed(template, data, at)

    monkeypatch.setattr(printed_table, "printed", seen)
    monkeypatch.setattr(exporting, "ITEM_PRINTED", 1)
    with made(database, EntrySelection(no="XX2026-0001"), Format.PDF) as done:
        assert done.rows > 1
    assert templates == ["table"]


def test_the_same_export_at_the_same_moment_gives_the_same_bytes(database: Database, tmp_path: Path) -> None:
    for form in Format:
        hashes = {taken(database, ALL, form, tmp_path)[1].file_hash for _ in range(2)}
        assert len(hashes) == 1


def test_an_export_names_the_last_checkpoint(database: Database, tmp_path: Path) -> None:
    signer = KeyFolder(tmp_path / "keys").signer(database, NOW, SYSTEM)
    checkpoint, _ = checkpoints.seal(database, signer, NOW)
    path, _ = taken(database, ALL, Format.XLSX, tmp_path)
    about = {row[0].value: str(row[1].value) for row in load_workbook(path)["说明"].iter_rows()}
    assert about["封存点"].startswith(f"{checkpoint.fingerprint}（第 1 号，2026-11-25 11:04:05，")
    with database.read() as connection:
        data = timeline_of(connection, "XX2026-0001")
    assert (data["seal"], data["unsealed"]) == (about["封存点"], 0)
    assert checkpoint.fingerprint in as_html(data)


def test_a_ledger_of_sm3_exports_with_sm3(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'sm3.db'}")
    migrations.upgrade(database, "sm3")
    world.load(database)
    world.live(database)
    path, done = taken(database, ALL, Format.JSONL, tmp_path)
    database.close()
    assert done.algorithm == "sm3"
    assert done.content_hash == stranger.hash_of_lines(path, "sm3")
