"""A week of notices of one liaison, as she would get them: a digest each morning, at once only what may not wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, RowMapping, select

from activities.delivery.hours import opening
from definitions.channels import Hours
from definitions.plans import DIGEST, PLANS
from ledger.chain import pinned
from ledger.chain.entries import NOTICE
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.entry_words import EntryWords
from rules.codec import instant_text
from rules.dates.calendar import LOCAL, Calendar, instant_of, local_date
from rules.dates.explain import short_day
from rules.dates.plans import next_time

WEEKDAYS = "一二三四五六日"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One notice: when she gets it, whether at once, and what it says."""

    at: datetime
    at_once: bool
    line: str


def scene(connection: Connection, out: Console) -> None:
    """The fullest week of the liaison who hears most."""
    person, first = _busiest(connection)
    who = people.somebody(connection, person)
    arrivals = week(connection, person, first)
    title = f"联络员{who.name}（{who.unit_name}）的一周：{short_day(first)}起"
    out.rule(Text(title, style="bold"), align="left", style="red")
    for (at, at_once), found in groupby(arrivals, key=lambda arrival: (arrival.at, arrival.at_once)):
        local, lines = at.astimezone(LOCAL), [arrival.line for arrival in found]
        kind = "即时" if at_once else "早上一份"
        day = f"{short_day(local.date())} 星期{WEEKDAYS[local.weekday()]} {local:%H:%M}"
        out.print(Text(f"{day}　{kind}，{len(lines)} 条", style="yellow" if at_once else "cyan"))
        for line in lines:
            out.print(Text(f"  · {line}"), overflow="fold")
    messages = len({(arrival.at, arrival.at_once) for arrival in arrivals})
    out.print(Text(f"一周 {len(arrivals)} 条通知，合成 {messages} 封，夜里和休息日不打扰。", style="bright_black"))


def week(connection: Connection, person: str, first: date) -> list[Arrival]:
    """What reaches the person in the seven days from `first` on, in the order in which it does."""
    calendar = pinned.current_calendar(connection)
    begin, end = instant_of(first, time(0)), instant_of(first + WEEK, time(0))
    rows = queries.heard(connection, person, instant_text(begin - 2 * WEEK), instant_text(end))
    words = EntryWords(connection, rows)
    arrivals = [_arrival(calendar, row, words) for row in rows]
    return sorted((a for a in arrivals if begin <= a.at < end), key=lambda a: (a.at, not a.at_once))


def _arrival(calendar: Calendar, row: RowMapping, words: EntryWords) -> Arrival:
    at = datetime.fromisoformat(row["at"])
    if row["immediate"]:
        arrives = opening(Hours(), calendar, at)
    else:
        plan = next(plan for plan in PLANS if plan.id == DIGEST)
        arrives = next_time(plan, calendar, at) or at
    line = f"{row['stream']} {row['title'][:18]}…　{short_day(at.astimezone(LOCAL).date())} {words.line(row)}"
    return Arrival(at=arrives, at_once=row["immediate"], line=line)


def _busiest(connection: Connection) -> tuple[str, date]:
    """The liaison and the Monday of the week with most to hear; what could not wait counts twice."""
    weeks: Counter[tuple[str, date]] = Counter()
    heard = select(NOTICE.c.person, NOTICE.c.at, NOTICE.c.immediate).where(NOTICE.c.role == "liaison")
    for person, at, immediate in connection.execute(heard):
        day = local_date(datetime.fromisoformat(at))
        weeks[person, day - timedelta(days=day.weekday())] += 2 if immediate else 1
    return max(weeks, key=lambda key: (weeks[key], key[1], key[0]))
