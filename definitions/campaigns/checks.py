"""Whether a campaign can work: its days in order in every period of the years to come, its ranges where the process
leaves a choice, everybody it is for."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from definitions.calendars import snapshot
from definitions.process import ProcessDefinition
from definitions.source import Source
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.permitting import OF_AREA, OF_UNIT
from rules.process import ClockKind, Holder, Process
from rules.rounds.campaign import SHORTEST, Campaign, RoundDays, nominal_days
from rules.rounds.moment import Moment, MomentForm, moment_words
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, period_of

ORDINARY = Calendar(version="weeks", first_year=2024, last_year=2026, exceptions=())
"""Weekends alone: a holiday moves all days of a round alike but for dates, which roll."""
_FROM, _YEARS = date(2025, 1, 1), 6
_FIRST_KNOWN = 2004
"""Since that year it is known what was worked."""


def check_campaign(source: Source, campaign: Campaign, process: ProcessDefinition) -> None:
    """Add to the source's mistakes what cannot work."""
    _check_population(source, campaign)
    _check_by_hand(source, campaign)
    _check_ranges(source, campaign, process)
    _check_matter(source, campaign, process)
    _check_reminder(source, campaign, process)
    _check_working_days(source, campaign)
    if source.sound():
        _check_days(source, campaign)


def _check_population(source: Source, campaign: Campaign) -> None:
    to = campaign.to
    if campaign.holder is Holder.AREA and (to.kinds or to.sizes or to.conditions or to.units or to.every_kind):
        source.add(("to",), "流程由片组承办，名单里写的是单位", "areas: all，或片组的列表")


def _check_by_hand(source: Source, campaign: Campaign) -> None:
    once = campaign.rhythm is Rhythm.ONCE
    if once is not (campaign.opens is None and not campaign.drawn):
        what = "every: once 却写了开放的日子，或由抽取开放" if once else "由人开放，却不是 every: once"
        source.add(("opens",), what, "every: once 写 {by: supervisor}，别的写日子，或 {by: draw}")
    if campaign.drawn and campaign.stagger > 1:
        source.add(("stagger",), "由抽取开放的分几天交办", "去掉 stagger：抽中的同一天交办")
    if campaign.drawn and campaign.holder is Holder.AREA:
        source.add(("opens",), "由抽取开放，流程却由片组承办：抽的是单位", "由单位承办的流程")
    for one in campaign.due if campaign.opens is None else ():
        if one.moment.form is not MomentForm.AFTER_OPEN:
            source.add(("due", one.kind) if one.kind else ("due",), "由人开放的，到期不能按期数", "{after_open: 15}")
    if campaign.opens is None and campaign.locks.form is not MomentForm.AFTER_OPEN:
        source.add(("locks",), "由人开放的，锁定不能按期数", "{after_open: 25}")


def _check_ranges(source: Source, campaign: Campaign, process: ProcessDefinition) -> None:
    if campaign.locks.most is not None:
        source.add(("locks",), "锁定的日子是弹性的", "一个数：锁定对谁都在同一天")
    for one in campaign.due:
        if one.moment.most is None:
            continue
        kinds = [one.kind] if one.kind else [kind.id for kind in process.unit_kinds]
        fixed = [kind for kind in kinds if not _elastic(process, campaign.variant, kind)]
        if fixed:
            path = ("due", one.kind) if one.kind else ("due",)
            what = f"{moment_words(one.moment)}是弹性的，流程里{'、'.join(fixed)}的时限是固定的"
            source.add(path, what, "一个数，或者先把流程里的时限改成弹性的")


def _elastic(process: ProcessDefinition, variant: str, kind: str) -> bool:
    steps = process.resolve(kind, variant).steps
    return any(step.uses_deadline and step.window.minimum is not None for step in steps)


def _check_reminder(source: Source, campaign: Campaign, process: ProcessDefinition) -> None:
    """Who still owes is reminded by the ladder of what it owes: each once, and nobody who has reported. What the unit
    must not know of reminds nobody there."""
    unreminded = [kind.name for kind in process.unit_kinds if not _reminds(process.resolve(kind.id, campaign.variant))]
    if unreminded and not process.veil:
        what = f"到期以前没有一级提醒{'、'.join(unreminded)}"
        source.add(
            ("process",), what, "流程的 ladder 里写一级，形如 {offset: -2, applies: [working], audience: [mover]}"
        )


def _reminds(process: Process) -> bool:
    return any(
        rung.offset < 0
        and {ClockKind.WORKING, ClockKind.NODE} & set(rung.applies)
        and (rung.mover or (OF_UNIT | OF_AREA) & set(rung.audience))
        for rung in process.rungs
    )


