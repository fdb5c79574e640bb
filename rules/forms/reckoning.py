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
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from rules.forms.answers import Pairs
from rules.forms.expressions import (
    COMPARISONS,
    LOGIC,
    Call,
    Expression,
    Function,
    Literal,
    Name,
    Operation,
    Operator,
    Unary,
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
    match value_kind(column):
        case ValueKind.NUMBER:
            return Fraction(text) if "." in text else int(text)
        case ValueKind.DATE:
            return date.fromisoformat(text if column.kind is AnswerKind.DATE else f"{text}-01")
        case ValueKind.YES_NO:
            return text == "yes"
    return text


def reckon(expression: Expression, known: AnswerValues) -> Value:
    """What the expression comes to; None where that is unknown."""
    return _value(expression, known, None)


def holds(expression: Expression, known: AnswerValues) -> bool | None:
    """Whether the condition holds; None where that is unknown."""
    found = reckon(expression, known)
    return None if found is None else bool(found)


_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: eq,
    Operator.UNEQUAL: ne,
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.MORE: gt,
    Operator.AT_LEAST: ge,
}


def _value(expression: Expression, known: AnswerValues, row: Mapping[str, Value] | None) -> Value:
    match expression:
        case Literal():
            return expression.value
        case Name(path=path):
            return known.single.get(path) if len(path) == 2 else (row or {}).get(path[-1])
        case Call():
            return _over_rows(expression, known)
        case Unary(operator=operator, operand=operand):
            inner = _value(operand, known, row)
            if inner is None:
                return None
            return not inner if operator is Operator.NOT else -_number(inner)
        case Operation(operator=operator, left=left, right=right):
            first, second = _value(left, known, row), _value(right, known, row)
            if operator in LOGIC:
                return _logic(first, second, decided=operator is Operator.OR)
            if first is None or second is None:
                return None
            if operator in COMPARISONS:
                return _COMPARE[operator](first, second)
            return _arithmetic(operator, _number(first), _number(second))


def _number(value: Value) -> int | Fraction:
    assert isinstance(value, int | Fraction), "the loader has seen to it"
    return value


def _logic(left: Value, right: Value, *, decided: bool) -> Value:
    if decided in (left, right):
        return decided
    return None if left is None or right is None else not decided


def _arithmetic(operator: Operator, left: int | Fraction, right: int | Fraction) -> Value:
    match operator:
        case Operator.PLUS:
            return left + right
        case Operator.MINUS:
            return left - right
        case Operator.TIMES:
            return left * right
    return Fraction(left) * Fraction(right.denominator, right.numerator) if right else None


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
