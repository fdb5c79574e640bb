"""What an expression may be made of: which answers it may name, and that numbers are compared with numbers.

A definition's loader asks here, so that what is reckoned later cannot fail.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

from rules.forms.expressions import (
    ARITHMETIC,
    EQUALITY,
    LOGIC,
    Call,
    Expression,
    ExpressionFault,
    Function,
    Literal,
    Name,
    Operation,
    Operator,
    Unary,
    names_in,
    text_of,
)
from rules.forms.form import DATED, NUMERIC, AnswerKind, Form, Question

Path: TypeAlias = tuple[str, ...]


class ValueKind(StrEnum):
    """What a value can be compared and reckoned with."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    YES_NO = "yes_no"


VALUE_KIND_NAMES = {
    ValueKind.NUMBER: "数",
    ValueKind.TEXT: "文字",
    ValueKind.DATE: "日期",
    ValueKind.YES_NO: "是或否",
}


def value_kind(column: Question) -> ValueKind | None:
    """What the answers of that column are to an expression; None where they are nothing to reckon with."""
    return _VALUE_KINDS.get(column.kind)


_VALUE_KINDS = {
    **dict.fromkeys(NUMERIC, ValueKind.NUMBER),
    **dict.fromkeys(DATED, ValueKind.DATE),
    AnswerKind.YES_NO: ValueKind.YES_NO,
    AnswerKind.CHOICE: ValueKind.TEXT,
    AnswerKind.UNIT: ValueKind.TEXT,
}


