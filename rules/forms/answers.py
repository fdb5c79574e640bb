"""Answers to a form: as somebody writes them, in the one canonical text of each kind, and as values to reckon with.

An answer is a pair of texts: the field, or `table.row.column` with rows counted from 1, and what was answered. A text
stands for one value and a value for one text, so whoever reads an entry in another language reckons with the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from rules.characters import UNPRINTABLE
from rules.errors import Code, RuleViolation
from rules.forms.form import (
    DIGIT_LIMIT,
    NUMERIC,
    ROW_LIMIT,
    AnswerKind,
    Form,
    FormField,
    Question,
)

Pairs: TypeAlias = tuple[tuple[str, ...], ...]
"""(field, text), in the order of the form; nothing for what was not answered."""
FILES_LIMIT = 50
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ROW = re.compile(r"([1-9][0-9]{0,2})\.([a-z][a-z0-9_]*)")
_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_FILE = re.compile(r"[0-9a-f]{64}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_YES_NO = {"yes": "yes", "no": "no", "是": "yes", "否": "no"}
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFault:
    """What is wrong with one answer: where, as what it is known, what was written, what was expected."""

    at: str
    label: str
    actual: str
    expected: str

    @property
    def sentence(self) -> str:
        """The same in words."""
        return f"“{self.label}”{self.actual}；应为{self.expected}"


class AnswersRefused(RuleViolation):
    """The answers do not fit the form. Carries every fault, so that each can be shown where it arose."""

    def __init__(self, faults: Iterable[AnswerFault]) -> None:
        self.faults = tuple(faults)
        said = "。".join(fault.sentence for fault in self.faults)
        super().__init__(Code.ANSWERS_INVALID, count=len(self.faults), faults=said)


def read(form: Form, written: Mapping[str, str]) -> Pairs:
    """What was written, by field or `table.row.column`, as canonical pairs in the order of the form; blanks are no
    answers, and rows move up where those before them are blank. Raises AnswersRefused."""
    reader = _FormReading(written)
    for field in form.fields:
        if field.kind is AnswerKind.ROWS:
            reader.table(field)
        elif not field.derive:
            reader.one(field, field.id, field.name)
    reader.unknown(form)
    if reader.faults:
        raise AnswersRefused(reader.faults)
    return tuple(reader.pairs)


def check(form: Form, pairs: Pairs) -> None:
    """The pairs are what `read` gives, so that nothing stands in an entry that was not checked. Raises
    AnswersRefused."""
    written = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    if read(form, written) != pairs:
        fault = AnswerFault(
            at="", label=form.id, actual="不是规定的写法", expected="先经 rules.forms.answers.read 读过"
        )
        raise AnswersRefused([fault])


def canonical(column: Question, written: str) -> str:
    """The text that stands for what was written. Raises ValueError with (what it is, what was expected)."""
    return _READ[column.kind](column, written.strip())


class _FormReading:
    """The walk over one form: what was answered, and what is wrong with it."""

    def __init__(self, written: Mapping[str, str]) -> None:
        self._left = {at: text for at, text in written.items() if text.strip()}
        self.pairs: list[tuple[str, str]] = []
        self.faults: list[AnswerFault] = []

    def one(self, column: Question, at: str, label: str, *, place: str = "") -> None:
        """One answer; kept under `place` where that is another than where it was written."""
        written = self._left.pop(at, "")
        if not written:
            if column.need:
                self._fault(at, label, "没有填", expected_of(column))
            return
        try:
            self.pairs.append((place or at, canonical(column, written)))
        except ValueError as error:
            self._fault(at, label, *error.args)

    def table(self, table: FormField) -> None:
        """Its rows, those that are wholly blank left out."""
        head = f"{table.id}."
        columns = {column.id for column in table.columns}
        rows = sorted({row for at in self._left if (row := _row_of(at, head, columns))})
        least, most = table.least or 0, min(ROW_LIMIT, table.most or ROW_LIMIT)
        if not least <= len(rows) <= most:
            actual = f"有 {len(rows)} 行" if rows else "没有填"
            self._fault(table.id, table.name, actual, f"{least} 至 {most} 行")
        for place, row in enumerate(rows[:most], 1):
            for column in table.columns:
                label = f"{table.name}第 {row} 行{column.name}"
                self.one(column, f"{head}{row}.{column.id}", label, place=f"{head}{place}.{column.id}")
        for row in rows[most:]:
            for name in columns:
                self._left.pop(f"{head}{row}.{name}", None)

    def unknown(self, form: Form) -> None:
        """Whatever is left was not asked for."""
        asked = "、".join(f"{field.id}（{field.name}）" for field in form.fields if not field.derive)
        for at in self._left:
            self._fault(at, at, "不是这张表要填的", f"其中之一：{asked}")

    def _fault(self, at: str, label: str, actual: str, expected: str) -> None:
        self.faults.append(AnswerFault(at=at, label=label, actual=actual, expected=expected))


def _row_of(at: str, head: str, columns: Collection[str]) -> int:
    """The row of a table's answer, from 1; 0 of any other."""
    if not at.startswith(head):
        return 0
    found = _ROW.fullmatch(at.removeprefix(head))
    return int(found[1]) if found and found[2] in columns else 0


