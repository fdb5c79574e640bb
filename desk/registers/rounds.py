"""Campaigns and rounds as they are shown."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.chain import pinned
from ledger.reading import lists
from ledger.rounds import counted
from ledger.rounds.campaigns import in_force
from ledger.rounds.coming import held_up
from ledger.rounds.failing import passed_over
from ledger.rounds.population import how_many_asked
from ledger.rounds.rows import row_of
from rules.burden.facts import OverBudgetHeld
from rules.dates.calendar import Calendar, local_date
from rules.dates.explain import provisionally
from rules.process import Holder
from rules.rounds.campaign import Campaign, RoundDays, days_of, draw_of, next_period
from rules.rounds.moment import RoundDay, moment_words
from rules.rounds.opening import round_id
from rules.rounds.periods import RHYTHM_NAMES, Period, period_of


class ShownCampaign(Shown):
    """A campaign; of its next round the period and its days, in words where no day is known before somebody opens it.
    `asked`: so many would be asked now. `missed`: its rounds that nobody opened in time; `held`: those that wait for
    the leader to let them go beyond the budget, in words."""

    id: str
    name: str
    version: str
    process: str
    process_name: str
    of_areas: bool
    rhythm: str
    asked: int
    period: str
    period_name: str
    opens: str
    due: str
    locks: str
    missed: list[str]
    held: list[str]


def shown_campaigns(connection: Connection, now: datetime) -> list[ShownCampaign]:
    """Every campaign in force."""
    held = held_up(connection)
    return [_shown(connection, one.campaign, now, held) for one in in_force(connection).values()]


def _shown(
    connection: Connection, campaign: Campaign, now: datetime, held: Mapping[str, OverBudgetHeld]
) -> ShownCampaign:
    failed: dict[str, str] = {}
    period: Period | None = None
    days: RoundDays | None = None
    with passed_over(campaign.id, failed):
        calendar = pinned.current_calendar(connection)
        period = _next_unopened(connection, campaign, calendar, local_date(now))
        days = days_of(campaign, period, calendar) if period else None
    coming = days.opens if days else None
    asked = how_many_asked(connection, campaign, coming.date if coming else local_date(now))
    known = {"id": campaign.id, "name": campaign.name, "version": campaign.version, "process": campaign.process}
    processes = {one.id: one.name for one in lists.current_processes(connection)}
    known |= {"process_name": processes.get(campaign.process, campaign.process)}
    rhythm, missed = RHYTHM_NAMES[campaign.rhythm], counted.missed(connection, "", campaign.id)
    counts = {"of_areas": campaign.holder is Holder.AREA, "asked": asked, "missed": missed}
    counts["held"] = [
        f"{fact.title}：{fact.units} 个单位{'、'.join(fact.over)}"
        for name, fact in held.items()
        if name.partition("/")[0] == campaign.id
    ]
    if period is None or days is None:
        due, locks = "、".join(moment_words(one.moment) for one in campaign.due), moment_words(campaign.locks)
        drawn = f"抽取 {draw_of(campaign, period_of(campaign.rhythm, local_date(now)))} 抽出以后"
        opens = drawn if campaign.drawn else "由督查员开放"
        if campaign.opens:
            opens = f"推算不了：{failed[campaign.id]}" if failed else "现有的日历还推算不到"
        said = {"period": "", "period_name": "", "opens": opens, "due": due, "locks": locks}
        return ShownCampaign(**known, rhythm=rhythm, **counts, **said)
    assert days.opens, "what has a next period opens by itself"
    first, last = min(one.day.date for one in days.due), days.last_due
    due = last.isoformat() if first == last else f"{first.isoformat()} 至 {last.isoformat()}"
    named = {"period": period.id, "period_name": period.name}
    said = {"opens": _on(days.opens), "due": due, "locks": _on(days.locks)}
    return ShownCampaign(**known, rhythm=rhythm, **counts, **named, **said)


def _next_unopened(connection: Connection, campaign: Campaign, calendar: Calendar, day: date) -> Period | None:
    """The next period whose round has not been opened: on the day of an opening it has been, and the next is meant."""
    period = next_period(campaign, calendar, day)
    while period and row_of(connection, round_id(campaign.id, period)):
        opens = days_of(campaign, period, calendar).opens
        period = next_period(campaign, calendar, opens.date + timedelta(days=1)) if opens else None
    return period


def _on(day: RoundDay) -> str:
    return provisionally(day.date.isoformat(), day.provisional)
