"""What checks, conditions and computed answers are made of: trees of exact numbers, names, operators and functions.

An expression is kept as its text (`text_of`) and read again where it is needed (`parsing.parse`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias


class Operator(StrEnum):
    """What stands between two values, or before one, as it is written."""

    OR = "or"
    AND = "and"
    NOT = "not"
    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    OVER = "/"


class Function(StrEnum):
    """What is asked of a table's rows."""

    COUNT = "count"
    """How many rows there are, or for how many a condition holds."""
    SUM = "sum"
    """What the rows make together."""
    ANY = "any"
    """Whether a condition holds for some row."""


COMPARISONS = frozenset(
    {Operator.EQUAL, Operator.UNEQUAL, Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST}
)
EQUALITY = frozenset({Operator.EQUAL, Operator.UNEQUAL})
ARITHMETIC = frozenset({Operator.PLUS, Operator.MINUS, Operator.TIMES, Operator.OVER})
LOGIC = frozenset({Operator.AND, Operator.OR})


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text that stands in the expression itself; a whole number is an int."""

    value: int | Fraction | str


@dataclass(frozen=True, slots=True)
class Name:
    """An answer: a form's field, or a column of one of its tables."""

    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is written."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` or a minus before a value."""

    operator: Operator
    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two values and what stands between them."""

    operator: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function over the rows of the one table that its argument names."""

    function: Function
    argument: Expression


Expression: TypeAlias = Literal | Name | Unary | Operation | Call


class ExpressionFault(Exception):
    """An expression that does not stand: what is wrong with it, and what could stand there instead."""

    def __init__(self, what: str, expected: str) -> None:
        self.what, self.expected = what, expected
        super().__init__(f"{what}；应为{expected}")


def text_of(expression: Expression) -> str:
    """The expression as it is written, with the fewest brackets: reading it gives the same tree."""
    return _written(expression, 0)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every part of it, outermost first."""
    yield expression
    match expression:
        case Unary(operand=inner) | Call(argument=inner):
            yield from walk(inner)
        case Operation(left=left, right=right):
            yield from walk(left)
            yield from walk(right)


def names_in(expression: Expression) -> tuple[Name, ...]:
    """The answers it asks for, each once, in the order in which they stand."""
    return tuple(dict.fromkeys(part for part in walk(expression) if isinstance(part, Name)))


BINDING: tuple[frozenset[Operator], ...] = (
    frozenset({Operator.OR}),
    frozenset({Operator.AND}),
    frozenset({Operator.NOT}),
    COMPARISONS,
    frozenset({Operator.PLUS, Operator.MINUS}),
    frozenset({Operator.TIMES, Operator.OVER}),
)
"""What binds least comes first. `not` stands before its value, comparisons do not follow one another."""
NOT_LEVEL, COMPARE_LEVEL, VALUE_LEVEL = 2, 3, len(BINDING)


def _written(expression: Expression, level: int) -> str:
    match expression:
        case Literal(value=value):
            return f'"{value}"' if isinstance(value, str) else _decimal(Fraction(value))
        case Name():
            return expression.text
        case Call(function=function, argument=argument):
            return f"{function}({_written(argument, 0)})"
        case Unary(operator=Operator.NOT, operand=operand):
            return _bracketed(f"not {_written(operand, NOT_LEVEL)}", NOT_LEVEL, level)
        case Unary(operand=operand):
            return f"-{_written(operand, VALUE_LEVEL)}"
        case Operation(operator=operator, left=left, right=right):
            own = next(n for n, among in enumerate(BINDING) if operator in among)
            first = own + 1 if own == COMPARE_LEVEL else own
            return _bracketed(f"{_written(left, first)} {operator} {_written(right, own + 1)}", own, level)


def _bracketed(text: str, own: int, level: int) -> str:
    return f"({text})" if own < level else text


def _decimal(number: Fraction) -> str:
    """A number of an expression as digits: what was read from digits has finitely many."""
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
    digits = str((number * 10**places).numerator).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
