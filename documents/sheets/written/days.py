"""The day that a written time limit ends on: of several, of a range, of two readings the latest. Takes `today` and the
working calendar."""

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

from documents.sheets.written.phrases import Phrase, parse
from documents.sheets.written.tokens import Length, Point
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation

# A month without its year that has passed is next year's only when next year's is no further off than this.
NEXT_YEAR_DAYS = 183
_ENDS = frozenset({"底", "末", "终"})
_TENTH = {"上旬": 10, "初": 10, "中旬": 20, "中": 20}
_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One day as written. `why` says what was inferred, or why there is no such day (`day` is None)."""

    day: date | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What a text says of days. `day` is the latest; `doubts` is empty only when it can mean nothing else.

    `rest` says nothing of time; `wrong` tells what does not exist; `begins`: only a beginning is written, no end.
    """

    day: date | None = None
    doubts: tuple[str, ...] = ()
    rest: str = ""
    wrong: str = ""
    begins: bool = False


@dataclass(slots=True, kw_only=True)
class _Context:
    """What earlier parts of the same cell have named: a year, the last day, a day from which lengths count.

    `year_doubt` and `last_doubt` are what was inferred of them: what inherits them is no surer.
    """

    today: date
    calendar: Calendar | None
    year: int | None = None
    year_doubt: str = ""
    last: date | None = None
    last_doubt: str = ""
    since: date | None = None


def read_days(text: str, today: date, calendar: Calendar | None = None) -> Days:
    """The latest day that the text names or counts to, with what had to be inferred. Working days are those of the
    calendar; without one only weekends are left out."""
    phrases, rest = parse(text)
    spans = _spans(phrases, _Context(today=today, calendar=calendar))
    if wrong := next((span.why for span in spans if span.day is None), ""):
        return Days(rest=rest, wrong=wrong)
    pairs = [(phrase, span.day, span.why) for phrase, span in zip(phrases, spans, strict=True) if span.day]
    kept = [
        pair
        for index, pair in enumerate(pairs)
        if not pair[0].since or (index + 1 < len(pairs) and pairs[index + 1][0].link == "range")
    ]
    if not kept:
        return Days(rest=rest, begins=bool(pairs))
    _, day, why = max(kept, key=lambda pair: pair[1])
    doubts = [why] if why else []
    if len(kept) > 1:
        doubts += _several([(phrase, ends) for phrase, ends, _ in kept], day, whole=not why)
    return Days(day=day, doubts=tuple(doubts), rest=rest)


def _several(kept: list[tuple[Phrase, date]], day: date, *, whole: bool) -> list[str]:
    """What is doubtful in more than one day: nothing when they are the first and the last, `whole`, of one range."""
    (_, begins), (last, ends) = kept[0], kept[-1]
    if len(kept) == 2 and last.link == "range":
        if begins > ends:
            return [f"起止颠倒，取较晚的 {day}"]
        return [] if whole else [f"写的是一段时间，取较晚的 {day}"]
    return [f"写了 {len(kept)} 个日期，取最晚的 {day}"]


def _spans(phrases: tuple[Phrase, ...], named: _Context) -> list[Span]:
    spans: list[Span] = []
    for index, phrase in enumerate(phrases):
        after = phrases[index + 1] if index + 1 < len(phrases) else None
        if phrase.point is None:
            assert phrase.length is not None, "a phrase is a point or a length"
            spans.append(_length(phrase.length, phrase.written, named.since or named.today, named.calendar))
        elif after and after.link == "range" and _takes_its_year(phrase.point, after.point, named):
            assert after.point is not None, "only a point gives its year"
            spans.append(_backward(phrase, _point(after, replace(named)), named))
        else:
            spans.append(_point(phrase, named))
        if phrase.point:
            named.since = spans[-1].day if phrase.since else None
            if not (phrase.point.loose and named.last is None):
                named.last, named.last_doubt = spans[-1].day or named.last, spans[-1].why
    return spans


