"""The one language of checks, conditions and computed answers, read: no loops, no floats, nothing but what stands here.

expression := "not" expression | comparison | expression ("and" | "or") expression
comparison := sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum]
sum        := product (("+" | "-") product)*
product    := value (("*" | "/") value)*
value      := number | "text" | name ("." name)* | function "(" expression ")" | "(" expression ")" | "-" value
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from rules.forms.expressions import (
    BINDING,
    COMPARE_LEVEL,
    COMPARISONS,
    NOT_LEVEL,
    VALUE_LEVEL,
    Call,
    Expression,
    ExpressionFault,
    Function,
    Literal,
    Name,
    Operation,
    Operator,
    Unary,
)

LENGTH_LIMIT = 500
NODE_LIMIT = 200
DEPTH_LIMIT = 20
NUMBER_LENGTH = 18


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The tree of an expression; remembered, since a few are asked for again and again. Raises ExpressionFault."""
    if len(text) > LENGTH_LIMIT:
        raise ExpressionFault(f"式子有 {len(text)} 个字符", f"不超过 {LENGTH_LIMIT} 个字符，分成几条写")
    return _Reader(text).whole()


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[a-z][a-z0-9_]*)
      | "(?P<text>[^"\\]*)"
      | (?P<sign><=|>=|==|!=|[-+*/<>().])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({Operator.AND.value, Operator.OR.value, Operator.NOT.value})
_INSTEAD = {
    "=": "==（相等）",
    "×": "*",
    "÷": "/",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "（": "(",
    "）": ")",
    "“": '"',
    "”": '"',
    "'": '"',
    "%": "不带百分号的数",
    "&": "and",
    "|": "or",
    "!": "not",
}


class _Reader:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._nodes = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._level(0)
        if self._kind != "end":
            raise ExpressionFault(f"“{self._text}”是多余的", "一个运算符，或到此为止")
        return found

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _text(self) -> str:
        return self._tokens[self._at][1]

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _operator(self, among: frozenset[Operator]) -> Operator | None:
        if self._kind == "sign" or (self._kind == "name" and self._text in _WORDS):
            found = next((operator for operator in among if operator.value == self._text), None)
            if found:
                self._next()
            return found
        return None

    def _made(self, node: Expression) -> Expression:
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise ExpressionFault(f"式子的成分超过 {NODE_LIMIT} 个", "分成几条写")
        return node

    def _level(self, level: int) -> Expression:
        if level == VALUE_LEVEL:
            return self._value()
        if level == NOT_LEVEL:
            if self._operator(BINDING[level]):
                with _Deeper(self):
                    return self._made(Unary(Operator.NOT, self._level(level)))
            return self._level(level + 1)
        left = self._level(level + 1)
        while operator := self._operator(BINDING[level]):
            left = self._made(Operation(operator, left, self._level(level + 1)))
            if level == COMPARE_LEVEL:
                if self._operator(COMPARISONS):
                    raise ExpressionFault("比较不能连写", "分开写，用 and 连接，如 1 <= a and a <= 9")
                break
        return left

    def deeper(self, by: int) -> None:
        self._depth += by
        if self._depth > DEPTH_LIMIT:
            raise ExpressionFault(f"括号、函数和负号套了 {DEPTH_LIMIT} 层以上", "分成几条写")

    def _value(self) -> Expression:
        kind, text = self._kind, self._text
        if self._operator(frozenset({Operator.MINUS})):
            with _Deeper(self):
                return self._made(Unary(Operator.MINUS, self._value()))
        if kind == "number":
            if len(text) > NUMBER_LENGTH:
                raise ExpressionFault(f"“{text}”有 {len(text)} 位", f"不超过 {NUMBER_LENGTH} 位的数")
            number = Fraction(self._next())
            return self._made(Literal(number.numerator if number.denominator == 1 else number))
        if kind == "text":
            return self._made(Literal(self._next()))
        if kind == "sign" and text == "(":
            self._next()
            with _Deeper(self):
                return self._closed(self._level(0))
        if kind == "name" and text not in _WORDS:
            return self._name()
        what = "式子没有写完" if kind == "end" else f"“{text}”不能放在这里"
        raise ExpressionFault(what, "一个数、一个填报项（form.field）、count(…)、sum(…)、any(…) 或括号")

    def _closed(self, inner: Expression) -> Expression:
        if self._kind != "sign" or self._text != ")":
            raise ExpressionFault("括号没有合上", "）对应的 )")
        self._next()
        return inner

    def _name(self) -> Expression:
        path = [self._next()]
        if self._kind == "sign" and self._text == "(":
            if path[0] not in set(Function):
                raise ExpressionFault(f"没有“{path[0]}”这个函数", "、".join(Function))
            self._next()
            with _Deeper(self):
                return self._made(Call(Function(path[0]), self._closed(self._level(0))))
        while self._kind == "sign" and self._text == ".":
            self._next()
            if self._kind != "name" or self._text in _WORDS:
                raise ExpressionFault(f"“{'.'.join(path)}.”后面没有名字", "form.field 或 form.table.column")
            path.append(self._next())
        return self._made(Name(tuple(path)))


class _Deeper:
    """One level of brackets, functions or signs more, until it is left."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def __enter__(self) -> None:
        self._reader.deeper(1)

    def __exit__(self, *_: object) -> None:
        self._reader.deeper(-1)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        if not found:
            wrong = text[at:].lstrip()[0]
            instead = _INSTEAD.get(wrong) or (chr(ord(wrong) - 0xFEE0) if "！" <= wrong <= "～" else "")
            raise ExpressionFault(f"认不出“{wrong}”", f"“{instead}”" if instead else "半角的数、名字和运算符")
        kind = found.lastgroup or "end"
        yield kind, found[kind]
        if kind == "end":
            return
        at = found.end()
