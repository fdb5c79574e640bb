"""Why a date is what it is, in sentences for the people who have to keep it; and the date again from its trace."""

from datetime import date, time, timedelta

from rules.dates.calendar import LOCAL, Calendar, Skip
from rules.dates.windows import UNIT_NAMES, Due, Limit, Stop, Trace, again
from rules.process import WindowUnit

ARTICLE = "《民法典》第二百零三条"
WEEKDAYS = "一二三四五六日"


def explain(due: Due) -> tuple[str, ...]:
    """The trace of the date as Chinese sentences, from the start day to the calendar it was reckoned with."""
    trace = due.trace
    return (
        f"从{long_day(trace.start)}的次日起算。",
        _window(trace) if trace.given is None else _given(trace),
        *_skipped(trace),
        *_rolled(due),
        *_stopped(trace),
        *_cut(due),
        *_raised(trace),
        f"因此“{trace.rule}”于{long_day(due.date)}（星期{WEEKDAYS[due.date.weekday()]}）{_clock(due)} 到期。",
        *_provisional(due),
        f"日历版本：{trace.calendar}。",
    )


def recompute(trace: Trace, calendar: Calendar, at: time) -> Due:
    """The due date that the trace leads to in `calendar`, due at the local time `at`.

    In the calendar that the trace names it equals the date as it was stored. A limit that did not cut the date then is
    not in the trace, so in another calendar the caller still has to compare with the item's own limits.
    """
    return again(trace, calendar, at, (Limit(date=trace.capped_by, rule=trace.cap_rule),) if trace.capped_by else ())


def long_day(day: date) -> str:
    """2026年4月9日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(day: date) -> str:
    """4月9日."""
    return f"{day.month}月{day.day}日"


def provisionally(words: str, provisional: bool) -> str:
    """The words of a date, marked where the holidays of its year are not known yet."""
    return f"{words}（暂定）" if provisional else words


def _window(trace: Trace) -> str:
    unit = UNIT_NAMES[trace.unit]
    if trace.nth > 1 and trace.amount:
        every = f"{trace.tier}的“{trace.rule}”每 {trace.amount // trace.nth} {unit}一次"
        return f"{every}，这是第 {trace.nth} 次：{trace.amount} {unit}；前一次早晚都不影响。"
    if trace.minimum is None:
        return f"{trace.tier}的“{trace.rule}”时限是固定的：{trace.amount} {unit}。"
    chosen = "按自报（或退回时指定）的" if trace.proposed else "没有自报，按上限"
    span = f"{trace.minimum} 至 {trace.maximum} {unit}"
    return f"{trace.tier}的“{trace.rule}”时限是弹性的，{span}：{chosen} {trace.amount} {unit}。"


def _given(trace: Trace) -> str:
    assert trace.given is not None
    return f"日期由{trace.given_by}定为{long_day(trace.given)}，不按天数推算。"


def _skipped(trace: Trace) -> tuple[str, ...]:
    """Days that did not count, or counted out of turn; only where working days were counted."""
    if trace.given is not None or trace.unit is not WindowUnit.WORKING_DAYS:
        return ()
    off = [f"{s.name} {_span(s)} 休" for s in trace.skips if not s.working]
    worked = [f"{_span(s)} {s.name}" for s in trace.skips if s.working]
    sentences = ["只数工作日，周末不计" + (f"；跳过：{'、'.join(off)}" if off else "") + "。"]
    if worked:
        sentences.append(f"周末上班的日子照数：{'、'.join(worked)}。")
    return tuple(sentences)


def _span(skip: Skip) -> str:
    if skip.first == skip.last:
        return short_day(skip.first)
    last = short_day(skip.last) if skip.first.month != skip.last.month else f"{skip.last.day}日"
    return f"{short_day(skip.first)}至{last}"


def _rolled(due: Due) -> tuple[str, ...]:
    trace = due.trace
    if trace.rolled_from is None:
        return ()
    moved_on = trace.capped_by or trace.raised_to or trace.stops
    to = "其后的第一个工作日" if moved_on else long_day(due.date)
    return (f"最后一日{long_day(trace.rolled_from)}不上班，依照{ARTICLE}顺延至{to}。",)


def _stopped(trace: Trace) -> tuple[str, ...]:
    return tuple(
        f"{_days_of(s)}暂停计时{f'（{s.reason}）' if s.reason else ''}，顺延 {s.days} 个工作日。" for s in trace.stops
    )


def _days_of(stop: Stop) -> str:
    first = stop.after + timedelta(days=1)
    return long_day(first) if first == stop.until else f"{long_day(first)}至{long_day(stop.until)}"


def _cut(due: Due) -> tuple[str, ...]:
    trace = due.trace
    if trace.capped_by is None:
        return ()
    cut = f"照此推算超过了{trace.cap_rule}{long_day(trace.capped_by)}，以{trace.cap_rule}为准"
    if trace.raised_to is None and due.date != trace.capped_by:
        cut += f"；这一天不上班，依照{ARTICLE}顺延至{long_day(due.date)}"
    return (f"{cut}。",)


def _raised(trace: Trace) -> tuple[str, ...]:
    if trace.raised_to is None:
        return ()
    if trace.floor:
        stopped = "（另加其后的暂停）" if any(stop.until >= trace.floor for stop in trace.stops) else ""
        said = f"{long_day(trace.floor)}重新计算时这一天已到，因此留一个工作日{stopped}"
        return (f"{said}：{long_day(trace.raised_to)}。",)
    return (f"这样已没有办理时间，因此至少留一个工作日：{long_day(trace.raised_to)}。",)


def _clock(due: Due) -> str:
    return f"{due.at.astimezone(LOCAL):%H:%M}"


def _provisional(due: Due) -> tuple[str, ...]:
    if not due.provisional:
        return ()
    return (f"{due.date.year} 年放假安排尚未公布，暂按周末推算；公布后重新计算。",)
