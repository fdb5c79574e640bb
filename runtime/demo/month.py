"""A month's round of check-ins, from its opening to its report: every unit, two institutes on days of their own choice,
a merger, three that are late, one unlocked; then how much shorter the next form is.

A check-in needs no engine: it is decided at the ledger, as the gateway does. So the story gives each its instant.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, select

from desk.caller import on_site
from desk.registers import draws
from desk.registers.rounds_kept import RoundRequest, keep
from desk.registers.rounds_shown import round_page, to_call
from desk.units.changing import ToChange, merge_units
from ledger.chain import batches, bulk, lookup, pinned
from ledger.chain.entries import ITEM
from ledger.chain.family.settling import unsettled
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.asking import round_asks
from ledger.rounds.campaigns import campaign_in_force
from ledger.rounds.coming import step
from ledger.rounds.rounds import check_appended, known_round
from ledger.rounds.rows import batch_of
from ledger.rounds.verifying import draw_of_round
from ledger.store.database import Database
from rules.dates.calendar import Calendar, instant_of
from rules.dates.explain import long_day, short_day
from rules.forms.samples import samples
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Process, Role
from rules.rounds.campaign import Campaign, days_of
from rules.rounds.deciding import RoundVerb
from rules.rounds.opening import round_id
from rules.rounds.periods import Period, period_of

CAMPAIGN = "monthly"
MERGED, INTO = "u093", "u092"
LATE_UNITS = ("u081", "u082", "u083")
"""In the story, who is not in time."""
UNLOCKED = LATE_UNITS[0]
NUMBERS = ("3906", "2718")
"""In the story, what the two witnesses of the sample seal."""
MORNING, NOON = time(9, 0), time(11, 40)
_AHEAD = 12
"""So many periods are looked through for one after which less is asked."""


@dataclass(slots=True)
class Month:
    """The round as it is played. `items`: the number of what each unit is asked; `units`: what each is called, and its
    kind."""

    database: Database
    out: Console
    campaign: Campaign
    period: Period
    calendar: Calendar
    items: dict[str, str] = field(default_factory=dict)
    units: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return round_id(self.campaign.id, self.period)

    def say(self, day: date, words: str, style: str = "") -> None:
        self.out.print(Text(f"{short_day(day)}　{words}", style=style), overflow="fold")


def scene(database: Database, out: Console, now: datetime) -> None:
    """The round is played and told."""
    with database.read() as connection:
        campaign = campaign_in_force(connection, CAMPAIGN)
        calendar = pinned.current_calendar(connection)
        period = _shorter_next(connection, campaign, calendar, now)
    month = Month(database=database, out=out, campaign=campaign, period=period, calendar=calendar)
    title = f"{campaign.name}：{period.name}的一轮，从开放到通报"
    out.rule(Text(title, style="bold"), align="left", style="red")
    _open(month)
    chosen = _chosen(month)
    _merge(month)
    _hand_in(month, chosen)
    _lock(month)
    _next(month)


def _shorter_next(connection: Connection, campaign: Campaign, calendar: Calendar, now: datetime) -> Period:
    """The first period to come after which a form asks for less."""
    first = period_of(campaign.rhythm, now.date())
    for period in (first.moved(n) for n in range(_AHEAD)):
        opens = days_of(campaign, period, calendar).opens
        if (
            opens
            and instant_of(opens.date, MORNING) > now
            and _asked(connection, campaign, period) > _asked(connection, campaign, period.moved(1))
        ):
            return period
    return first.moved(1)


def _asked(connection: Connection, campaign: Campaign, period: Period) -> int:
    asks = round_asks(connection, campaign, period)
    return len(asks.figures) if asks else 0


def _open(month: Month) -> None:
    opens = days_of(month.campaign, month.period, month.calendar).opens
    assert opens, "it opens by itself"
    at = instant_of(opens.date, MORNING)
    with month.database.write() as connection:
        step(connection, month.name, at)
        while batches.issue_chunk(connection, batch_of(month.name), 500, at):
            pass
        state = known_round(connection, month.name)
        asked = _asked(connection, month.campaign, month.period)
        items = select(ITEM.c.unit, ITEM.c.no).where(ITEM.c.batch == batch_of(month.name)).order_by(ITEM.c.no)
        month.items = {unit: no for unit, no in connection.execute(items)}
        month.units = {row["id"]: (row["name"], row["kind"]) for row in people.all_units(connection)}
    words = f"开放：{len(state.asked)} 个单位各一张表，问 {asked} 项；没有一张占用流程引擎，也不发通知，待办里有。"
    month.say(opens.date, words, "cyan")


def _merge(month: Month) -> None:
    opens = days_of(month.campaign, month.period, month.calendar).opens
    assert opens
    day = month.calendar.add(opens.date, 2)
    at = instant_of(day, MORNING)
    merge_units(month.database, (MERGED,), INTO, ToChange(first=day, document="青编发〔2026〕12号"), at)
    with month.database.write() as connection:
        step(connection, month.name, at)
        page = round_page(connection, month.name, at)
    _settle(month, at)
    gone, successor = month.units[MERGED][0], month.units[INTO][0]
    words = f"{gone}并入{successor}：它的一张转给{successor}报，两张各记各的，不悄悄相加；应报 {page.round.owed} 个。"
    month.say(day, words, "yellow")


def _settle(month: Month, at: datetime) -> None:
    """What the round is owed no longer is annulled, or handed on, as its workflow has it done."""
    with month.database.read() as connection:
        meant = unsettled(connection, month.name)
    bulk.give(month.database, meant, at, 500)


def _chosen(month: Month) -> dict[str, date]:
    """Two institutes have chosen when they hand in."""
    days = days_of(month.campaign, month.period, month.calendar)
    assert days.opens
    first_due, day = min(one.day.date for one in days.due), month.calendar.add(days.opens.date, 1)
    own = [unit for unit in month.items if month.units[unit][1] == "research" and unit not in LATE_UNITS][:2]
    chosen = {unit: month.calendar.add(first_due, n) for unit, n in zip(own, (2, 5), strict=True)}
    for unit, on in chosen.items():
        _give(month, unit, instant_of(day, NOON), CommandKind.SET_DUE, to=on)
    between = "、".join(f"{month.units[unit][0]}定在{short_day(on)}" for unit, on in chosen.items())
    month.say(day, f"院所的到期日是弹性的，联络员自己定：{between}；提醒、亮灯都跟着走。", "cyan")
    return chosen


def _hand_in(month: Month, chosen: dict[str, date]) -> None:
    """Everybody but those who are late; two institutes on the days that they chose."""
    days = days_of(month.campaign, month.period, month.calendar)
    assert days.opens
    first_due = min(one.day.date for one in days.due)
    day, told = month.calendar.add(days.opens.date, 3), 0
    for unit in (one for one in month.items if one not in (*LATE_UNITS, *chosen)):
        _submit(month, unit, instant_of(day, NOON) + timedelta(seconds=told))
        told += 1
        if told % 20 == 0 and month.calendar.add(day, 1) < first_due:
            day = month.calendar.add(day, 1)
    month.say(first_due, f"到期前报上 {told} 张，报一张办结一张，不用审。")
    _fall_due(month, first_due)
    for unit, on in chosen.items():
        _submit(month, unit, instant_of(on, NOON))
        month.say(on, f"{month.units[unit][0]}在自己定的这一天报上，算按期。")


def _fall_due(month: Month, due: date) -> None:
    at = instant_of(due, time(18, 0))
    with month.database.write() as connection:
        step(connection, month.name, at)
        called = to_call(connection, month.name, at)
    names = "、".join(f"{one.name}（找{one.contacts[0].name}）" for one in called if one.contacts)
    month.say(due, f"到期：{len(called)} 个没有报，要催的是{names}。", "red")
    for unit in LATE_UNITS[1:]:
        on = month.calendar.add(due, 1)
        _submit(month, unit, instant_of(on, NOON))
        month.say(on, f"{month.units[unit][0]}补上：锁定以前照收，记为逾期。")


def _lock(month: Month) -> None:
    locks = days_of(month.campaign, month.period, month.calendar).locks.date
    day = month.calendar.add(locks, 1)
    with month.database.write() as connection:
        step(connection, month.name, instant_of(day, MORNING))
        supervisor = people.holders(connection, Role.SUPERVISOR)[0]
    _report(month, day, "锁定，通报第 1 版")
    asked = RoundRequest(
        round=month.name, verb=RoundVerb.UNLOCK, id=f"demo/{month.name}", unit=UNLOCKED, reason="机房停电", days=3
    )
    keep(month.database, asked, on_site(supervisor), instant_of(day, NOON))
    month.say(day, f"督查员给{month.units[UNLOCKED][0]}解锁 3 个工作日，理由记入留痕。", "yellow")
    after = month.calendar.add(day, 1)
    _verify(month, after)
    _submit(month, UNLOCKED, instant_of(after, NOON))
    last = month.calendar.add(day, 5)
    with month.database.write() as connection:
        step(connection, month.name, instant_of(last, MORNING))
    _report(month, last, "补报以后通报第 2 版，第 1 版一个字没有动")


def _verify(month: Month, day: date) -> None:
    """What came in was sealed as a draw with the lock; two witnesses' numbers draw from it who is looked at."""
    draw, at = draw_of_round(month.name), instant_of(day, MORNING)
    with month.database.read() as connection:
        sealed = draws.show_draw(connection, draw)
        names = people.names_of(connection, set(sealed.witnesses))
    salts = {person: secrets.token_hex(16) for person in sealed.witnesses}
    for given in (draws.seal_number, draws.open_number):
        for person, number in zip(sealed.witnesses, NUMBERS, strict=True):
            given(month.database, draw, number, salts[person], on_site(person), at)
    with month.database.read() as connection:
        drawn = draws.show_draw(connection, draw)
        units = "、".join(month.units[one.unit][0] for one in drawn.units)
    who = "、".join(names.get(one, one) for one in sealed.witnesses)
    words = f"抽样核实：锁定时封存报上来的 {sealed.population} 个，{who}各封一数、打开以后抽出 {len(drawn.units)} 个"
    month.say(day, f"{words}（{units}），由片组指导员核实，不再问单位。", "cyan")


