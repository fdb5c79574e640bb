"""A whole round's forms as files in one zip, and such a zip coming back: one file after another, in bounded memory.

Who took the forms of a round stands in the ledger, as with every export. What comes back fills the drafts of whoever
brings it, of those items only that they may hand in, with a report for each file.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from sqlalchemy import select

from desk.acting import acting
from desk.blanks.one import blank_to_come, fill
from desk.caller import Caller
from desk.exporting import file_hash
from desk.showing.values import Shown
from documents.blanks.reading import read_number
from documents.sheets.files.limits import MAX_FILE_BYTES
from documents.sheets.files.workbook import read_workbook
from documents.sheets.unreadable import SheetRefused
from ledger.chain import journal
from ledger.chain.entries import ITEM
from ledger.rounds.rounds import known_round
from ledger.rounds.rows import batch_of
from ledger.store.database import Database, hashing_of
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from rules.office.facts import Exported
from rules.permitting import OfficeAct

ZIP_FILES_LIMIT = 500
"""Files of one zip that comes back: each is opened by a process of its own."""
UNPACKED_LIMIT = 100 * 1024 * 1024
_AT_ONCE = 100
"""Blanks that are made in one reading transaction."""
_UTF8 = 0x800
_ENCRYPTED = 0x1
_BESIDE = ("__MACOSX/", ".")
"""How the names of files begin that programs put beside those that people do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSheets:
    """The zip of a round, a file while its block lasts. `left_out`: items that ask their unit for nothing now."""

    path: Path
    name: str
    files: int
    left_out: int
    file_hash: str


class CellFault(Shown):
    """A cell that cannot be taken: 填报!B9, what stands there, what was expected."""

    cell: str
    words: str


class FileReport(Shown):
    """What became of one file: whose draft it filled, or why it did not."""

    file: str
    taken: bool
    no: str = ""
    words: str
    cells: tuple[CellFault, ...] = ()


@contextmanager
def round_sheets(
    database: Database,
    round_: str,
    caller: Caller,
    now: datetime,
    folder: Path | None = None,
    *,
    most: int | None = None,
) -> Iterator[RoundSheets]:
    """The forms that the units of the round hand in next, a file for each; at `most` so many, where somebody waits for
    them. Raises unknown_round, unknown_person, wrong_role, round_refused."""
    with database.read() as connection:
        known_round(connection, round_)
        actor = acting(connection, caller, OfficeAct.EXPORT)
        items = select(ITEM.c.no).where(ITEM.c.batch == batch_of(round_)).order_by(ITEM.c.no)
        numbers = list(connection.execute(items).scalars())
        hashing = hashing_of(connection)
    if most is not None and len(numbers) > most:
        why = f"有 {len(numbers):,} 份填报表，网页上一次最多取 {most:,} 份，请管理员在主机上取（duban round sheets）"
        raise RuleViolation(Code.ROUND_REFUSED, round=round_, why=why)
    content, files = hashing.new(b""), 0
    with TemporaryDirectory(prefix=".duban-sheets-", dir=folder) as place:
        path = Path(place) / "sheets.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for start in range(0, len(numbers), _AT_ONCE):
                with database.read() as connection:
                    made = [blank_to_come(connection, no) for no in numbers[start : start + _AT_ONCE]]
                for one in made:
                    if one:
                        archive.writestr(one.name, one.data)
                        content.update(f"{one.name}\n".encode())
                        files += 1
        taken = RoundSheets(
            path=path,
            name=f"{round_.replace('/', '-')}-填报表.zip",
            files=files,
            left_out=len(numbers) - files,
            file_hash=file_hash(path, hashing),
        )
        fact = Exported(
            what="填报表",
            format="zip",
            rows=files,
            content_hash=content.hexdigest(),
            file_hash=taken.file_hash,
            filters=(f"轮次：{round_}",),
        )
        with database.write() as connection:
            journal.note(connection, fact, actor, now)
        yield taken


def fill_many(
    database: Database, archive: BinaryIO, person: str, now: datetime, round_: str = ""
) -> Iterator[FileReport]:
    """What became of each file of the zip, one after another. `round_`: only its items are taken. Raises
    bad_request where it is no zip, or too large a one."""
    opened = _opened(archive)
    seen: dict[str, str] = {}
    with opened:
        for entry in opened.infolist():
            name = _name(entry)
            if entry.is_dir() or name.startswith(_BESIDE) or name.rpartition("/")[2].startswith("."):
                continue
            try:
                yield _one(database, _bytes(opened, entry), name, person, now, round_, seen)
            except AnswersRefused as refused:
                yield FileReport(
                    file=name, taken=False, words=f"有 {len(refused.faults)} 格要改，没有收", cells=cells_of(refused)
                )
            except RuleViolation as refused:
                yield FileReport(file=name, taken=False, words=str(refused))


def cells_of(refused: AnswersRefused) -> tuple[CellFault, ...]:
    """The cells that cannot be taken."""
    return tuple(CellFault(cell=fault.at, words=f"{fault.actual}；应为{fault.expected}") for fault in refused.faults)


def _opened(archive: BinaryIO) -> zipfile.ZipFile:
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise RuleViolation(Code.BAD_REQUEST, detail="这不是完整的 zip 文件") from error
    entries = opened.infolist()
    if len(entries) > ZIP_FILES_LIMIT:
        detail = f"压缩包里有 {len(entries)} 个文件，一次最多 {ZIP_FILES_LIMIT} 个，请分几次上传"
        raise RuleViolation(Code.BAD_REQUEST, detail=detail)
    if sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
        raise RuleViolation(Code.BAD_REQUEST, detail=f"压缩包解开后超过 {UNPACKED_LIMIT >> 20} MB，请分几次上传")
    return opened


def _name(entry: zipfile.ZipInfo) -> str:
    """The file's name: where it is not marked as UTF-8, it is what Windows writes here."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def _bytes(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise SheetRefused("workbook_encrypted")
    try:
        with opened.open(entry) as part:
            return part.read(MAX_FILE_BYTES + 1)
    except Exception as error:  # zlib.error and its kin have no common base
        raise SheetRefused("workbook_damaged", actual="压缩包里的这个文件") from error


def _one(
    database: Database, data: bytes, name: str, person: str, now: datetime, round_: str, seen: dict[str, str]
) -> FileReport:
    book = read_workbook(data, name)
    no = read_number(book)
    if not no:
        raise RuleViolation(Code.BAD_REQUEST, detail="这不是从本系统下载的填报表")
    if no in seen:
        raise RuleViolation(Code.BAD_REQUEST, detail=f"事项 {no} 前面已有一份（{seen[no]}），这一份没有收")
    if round_:
        with database.read() as connection:
            batch = connection.execute(select(ITEM.c.batch).where(ITEM.c.no == no)).scalar()
        if batch != batch_of(round_):
            raise RuleViolation(Code.BAD_REQUEST, detail=f"事项 {no} 不是轮次 {round_} 的")
    source = name.rpartition("/")[2][:100]
    filled = fill(database, no, book, source, person, now)
    seen[no] = source
    over = "，盖掉了原来的草稿" if filled.over else ""
    return FileReport(
        file=name, taken=True, no=filled.no, words=f"成为“{filled.command_name}”的草稿，{filled.answers} 处{over}"
    )