def _check_matter(source: Source, campaign: Campaign, process: ProcessDefinition) -> None:
    said = {one.field for one in campaign.matter} | {"title"}
    lacking = [field.id for field in process.matter.fields if field.need and field.id not in said]
    if lacking:
        source.add(("matter",), f"流程的事由还要填 {'、'.join(lacking)}", "在 matter 里写明每期填什么")


def _check_working_days(source: Source, campaign: Campaign) -> None:
    """Every period, that with the longest holidays too, has the working days that are named."""
    if campaign.rhythm is Rhythm.ONCE:
        return
    for path, moment in _moments(campaign):
        nth = max(abs(moment.nth), moment.most or 0)
        if moment.form is not MomentForm.WORKING_DAY or moment.after or nth <= _fewest(campaign.rhythm)[0]:
            continue
        fewest, when = next(one for one in _fewest_of_each(campaign.rhythm) if one[0] < nth)
        counted = f"倒数第 {nth}" if moment.nth < 0 else f"第 {nth}"
        what = f"{when}遇上最长的假期只有 {fewest} 个工作日，没有{counted} 个工作日"
        source.add(path, what, f"每一期都有的日子：不超过 {_fewest(campaign.rhythm)[0]}，或用 after: period 从期满数起")


def _moments(campaign: Campaign) -> Iterator[tuple[tuple[str, ...], Moment]]:
    """Each with where the file says it."""
    if campaign.opens:
        yield ("opens",), campaign.opens
    for one in campaign.due:
        yield ("due", one.kind) if one.kind else ("due",), one.moment
    yield ("locks",), campaign.locks


def _fewest(rhythm: Rhythm) -> tuple[int, str]:
    return min(_fewest_of_each(rhythm))


@cache
def _fewest_of_each(rhythm: Rhythm) -> tuple[tuple[int, str], ...]:
    """Of each period of a year how few working days it may have, and its name: in years to come as few weekdays as in
    any, without as many as holidays have ever taken from it and with none made up for on its week-ends."""
    known = snapshot(first_year=_FIRST_KNOWN)
    found = []
    for nth in range(1, 12 // MONTHS_OF_PERIOD[rhythm] + 1):
        periods = [Period(rhythm=rhythm, year=year, nth=nth) for year in range(known.first_year, known.last_year + 1)]
        weekdays = [[day for day in _days_in(period) if day.weekday() < 5] for period in periods]
        taken = max(sum(not known.is_working(day) for day in days) for days in weekdays)
        name = periods[0].name.removeprefix(f"{known.first_year}年") or "一年"
        found.append((min(map(len, weekdays)) - taken, name))
    return tuple(found)


def _days_in(period: Period) -> Iterator[date]:
    for n in range((period.last - period.first).days + 1):
        yield period.first + timedelta(days=n)


def _check_days(source: Source, campaign: Campaign) -> None:
    """In every period of some years: each date stands once in a week of each kind."""
    period = period_of(campaign.rhythm, _FROM)
    seen: set[str] = set()
    while period.year < _FROM.year + _YEARS and len(seen) < 3:
        try:
            days = nominal_days(campaign, period, ORDINARY, None if campaign.opens else ORDINARY.roll(period.first))
        except RuleViolation as refusal:
            if "none" not in seen:
                source.add(("opens",), f"{period.name}：{refusal}", "每一期都有的日子")
            seen.add("none")
        else:
            for key, what, expected in _wrong(campaign, period, days):
                if key not in seen:
                    source.add((key,), f"{period.name}：{what}", expected)
                seen.add(key)
        period = period.moved(31 if campaign.rhythm is Rhythm.ONCE else 1)


def _wrong(campaign: Campaign, period: Period, days: RoundDays) -> list[tuple[str, str, str]]:
    begun = days.opens.date if days.opens else ORDINARY.roll(period.first)
    found = []
    for one in days.due:
        first = one.day.earliest or one.day.date
        if first < begun:
            what = f"{first.isoformat()} 到期，早于开放的 {begun.isoformat()}"
            found.append(("due", what, "开放以后的日子"))
        elif ORDINARY.count(begun, first) - (campaign.stagger - 1) < SHORTEST:
            last = f"，分 {campaign.stagger} 天交办" if campaign.stagger > 1 else ""
            what = f"{begun.isoformat()} 开放{last}，{first.isoformat()} 就到期"
            found.append(("due", what, f"从开放到到期至少 {SHORTEST} 个工作日"))
    if days.locks.date <= days.last_due:
        what = f"{days.locks.date.isoformat()} 锁定，最后一类单位 {days.last_due.isoformat()} 才到期"
        found.append(("locks", what, "晚于最后一个到期日"))
    return found