class Scope:
    """The answers that an expression may name: those of certain forms, of one of them also by the field alone."""

    def __init__(self, forms: Iterable[Form], home: str = "") -> None:
        self._home = home
        self._columns: dict[Path, Question] = {}
        self._tables: set[Path] = set()
        for form in forms:
            for one in form.fields:
                self._columns[form.id, one.id] = one
                if one.kind is AnswerKind.ROWS:
                    self._tables.add((form.id, one.id))
                    self._columns |= {(form.id, one.id, column.id): column for column in one.columns}

    def settled(self, expression: Expression) -> Expression:
        """The expression with whole names, and of a kind throughout. Raises ExpressionFault."""
        whole = self._named(expression)
        self.kind(whole)
        return whole

    def condition(self, expression: Expression) -> Expression:
        """The same for what is to be true or false."""
        whole = self.settled(expression)
        self._demand(whole, ValueKind.YES_NO, "一个条件，如 a.b >= 1")
        return whole

    def kind(self, expression: Expression, table: Path | None = None) -> ValueKind:
        """What the expression comes to; within a function, for a row of that table. Raises ExpressionFault."""
        match expression:
            case Literal(value=value):
                return ValueKind.TEXT if isinstance(value, str) else ValueKind.NUMBER
            case Name():
                return self._kind_of_name(expression, table)
            case Call():
                return self._kind_of_call(expression, table)
            case Unary(operator=operator, operand=operand):
                wanted = ValueKind.YES_NO if operator is Operator.NOT else ValueKind.NUMBER
                self._demand(operand, wanted, f"{operator} 后面是{VALUE_KIND_NAMES[wanted]}", table)
                return wanted
            case Operation(operator=operator, left=left, right=right) if operator in LOGIC | ARITHMETIC:
                wanted = ValueKind.YES_NO if operator in LOGIC else ValueKind.NUMBER
                for side in (left, right):
                    self._demand(side, wanted, f"{operator} 两边都是{VALUE_KIND_NAMES[wanted]}", table)
                return wanted
            case Operation():
                return self._kind_of_comparison(expression, table)

    def _demand(self, part: Expression, wanted: ValueKind, expected: str, table: Path | None = None) -> None:
        found = self.kind(part, table)
        if found is not wanted:
            raise ExpressionFault(f"“{_short(part)}”是{VALUE_KIND_NAMES[found]}", expected)

    def _kind_of_name(self, name: Name, table: Path | None) -> ValueKind:
        column = self._columns[name.path]
        if name.path in self._tables:
            raise ExpressionFault(f"“{name.text}”是一张表", f"count({name.text})，或它的一列")
        if name.path[:-1] in self._tables and name.path[:-1] != table:
            raise ExpressionFault(f"“{name.text}”是表里的一列", "写在 count、sum 或 any 的括号里，只涉及一张表")
        found = value_kind(column)
        if found is None:
            usable = "数、日期、是或否、选项"
            raise ExpressionFault(f"“{name.text}”（{column.name}）是 {column.kind}，不能参加计算", f"一项{usable}")
        return found

    def _kind_of_call(self, call: Call, outer: Path | None) -> ValueKind:
        if outer is not None:
            raise ExpressionFault(f"{call.function}(…) 套在另一个函数里", "不套用的 count、sum、any")
        if isinstance(call.argument, Name) and call.argument.path in self._tables:
            if call.function is not Function.COUNT:
                raise ExpressionFault(f"{call.function}({call.argument.text})", f"{call.function}(它的一列)")
            return ValueKind.NUMBER
        tables = {name.path[:-1] for name in names_in(call.argument) if name.path[:-1] in self._tables}
        if len(tables) != 1:
            what = "没有表里的列" if not tables else "涉及两张表"
            raise ExpressionFault(f"{call.function}(…) 里{what}", "恰好一张表的列，如 count(votes.yes > 3)")
        (table,) = tables
        wanted = ValueKind.NUMBER if call.function is Function.SUM else ValueKind.YES_NO
        self._demand(call.argument, wanted, f"{call.function}(…) 里是{VALUE_KIND_NAMES[wanted]}", table)
        return ValueKind.YES_NO if call.function is Function.ANY else ValueKind.NUMBER

    def _kind_of_comparison(self, comparison: Operation, table: Path | None) -> ValueKind:
        left, right = self.kind(comparison.left, table), self.kind(comparison.right, table)
        if left is not right:
            names = f"{VALUE_KIND_NAMES[left]}和{VALUE_KIND_NAMES[right]}"
            raise ExpressionFault(f"“{_short(comparison)}”拿{names}相比", "两边是同一种")
        if comparison.operator not in EQUALITY and left not in (ValueKind.NUMBER, ValueKind.DATE):
            raise ExpressionFault(f"“{_short(comparison)}”比较{VALUE_KIND_NAMES[left]}的大小", "== 或 !=")
        for one, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
            self._check_option(one, other)
        return ValueKind.YES_NO

    def _check_option(self, name: Expression, literal: Expression) -> None:
        """A choice is compared with one of its options only: with another it could never be equal."""
        if isinstance(name, Name) and isinstance(literal, Literal):
            options = [option.id for option in self._columns[name.path].options]
            if options and literal.value not in options:
                raise ExpressionFault(f"“{name.text}”没有“{literal.value}”这个选项", "、".join(options))

    def _named(self, expression: Expression) -> Expression:
        match expression:
            case Name():
                return self._whole(expression)
            case Unary(operator=operator, operand=operand):
                return Unary(operator, self._named(operand))
            case Operation(operator=operator, left=left, right=right):
                return Operation(operator, self._named(left), self._named(right))
            case Call(function=function, argument=argument):
                return Call(function, self._named(argument))
        return expression

    def _whole(self, name: Name) -> Name:
        candidates = [path for path in ((self._home, *name.path), name.path) if path in self._columns]
        if len(candidates) == 1:
            return Name(candidates[0])
        if candidates:
            raise ExpressionFault(f"“{name.text}”可以是两项", f"写全：{'、'.join(map('.'.join, candidates))}")
        raise ExpressionFault(f"没有“{name.text}”这一项，或此时还没有填", self._known())

    def _known(self, at_most: int = 12) -> str:
        names = [".".join(path) for path in self._columns]
        return "、".join(names[:at_most]) + ("……" if len(names) > at_most else "") if names else "前面环节填过的项"


def _short(expression: Expression) -> str:
    text = text_of(expression)
    return text if len(text) <= 40 else text[:40] + "…"
