"""What an expression comes to: with exact fractions, and unknown where an answer is missing.

Unknown is a value of its own: reckoned with, it stays unknown, but for `and` and `or` where the other side decides;
rows of a table for which it is unknown do not count. What is divided by 0 is unknown. So a check refuses only what is
known to be wrong, and a condition holds only where that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, TypeAlias

from rules.forms.answers import Pairs
from rules.forms.expressions import (
    Call,
    Expression,
    Function,
    Literal,
    Name,
    Operation,
    Operator,
    names_in,
)
from rules.forms.form import AnswerKind, Form, Question
from rules.forms.scope import Path, ValueKind, value_kind

Value: TypeAlias = int | Fraction | str | bool | date | None


@dataclass(frozen=True, slots=True)
class AnswerValues:
    """Answers as values: single ones by (form, field), tables by (form, table) as rows of column to value."""

    single: Mapping[Path, Value] = field(default_factory=dict)
    rows: Mapping[Path, tuple[Mapping[str, Value], ...]] = field(default_factory=dict)

    def with_form(self, form: Form, pairs: Pairs) -> AnswerValues:
        """These and the answers of one form more, or of the same one anew."""
        own = {(form.id, one.id) for one in form.fields}
        single = {path: value for path, value in self.single.items() if path not in own}
        rows = {path: lines for path, lines in self.rows.items() if path not in own}
        tables: dict[str, list[dict[str, Value]]] = {}
        columns: dict[tuple[str, str], Question] = {}
        for one in form.fields:
            if one.kind is AnswerKind.ROWS:
                tables[one.id] = []
                columns |= {(one.id, column.id): column for column in one.columns}
        by_id = {one.id: one for one in form.fields}
        for at, text in pairs:
            table, _, rest = at.partition(".")
            if not rest and table in tables:  # of what a state keeps: so many rows, also where all of one is blank
                tables[table] += [{} for _ in range(int(text) - len(tables[table]))]
                continue
            if not rest:
                single[form.id, at] = value_of(by_id[at], text)
                continue
            number, _, column = rest.partition(".")
            lines = tables[table]
            while len(lines) < int(number):
                lines.append({})
            lines[int(number) - 1][column] = value_of(columns[table, column], text)
        rows |= {(form.id, table): tuple(lines) for table, lines in tables.items()}
        return AnswerValues(single, rows)


def value_of(column: Question, text: str) -> Value:
    """What a canonical text stands for; the text itself where there is nothing to reckon with."""
    kind = value_kind(column)
    if kind is ValueKind.NUMBER:
        whole, _, part = text.partition(".")
        return Fraction(int(whole + part), 10 ** len(part)) if part else int(text)
    if kind is ValueKind.DATE:
        return date.fromisoformat(text if column.kind is AnswerKind.DATE else f"{text}-01")
    return text == "yes" if kind is ValueKind.YES_NO else text


def reckon(expression: Expression, known: AnswerValues) -> Value:
    """What the expression comes to; None where that is unknown."""
    return _value(expression, known, None)


def holds(expression: Expression, known: AnswerValues) -> bool | None:
    """Whether the condition holds; None where that is unknown."""
    found = reckon(expression, known)
    return None if found is None else bool(found)


_APPLIED: dict[Operator, Callable[[Any, Any], Value]] = {
    Operator.EQUAL: eq,
    Operator.UNEQUAL: ne,
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.MORE: gt,
    Operator.AT_LEAST: ge,
    Operator.PLUS: add,
    Operator.MINUS: sub,
    Operator.TIMES: mul,
    Operator.OVER: lambda left, right: Fraction(left) * Fraction(right.denominator, right.numerator) if right else None,
}
"""What stands between two known values; the loader has seen to it that they are of a kind that it takes."""


def _value(expression: Expression, known: AnswerValues, row: Mapping[str, Value] | None) -> Value:
    # Not by `match`, which is slower: checks are reckoned with every submission.
    if isinstance(expression, Operation):
        first, second = _value(expression.left, known, row), _value(expression.right, known, row)
        apply = _APPLIED.get(expression.operator)
        if apply is None:
            return _logic(first, second, decided=expression.operator is Operator.OR)
        return None if first is None or second is None else apply(first, second)
    if isinstance(expression, Name):
        path = expression.path
        return known.single.get(path) if len(path) == 2 else (row or {}).get(path[-1])
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Call):
        return _over_rows(expression, known)
    inner = _value(expression.operand, known, row)
    if inner is None:
        return None
    return not inner if expression.operator is Operator.NOT else -_number(inner)


def _number(value: Value) -> int | Fraction:
    assert isinstance(value, int | Fraction), "the loader has seen to it"
    return value


def _logic(left: Value, right: Value, *, decided: bool) -> Value:
    if decided in (left, right):
        return decided
    return None if left is None or right is None else not decided


def _over_rows(call: Call, known: AnswerValues) -> Value:
    argument = call.argument
    if isinstance(argument, Name) and argument.path in known.rows:
        return len(known.rows[argument.path])
    table = next((name.path[:-1] for name in names_in(argument) if len(name.path) == 3), None)
    rows = known.rows.get(table) if table else None
    if rows is None:
        return None
    values = [value for row in rows if (value := _value(argument, known, row)) is not None]
    match call.function:
        case Function.SUM:
            return sum((_number(value) for value in values), start=0)
        case Function.COUNT:
            return sum(1 for value in values if value)
        case Function.ANY:
            return any(values)