def expected_of(column: Question) -> str:
    """What the column takes, in words."""
    match column.kind:
        case AnswerKind.COUNT | AnswerKind.NUMBER | AnswerKind.MONEY | AnswerKind.PERCENT:
            return _number_expected(column)
        case AnswerKind.DATE:
            return "日期，形如 2026-03-05"
        case AnswerKind.MONTH:
            return "月份，形如 2026-03"
        case AnswerKind.YES_NO:
            return "是 或 否"
        case AnswerKind.CHOICE:
            return f"其中之一：{'、'.join(option.name for option in column.options)}"
        case AnswerKind.CHOICES:
            return f"一项或几项：{'、'.join(option.name for option in column.options)}"
        case AnswerKind.UNIT:
            return "一个单位"
        case AnswerKind.NAME:
            return f"姓名，{column.longest} 字以内"
        case AnswerKind.NUMBERS:
            return f"行号，形如 1,3，{ROW_LIMIT} 以内"
        case AnswerKind.EVIDENCE:
            return "上传的佐证材料"
        case AnswerKind.ROWS:
            return f"{column.least or 0} 至 {column.most or ROW_LIMIT} 行"
    return f"文字，{column.longest} 字以内"


def _bounds(column: Question) -> tuple[int | None, int | None]:
    least, most = column.least, column.most
    if least is None and column.kind is not AnswerKind.NUMBER:
        least = 0
    if most is None and column.kind is AnswerKind.PERCENT:
        most = 100
    return least, most


def _number_expected(column: Question) -> str:
    least, most = _bounds(column)
    what = f"至多 {column.decimals} 位小数的数" if column.decimals else "整数"
    if least is not None and most is not None:
        return f"{least} 至 {most} 的{what}"
    if least is not None:
        return f"不小于 {least} 的{what}"
    return f"不大于 {most} 的{what}" if most is not None else what


def _refuse(column: Question, written: str) -> ValueError:
    shown = written if len(written) <= 40 else written[:40] + "…"
    hint = ""
    narrow = written.translate(_FULL_WIDTH)
    if narrow != written and narrow.isascii():
        hint = f"，请用半角字符，如 {narrow}"
    return ValueError(f"写的是“{shown}”", expected_of(column) + hint)


def _number(column: Question, written: str) -> str:
    if not _NUMBER.fullmatch(written):
        raise _refuse(column, written)
    whole, _, part = written.partition(".")
    part, places = part.rstrip("0"), column.decimals
    if len(part) > places or len(whole.lstrip("-0")) > DIGIT_LIMIT:
        raise _refuse(column, written)
    scaled = int(whole + part.ljust(places, "0"))
    least, most = _bounds(column)
    if (least is not None and scaled < least * 10**places) or (most is not None and scaled > most * 10**places):
        raise _refuse(column, written)
    return _scaled_text(scaled, places)


