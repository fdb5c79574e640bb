"""What reading a register yields, and its one JSON form. Values only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from documents.sheets.headings import HeadedColumn
from rules.forms.form import PLAIN_MATTER, Form

FindingState = Literal["understood", "guessed", "wrong"]
FINDING_STATE_NAMES: dict[FindingState, str] = {"understood": "读懂", "guessed": "推测", "wrong": "有误"}
FINDING_KIND_NAMES: dict[str, str] = {"at_once": "立行立改", "staged": "分阶段整改", "long_term": "长期整改"}
"""How a finding was read; and which way it is to go, as time limits say it."""
NoteLevel = Literal["guess", "wrong", "info"]
RowsTold = Callable[[int, int], None]
"""Is told how many rows have been read, and of how many; never fewer than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNote:
    """A remark about one cell: what was taken and why, or what was expected. `code` names the kind of a wrong one."""

    cell: str
    text: str
    level: NoteLevel
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDate:
    """A lead unit, by name and kind, for which `day` holds instead of the finding's `due`, and by which rule."""

    unit: str
    kind: str
    day: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of a register, over all the sheet rows it takes up (1-based). Ids are empty without a directory.

    `number`: an item's, where the row carries one. `sheet` stands where several were read as one register. `limit`
    names the time limit on whatever day it is read; `due` may be reckoned from that day. `answers`: what is said of the
    matter beside its title, by field: a text, or the rows of a table.
    """

    rows: tuple[int, ...]
    state: FindingState
    title: str
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lead_units: tuple[str, ...] = ()
    lead_unit_ids: tuple[str, ...] = ()
    co_units: tuple[str, ...] = ()
    co_unit_ids: tuple[str, ...] = ()
    due: date | None = None
    limit: str = ""
    kind: str = "staged"
    notes: tuple[RowNote, ...] = ()
    cut: tuple[CutDate, ...] = ()
    sheet: str = ""
    number: str = ""

    def said(self, field: str) -> str:
        """The field's answer in one text; empty where there is none."""
        return "\n".join(self.answers.get(field, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredRow:
    """A row with content that is no finding, and what it was taken for. Blank rows are not listed."""

    row: int
    why: str
    sheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A register as understood; its rows would become items of `process`, about which `form` asks and which go one of
    the ways `kinds` (id to name). `columns` by letter; `remarks` are about the file as a whole; `unused` names the
    columns that hold something and go into no item."""

    findings: tuple[Finding, ...]
    ignored_rows: tuple[IgnoredRow, ...] = ()
    columns: Mapping[str, HeadedColumn] = field(default_factory=dict)
    title: str | None = None
    sheet: str = ""
    encoding: str | None = None
    remarks: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    process: str = ""
    form: Form = PLAIN_MATTER
    kinds: Mapping[str, str] = field(default_factory=lambda: dict(FINDING_KIND_NAMES))


def to_json(reading: Reading) -> dict[str, object]:
    """The dry run's JSON: notes of what was guessed or is wrong, without those that only inform."""
    return {
        "findings": [_finding_json(finding) for finding in reading.findings],
        "ignored_rows": [ignored.row for ignored in reading.ignored_rows],
        "ignored": [
            {"row": ignored.row, "why": ignored.why, "sheet": ignored.sheet} for ignored in reading.ignored_rows
        ],
        "process": reading.process,
        "fields": [{"id": one.id, "name": one.name, "kind": str(one.kind)} for one in reading.form.fields],
        "kinds": dict(reading.kinds),
        "sheet": reading.sheet,
        "unused_columns": list(reading.unused),
        "remarks": list(reading.remarks),
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "sheet": finding.sheet,
        "rows": list(finding.rows),
        "state": finding.state,
        "title": finding.title,
        "matter": {field: list(lines) for field, lines in finding.answers.items()},
        "lead_units": list(finding.lead_units),
        "co_units": list(finding.co_units),
        "due": finding.due.isoformat() if finding.due else None,
        "kind": finding.kind,
        "cut": [{"unit": one.unit, "due": one.day.isoformat(), "why": one.why} for one in finding.cut],
        "notes": [{"cell": note.cell, "text": note.text} for note in finding.notes if note.level != "info"],
    }
