"""The words of a time limit: parts of dates, lengths of time, and what joins them. One table; knows no today."""

import re
from dataclasses import dataclass
from typing import Literal

TokenSort = Literal["point", "number", "length", "range", "join", "since", "text"]
SpanUnit = Literal["工作日", "天", "小时", "周", "月", "季度", "年"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Part of a date, from the year down; what is not given is None.

    `years`, `quarters`, `months` and `weeks` count from today; `named`: from what the cell has named before (次年).
    `loose`: 15日 may be a day of the month or fifteen days. `either`: 3-6 may be a day or months.
    """

    year: int | None = None
    years: int | None = None
    short: bool = False
    named: bool = False
    half: int | None = None
    quarter: int | None = None
    quarters: int | None = None
    month: int | None = None
    months: int | None = None
    weeks: int | None = None
    part: str = ""
    day: int | None = None
    loose: bool = False
    either: bool = False
    why: str = ""

    @property
    def ranks(self) -> tuple[int, int]:
        """The largest and the smallest part given: 0 a year, 1 half, 2 quarter, 3 month, 4 a part of it, 5 a day."""
        given = (
            self.year is not None or self.years is not None,
            self.half is not None,
            self.quarter is not None or self.quarters is not None,
            self.month is not None or self.months is not None or self.weeks is not None,
            bool(self.part),
            self.day is not None,
        )
        ranks = [rank for rank, here in enumerate(given) if here]
        return ranks[0], ranks[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A length of time: `count` of a unit, and half of one more where `half`."""

    count: int
    unit: SpanUnit
    half: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word as written, and what it says. A point with a length is 3月内: within March, or within three months."""

    sort: TokenSort
    text: str
    point: Point | None = None
    length: Length | None = None
    number: int = 0


_WITHIN = "(?:之内|以内|内)?"
# What makes the number before it a count, so that it is no day and no month.
_NOT_COUNTED = r"(?![\d%个天周年季旬条项人家])(?!工作日|自然日|日历日|星期|礼拜|小时|钟头)"
_END = "底|末|终|初|中(?![期央旬级共华小层])(?![、,和及与至-]?下旬)"

_DATES = (
    r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)[日号]?",
    rf"(?P<y>\d{{4}})[年./-](?P<m>\d{{1,2}})[月./](?P<d>\d{{1,2}}){_NOT_COUNTED}(?!月|[日号]?[\d月])[日号]?",
    r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
    r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4})(?!\d)",
    r"['’‘`]?(?P<yy>\d{2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)[日号]?",
    rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}}){_NOT_COUNTED}(?:月份?)?",
    # A month and a day: 12.31, 12/31. With a dash before a small number it may as well be two months.
    rf"(?P<m>\d{{1,2}})(?P<s>[-/.])(?P<d>\d{{1,2}}){_NOT_COUNTED}(?![.月日号季])",
)
_LENGTHS = (
    r"(?P<n>\d{1,4})个?(?P<unit>工作日)" + _WITHIN,
    r"(?P<n>\d{1,4})个?(?P<unit>自然日|日历日|天|周|星期|礼拜|小时|钟头)(?![\d一二三四五六日])" + _WITHIN,
    r"(?P<n>\d{1,4})(?:个(?P<half>半)|(?P<whole>个))(?P<unit>月|年|季度|星期|礼拜)" + _WITHIN,
    # Ten years at most can be meant: a larger number before 年 is the year's.
    r"(?P<n>[1-9]|10)(?P<unit>年)(?P<half>半)" + _WITHIN,
    r"(?P<n>[1-9]|10)(?P<unit>年)(?![底末终初度中]|\d{1,2}月|第?\d季|[上下]半年)" + _WITHIN,
    r"(?P<n>\d{1,4})(?P<unit>日)(?:之内|以内|内)",
    r"(?P<n>3[2-9]|[4-9]\d|\d{3})(?P<unit>日)" + _WITHIN,
    r"(?P<only>半)(?:个?(?P<unit>月|年)|个(?P<week>星期|礼拜))(?![底末])" + _WITHIN,
)
_PARTS = (
    r"(?P<y>\d{4})(?:年度?年?|(?=第?[1-4]季|[上下]半年|[底末]))(?!级)",
    r"['’‘`]?(?P<yy>\d{2})年度?年?",
    r"第?(?P<q>[1-4]{1,4})季度?",
    r"前(?P<q>[1-4])个?季度?",
    r"(?P<m>\d{1,2})月份?(?P<closed>(?:之内|以内|内)?)",
    r"(?P<d>\d{1,2})[日号]",
)
_AGAIN = rf"(?:年(?={_END}|内))?"
_WORDS: tuple[tuple[str, Point], ...] = (
    (r"今明(?:2|两)?年" + _AGAIN, Point(years=1)),
    (r"(?:今年|本年度?)" + _AGAIN, Point(years=0)),
    (r"(?:当年|同年)" + _AGAIN, Point(years=0, named=True)),
    (r"(?:明年|来年|下一?年度?)" + _AGAIN, Point(years=1)),
    (r"(?:次年|翌年)" + _AGAIN, Point(years=1, named=True)),
    (r"后年" + _AGAIN, Point(years=2)),
    (r"(?:去年|上一?年度?)" + _AGAIN, Point(years=-1)),
    (rf"全年|(?<![几数多余来])年度?(?={_END}|内)", Point(years=0, named=True)),
    (r"[上前](?:半年?)?[、,和及与至-]?[下后]半年", Point(half=2)),
    (r"[上前]半年", Point(half=1)),
    (r"[下后]半年", Point(half=2)),
    (r"(?:本|当|这个?)季度?", Point(quarters=0)),
    (r"下一?个?季度?", Point(quarters=1)),
    (r"上一?个?季度?", Point(quarters=-1)),
    (r"(?<![个几数])季度?(?=[底末内])", Point(quarters=0)),
    (r"元月份?", Point(month=1)),
    (r"下个?月份?", Point(months=1)),
    (r"次月份?", Point(months=1, named=True)),
    (r"(?:本|当|这个?)月份?", Point(months=0)),
    (rf"(?<![个几数多余来])月(?={_END}|内)", Point(months=0)),
    (r"[本这]个?(?:周|星期|礼拜)", Point(weeks=0)),
    (r"下个?(?:周|星期|礼拜)", Point(weeks=1)),
    (r"(?:[上中下][、,和及与至-]?)*(?P<part>[上中下])旬", Point(part="旬")),
)
_LINKS: tuple[tuple[str, TokenSort], ...] = (
    (r"(?:之日|之时)?起(?:算|计算)?|开始|以后|之后|后(?![半年续])", "since"),
    (r"截[至止]+|截止(?:到|至)?", "text"),
    (r"[至-]", "range"),
    (r"[、,;和及与并或/.]", "join"),
)

_DIGIT = [("date", re.compile(p)) for p in _DATES] + [("length", re.compile(p)) for p in _LENGTHS[:-1]]
_DIGIT += [("part", re.compile(p)) for p in _PARTS]
_AHEAD = [("part", re.compile(pattern)) for pattern in (*_PARTS[1:4], _DATES[4])]
_WORD = [(re.compile(pattern), point) for pattern, point in _WORDS]
_LINK = [(re.compile(pattern), sort) for pattern, sort in _LINKS]
_HALF = re.compile(_LENGTHS[-1])
_ENDING = re.compile(_END)
_DAY = re.compile(rf"(?P<d>\d{{1,2}})(?:[日号]|{_NOT_COUNTED}(?![\d月]))")
_MONTH = 3
_WORD_SIGNS = frozenset("今本当同明来下次翌第后去上全年前季元这月中底末终初半")
_LINK_SIGNS = frozenset("之起开以后截至-、,;和及与并或/.")
_NUMBER = re.compile(r"第?(\d+)(?=(?:[、,和及与至-]第?\d+)+季)|(\d+)")
_WEEKDAY = re.compile("[1-6一二三四五六日天]")
_UNITS: dict[str, SpanUnit] = {"天": "天", "小时": "小时", "周": "周", "月": "月", "季度": "季度", "年": "年"}
_UNITS |= {"工作日": "工作日", "日": "天", "自然日": "天", "日历日": "天", "钟头": "小时", "星期": "周", "礼拜": "周"}


def tokenise(text: str) -> list[Token]:
    """The whole of a plain text as tokens; what says nothing of time is text, one sign at a time."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        before = tokens[-1].point if tokens else None
        token = _part(text, position, before) or _token(text, position)
        tokens.append(token)
        position += len(token.text)
    return tokens


def _part(text: str, position: int, before: Point | None) -> Token | None:
    """What only the date before it explains: 底 of a year or a month, the day of a month."""
    if before is None:
        return None
    if hit := _ENDING.match(text, position):
        return Token(sort="point", text=hit[0], point=Point(part=hit[0]))
    if before.ranks[1] == _MONTH and (hit := _DAY.match(text, position)):
        return Token(sort="point", text=hit[0], point=Point(day=int(hit["d"])))
    return None


def _token(text: str, position: int) -> Token:
    sign = text[position]
    if sign.isdigit() or sign in "'’‘`前第":
        for sort, pattern in _DIGIT if sign.isdigit() else _AHEAD:
            if hit := pattern.match(text, position):
                return _length(hit) if sort == "length" else _point(hit)
        if number := _NUMBER.match(text, position):
            return Token(sort="number", text=number[0], number=int((number[1] or number[2])[:9]))
    if sign == "半" and (hit := _HALF.match(text, position)):
        length = Length(count=0, unit=_UNITS[hit["unit"] or "周"], half=True)
        return Token(sort="length", text=hit[0], length=length)
    if sign in _WORD_SIGNS:
        for pattern, point in _WORD:
            if hit := pattern.match(text, position):
                return _word(hit, point)
    for pattern, link in _LINK if sign in _LINK_SIGNS else ():
        if hit := pattern.match(text, position):
            return Token(sort=link, text=hit[0])
    return Token(sort="text", text=sign)


def _length(hit: re.Match[str]) -> Token:
    length = Length(count=int(hit["n"]), unit=_UNITS[hit["unit"]], half=bool(hit.groupdict().get("half")))
    return Token(sort="length", text=hit[0], length=length)


def _point(hit: re.Match[str]) -> Token:
    fields = hit.groupdict()
    why = ""
    if fields.get("a"):
        first, second = int(fields["a"]), int(fields["b"])
        month, day = (second, first) if first > 12 else (first, second)
        why = f"按 {month} 月 {day} 日理解"
        return Token(sort="point", text=hit[0], point=Point(year=int(fields["y"]), month=month, day=day, why=why))
    year, short = _number(fields.get("y")), _number(fields.get("yy"))
    quarter = fields.get("q")
    if quarter and len(quarter) > 1:
        why = "写了几个季度，取最后一个"
    point = Point(
        year=2000 + short if short is not None else year,
        short=short is not None,
        quarter=max(map(int, quarter)) if quarter else None,
        month=_number(fields.get("m")),
        day=_number(fields.get("d")),
        loose=list(_given(fields)) == ["d"],
        either=fields.get("s") == "-" and year is None and short is None and int(fields["d"]) <= 12,
        why=why,
    )
    return Token(sort="point", text=hit[0], point=point, length=_months(fields))


def _months(fields: dict[str, str | None]) -> Length | None:
    """3月内 may be within March or within three months."""
    return Length(count=int(fields["m"] or 0), unit="月") if fields.get("closed") else None


def _given(fields: dict[str, str | None]) -> list[str]:
    return [name for name, value in fields.items() if value and name not in {"s", "closed"}]


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _word(hit: re.Match[str], point: Point) -> Token:
    text = hit[0]
    if point.weeks is not None and (weekday := _WEEKDAY.match(hit.string, hit.end())):
        text += weekday[0]
        day = "123456日一二三四五六天".index(weekday[0]) % 7 + 1
        return Token(sort="point", text=text, point=Point(weeks=point.weeks, day=day))
    if point.part == "旬":
        return Token(sort="point", text=text, point=Point(part=hit["part"] + "旬"))
    if point.part and "part" in hit.groupdict():
        return Token(sort="point", text=text, point=Point(part=hit["part"]))
    return Token(sort="point", text=text, point=point)