def number_text(value: Fraction | int, places: int) -> str:
    """The number with exactly so many places, rounded half up."""
    return _scaled_text((value * 10**places * 2 + 1) // 2, places)


def _scaled_text(scaled: int, places: int) -> str:
    """So many units of the last place, as a number."""
    if not places:
        return str(scaled)
    digits = str(abs(scaled)).zfill(places + 1)
    return f"{'-' if scaled < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def text_for(column: Question, value: int | Fraction | str | bool | date) -> str:
    """The canonical text of a value that was reckoned."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    assert isinstance(value, int | Fraction), "a computed answer is a number or yes or no: checked at load"
    return number_text(Fraction(value), column.decimals)


def _date(column: Question, written: str) -> str:
    found = _DATE.fullmatch(written)
    if not found or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise _refuse(column, written)
    try:
        date.fromisoformat(written)
    except ValueError:
        raise _refuse(column, written) from None
    return written


def _month(column: Question, written: str) -> str:
    found = _MONTH.fullmatch(written)
    if not found or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise _refuse(column, written)
    return written


def _yes_no(column: Question, written: str) -> str:
    if written not in _YES_NO:
        raise _refuse(column, written)
    return _YES_NO[written]


def _option(column: Question, written: str) -> str:
    found = next((option.id for option in column.options if written in (option.id, option.name)), None)
    if found is None:
        raise _refuse(column, written)
    return found


def _options(column: Question, written: str) -> str:
    chosen = {_option(column, one) for one in _several(column, written)}
    return ",".join(option.id for option in column.options if option.id in chosen)


def _several(column: Question, written: str) -> list[str]:
    """What stands between commas; nothing but commas is no answer."""
    found = [one.strip() for one in re.split("[,，、]", written) if one.strip()]
    if not found:
        raise _refuse(column, written)
    return found


def _numbers(column: Question, written: str) -> str:
    found = set()
    for one in _several(column, written):
        if not (one.isascii() and one.isdecimal() and len(one) <= 3 and 1 <= int(one) <= ROW_LIMIT):
            raise _refuse(column, written)
        found.add(int(one))
    return ",".join(map(str, sorted(found)))


def _evidence(column: Question, written: str) -> str:
    ids = list(dict.fromkeys(_several(column, written)))
    if len(ids) > FILES_LIMIT:
        raise ValueError(f"有 {len(ids)} 份", f"{FILES_LIMIT} 份以内")
    if not all(_FILE.fullmatch(one) for one in ids):
        raise _refuse(column, written)
    return ",".join(ids)


def _unit(column: Question, written: str) -> str:
    if not _UNIT.fullmatch(written):
        raise _refuse(column, written)
    return written


def _text(column: Question, written: str) -> str:
    text = written.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > column.longest:
        raise ValueError(f"有 {len(text)} 字", f"{column.longest} 字以内")
    if found := UNPRINTABLE.search(text):
        raise ValueError(f"第 {found.start() + 1} 个字符是不可见的控制字符", "没有控制字符的文字")
    return text


_APART = re.compile(r"erasable:[0-9a-f]{64}")
"""What stands in an entry in place of a name (docs/ledger.md)."""


def _name(column: Question, written: str) -> str:
    return written if _APART.fullmatch(written) else _text(column, written)


def _rows(column: Question, written: str) -> str:
    raise _refuse(column, written)


_READ: dict[AnswerKind, Callable[[Question, str], str]] = {
    **dict.fromkeys(NUMERIC, _number),
    AnswerKind.TEXT: _text,
    AnswerKind.NAME: _name,
    AnswerKind.DATE: _date,
    AnswerKind.MONTH: _month,
    AnswerKind.YES_NO: _yes_no,
    AnswerKind.CHOICE: _option,
    AnswerKind.CHOICES: _options,
    AnswerKind.UNIT: _unit,
    AnswerKind.NUMBERS: _numbers,
    AnswerKind.EVIDENCE: _evidence,
    AnswerKind.ROWS: _rows,
}