def _report(month: Month, day: date, words: str) -> None:
    with month.database.read() as connection:
        page = round_page(connection, month.name, instant_of(day, time(17)))
    one = page.round
    counts = f"应报 {one.owed} = 按期 {one.on_time} + 逾期报 {one.late} + 未报 {one.owing}，不再应报 {one.dropped}"
    month.say(day, f"{words}：{counts}。", "green")


def _next(month: Month) -> None:
    after = month.period.moved(1)
    days = days_of(month.campaign, after, month.calendar)
    with month.database.read() as connection:
        before, now = (_asked(connection, month.campaign, period) for period in (month.period, after))
    assert days.opens
    opens = long_day(days.opens.date)
    words = f"下一期{after.name}，{opens}开放：已经报过的不再问，一张表从 {before} 项变成 {now} 项。"
    month.say(days.opens.date, words, "cyan")


def _submit(month: Month, unit: str, at: datetime) -> None:
    with month.database.read() as connection:
        process = pinned.process(connection, lookup.item_row(connection, month.items[unit])["process_ref"])
    _give(month, unit, at, CommandKind.SUBMIT, answers=_answers(process))


def _give(month: Month, unit: str, at: datetime, kind: CommandKind, **said: Any) -> None:
    no, by = month.items[unit], INTO if unit == MERGED else unit
    with month.database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit=by)[0]
    actor = Actor(id=liaison, role=Role.LIAISON, unit=by, via=Via.SITE)
    command = Command(kind=kind, id=f"demo/{kind}/{no}", actor=actor, **said)
    decide_here(month.database, no, command, at, away=False, check=check_appended)


def _answers(process: Process) -> tuple[tuple[str, ...], ...]:
    return next(samples(process.form(process.first_step.form)))
