"""Findings that come again: in the same unit and category after closing, or word for word in many units. Each group
says why it is one; the same findings always give the same groups, in the same order."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rules.dates.calendar import local_date
from rules.dates.explain import long_day
from rules.dates.windows import add_months

MONTHS, UNITS = 12, 3
"""So long after closing a finding counts as come again; in so many units a finding counts as a common one."""
MONTHS_LIMIT, UNITS_LIMIT = 120, 10_000
_UNSAID = re.compile(r"[\W_]+")
_NAMED = 10
"""Units that an explanation names; of more it says how many."""


class Answered(NamedTuple):
    """An item by what it answers. `closed`: every instant at which it was closed, in order. A tuple, since a page looks
    through thousands of them: making a frozen dataclass takes four times as long."""

    no: str
    unit: str
    unit_name: str
    category: str
    text: str
    issued: datetime
    closed: tuple[datetime, ...] = ()
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A finding that came although the earlier one had been closed: `days` lie between closing and issuing."""

    earlier: str
    closed: datetime
    later: str
    issued: datetime
    days: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The same unit and category again after closing, as often as it happened."""

    unit: str
    unit_name: str
    category: str
    why: str
    times: tuple[Again, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The same finding in many units."""

    text: str
    why: str
    findings: tuple[Answered, ...]


def returned(findings: Iterable[Answered], months: int = MONTHS, since: datetime | None = None) -> tuple[Repeated, ...]:
    """Per unit and category every finding issued (from `since` on) within so many months after another one was closed,
    the most frequent first. A finding without a category belongs to none."""
    groups: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for finding in findings:
        if category := normal(finding.category):
            groups[finding.unit, category].append(finding)
    found = [_returned(group, months, since) for group in groups.values()]
    kept = [group for group in found if group]
    kept.sort(key=lambda g: (g.unit, g.category))
    kept.sort(key=lambda g: (len(g.times), g.times[-1].issued), reverse=True)  # most often first, then the latest
    return tuple(kept)


def _returned(group: Sequence[Answered], months: int, since: datetime | None) -> Repeated | None:
    ordered = sorted(group, key=lambda f: (f.issued, f.no))
    closings = sorted((at, f.no) for f in ordered for at in f.closed)
    asked = [f for f in ordered if since is None or f.issued >= since]
    times = [again for later in asked if (again := _again(later, closings, months))]
    if not times:
        return None
    last = ordered[-1]
    why = f"{last.unit_name}的“{last.category}”类问题办结后 {months} 个月内又出现 {len(times)} 次"
    return Repeated(unit=last.unit, unit_name=last.unit_name, category=last.category, why=why, times=tuple(times))


def _again(later: Answered, closings: Sequence[tuple[datetime, str]], months: int) -> Again | None:
    """Against the last closing before the finding was issued; it is not its own, for closing follows issuing."""
    before = bisect_left(closings, (later.issued, ""))
    if not before:
        return None
    closed, earlier = closings[before - 1]
    closed_on, issued_on = local_date(closed), local_date(later.issued)
    if issued_on > add_months(closed_on, months):
        return None
    days = (issued_on - closed_on).days
    why = (
        f"{earlier} 于{long_day(closed_on)}办结，{later.no} 于{long_day(issued_on)}交办，"
        f"{f'相隔 {days} 天' if days else '在同一天'}，在 {months} 个月之内"
    )
    return Again(earlier=earlier, closed=closed, later=later.no, issued=later.issued, days=days, why=why)


def common(findings: Iterable[Answered], units: int = UNITS, since: datetime | None = None) -> tuple[Common, ...]:
    """Every finding whose text (among those issued from `since` on) stands in at least so many units, the widest spread
    first."""
    groups: dict[str, list[Answered]] = defaultdict(list)
    for finding in findings:
        if since and finding.issued < since:
            continue
        if text := normal(finding.text):
            groups[text].append(finding)
    wide = [group for group in groups.values() if len({f.unit for f in group}) >= units]
    found = [_common(sorted(group, key=lambda f: (f.issued, f.no))) for group in wide]
    return tuple(sorted(found, key=lambda g: (-len({f.unit for f in g.findings}), g.findings[0].issued, g.text)))


def _common(group: Sequence[Answered]) -> Common:
    names = list({f.unit: f.unit_name for f in group}.values())
    listed = "、".join(names[:_NAMED]) + ("等" if len(names) > _NAMED else "")
    why = f"同一问题（不计全角半角、大小写、空格和标点）出现在 {len(names)} 个单位、{len(group)} 个事项：{listed}"
    batches = {f.batch for f in group}
    if len(group) > 1 and len(batches) == 1 and "" not in batches:
        why += "；都出自同一批交办，可能是统一部署"
    return Common(text=group[0].text, why=why, findings=tuple(group))


@lru_cache(maxsize=8_192)
def normal(text: str) -> str:
    """The text without what does not change its meaning: width, case, spaces, punctuation and other signs."""
    return _UNSAID.sub("", unicodedata.normalize("NFKC", text).casefold())


ALIKE = (4, 5)
"""Four fifths: the share of pairs of neighbouring characters in common (Dice) from which two texts are one matter."""
_SHORTEST = 6
_DIGITS = re.compile("[0-9一二三四五六七八九十百]+")


def alike(one: str, other: str) -> bool:
    """Whether the two say the same in slightly other words. Short texts, and those that count otherwise (the second,
    the third), are not alike: they tell two matters apart by a character."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second or _too_few(min(len(first), len(second)), len(first) + len(second)):
        return False
    common = sum(min(count, second[pair]) for pair, count in first.items() if pair in second)
    if _too_few(common, first.total() + second.total()):
        return False
    return _DIGITS.findall(normal(one)) == _DIGITS.findall(normal(other))


def _too_few(common: int, both: int) -> bool:
    """Whether so many pairs in common, of so many in both texts together, are less than ALIKE."""
    share, of = ALIKE
    return 2 * common * of < share * both


@lru_cache(maxsize=20_000)
def _pairs(text: str) -> Counter[str]:
    said = normal(text)
    return Counter(map("".join, pairwise(said))) if len(said) >= _SHORTEST else Counter()
