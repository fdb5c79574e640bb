"""An export: rows out of one reading transaction into a file, and an entry of the ledger before anybody has the file.

The entry says who took what: rows, filters, the hash of the content and of the file. A file without one was not made
here.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from desk.caller import Caller
from desk.figures.extract import FigureSelection, figures_extract
from desk.register_extract import register_extract
from desk.scores.extract import ScoreSelection, scores_extract
from desk.timeline import timeline_of
from documents.reports.particulars import EXTRACT_NAMES, Particulars, RowsDone, seal_words
from documents.reports.plain import CsvTable, JsonLines
from documents.reports.printed_table import PrintedTable, PrintedTimeline
from ledger.chain import journal
from ledger.chain.lookup import number
from ledger.directory import people
from ledger.proof import checkpoints
from ledger.reading.entries_extract import EntrySelection, entries_extract
from ledger.reading.extracts import ContentHash, Extract, ExtractRow
from ledger.reading.filters import Filters, understood
from ledger.reading.sorting import OWN, Sorting
from ledger.store.database import Database, hashing_of
from ledger.store.hashing import Hashing
from rules.dates.calendar import LOCAL
from rules.errors import Code, RuleViolation
from rules.office.facts import Exported
from rules.permitting import OfficeAct

What: TypeAlias = Filters | EntrySelection | FigureSelection | ScoreSelection
ITEM_PRINTED = 2_000
"""Entries of an item of which its PDF is a timeline; of more it is a table, which is printed in parts."""


class Format(StrEnum):
    """What an export is written as; the value is the file's ending."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    PDF = "pdf"


MEDIA_TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/jsonl",
    Format.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeExport:
    """An export that stands in the ledger: its file (gone when the block ends that made it), what it may be called,
    and what its entry says."""

    path: Path
    name: str
    rows: int
    content_hash: str
    file_hash: str
    algorithm: str


class ExtractWriter(Protocol):
    """Writes one extract into a file."""

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row; `line`: the same as canonical JSON."""

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole. Outside the reading transaction."""

    def abandon(self) -> None:
        """Nothing is open any more."""


def _meant(connection: Connection, what: What) -> What:
    """What is asked for by code, whatever it was written as. Raises field_invalid, unknown_unit."""
    if isinstance(what, Filters):
        return understood(connection, what)
    if isinstance(what, FigureSelection | ScoreSelection):
        return what
    return replace(what, no=number(what.no))


@contextmanager
def exported(
    database: Database,
    what: What,
    form: Format,
    *,
    caller: Caller,
    now: datetime,
    folder: Path | None = None,
    progress: RowsDone = lambda done, total: None,
    printed: int | None = None,
    order: Sorting = OWN,
) -> Iterator[MadeExport]:
    """The export by that caller stands in the ledger and is a file inside `folder` while the block lasts.
    `printed`: how many rows a PDF may have at most, where somebody waits for it. `order`: of the register's rows.

    Raises unknown_person, wrong_role, unknown_item, print_too_long, print_failed.
    """
    with tempfile.TemporaryDirectory(prefix=".duban-export-", dir=folder) as place:
        path = Path(place) / f"export.{form}"
        with database.read() as connection:
            hashing = hashing_of(connection)
            who = people.somebody(connection, caller.person)
            actor = caller.acting(people.post_for(who, OfficeAct.EXPORT))
            sealed = seal_words(checkpoints.latest(connection))
            what = _meant(connection, what)
            extract = _extract(connection, what, order)
            if form is Format.PDF and printed is not None and extract.total > printed:
                raise RuleViolation(Code.PRINT_TOO_LONG, limit=printed, actual=extract.total)
            content = ContentHash(extract.columns, hashing)
            writer = _writer(connection, path, what, form, extract, now)
            try:
                rows = _write(extract, content, writer, progress)
            except BaseException:
                writer.abandon()
                raise
        particulars = Particulars(
            title=extract.title,
            scope=extract.scope,
            columns=extract.columns,
            made_at=now,
            person=f"{who.name}（{who.id}）",
            rows=rows,
            content_hash=content.hexdigest(),
            algorithm=hashing.name,
            seal=sealed,
        )
        writer.close(particulars, progress)
        made = MadeExport(
            path=path,
            name=f"{extract.title.replace(' ', '-')}-{now.astimezone(LOCAL):%Y%m%d-%H%M%S}.{form}",
            rows=rows,
            content_hash=particulars.content_hash,
            file_hash=file_hash(path, hashing),
            algorithm=hashing.name,
        )
        with database.write() as connection:
            journal.note(connection, _fact(what, form, extract, made), actor, now)
        yield made


def _fact(what: What, form: Format, extract: Extract, made: MadeExport) -> Exported:
    return Exported(
        what=EXTRACT_NAMES[extract.what],
        format=str(form),
        rows=made.rows,
        content_hash=made.content_hash,
        file_hash=made.file_hash,
        filters=tuple(f"{name}：{words}" for name, words in extract.scope),
        item=what.no if isinstance(what, EntrySelection) else "",
    )


def _extract(connection: Connection, what: What, order: Sorting) -> Extract:
    if isinstance(what, Filters):
        return register_extract(connection, what, order)
    if isinstance(what, FigureSelection):
        return figures_extract(connection, what)
    if isinstance(what, ScoreSelection):
        return scores_extract(connection, what)
    return entries_extract(connection, what)


def _writer(
    connection: Connection, path: Path, what: What, form: Format, extract: Extract, now: datetime
) -> ExtractWriter:
    match form:
        case Format.XLSX:
            from documents.reports.workbook import ExtractWorkbook  # here and not above: XlsxWriter is long in loading

            return ExtractWorkbook(path, extract, now)
        case Format.CSV:
            return CsvTable(path, extract)
        case Format.JSONL:
            return JsonLines(path)
        case Format.PDF:
            if (
                isinstance(what, EntrySelection)
                and what.no
                and not (what.since or what.until)
                and extract.total <= ITEM_PRINTED
            ):
                return PrintedTimeline(path, timeline_of(connection, what.no))
            return PrintedTable(path, extract, now)


def _write(extract: Extract, content: ContentHash, writer: ExtractWriter, progress: RowsDone) -> int:
    done = 0
    for done, row in enumerate(extract.rows, 1):
        writer.row(row, content.line(row))
        if done % 500 == 0:
            progress(done, extract.total)
    progress(done, extract.total)
    return done


def file_hash(path: Path, hashing: Hashing) -> str:
    """The hash of the file's bytes, hexadecimal; read in pieces."""
    running = hashing.new(b"")
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            running.update(piece)
    return running.hexdigest()
