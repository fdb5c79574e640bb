"""Running clocks: when the next rung or due date rings, and which lamp shows. Shared by every status and process."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from rules.codec import shared
from rules.dates.calendar import Calendar, instant_of
from rules.dates.windows import Due, nth_due
from rules.errors import RuleViolation
from rules.process import ClockKind, Lamp, Process, Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A rung that has spoken on a clock; `times` is its last repetition (1 unless the rung repeats). With 0 it spoke on
    the one before, for a report that is still owed: its lamp stays, and it speaks again."""

    rung: str
    times: int = 1


@shared("kind", "no", "started", "due.date", "late", "fired")
@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One stretch of somebody's time. `no` is unique within the item, so (no, rung, times) names what was said once.

    `late` is the instant at which the due date passed: stamped once, never cleared.
    """

    kind: ClockKind
    no: int
    started: datetime
    due: Due
    late: datetime | None = None
    fired: tuple[Fired, ...] = ()

    def times(self, rung_id: str) -> int:
        """How often the rung has spoken on this clock."""
        return next((f.times for f in self.fired if f.rung == rung_id), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Something that a clock does by itself at `at`: it falls due (no rung), or reaches a rung for the n-th time. One
    that is late already falls due once more where the same is owed again."""

    at: datetime
    clock: Clock
    rung: Rung | None = None
    times: int = 1


def next_rings(process: Process, calendar: Calendar, clock: Clock) -> Iterator[Ring]:
    """For the due date and for each rung that applies: the one next ring of this clock, if any is left."""
    for at, rung, times in _next(process, calendar, clock):
        yield Ring(at=at, clock=clock, rung=rung, times=times)


@lru_cache(maxsize=2048)
def next_instants(process: Process, calendar: Calendar, clock: Clock) -> tuple[datetime, ...]:
    """When those rings are, in no order. Every change of an item asks for this, and for nothing else about them; many
    items, and a ledger after its workflow, ask for the same clock."""
    return tuple(at for at, _, _ in _next(process, calendar, clock))


def _next(process: Process, calendar: Calendar, clock: Clock) -> Iterator[tuple[datetime, Rung | None, int]]:
    if clock.late is None:
        yield clock.due.at, None, 1
    elif following := following_due(process, calendar, clock):
        yield following.at, None, 1
    spoken = {fired.rung: fired.times for fired in clock.fired}
    for rung in process.rungs:
        if clock.kind in rung.applies:
            times = spoken.get(rung.id, 0)
            if times and rung.repeat is None:
                continue
            times += 1
            at = _reckoned(process, calendar, clock, rung, times)
            while at and rung.repeat and at <= clock.started:
                times += 1
                at = _reckoned(process, calendar, clock, rung, times)
            if at and at > clock.started:
                yield at, rung, times


def following_due(process: Process, calendar: Calendar, clock: Clock) -> Due | None:
    """When what this clock is late with is owed again; None for what is owed once, and beyond the calendar's years."""
    if clock.kind is not ClockKind.REPORTING:
        return None
    trace, at = clock.due.trace, process.due_time
    try:
        due = nth_due(trace, calendar, at, trace.nth + 1)
        while due.at <= clock.due.at:  # another calendar came: what fell due stays where it was, the next came earlier
            due = nth_due(trace, calendar, at, due.trace.nth + 1)
    except RuleViolation:
        return None
    return due


def _reckoned(process: Process, calendar: Calendar, clock: Clock, rung: Rung, times: int) -> datetime | None:
    """As `rung_instant`; None beyond the years of the calendar, where a rung that repeats for ever stops."""
    try:
        return rung_instant(process, calendar, clock, rung, times)
    except RuleViolation:
        return None


def rung_instant(process: Process, calendar: Calendar, clock: Clock, rung: Rung, times: int) -> datetime:
    """When the rung speaks for the n-th time on this clock."""
    offset = rung.offset + (times - 1) * (rung.repeat or 0)
    return _instant(calendar, clock.due.date, offset, process.ring_time)


@lru_cache(maxsize=16384)
def _instant(calendar: Calendar, due: date, offset: int, ring_time: time) -> datetime:
    """Few dates are asked for over and over: every rung of every item that is due on the same day."""
    return instant_of(calendar.add(due, offset), ring_time)


def rings_until(process: Process, calendar: Calendar, clock: Clock, now: datetime) -> list[Ring]:
    """Everything that this clock owes up to `now`; of a repeating rung only the last missed repetition."""
    rings: list[Ring] = []
    for ring in next_rings(process, calendar, clock):
        if ring.at > now:
            continue
        rung, times, at = ring.rung, ring.times, ring.at
        if rung and rung.repeat:
            while (later := _reckoned(process, calendar, clock, rung, times + 1)) and later <= now:
                times, at = times + 1, later
        rings.append(Ring(at=at, clock=clock, rung=rung, times=times))
    return rings


def lamp_of(process: Process, calendar: Calendar, clocks: tuple[Clock, ...], now: datetime) -> Lamp:
    """The highest lamp that any clock has come to by `now`, judged by its due date as it stands now.

    A rung that spoke keeps its lamp, also when the date was moved afterwards: it will not speak again to light it.
    """
    shown = process.lamps[0]
    for clock in clocks:
        if now <= clock.started and not clock.fired:  # just begun, as every clock is when it is looked at first
            continue
        for rung in process.rungs:
            if clock.kind not in rung.applies:
                continue
            at = _reckoned(process, calendar, clock, rung, 1)
            if any(f.rung == rung.id for f in clock.fired) or (at and clock.started < at <= now):
                shown = max(shown, process.lamp(rung.lamp), key=lambda lamp: lamp.rank)
    return shown