def _takes_its_year(point: Point, after: Point | None, named: _Context) -> bool:
    """Whether a range's start has no year of its own, so that it lies before the end: 11月至3月."""
    return after is not None and named.year is None and not _own_year(point) and after.ranks[0] <= 3


def _backward(phrase: Phrase, end: Span, named: _Context) -> Span:
    assert phrase.point is not None, "only a point lies before a point"
    if end.day is None:
        return _point(phrase, named)
    span = _in_year(phrase, end.day.year, "")
    if span.day and span.day > end.day:
        span = _in_year(phrase, end.day.year - 1, "")
    return span


def _own_year(point: Point) -> bool:
    relative = (point.years, point.quarters, point.months, point.weeks)
    return point.year is not None or any(one is not None for one in relative)


def _point(phrase: Phrase, named: _Context) -> Span:
    point, today = phrase.point, named.today
    assert point is not None, "only a point is placed"
    if point.weeks is not None:
        day = today + timedelta(days=7 * point.weeks - today.weekday() + (point.day or 7) - 1)
        return Span(day=day, why=f"按 {day} 理解（今天是 {today}）")
    if point.ranks[0] > 3:
        return _part_of_a_month(phrase, named)
    if point.months is not None:
        base = named.last if point.named and named.last else today
        index = base.year * 12 + base.month - 1 + point.months
        point = replace(point, year=index // 12, month=index % 12 + 1)
    elif point.quarters is not None:
        index = today.year * 4 + (today.month - 1) // 3 + point.quarters
        point = replace(point, year=index // 4, quarter=index % 4 + 1)
    elif point.years is not None:
        base_year = named.year if point.named and named.year else today.year
        point = replace(point, year=base_year + point.years)
    if point.year is None:
        return _without_year(phrase, named)
    from_today = _own_year(replace(point, year=None)) and not (point.named and (named.year or named.last))
    short = f"年份只有两位，按 {point.year} 年理解" if point.short else ""
    named.year, named.year_doubt = point.year, short or (f"从今天（{today}）推算" if from_today else "")
    span = _in_year(replace(phrase, point=point), point.year, short)
    if from_today and span.day and not span.why:
        return Span(day=span.day, why=f"按 {span.day} 理解（今天是 {today}）")
    return span


def _part_of_a_month(phrase: Phrase, named: _Context) -> Span:
    """15日, 中旬: of the month named before, else of this one; 15日 may as well be fifteen days."""
    point, base = phrase.point, named.last or named.today
    assert point is not None, "only a point is placed"
    whole = replace(phrase, point=replace(point, month=base.month))
    inferred = "" if named.last else f"没有写月份，按 {base.year} 年 {base.month} 月理解"
    span = _in_year(whole, base.year, inferred)
    span = replace(span, why=span.why or named.last_doubt)
    if named.last or not point.loose or point.day is None:
        return span
    counted = named.today + timedelta(days=point.day)
    if span.day is None or span.day < named.today:
        return Span(day=counted, why=f"“{phrase.written}”从 {named.today} 起数，按 {counted} 理解")
    return _later(phrase.written, span.day, counted)


def _later(written: str, one: date, other: date) -> Span:
    day = max(one, other)
    return Span(day=day, why=f"“{written}”可以是 {min(one, other)}，也可以是 {day}，取较晚的")


def _without_year(phrase: Phrase, named: _Context) -> Span:
    """The year that the cell has named, else this year, else next year if that is near."""
    assert phrase.point is not None, "only a point has a year"
    today = named.today
    if named.year:
        span = _in_year(phrase, named.year, named.year_doubt)
        start = named.last if phrase.link == "range" else today
        if span.day and start and span.day < start:
            return _in_year(phrase, span.day.year + 1, f"没有写年份，按 {span.day.year + 1} 年理解")
        return span
    year, why = today.year, f"没有写年份，按 {today.year} 年理解"
    this = _in_year(phrase, year, why)
    if this.day is None and phrase.point.day:  # 29 February stands in leap years only
        this = _in_year(phrase, year + 1, f"没有写年份，按 {year + 1} 年理解") if phrase.point.month == 2 else this
    elif this.day and this.day < today:
        month, day = this.day.month, min(this.day.day, 28)
        if date(year + 1, month, day) - today <= timedelta(days=NEXT_YEAR_DAYS):
            this = _in_year(phrase, year + 1, f"没有写年份，今年的已过，按 {year + 1} 年理解")
    if phrase.length and this.day:
        counted = _length(phrase.length, phrase.written, today, named.calendar).day
        if counted:
            return _later(phrase.written, this.day, counted)
    return this


def _in_year(phrase: Phrase, year: int, why: str) -> Span:
    """The day of a point in a year: its last day, unless it names one."""
    point, written = phrase.point, phrase.written
    assert point is not None, "only a point has a day"
    month, day, inferred = _month_and_day(point)
    why = why or point.why or inferred
    if not (1 <= month <= 12 and 1900 <= year <= 2999 and 0 <= day <= 31):
        return Span(day=None, why=f"日期“{written}”不存在")
    try:
        last = date(year, month, day or _month_end(year, month))
    except ValueError:
        return Span(day=None, why=f"日期“{written}”不存在")
    if point.either and 1 <= day <= 12:
        return _later(written, last, date(year, day, _month_end(year, day)))
    return Span(day=last, why=why)


def _month_end(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _month_and_day(point: Point) -> tuple[int, int, str]:
    """Month, day (0: the month's last) and what was inferred; month 0 where a year has a day but no month."""
    ends = point.part in _ENDS
    if point.month is not None:
        if point.day is not None:
            return point.month, point.day or 32, ""
        if tenth := _TENTH.get(point.part):
            return point.month, tenth, f"“{point.part}”按 {point.month} 月 {tenth} 日理解"
        return point.month, 0, "" if ends else "“下旬”按月底理解" if point.part else "没有写日，按月底理解"
    if point.day is not None or point.part.endswith("旬"):
        return 0, 0, ""
    if point.quarter is not None:
        return point.quarter * 3, 0, "" if ends else "没有写日，按季度末理解"
    if point.half is not None:
        return point.half * 6, 0, "" if ends else "没有写日，按期末理解"
    if point.part == "初":
        return 1, 0, "“年初”按 1 月底理解"
    if point.part == "中":
        return 6, 0, "“年中”按 6 月底理解"
    return 12, 0, "" if ends else "没有写月日，按年底理解"


def _length(length: Length, written: str, start: date, working: Calendar | None) -> Span:
    if length.count > _LONGEST:
        return Span(day=None, why=f"期限“{written}”过长")
    if length.unit == "工作日":
        day, how = _working_days(start, length.count, working)
        return Span(day=day, why=f"从 {start} 起数 {length.count} 个工作日{how}，按 {day} 理解")
    months = length.count * {"月": 1, "季度": 3, "年": 12}.get(length.unit, 0)
    months += 6 if length.half and length.unit == "年" else 0
    days = {"天": length.count, "周": length.count * 7, "小时": -(-length.count // 24)}.get(length.unit, 0)
    days += {"月": 15, "周": 4}.get(length.unit, 0) if length.half else 0
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 2999:
        return Span(day=None, why=f"期限“{written}”过长")
    day = date(year, month + 1, min(start.day, _month_end(year, month + 1))) + timedelta(days=days)
    return Span(day=day, why=f"“{written}”从 {start} 起数，按 {day} 理解")


def _working_days(start: date, count: int, working: Calendar | None) -> tuple[date, str]:
    """The day on which so many working days end, and what the calendar did not know of them."""
    day, only_weekends = start, "（只除去周末）"
    if working:
        try:
            day = working.add(start, count)
        except RuleViolation:  # from a year before the calendar, or to one far behind it
            only_weekends = "（工作日历里没有这些年，只除去周末）"
        else:
            says = f"（{working.last_year + 1} 年起的放假安排还没有公布，那些天只除去周末）"
            return day, says if working.is_provisional(day) else ""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day, only_weekends
