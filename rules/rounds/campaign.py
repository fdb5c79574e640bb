"""A campaign: who is asked (a population), how often, by which process, and when each round opens, falls due, locks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum

from rules.codec import Plain, encode
from rules.dates.calendar import Calendar
from rules.draw.facts import StratumBy
from rules.errors import Code, RuleViolation
from rules.process import Holder
from rules.rounds.moment import Moment, MomentForm, RoundDay, resolve
from rules.rounds.periods import Period, Rhythm, ends_with, period_of
from rules.units.selecting import Selector

SHORTEST = 3
"""From opening to due at least so many working days: what is asked in the morning is not due in the afternoon."""
_VERIFYING = "-verify"
REMINDS = 2
"""So many working days before it is due those who still owe are reminded."""


class Joins(StrEnum):
    """Since when a unit owes that is new in the middle of a period."""

    NEXT = "next"
    NOW = "now"


class OfGone(StrEnum):
    """What becomes of what a unit owed that is no more."""

    ANNUL = "annul"
    KEEP = "keep"


class OfMerged(StrEnum):
    """Who reports for the period in which units merged."""

    BOTH = "both"
    SUCCESSOR = "successor"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBy:
    """When units of that kind owe it; an empty kind is every other."""

    kind: str
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Which figures are asked in the periods with which one of that rhythm ends. `shifted`: with the period so many
    later, so that no month asks everything."""

    rhythm: Rhythm
    figures: tuple[str, ...]
    shifted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOf:
    """A figure (its id) for one period (its id)."""

    figure: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterSaid:
    """What a field of the items' matter says; `{year}` and `{period}` are the round's."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """For how many working days, and by whom, one unit is unlocked."""

    days: int = 5
    by: str = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """After the lock so many of a hundred of what came in, of each stratum at least one, are drawn, and looked at by
    whoever has such an item of their area."""

    share: int
    by: StratumBy
    process: str
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign. `version` holds a hash of its content. `opens`: None where somebody opens it (`rhythm` once), or
    where a round opens with the draw that is made for it (`drawn`), and asks those who were drawn. `stagger`: over so
    many working days from the opening on the items are issued, a part of the units each day; the dates are the same.
    `matter`: answers to the process's matter; the title is the campaign's name and the period's."""

    id: str
    name: str
    version: str
    process: str
    variant: str
    rhythm: Rhythm
    to: Selector
    opens: Moment | None
    due: tuple[DueBy, ...]
    locks: Moment
    holder: Holder = Holder.UNIT
    joins: Joins = Joins.NEXT
    gone: OfGone = OfGone.ANNUL
    merged: OfMerged = OfMerged.BOTH
    late: Late = Late()
    asks: tuple[Asks, ...] = ()
    skips_known: bool = False
    matter: tuple[MatterSaid, ...] = ()
    note: str = ""
    open_time: time = time(9)
    due_time: time = time(17, 30)
    drawn: bool = False
    stagger: int = 1
    verify: Verify | None = None

    @property
    def ref(self) -> str:
        """Its id and version, as a round names what it opened with."""
        return f"{self.id}@{self.version}"

    def due_of(self, kind: str) -> Moment:
        """When units of that kind owe it. Raises KeyError for a kind that is not asked."""
        by = {one.kind: one.moment for one in self.due}
        return by[kind] if kind in by else by[""]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDay:
    """The due date of a kind of unit; an empty kind is every other."""

    kind: str
    day: RoundDay


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDays:
    """The days of one round by one calendar: it opens ≤ each due date ≤ it locks."""

    opens: RoundDay | None
    due: tuple[KindDay, ...]
    locks: RoundDay

    @property
    def last_due(self) -> date:
        """When the last of them owe it."""
        return max(one.day.date for one in self.due)

    def asks(self, kind: str) -> bool:
        """Whether there is a due date for that kind."""
        return any(one.kind in ("", kind) for one in self.due)

    def of(self, kind: str) -> RoundDay:
        """The due date of that kind. Raises KeyError."""
        by: Mapping[str, RoundDay] = {one.kind: one.day for one in self.due}
        return by[kind] if kind in by else by[""]


def day_of(round_id: str, unit: str, stagger: int) -> int:
    """On which working day from the opening on, from 0, the unit is issued what it is asked: always the same one."""
    return int(hashlib.sha256(f"{round_id}/{unit}".encode()).hexdigest(), 16) % max(1, stagger)


