"""From a window and a start to a due date with its reasons. Pure arithmetic over a calendar snapshot."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from rules.codec import shared
from rules.dates.calendar import Calendar, Skip, instant_of
from rules.errors import Code, RuleViolation
from rules.process import Window, WindowUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stretch for which the clock stood still: the working days in (after, until], `days` of them."""

    after: date
    until: date
    days: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why a date is what it is, complete enough to recompute it and to explain it after the rules have changed.

    `rule` names the window (a step's or clock's name), `tier` the kind of unit it was resolved for. Exactly one of
    `amount` (reckoned) and `given` (a date that somebody set) stands. `rolled_from` is the day that was not worked,
    `capped_by` the limit that cut the date, `raised_to` the least that a turn is given. `stops`: the pauses by which it
    moved. `floor`: the day on which another calendar would have put the date into the past; a working day is left.
    `nth`: the date is the n-th of those that stand `amount` / `nth` apart from the same start on.
    """

    rule: str
    tier: str
    start: date
    calendar: str
    amount: int | None = None
    unit: WindowUnit = WindowUnit.WORKING_DAYS
    minimum: int | None = None
    maximum: int | None = None
    proposed: bool = False
    given: date | None = None
    given_by: str = ""
    skips: tuple[Skip, ...] = ()
    rolled_from: date | None = None
    capped_by: date | None = None
    cap_rule: str = ""
    raised_to: date | None = None
    stops: tuple[Stop, ...] = ()
    floor: date | None = None
    nth: int = 1


@shared("date", "trace.start", "trace.rule")
@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A due date: the local date, the UTC instant at which it passes, and why. Provisional: in an unpublished year."""

    date: date
    at: datetime
    provisional: bool
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A date that no turn of the unit may pass, and its name."""

    date: date
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueChoice:
    """The days between which a unit chooses its own due date, and the one that it has chosen."""

    first: date
    last: date
    chosen: date | None = None


def nearest(calendar: Calendar, day: date, first: date, last: date) -> date:
    """The working day from `first` to `last` that is nearest to `day`, the later of two; `last`, which is worked, where
    there is no other."""
    within = min(max(day, first), last)
    later = calendar.roll(within)
    earlier = later if later == within else calendar.add(within, -1)
    near = [one for one in (later, earlier) if first <= one <= last]
    return min(near, key=lambda one: abs(one - within), default=last)


def length(window: Window, proposed: int | None, rule: str) -> int:
    """The days (or months) a turn is given. Raises window_fixed, window_out_of_range for a wrong proposal."""
    if proposed is None:
        return window.amount
    if window.minimum is None:
        raise RuleViolation(Code.WINDOW_FIXED, step=rule)
    if not window.minimum <= proposed <= window.amount:
        raise RuleViolation(
            Code.WINDOW_OUT_OF_RANGE,
            step=rule,
            actual=proposed,
            minimum=window.minimum,
            maximum=window.amount,
            unit=UNIT_NAMES[window.unit],
        )
    return proposed


UNIT_NAMES = {
    WindowUnit.WORKING_DAYS: "个工作日",
    WindowUnit.CALENDAR_DAYS: "天",
    WindowUnit.MONTHS: "个月",
}


def window_words(window: Window) -> str:
    """How long a turn may take."""
    unit = UNIT_NAMES[window.unit]
    return f"{window.amount} {unit}" if window.minimum is None else f"{window.minimum} 至 {window.amount} {unit}"


@lru_cache(maxsize=4096)
def due_after(
    calendar: Calendar,
    start: date,
    window: Window,
    *,
    rule: str,
    tier: str,
    at: time,
    proposed: int | None = None,
    limits: tuple[Limit, ...] = (),
) -> Due:
    """The due date of a window that starts on `start` (the first day counted is the day after), cut by the limits.

    A limit that has passed or passes today leaves the first working day after the start: nobody gets no time at all.
    A batch asks for the same few dates over and over, so they are remembered.
    """
    amount = length(window, proposed, rule)
    last = _last_day(calendar, start, amount, window.unit)
    rolled = calendar.roll(last)
    trace = Trace(
        rule=rule,
        tier=tier,
        start=start,
        calendar=calendar.version,
        amount=amount,
        unit=window.unit,
        minimum=window.minimum,
        maximum=window.amount if window.minimum is not None else None,
        proposed=proposed is not None,
        rolled_from=last if rolled != last else None,
        skips=calendar.skips(start, rolled),
    )
    return _settle(calendar, rolled, trace, at, limits)


def due_on(
    calendar: Calendar,
    start: date,
    given: date,
    *,
    rule: str,
    tier: str,
    at: time,
    given_by: str,
    limits: tuple[Limit, ...] = (),
) -> Due:
    """The due date when somebody has set the day; a day that is not worked rolls to the next one."""
    rolled = calendar.roll(given)
    trace = Trace(
        rule=rule,
        tier=tier,
        start=start,
        calendar=calendar.version,
        given=given,
        given_by=given_by,
        rolled_from=given if rolled != given else None,
        skips=calendar.skips(start, rolled),
    )
    return _settle(calendar, rolled, trace, at, limits)


def again(
    trace: Trace,
    calendar: Calendar,
    at: time,
    limits: tuple[Limit, ...],
    *,
    stop: Stop | None = None,
    floor: date | None = None,
) -> Due:
    """The due date that the trace leads to in `calendar` within these limits: after one more stop, past `floor`."""
    stops = (*trace.stops, stop) if stop else trace.stops
    fresh = replace(
        trace,
        calendar=calendar.version,
        stops=stops,
        floor=floor or trace.floor,
        capped_by=None,
        cap_rule="",
        raised_to=None,
    )
    if trace.given is not None:
        last = trace.given
    else:
        assert trace.amount is not None, "a date was either given or reckoned"
        last = _last_day(calendar, trace.start, trace.amount, trace.unit)
    rolled = calendar.roll(last)
    skips = calendar.skips(trace.start, rolled)
    fresh = replace(fresh, rolled_from=last if rolled != last else None, skips=skips)
    return _settle(calendar, rolled, fresh, at, limits)


def _stopped_since(calendar: Calendar, floor: date, stops: tuple[Stop, ...]) -> int:
    """The working days of stops after the floor was set: a pause on that very day began after it, one that had begun
    before counts from it on."""
    before = floor - timedelta(days=1)
    return sum(stop.days if stop.after >= before else max(0, calendar.count(floor, stop.until)) for stop in stops)


def nth_due(trace: Trace, calendar: Calendar, at: time, nth: int) -> Due:
    """The n-th date of the row that the trace's date stands in. All are reckoned from the row's start, so that what was
    late once makes none of the others later."""
    assert trace.amount is not None, "only what is reckoned has a next date"
    return again(replace(trace, amount=trace.amount // trace.nth * nth, nth=nth, floor=None), calendar, at, ())


def _settle(calendar: Calendar, day: date, trace: Trace, at: time, limits: tuple[Limit, ...]) -> Due:
    """The date that is left of `day` by stops, limits and the least; the trace names the exceptions up to `day`."""
    reckoned = day
    stops = tuple(replace(stop, days=calendar.count(stop.after, stop.until)) for stop in trace.stops)
    stopped = sum(stop.days for stop in stops)
    if stopped:
        day = calendar.add(day, stopped)
    cap = min(limits, key=lambda limit: limit.date, default=None)
    if cap and day > (latest := calendar.roll(cap.date)):
        trace = replace(trace, capped_by=cap.date, cap_rule=cap.rule)
        day = latest
    if day <= trace.start or stopped or trace.floor:  # else a working day after the start, which is enough
        least = calendar.add(trace.start, 1 + stopped)
        if trace.floor:
            least = max(least, calendar.add(trace.floor, 1 + _stopped_since(calendar, trace.floor, stops)))
        if day < least:
            trace = replace(trace, raised_to=least)
            day = least
    if day != reckoned:
        trace = replace(trace, skips=calendar.skips(trace.start, day))
    if stops != trace.stops:
        trace = replace(trace, stops=stops)
    return Due(date=day, at=instant_of(day, at), provisional=calendar.is_provisional(day), trace=trace)


def _last_day(calendar: Calendar, start: date, amount: int, unit: WindowUnit) -> date:
    match unit:
        case WindowUnit.WORKING_DAYS:
            return calendar.add(start, amount)
        case WindowUnit.CALENDAR_DAYS:
            return start + timedelta(days=amount)
        case WindowUnit.MONTHS:
            return add_months(start, amount)


def add_months(start: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day (Civil Code of the PRC, article 202)."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
