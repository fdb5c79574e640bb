"""Tokens put together: whole dates and lengths of time, how each is joined to the one before, what is left. Pure."""

from dataclasses import dataclass, fields, replace
from typing import Literal

from documents.sheets.written.numerals import plain
from documents.sheets.written.tokens import Length, Point, Token, tokenise

Link = Literal["", "range", "join"]
_YEAR, _MONTH, _DAY = 0, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One date or one length as written. `link`: how it follows the one before. `since`: it begins something."""

    written: str
    point: Point | None = None
    length: Length | None = None
    link: Link = ""
    since: bool = False


def parse(text: str) -> tuple[tuple[Phrase, ...], str]:
    """The dates and lengths of a text in their order, and what says nothing of time."""
    tokens = _typed(tokenise(plain(text)))
    phrases: list[Phrase] = []
    rest = ""
    index, link, pending = 0, "", ""
    while index < len(tokens):
        token = tokens[index]
        if token.sort in {"point", "length"}:
            phrase, index = _phrase(tokens, index)
            joined: Link = "range" if link == "range" else "join" if link == "join" else ""
            rest += "" if phrases and joined else pending
            phrases.append(replace(phrase, link=joined) if phrases else phrase)
            link = pending = ""
            continue
        if token.sort == "since":
            # 收到通知后 begins with something that is no date: what follows counts from today, as it does anyway.
            if phrases and not link and not pending:
                phrases[-1] = replace(phrases[-1], since=True)
        elif token.sort in {"range", "join"}:
            link = "range" if "range" in {link, token.sort} else "join"
            pending += token.text
        else:
            _open_ended(phrases, pending)
            rest += pending + token.text
            link, pending = "", ""
        index += 1
    _open_ended(phrases, pending)
    return tuple(phrases), rest + pending


def _open_ended(phrases: list[Phrase], pending: str) -> None:
    """A range without an end, such as 2027年6月30日至长期, says only when it begins."""
    if phrases and "至" in pending:
        phrases[-1] = replace(phrases[-1], since=True)


def _phrase(tokens: list[Token], index: int) -> tuple[Phrase, int]:
    """The longest date that begins here: each token adds smaller parts."""
    token = tokens[index]
    if token.point is None:
        return Phrase(written=token.text, length=token.length), index + 1
    point, written, length = token.point, token.text, token.length
    index += 1
    while index < len(tokens) and (more := tokens[index].point) and more.ranks[0] > point.ranks[1]:
        length = None
        point, written = _merged(point, more), written + tokens[index].text
        index += 1
    if point.loose and "".join(t.text for t in tokens[index : index + 2]).lstrip("之以").startswith("前"):
        point = replace(point, loose=False)
    only_month = point.ranks == (_MONTH, _MONTH)
    return Phrase(written=written, point=point, length=length if only_month else None), index


def _merged(point: Point, more: Point) -> Point:
    named = {one.name: getattr(more, one.name) for one in fields(Point) if getattr(more, one.name) != one.default}
    return replace(point, **(named | {"loose": False, "named": point.named or more.named}))


def _typed(tokens: list[Token]) -> list[Token]:
    """Bare numbers take the unit of the one that they are listed with: 5-10个工作日, 第一、二季度, 10月至12."""
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.sort != "number":
            continue
        after = tokens[index + 2] if index + 2 < len(tokens) else None
        before = tokens[index - 2] if index > 1 else None
        if after and tokens[index + 1].sort in {"range", "join"} and (like := _like(token, after)):
            tokens[index] = like
        elif before and tokens[index - 1].sort == "range" and before.point and (like := _last(token, before.point)):
            tokens[index] = like
    return tokens


def _like(token: Token, other: Token) -> Token | None:
    if other.length and other.point is None:
        return Token(sort="length", text=token.text, length=replace(other.length, count=token.number, half=False))
    if other.point is None:
        return None
    first = other.point.ranks[0]
    fits = {
        _YEAR: len(token.text) == 4 or (len(token.text) == 2 and other.point.short),
        1: False,
        2: 1 <= token.number <= 4,
        _MONTH: 1 <= token.number <= 12 and other.point.month is not None,
        _DAY: 1 <= token.number <= 31,
    }
    if not fits.get(first, False):
        return None
    if first == _YEAR and len(token.text) == 2:
        return Token(sort="point", text=token.text, point=Point(year=2000 + token.number, short=True))
    return Token(sort="point", text=token.text, point=_with(first, token.number, other.point.loose))


def _with(rank: int, number: int, loose: bool) -> Point:
    match rank:
        case 0:
            return Point(year=number)
        case 2:
            return Point(quarter=number)
        case 3:
            return Point(month=number)
        case _:
            return Point(day=number, loose=loose)


def _last(token: Token, before: Point) -> Token | None:
    last = before.ranks[1]
    most = {_MONTH: 12, _DAY: 31}.get(last, 0)
    if not 1 <= token.number <= most:
        return None
    return Token(sort="point", text=token.text, point=_with(last, token.number, False))