def draw_of(campaign: Campaign, period: Period) -> str:
    """The id of the draw with which a round of that period opens: inspections-2027-q1."""
    return _named(campaign.id, period.id)


def verifying_draw(campaign: str, period: str) -> str:
    """The id of the draw by which what came in is verified: monthly-2026-11-verify. No other ends so."""
    return f"{_named(campaign, period)}{_VERIFYING}"


def verifies(draw: str) -> bool:
    """Whether that is the id of such a draw."""
    return draw.endswith(_VERIFYING)


def _named(campaign: str, period: str) -> str:
    return f"{campaign}-{period}".lower().replace("_", "-")


def days_of(campaign: Campaign, period: Period, calendar: Calendar, opened: date | None = None) -> RoundDays:
    """The days of that round by that calendar. `opened`: when it opened, if it has. Where holidays leave less than the
    shortest time from its nominal opening on, what is due then is put off. Raises date_out_of_calendar."""
    days = nominal_days(campaign, period, calendar, opened)
    begun = days.opens.date if days.opens else opened or period.first
    soonest = calendar.add(begun, shortest(campaign))
    due = tuple(
        replace(one, day=set_on(one.day, soonest, calendar)) if one.day.date < soonest else one for one in days.due
    )
    return locking(replace(days, due=due), calendar)


def shortest(campaign: Campaign) -> int:
    """From its opening to its due dates at least so many working days: who is asked last has the shortest time too."""
    return SHORTEST + campaign.stagger - 1


def set_on(day: RoundDay, on: date, calendar: Calendar) -> RoundDay:
    """The day, on another date."""
    earliest = min(day.earliest, on) if day.earliest else None
    return replace(day, date=on, provisional=calendar.is_provisional(on), earliest=earliest)


def locking(days: RoundDays, calendar: Calendar) -> RoundDays:
    """The days, locking after the last of them is due."""
    if days.locks.date > days.last_due:
        return days
    return replace(days, locks=set_on(days.locks, calendar.add(days.last_due, 1), calendar))


def nominal_days(campaign: Campaign, period: Period, calendar: Calendar, opened: date | None = None) -> RoundDays:
    """The days just as the campaign says them. Raises date_out_of_calendar."""
    opens = resolve(campaign.opens, period, calendar) if campaign.opens else None
    begun = opened or (opens.date if opens else period.first)
    due = tuple(KindDay(kind=one.kind, day=resolve(one.moment, period, calendar, begun)) for one in campaign.due)
    return RoundDays(opens=opens, due=due, locks=resolve(campaign.locks, period, calendar, begun))


def next_period(campaign: Campaign, calendar: Calendar, day: date) -> Period | None:
    """The first period whose opening is not before that day; None for what is opened by hand, or a day beyond what
    can be reckoned with."""
    if campaign.opens is None:
        return None
    period = period_of(campaign.rhythm, day)
    if campaign.opens.after:
        period = period.moved(-2)
    for _ in range(4):
        try:
            if resolve(campaign.opens, period, calendar).date >= day:
                return period
        except RuleViolation as refusal:
            if refusal.code is not Code.DATE_OUT_OF_CALENDAR:
                raise
            return None
        period = period.moved(1)
    return None


def asked_for(campaign: Campaign, period: Period) -> tuple[FigureOf, ...]:
    """The figures that are asked in that period, each for its own: the period's, and those of longer ones that end
    with it, or did so many periods before."""
    found = []
    for one in campaign.asks:
        ended = period.moved(-one.shifted)
        if one.rhythm in ends_with(ended):
            of = period_of(one.rhythm, ended.last).id
            found += [FigureOf(figure=figure, period=of) for figure in one.figures]
    return tuple(found)


def asked_with(campaign: Campaign, figure: str, period: Period) -> Period | None:
    """The other way round: the period whose round asks for the figure's value of that one; None if there is none."""
    for one in campaign.asks:
        if figure in one.figures and one.rhythm is period.rhythm:
            return period_of(campaign.rhythm, period.last).moved(one.shifted)
    return None


def asked_in(campaign: Campaign, period: Period) -> tuple[str, ...]:
    """The same by their names alone."""
    return tuple(one.figure for one in asked_for(campaign, period))


def content(campaign: Campaign) -> Plain:
    """All that the version is a hash of."""
    return {key: value for key, value in encode(campaign).items() if key != "version"}


def counts_from_opening(moment: Moment) -> bool:
    """Whether its day is only known once the round is open."""
    return moment.form is MomentForm.AFTER_OPEN
