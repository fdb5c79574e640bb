"""Working calendars as snapshots: the published years of `chinesecalendar`, and overlay files on top of them.

Reading and merging only; the arithmetic is `rules.dates.calendar`.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from chinese_calendar.constants import holidays, workdays

from definitions.fields import FileMapping
from definitions.source import Source
from rules.dates.calendar import Calendar, DayException

_FIRST_YEAR = 2024
"""Items of earlier years are imported closed: nothing is reckoned before."""

MAKE_UP = "调休上班"
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}
OTHER = "放假"
"""The name of a single year's extra holiday, which the library names in English only."""

OVERLAY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayDay:
    """One date of an overlay, and the keys under which the file says so."""

    day: date
    working: bool
    name: str
    keys: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One overlay file. `whole_year`: it is the year's complete arrangement, replaces what was known of that year, and
    publishes it. Otherwise it changes single dates. `document` and `issued` say who decided so and when."""

    id: str
    year: int
    document: str
    issued: date
    whole_year: bool
    days: tuple[OverlayDay, ...]


def snapshot(overlays: Sequence[Path] = (), first_year: int = _FIRST_YEAR) -> Calendar:
    """The calendar of all published years, the overlays applied in the order given. Raises definition_invalid.

    Equal content has an equal version, on every machine.
    """
    last_year: int = max(holidays).year
    days = {e.day: e for e in _published() if e.day.year >= first_year}
    ids: list[str] = []
    for path in overlays:
        source = Source(path)
        overlay = _read(source, path)
        if overlay.id in ids:
            source.add(("id",), f"“{overlay.id}”已被前面的文件使用", "每个文件有自己的 id")
        if overlay.whole_year and not first_year <= overlay.year <= last_year + 1:
            source.add(
                ("year",), f"{overlay.year} 年与已公布的 {first_year} 至 {last_year} 年不相连", f"{last_year + 1}"
            )
        source.refuse()
        _apply(source, overlay, days)
        source.refuse()
        ids.append(overlay.id)
        if overlay.whole_year:
            last_year = max(last_year, overlay.year)
    exceptions = tuple(days[day] for day in sorted(days))
    return Calendar(
        version=_version(ids, first_year, last_year, exceptions),
        first_year=first_year,
        last_year=last_year,
        exceptions=exceptions,
    )


def overlays_in(folder: Path) -> tuple[Path, ...]:
    """The overlay files of a folder (not of its sub-folders) by name, the order in which they are applied."""
    return tuple(sorted(folder.glob("*.yaml")))


def load_overlay(path: Path) -> Overlay:
    """The overlay that a file describes. Raises definition_invalid with every mistake of the file."""
    source = Source(path)
    overlay = _read(source, path)
    source.refuse()
    return overlay


def _published() -> list[DayException]:
    rest = [
        DayException(day=day, working=False, name=_NAMES.get(str(name), OTHER))
        for day, name in holidays.items()
        if day.weekday() < 5
    ]
    work = [DayException(day=day, working=True, name=MAKE_UP) for day in workdays if day.weekday() >= 5]
    return rest + work


def _apply(source: Source, overlay: Overlay, days: dict[date, DayException]) -> None:
    """Write an overlay's days over the known ones, keeping only true exceptions to Monday-Friday."""
    if overlay.whole_year:
        for day in [d for d in days if d.year == overlay.year]:
            del days[day]
    for entry in overlay.days:
        known = days.get(entry.day)
        was_working = known.working if known else entry.day.weekday() < 5
        if entry.working and was_working:
            source.add(entry.keys, f"{entry.day}（{_weekday(entry.day)}）本来就上班", "一个原来不上班的日期")
        if entry.working == (entry.day.weekday() < 5):
            days.pop(entry.day, None)
        else:
            days[entry.day] = DayException(day=entry.day, working=entry.working, name=entry.name)


def _read(source: Source, path: Path) -> Overlay:
    top = FileMapping(source, (), source.root)
    if source.root is None:
        source.refuse()
    expected = "小写字母、数字和连字符组成的名字"
    overlay_id = top.word("id", OVERLAY_ID, expected) if top.has("id") else path.stem
    if not top.has("id") and not OVERLAY_ID.fullmatch(path.stem):
        source.add((), f"文件名“{path.stem}”不能用作 id", f"写明 id：{expected}")
    year = top.integer("year", 2000, 2200)
    origin = top.table("source", "依据：document 文件名称和文号，date 发文日期")
    document = origin.text("document", "作出这一安排的文件名称和文号", 200)
    issued = origin.day("date")
    origin.done()
    days: list[OverlayDay] = []
    for key, working in (("rest", False), ("work", True)):
        for row in top.rows(key, "日期的列表") if top.has(key) else []:
            days.extend(_days(row, working))
    if not top.has("rest") and not top.has("work"):
        source.add((), "没有任何日期", "rest（放假）或 work（上班）至少写一项")
    whole_year = top.flag("whole_year")
    top.done()
    _check(source, year, days)
    return Overlay(id=overlay_id, year=year, document=document, issued=issued, whole_year=whole_year, days=tuple(days))


def _days(row: FileMapping, working: bool) -> list[OverlayDay]:
    """The dates of one line: a `day`, or a span `from` - `to` of at most a month."""
    name = row.text("name", "名称，如 国庆节") if not working or row.has("name") else MAKE_UP
    if row.has("day"):
        first = last = row.day("day")
    elif row.has("from") or row.has("to"):
        first, last = row.day("from"), row.day("to")
        if row.source.sound(row.path) and not 0 < (last - first).days <= 31:
            row.mistake("to", f"{first} 至 {last}", "结束日期晚于开始日期，相隔不超过一个月")
    else:
        row.source.add(row.path, "没有日期", "day: 日期，或 from: 日期 与 to: 日期")
    row.done()
    if not row.source.sound(row.path):
        return []
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [OverlayDay(day=d, working=working, name=name, keys=row.path) for d in span]


def _check(source: Source, year: int, days: list[OverlayDay]) -> None:
    seen: dict[date, OverlayDay] = {}
    for entry in days:
        earlier = seen.setdefault(entry.day, entry)
        if entry.day.year != year and source.sound(("year",)):
            source.add(entry.keys, f"{entry.day} 不在 {year} 年", f"{year} 年内的日期（其他年份另写一个文件）")
        if earlier is not entry:
            line = source.line(earlier.keys)
            source.add(entry.keys, f"{entry.day} 重复", f"每个日期只写一次（已写在第 {line} 行）")


def _weekday(day: date) -> str:
    return "星期" + "一二三四五六日"[day.weekday()]


def _version(ids: Sequence[str], first: int, last: int, exceptions: Sequence[DayException]) -> str:
    return "+".join([f"chinesecalendar-{version('chinesecalendar')}", *ids]) + f"#{digest_of(first, last, exceptions)}"


def digest_of(first: int, last: int, exceptions: Sequence[DayException]) -> str:
    """The hash of a calendar's content, with which its version ends."""
    content = json.dumps([first, last, [[str(e.day), e.working, e.name] for e in exceptions]], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:12]
