"""A step's form as a workbook to fill in away from the page: where each question stands. Pure.

The first sheet says which item's questions these are (number and mark, in cells that are read again) and asks one
question a row, of several choices one option a row; each table has a sheet of its own. Files are not asked for here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.sheets.cells import address
from rules.forms.form import ROW_LIMIT, AnswerKind, Form, FormField, Option, Question

MAIN_SHEET, LISTS = "填报", "选项"
"""The first sheet, and the hidden one that holds what can be chosen."""
NO_ROW, MARK_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 7, 8
"""0-based rows of the first sheet: the item's number, the questions' mark, the headings, the first question."""
LABEL, VALUE, HINT = 0, 1, 2
"""Its columns."""
BLANK_HEADINGS = ("填报项", "填写", "怎样填")
TABLE_HEAD, TABLE_FIRST = 1, 2
"""0-based rows of a table's sheet."""
UPLOADED_ON_PAGE = "（在网页上传）"
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
_NAME_LENGTH = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankSheet:
    """A form to be filled in: of which item, whose, in which step, by when; `mark`: of its questions."""

    no: str
    title: str
    unit: str
    step: str
    due: str
    mark: str
    form: Form

    @property
    def head(self) -> tuple[tuple[str, str], ...]:
        """What stands above the questions, row by row from NO_ROW on."""
        return (
            ("事项编号", self.no),
            ("题目校验", self.mark),
            ("单位", self.unit),
            ("环节", self.step),
            ("到期", self.due),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankCell:
    """A cell that takes an answer, 0-based. `label`: as what it is known.
    `option`: of several choices the one that is said yes or no to here."""

    sheet: str
    row: int
    column: int
    at: str
    question: Question
    label: str
    option: Option | None = None

    @property
    def address(self) -> str:
        """As people write it: 填报!B9."""
        return f"{self.sheet}!{address(self.row, self.column)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSheet:
    """The sheet of a table: its name, and how many rows it has room for."""

    name: str
    field: FormField
    rows: int


def asked(form: Form) -> tuple[FormField, ...]:
    """What somebody fills in, tables apart from the rest."""
    return tuple(one for one in form.fields if not one.derive)


def lines(form: Form) -> tuple[BlankCell, ...]:
    """The rows of the first sheet. A file's has a place too, which takes nothing."""
    found = []
    row = FIRST_ROW
    for one in asked(form):
        if one.columns:
            continue
        for option in one.options if one.kind is AnswerKind.CHOICES else (None,):
            label = f"{one.name}：{option.name}" if option else f"{one.name}{'（必填）' if one.need else ''}"
            found.append(
                BlankCell(sheet=MAIN_SHEET, row=row, column=VALUE, at=one.id, question=one, label=label, option=option)
            )
            row += 1
    return tuple(found)


def tables(form: Form) -> tuple[TableSheet, ...]:
    """The sheets of its tables, each under a name that a workbook takes and no other has."""
    found: list[TableSheet] = []
    for one in asked(form):
        if one.columns:
            plain = _NOT_IN_A_NAME.sub("", one.name)[:_NAME_LENGTH].strip() or "表"
            taken = {MAIN_SHEET, LISTS, *(table.name for table in found)}
            name = next(n for n in (plain, *(f"{plain}{k}" for k in range(2, 100))) if n not in taken)
            found.append(TableSheet(name=name, field=one, rows=min(one.most or ROW_LIMIT, ROW_LIMIT)))
    return tuple(found)


def column_label(column: Question) -> str:
    """What stands above a table's column."""
    return f"{column.name}（必填）" if column.need else column.name


def cells(table: TableSheet) -> Iterator[BlankCell]:
    """The cells of a table that take answers, row by row."""
    for number in range(1, table.rows + 1):
        for n, column in enumerate(table.field.columns, 1):
            yield BlankCell(
                sheet=table.name,
                row=TABLE_FIRST + number - 1,
                column=n,
                at=f"{table.field.id}.{number}.{column.id}",
                question=column,
                label=f"第 {number} 行{column.name}",
            )
