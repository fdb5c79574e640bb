"""My year: what campaigns ask of a unit in the periods that fall due in a year, and when; what has been asked already
as it stands, the rest as it will be by today's directory and calendar."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping

from desk.registers.rounds_shown import state_name_of
from desk.showing.values import Shown
from ledger.chain import pinned
from ledger.chain.family.in_rounds import OWING, days_in
from ledger.directory import people
from ledger.rounds import counted
from ledger.rounds.campaigns import campaign_of_ref, in_force
from ledger.rounds.failing import passed_over
from ledger.rounds.population import asks_of
from rules.dates.calendar import Calendar, local_date
from rules.errors import Code, RuleViolation
from rules.rounds.campaign import Campaign, days_of
from rules.rounds.opening import round_id
from rules.rounds.periods import RHYTHM_NAMES, Period, Rhythm, period_of, read_period

BEYOND = 2
"""So many periods before the year are looked at: one falls due after its period's end."""


class ShownRequest(Shown):
    """What a unit is or will be asked for in a period. `state` is empty for what has not opened; `no`: the item.
    `provisional`: the holidays of that year are not known yet."""

    round: str
    campaign: str
    campaign_name: str
    rhythm_name: str
    period: str
    period_name: str
    opens: str
    due: str
    earliest_due: str
    locks: str
    provisional: bool
    state: str
    state_name: str
    no: str


def my_year(connection: Connection, unit: str, year: int, now: datetime) -> list[ShownRequest]:
    """What falls due for the unit in that year, by due date: by its own rounds and those of its area. Raises
    unknown_unit."""
    of = people.unit_ref(connection, unit)
    holders = [of.id, of.area] if of.area else [of.id]
    asked = {row["round"]: _asked(connection, row) for row in counted.of_unit(connection, holders)}
    found = [one for one in asked.values() if one.due[:4] == f"{year:04}"]
    calendar = pinned.current_calendar(connection)
    for one in in_force(connection).values():
        with passed_over(one.campaign.id):
            kind = asks_of(connection, one.campaign, of)
            if kind is not None:
                coming = _coming(one.campaign, calendar, kind, year, local_date(now))
                found += [request for request in coming if request.round not in asked]
    return sorted(found, key=lambda request: (request.due, request.opens, request.round))


def _asked(connection: Connection, of: RowMapping) -> ShownRequest:
    campaign = campaign_of_ref(connection, of["campaign_ref"])
    first, _ = days_in(of["wanted"])
    return _request(campaign, read_period(of["round_period"])).model_copy(
        update={
            "opens": of["opened"],
            "due": of["due"],
            "earliest_due": first.isoformat() if first and of["state"] == OWING else "",
            "locks": of["locks"],
            "state": of["state"],
            "state_name": state_name_of(of),
            "no": of["no"] or "",
        }
    )


def _request(campaign: Campaign, period: Period) -> ShownRequest:
    return ShownRequest(
        round=round_id(campaign.id, period),
        campaign=campaign.id,
        campaign_name=campaign.name,
        rhythm_name=RHYTHM_NAMES[campaign.rhythm],
        period=period.id,
        period_name=period.name,
        opens="",
        due="",
        earliest_due="",
        locks="",
        provisional=False,
        state="",
        state_name="未开放",
        no="",
    )


def _coming(campaign: Campaign, calendar: Calendar, kind: str, year: int, today: date) -> Iterator[ShownRequest]:
    """What falls due in that year and has not locked: by the arithmetic of periods alone."""
    if campaign.rhythm is Rhythm.ONCE:
        return
    period = period_of(campaign.rhythm, date(year, 1, 1)).moved(-BEYOND)
    while period.first.year <= year:
        try:
            days = days_of(campaign, period, calendar)
        except RuleViolation as refusal:
            if refusal.code is not Code.DATE_OUT_OF_CALENDAR:
                raise
            return
        due = days.of(kind)
        if days.opens and due.date.year == year and days.opens.date >= today:
            yield _request(campaign, period).model_copy(
                update={
                    "opens": days.opens.date.isoformat(),
                    "due": due.date.isoformat(),
                    "earliest_due": due.earliest.isoformat() if due.earliest else "",
                    "locks": days.locks.date.isoformat(),
                    "provisional": due.provisional,
                }
            )
        period = period.moved(1)
