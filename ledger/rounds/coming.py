"""What of rounds comes by itself: which have to be open by now, and one of them moved on as far as it goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.burden import budgets
from ledger.burden.account import worst
from ledger.chain import batches, bulk, journal, pinned
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.chain.family.settling import unsettled
from ledger.directory import draws, following, leaving, people
from ledger.rounds import rows
from ledger.rounds.asking import round_asks
from ledger.rounds.campaigns import CampaignInForce, campaign_in_force, campaign_of_ref, in_force
from ledger.rounds.failing import passed_over
from ledger.rounds.population import population
from ledger.rounds.rounds import (
    ask_further,
    asked_unit,
    item_of,
    known_round,
    open_in_ledger,
    over_if_opened,
    perform_on,
    round_state,
)
from ledger.rounds.rows import batch_of
from ledger.rounds.standing import standing_of
from ledger.rounds.verifying import seal_what_came_in
from rules.burden.facts import OverBudgetHeld
from rules.dates.calendar import Calendar, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.process import Holder
from rules.rounds.campaign import Campaign, Joins, OfGone, days_of, draw_of, next_period
from rules.rounds.deciding import RoundCommand, RoundVerb, round_alarm
from rules.rounds.facts import AskedUnit, RoundMissed
from rules.rounds.gone import RoundDoes, round_does
from rules.rounds.opening import locks_at, opens_at, round_id
from rules.rounds.periods import Period, period_of, read_period
from rules.rounds.state import RoundState

_BACK = 2
"""So many periods back a round may still have to open: one opens after its period's end, or was held up."""
_MISSED_BACK = 14
"""So many periods back it is looked whether one was missed: a year and more of months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """When something of the round happens next by itself; how many of its items wait to be issued, and to be annulled
    or handed on; in words."""

    alarm: datetime | None
    to_issue: int
    to_settle: int
    words: str


def running_rounds(connection: Connection, now: datetime) -> list[str]:
    """The rounds that need a workflow: those whose opening has come since the campaign is in force and whose lock has
    not, and those that are open and of which something is still to come."""
    return [*late_openings(connection, now), *rows.unfinished(connection, local_date(now))]


def late_openings(connection: Connection, before: datetime) -> list[str]:
    """The rounds that should have opened before that instant, may still, and have not."""
    calendar = pinned.known_calendar(connection)
    if calendar is None:
        return []
    names: list[str] = []
    for one in in_force(connection).values():
        with passed_over(one.campaign.id):
            periods = [
                *_opening(one.campaign, calendar, one.since, before),
                *_drawn(connection, one.campaign, one.since, before),
            ]
            names += [round_id(one.campaign.id, period) for period in periods]
    return [name for name in names if rows.row_of(connection, name) is None]


def failing(connection: Connection, now: datetime) -> dict[str, str]:
    """The campaigns that cannot be reckoned with, by id, and why: no round of them opens."""
    failed: dict[str, str] = {}
    calendar = pinned.known_calendar(connection)
    if calendar is None:
        return failed
    for one in in_force(connection).values():
        with passed_over(one.campaign.id, failed):
            _opening(one.campaign, calendar, one.since, now)
            list(_missed_of(connection, one, calendar, now))
            if coming := next_period(one.campaign, calendar, local_date(now)):
                days_of(one.campaign, coming, calendar)
    return failed


def note_missed(connection: Connection, now: datetime) -> list[str]:
    """Each round whose lock has passed before anybody could open it has an entry that says so, once, in this
    transaction; returns their ids."""
    calendar = pinned.known_calendar(connection)
    found = [] if calendar is None else list(_missed(connection, calendar, now))
    for campaign, fact in found:
        journal.note(connection, fact, SYSTEM, now, command=f"miss/{fact.round}")
        connection.execute(rows.ROUND_ROW.insert().values(**rows.missed_row(campaign, fact)))
    return [fact.round for _, fact in found]


def any_missed(connection: Connection, now: datetime) -> bool:
    """Whether there is one that has no such entry yet."""
    calendar = pinned.known_calendar(connection)
    return calendar is not None and any(True for _ in _missed(connection, calendar, now))


def _missed(connection: Connection, calendar: Calendar, now: datetime) -> Iterator[tuple[Campaign, RoundMissed]]:
    for one in in_force(connection).values():
        found: list[RoundMissed] = []
        with passed_over(one.campaign.id):
            found += _missed_of(connection, one, calendar, now)
        for fact in found:
            yield one.campaign, fact


def _missed_of(
    connection: Connection, one: CampaignInForce, calendar: Calendar, now: datetime
) -> Iterator[RoundMissed]:
    campaign = one.campaign
    for period in _periods(campaign, calendar, one.since, now, _MISSED_BACK):
        days = days_of(campaign, period, calendar)
        name = round_id(campaign.id, period)
        if days.opens and locks_at(campaign, days) <= now and rows.row_of(connection, name) is None:
            yield RoundMissed(round=name, campaign=campaign.ref, opens=days.opens.date, locks=days.locks.date)


def _periods(campaign: Campaign, calendar: Calendar, since: datetime, now: datetime, back: int) -> Iterator[Period]:
    """Those of the last periods whose opening has come since the campaign is in force."""
    if campaign.opens is None:
        return
    latest = period_of(campaign.rhythm, local_date(now))
    for n in range(back, -1, -1):
        period = latest.moved(-n)
        if period.first < local_date(since) - timedelta(days=800):
            continue
        opens = opens_at(campaign, period, calendar)
        if opens and since < opens <= now:
            yield period


def _drawn(connection: Connection, campaign: Campaign, since: datetime, before: datetime) -> list[Period]:
    """Those of the last periods for which a draw has been made since the campaign is in force."""
    if not campaign.drawn:
        return []
    latest = period_of(campaign.rhythm, local_date(before))
    return [
        period
        for period in (latest.moved(-1), latest)
        if (at := draws.drawn_at(connection, draw_of(campaign, period))) and since < at <= before
    ]


def _opening(campaign: Campaign, calendar: Calendar, since: datetime, now: datetime) -> list[Period]:
    return [
        period
        for period in _periods(campaign, calendar, since, now, _BACK)
        if now < locks_at(campaign, days_of(campaign, period, calendar))
    ]


def step(connection: Connection, round_: str, now: datetime) -> Stepped:
    """The round is open and everything of it has happened that had to, in this transaction. Raises unknown_campaign,
    field_invalid, round_refused."""
    leaving.settle(connection, now)
    state = round_state(connection, round_)
    if state is None:
        if not _opens(connection, round_, now):
            return Stepped(alarm=None, to_issue=0, to_settle=0, words="超出减负预算，等分管领导同意")
        state = known_round(connection, round_)
    campaign = campaign_of_ref(connection, state.opened.campaign)
    if state.stopped is None and not state.locked:
        state = _brought_up_to_date(connection, campaign, state, now)
        state = ask_further(connection, campaign, state, now)
    elif state.stopped and not state.stopped.annul and not state.locked:
        state = _running_out(connection, campaign, state, now)
    state = _give(connection, state, RoundVerb.TICK, now)
    seal_what_came_in(connection, campaign, state, now)
    left = batches.progress(connection, batch_of(round_)).left
    alarm = round_alarm(campaign, pinned.calendar(connection, state.calendar), state)
    words = (
        f"应报 {len(state.owing)} 个，通报第 {state.revision} 版" if state.reports else f"应报 {len(state.owing)} 个"
    )
    to_settle = bulk.waiting(connection, unsettled(connection, round_))
    return Stepped(alarm=alarm, to_issue=left, to_settle=to_settle, words=words)


def _opens(connection: Connection, round_: str, now: datetime) -> bool:
    """Not where it asks more than the budget has: an entry says so, once, and it is tried again within the hour."""
    id_, _, period = round_.partition("/")
    campaign, of = campaign_in_force(connection, id_), read_period(period)
    try:
        with connection.begin_nested():
            open_in_ledger(connection, campaign, of, SYSTEM, now)
    except RuleViolation as refusal:
        if refusal.code is not Code.OVER_BUDGET:
            raise
        if batch_of(round_) not in budgets.held(connection):
            title, beyond = over_if_opened(connection, round_, now)
            fact = OverBudgetHeld(batch=batch_of(round_), title=title, units=len(beyond), over=worst(beyond))
            journal.note(connection, fact, SYSTEM, now)
        return False
    return True


def held_up(connection: Connection) -> dict[str, OverBudgetHeld]:
    """The rounds, by id, that wait for the leader to let them go beyond the budget: neither open nor missed."""
    found = {batch.removeprefix(ROUND_PREFIX): fact for batch, fact in budgets.held(connection).items()}
    return {name: fact for name, fact in found.items() if rows.row_of(connection, name) is None}


def _brought_up_to_date(connection: Connection, campaign: Campaign, state: RoundState, now: datetime) -> RoundState:
    """The calendar in force; those who are no more; those who are new, where they owe at once."""
    if pinned.current_calendar_version(connection) != state.calendar:
        state = _give(connection, state, RoundVerb.MOVE, now, reason="启用了新的日历")
    state = _without_gone(connection, campaign, state, now)
    if campaign.joins is Joins.NOW and campaign.opens is not None:
        asked = {unit.id for unit in state.asked if unit.id not in state.dropped or not state.dropped[unit.id].gone}
        asks = round_asks(connection, campaign, read_period(state.id.partition("/")[2]), state.opened.figures)
        for one in population(connection, campaign):
            if one.id not in asked and (asks is None or asks.asks(one.id)):
                state = _give(connection, state, RoundVerb.JOIN, now, unit=one.id, joins=asked_unit(one))
    return state


def _running_out(connection: Connection, campaign: Campaign, state: RoundState, now: datetime) -> RoundState:
    """It was stopped and goes on with what it has asked: nobody else is asked, and nobody owes what was never asked."""
    state = _without_gone(connection, campaign, state, now)
    for unit_id in rows.not_asked_yet(connection, state.id):
        state = _give(connection, state, RoundVerb.DROP, now, unit=unit_id, reason="停止时还没有交办")
    return state


def _without_gone(connection: Connection, campaign: Campaign, state: RoundState, now: datetime) -> RoundState:
    """Who is no more owes nothing, or what it owes is owed by the unit that it is part of since: where that one is not
    asked itself, and cannot be, it reports what the other was asked. And nobody owes what somebody has annulled."""
    if campaign.holder is Holder.AREA:
        known = {row["id"] for row in people.all_areas(connection)}
    else:
        known = {row["id"] for row in people.all_units(connection)}
    brought = {one.unit for one in standing_of(connection, state.id)}
    for unit in state.owing:
        if unit.id in known or (unit.id in state.handed and state.handed[unit.id].to in known):
            continue
        to = "" if campaign.holder is Holder.AREA else following.successor(connection, unit.id, local_date(now))
        why = f"已并入 {to}" if to else "单位已撤销"
        joins = asked_unit(people.unit_ref(connection, to)) if to else None
        owes = to in {one.id for one in state.owing}
        left = joins is not None and not owes and _why_not(state, joins)
        issued = item_of(connection, state.id, unit.id) is not None
        does = round_does(campaign, merged=bool(to), owes=owes, may_join=not left, issued=issued)
        if does is RoundDoes.HANDS_ON:
            if unit.id not in brought:
                state = _give(connection, state, RoundVerb.HAND_ON, now, unit=unit.id, to=to, reason=why)
            continue
        why = f"{why}，{left}" if left else why
        annul = campaign.gone is OfGone.ANNUL
        state = _give(connection, state, RoundVerb.DROP, now, unit=unit.id, reason=why, annul=annul, gone=True)
        if does is RoundDoes.JOINS:
            state = _give(connection, state, RoundVerb.JOIN, now, unit=to, joins=joins)
    for unit_id in rows.annulled(connection, state.id):
        state = _give(connection, state, RoundVerb.DROP, now, unit=unit_id, reason="事项已作废")
    return state


def _why_not(state: RoundState, unit: AskedUnit) -> str:
    """Why the unit cannot join; empty where it may."""
    if state.stopped:
        return "轮次已停止，不再加入单位"
    return "" if state.days.asks(unit.kind) else "这一轮没有它那类单位的到期日"


def _give(connection: Connection, state: RoundState, verb: RoundVerb, now: datetime, **said: Any) -> RoundState:
    """By itself, as of that instant: the same is done once."""
    about = said.get("unit", "")
    command = RoundCommand(id=f"{verb}/{now.timestamp():.6f}/{about}"[:100], verb=verb, actor=SYSTEM, **said)
    return perform_on(connection, state, command, now)
