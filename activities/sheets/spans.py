"""Dates, month ends, quarters, ranges and durations inside a written time limit. Takes `today`; reads no clock."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

# A month without its year that has passed is next year's only when next year's is no further off than this.
NEXT_YEAR_DAYS = 183

_DIGITS = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_RUN = re.compile(r"[〇○零一二两三四五六七八九十廿]+(?=[年月日号个天周]|工作日|星期|季度|\d|$|[-/.至前])")
_DASHED_DATE = re.compile(r"(?<!\d)(\d{4})[—–‒―─](\d{1,2})[—–‒―─](\d{1,2})(?!\d)")
_QUARTER_SIGN = re.compile(r"[Qq]([1-4])(?!\d)")
_DASHES = re.compile(r"[—–‒―─~〜∼]+|-{2,}|到(?!位)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One day as written. `why` says what was inferred, or why there is no such day (`day` is None)."""

    day: date | None
    why: str = ""


def plain(text: str) -> str:
    """The text without spaces, its dashes one dash and its Chinese numbers digits."""
    text = _DASHED_DATE.sub(r"\1-\2-\3", re.sub(r"\s+", "", text))
    text = _QUARTER_SIGN.sub(r"\1季度", _DASHES.sub("至", text))
    return _RUN.sub(lambda found: _numeral(found[0]), text)


def _numeral(run: str) -> str:
    run = run.replace("廿", "二十")
    if "十" not in run:
        return "".join(str(_DIGITS[sign]) for sign in run)
    tens, _, ones = run.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return run
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))


@dataclass(slots=True)
class _Context:
    """The year that an earlier part of the same cell has named, and today."""

    today: date
    year: int | None = None
    start: date | None = None


def find_spans(text: str, today: date) -> tuple[list[Span], str]:
    """The days that a plain text names, of a range only its end, and the text that is left over."""
    context = _Context(today)
    text, inferred = _relative_words(text, today)
    found: list[tuple[int, int, Span]] = []
    position = 0
    while position < len(text):
        match = _first(text, position, bool(found))
        if match is None:
            break
        hit, reader = match
        span = reader(hit, context)
        if inferred and span.day and not span.why:
            span = Span(day=span.day, why=f"按 {span.day} 理解（今天是 {today}）")
        found.append((hit.start(), hit.end(), span))
        if span.day and "没有写年份" not in span.why:
            context.year, context.start = span.day.year, span.day
        position = hit.end()
    return _ends(text, found)


def _ends(text: str, found: list[tuple[int, int, Span]]) -> tuple[list[Span], str]:
    spans: list[Span] = []
    rest, position = "", 0
    for index, (start, end, span) in enumerate(found):
        rest += text[position:start]
        position = end
        following = text[end : found[index + 1][0]] if index + 1 < len(found) else None
        if following is not None and span.day and re.fullmatch(r"(起|开始)?[至-]|起", following):
            continue
        spans.append(span)
    return spans, rest + text[position:]


def _relative_words(text: str, today: date) -> tuple[str, bool]:
    """The text with words such as 今年, 年底, 下月 and 本季度 written out, and whether there were any."""
    month = today.month % 12 + 1
    next_month = f"{today.year + (month == 1)}年{month}月"
    rules: tuple[tuple[str, str], ...] = (
        (r"(?<![上下])半年(?=之?内|以内|$)", "6个月"),
        (r"今年|本年度?|当年", f"{today.year}年"),
        (r"明年|次年|来年", f"{today.year + 1}年"),
        (r"(?<![\d年])年(?=[底末内终])", f"{today.year}年"),
        (r"(?<![\d年])全年", f"{today.year}年底"),
        (r"(?:下个?|次)月份?", next_month),
        (r"(?:本|当|这个)月份?", f"{today.year}年{today.month}月"),
        (r"(?<![\d个])月(?=[底末])", f"{today.year}年{today.month}月"),
        (r"(?:本|当|这个)季度?", f"{today.year}年{(today.month + 2) // 3}季度"),
        (r"(?<![\d第])季度?(?=[底末])", f"{today.year}年{(today.month + 2) // 3}季度"),
        (r"半个月", "15天"),
    )
    changed = False
    for pattern, instead in rules:
        replaced = re.sub(pattern, instead, text)
        changed, text = changed or (replaced != text and "个月" not in instead and "天" not in instead), replaced
    return text, changed


