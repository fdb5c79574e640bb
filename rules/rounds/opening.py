"""How a round opens: on its day or later, with whom, and on which days it falls due and locks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.permitting import OfficeAct, check_role
from rules.process import Role
from rules.rounds.campaign import Campaign, RoundDays, days_of, locking, set_on, shortest
from rules.rounds.facts import AskedUnit, RoundFact, RoundOpened, UnitsAsked
from rules.rounds.moment import RoundDay
from rules.rounds.periods import Period
from rules.rounds.state import population_hash

UNITS_AT_ONCE = 300
"""So many units stand in one entry at most."""


def round_id(campaign: str, period: Period) -> str:
    """The name of one round: campaign/period."""
    return f"{campaign}/{period.id}"


def opens_at(campaign: Campaign, period: Period, calendar: Calendar) -> datetime | None:
    """The instant at which it opens by itself; None for what somebody opens."""
    opens = days_of(campaign, period, calendar, period.first).opens
    return instant_of(opens.date, campaign.open_time) if opens else None


def locks_at(campaign: Campaign, days: RoundDays) -> datetime:
    """The instant at which it locks."""
    return instant_of(days.locks.date, campaign.due_time)


def open_round(
    campaign: Campaign,
    period: Period,
    calendar: Calendar,
    units: Sequence[AskedUnit],
    actor: Actor,
    supervisor: str,
    now: datetime,
    *,
    figures: str = "",
    known: int = 0,
) -> tuple[RoundFact, ...]:
    """The facts with which a round begins. `figures`, `known`: of one that asks for figures (RoundOpened). Raises
    wrong_role, round_refused for what nobody would owe, or that would be due before anybody could do it."""
    if actor.role is not Role.SYSTEM:
        check_role(OfficeAct.ROUND, actor.role)
    name, today = round_id(campaign.id, period), local_date(now)
    ordered = tuple(sorted(units, key=lambda unit: unit.id))
    if not ordered and not known:
        raise refused_round(name, "没有要填报的单位")
    if len({unit.id for unit in ordered}) < len(ordered):
        raise refused_round(name, "同一个单位列了两次")
    nominal = days_of(campaign, period, calendar, None if campaign.opens else today)
    if nominal.opens and today < nominal.opens.date:
        raise refused_round(name, f"{nominal.opens.date.isoformat()} 才开放")
    if unknown := [unit.id for unit in ordered if not nominal.asks(unit.kind)]:
        raise refused_round(name, f"没有它们那类单位的到期日：{'、'.join(unknown[:10])}")
    lost = max(0, calendar.count(nominal.opens.date, today)) if nominal.opens else 0
    days = put_off(campaign, nominal, calendar, today, lost) if lost else nominal
    opened = RoundOpened(
        round=name,
        campaign=campaign.ref,
        calendar=calendar.version,
        day=today,
        days=days,
        count=len(ordered),
        population_hash=population_hash(name, ordered),
        supervisor=supervisor,
        lost=lost,
        figures=figures,
        known=known,
    )
    parts = range(0, len(ordered), UNITS_AT_ONCE)
    return (opened, *(UnitsAsked(round=name, units=ordered[at : at + UNITS_AT_ONCE]) for at in parts))


def put_off(campaign: Campaign, days: RoundDays, calendar: Calendar, today: date, lost: int) -> RoundDays:
    """Opened late: who has less than the shortest time left gets what was lost; nobody falls due after the lock."""

    def later(day: RoundDay) -> RoundDay:
        if calendar.count(today, day.date) >= shortest(campaign):
            return day
        return set_on(day, calendar.add(day.date, lost), calendar)

    due = tuple(replace(one, day=later(one.day)) for one in days.due)
    return locking(RoundDays(opens=days.opens, due=due, locks=days.locks), calendar)


def refused_round(name: str, why: str) -> RuleViolation:
    """Why nothing may happen to the round now."""
    return RuleViolation(Code.ROUND_REFUSED, round=name, why=why)