_Reader = Callable[[re.Match[str], _Context], Span]


def _day(year: int, month: int, day: int, written: str, why: str = "") -> Span:
    if 1 <= month <= 12 and 1 <= day <= 31 and 1900 <= year <= 2999:
        try:
            return Span(day=date(year, month, day), why=why)
        except ValueError:
            pass
    return Span(day=None, why=f"日期“{written}”不存在")


def _month_end(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 1


def _ymd(hit: re.Match[str], _: _Context) -> Span:
    return _day(int(hit["y"]), int(hit["m"]), int(hit["d"]), hit[0])


def _short_year(hit: re.Match[str], _: _Context) -> Span:
    year = 2000 + int(hit["y"])
    return _day(year, int(hit["m"]), int(hit["d"]), hit[0], f"年份只有两位，按 {year} 年理解")


def _dmy(hit: re.Match[str], _: _Context) -> Span:
    first, second = int(hit["a"]), int(hit["b"])
    month, day = (second, first) if first > 12 else (first, second)
    return _day(int(hit["y"]), month, day, hit[0], f"按 {month} 月 {day} 日理解")


_TENTH = {"上旬": 10, "初": 10, "中旬": 20, "中": 20}


def _ym(hit: re.Match[str], context: _Context) -> Span:
    return _in_month(int(hit["y"]), int(hit["m"]), hit["part"] or "", hit[0], "")


def _in_month(year: int, month: int, part: str, written: str, why: str) -> Span:
    day = _TENTH.get(part) or _month_end(year, month)
    if part in _TENTH:
        why = why or f"“{part}”按 {month} 月 {day} 日理解"
    elif not part:
        why = why or "没有写日，按月底理解"
    return _day(year, month, day, written, why)


def _infer_year(month: int, day: int, context: _Context) -> tuple[int, str]:
    """The year of a month without one: the year already named, else this year, else next year if that is near."""
    if context.year:
        year = context.year
        if context.start and (month, day) < (context.start.month, context.start.day):
            return year + 1, f"没有写年份，按 {year + 1} 年理解"
        return year, ""
    today = context.today
    if (month, day) < (today.month, today.day):
        try:
            near = date(today.year + 1, month, min(day, 28)) - today <= timedelta(days=NEXT_YEAR_DAYS)
        except ValueError:
            near = False
        if near:
            return today.year + 1, f"没有写年份，今年的已过，按 {today.year + 1} 年理解"
    return today.year, f"没有写年份，按 {today.year} 年理解"


def _md(hit: re.Match[str], context: _Context) -> Span:
    month, day = int(hit["m"]), int(hit["d"])
    year, why = _infer_year(month, day, context)
    return _day(year, month, day, hit[0], why)


def _m(hit: re.Match[str], context: _Context) -> Span:
    month, part = int(hit["m"]), hit["part"] or ""
    year, why = _infer_year(month, _TENTH.get(part, 31), context)
    return _in_month(year, month, part, hit[0], why)


def _quarter(hit: re.Match[str], context: _Context) -> Span:
    month = int(hit["q"]) * 3
    year, why = (int(hit["y"]), "") if hit["y"] else _infer_year(month, 31, context)
    if not why and not hit["end"]:
        why = "没有写日，按季度末理解"
    return _day(year, month, _month_end(year, month), hit[0], why)


def _half(hit: re.Match[str], context: _Context) -> Span:
    month = 6 if hit["half"] == "上" else 12
    year, why = (int(hit["y"]), "") if hit["y"] else _infer_year(month, 30, context)
    return _day(year, month, _month_end(year, month), hit[0], why or "没有写日，按期末理解")


def _year(hit: re.Match[str], _: _Context) -> Span:
    why = "" if hit["end"] in {"底", "末", "终"} else "没有写月日，按年底理解"
    return _day(int(hit["y"]), 12, 31, hit[0], why)


def _bare_day(hit: re.Match[str], context: _Context) -> Span:
    base = context.start or context.today
    return _day(base.year, base.month, int(hit["d"]), hit[0], f"没有写月份，按 {base.year} 年 {base.month} 月理解")


def _duration(hit: re.Match[str], context: _Context) -> Span:
    count, unit, start = int(hit["n"]), hit["unit"] or hit["other"], context.start or context.today
    if count > 4000:
        return Span(day=None, why=f"期限“{hit[0]}”过长")
    if unit == "工作日":
        day, left = start, count
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return Span(day=day, why=f"从 {start} 起数 {count} 个工作日（只除去周末），按 {day} 理解")
    months = {"月": 1, "季度": 3, "年": 12}.get(unit)
    if months:
        index = start.year * 12 + start.month - 1 + count * months
        year, month = divmod(index, 12)
        if year > 2999:
            return Span(day=None, why=f"期限“{hit[0]}”过长")
        day = date(year, month + 1, min(start.day, _month_end(year, month + 1)))
    else:
        day = start + timedelta(days=count * (7 if unit in {"周", "星期"} else 1))
    return Span(day=day, why=f"从 {start} 起数，按 {day} 理解")


_PART = r"份?(?P<part>底|末|上旬|中旬|下旬|初|中(?!期))?"
# In order: at the same place the earlier pattern wins.
_PATTERNS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(?<!\d)(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})[日号]?(?!\d)", _ymd),
        (r"(?<!\d)(?P<y>\d{4})[年./-](?P<m>\d{1,2})[月./](?P<d>\d{1,2})[日号]?(?![\d月])", _ymd),
        (r"(?<!\d)(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)", _ymd),
        (r"(?<!\d)(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4})(?!\d)", _dmy),
        (r"(?<!\d)(?P<y>\d{2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})日?(?!\d)", _short_year),
        (r"(?<!\d)(?P<y>\d{2})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?(?!\d)", _short_year),
        (r"(?<!\d)(?:(?P<y>\d{4})年?)?第?(?P<q>[1-4])季度?(?P<end>[底末])?", _quarter),
        (r"(?<!\d)(?:(?P<y>\d{4})年?)?(?P<half>[上下])半年[底末]?", _half),
        (
            r"(?<![\d月])(?P<n>\d{1,4})(?:个(?P<unit>工作日|天|周|星期|月|季度|年)|(?P<other>工作日|天|周|星期))(?:之?内|以内)?",
            _duration,
        ),
        (r"(?<![\d月])(?P<n>\d{1,2})(?P<unit>日|年)(?P<other>)(?:之内|以内|内)", _duration),
        (r"(?<!\d)(?P<y>\d{4})(?:年|[-/.](?=\d))(?P<m>\d{1,2})(?!\d)月?" + _PART, _ym),
        (r"(?<!\d)(?P<y>\d{4})年度?年?(?P<end>底|末|终|内)?", _year),
        (r"(?<!\d)(?P<m>\d{1,2})月份?(?P<d>\d{1,2})[日号]?(?![\d月])", _md),
        (r"(?<!\d)(?P<m>\d{1,2})月" + _PART, _m),
        (r"(?<![\d.])(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d.月])", _md),
        (r"(?<![\d月])(?P<d>\d{1,2})[日号]", _bare_day),
    )
)
_BARE_MONTH = re.compile(r"(?<=[至-])(?P<m>\d{1,2})(?![\d.])(?P<part>)")


def _first(text: str, position: int, ranging: bool) -> tuple[re.Match[str], _Reader] | None:
    best: tuple[re.Match[str], _Reader] | None = None
    patterns = (*_PATTERNS, (_BARE_MONTH, _m)) if ranging else _PATTERNS
    for pattern, reader in patterns:
        hit = pattern.search(text, position)
        if hit and (best is None or hit.start() < best[0].start()):
            best = (hit, reader)
    return best
