"""The demo's holiday notice: the year that nobody has published yet, an invented notice that does, what it moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from desk.caller import at_console, on_site
from desk.joint import confirming
from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.directory.joint.acts import SecondNeeded
from rules.dates.explain import explain, provisionally
from rules.dates.windows import Due
from rules.machine.commands import Actor
from rules.machine.state import State
from rules.machine.timed import Moved
from rules.names import MOVED_NAMES
from rules.process import Role
from runtime.adopting import AdoptableOverlay, Shift, adopter, carry_through, check_wanted, foresee, keep, read_notice
from runtime.cli.output import make_table
from runtime.product import Product

SPRING_FESTIVALS = {2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11)}
"""Month and day of the lunar new year."""
_SHOWN = 6
SATURDAY, SUNDAY = 5, 6


async def scene(product: Product, out: Console) -> None:
    """Dates that cross into the unpublished year, the notice adopted, the dates moved and explained."""
    with product.database.read() as connection:
        year = pinned.current_calendar(connection).last_year + 1
        administrator = people.holders(connection, Role.ADMINISTRATOR)[0]
    path = product.settings.data / f"放假通知-{year}.yaml"
    path.write_text(text_of(year), encoding="utf-8")
    notice = read_notice(path, product.settings, product.database)
    shifts = foresee(notice, product.database)
    moved = list(_provisional(shifts, year))
    out.rule(Text(f"{year} 年的放假安排尚未公布", style="bold"), align="left", style="red")
    if not moved:
        out.print(Text("没有日期落在这一年，采用通知也不会改动什么。"))
        return
    shift, chosen = moved[0]
    _show_date(product, out, shift.no, chosen, "采用通知以前")
    out.print(Text(f"收到通知（演示用，虚构）：{notice.cause}。先看会改动什么，什么也不写：", style="bold"))
    rows = [(s.no, s.unit_name, MOVED_NAMES[m.what], m.before, m.after) for s, m in moved[:_SHOWN]]
    out.print(make_table("会变的日期", ("编号", "单位", "哪个日期", "原来（暂定）", "改为"), rows))
    out.print(Text(f"未办结 {len(shifts)} 项，{len({s.no for s, _ in moved})} 项的日期会变。"))
    await _adopt(product, out, notice, adopter(product.database, at_console(administrator)))
    _show_date(product, out, shift.no, chosen, "采用通知以后")


async def _adopt(product: Product, out: Console, notice: AdoptableOverlay, actor: Actor) -> None:
    try:
        check_wanted(notice, foresee(notice, product.database), product.database, actor)
    except SecondNeeded as needed:
        out.print(Text(_confirmed(product, needed)))
    keep(notice, product.settings, product.database, actor)
    done = await carry_through(product, notice, actor, lambda behind: None)
    said = f"已采用 {notice.calendar.version}：按新日历重算 {done.stored} 项，{done.moved} 项日期有变。"
    out.print(Text(said, style="bold green"))


def _confirmed(product: Product, needed: SecondNeeded) -> str:
    """Another has confirmed it, in their own session; who, in words."""
    now = datetime.now(UTC)
    asked = confirming.ask(product.database, needed, now)
    with product.database.read() as connection:
        leader = people.holders(connection, Role.LEADER)[0]
        names = people.names_of(connection, {asked.asker, leader})
    confirming.confirm(product.database, on_site(leader), asked.number, asked.asked.digest, now)
    return f"要由两个人办：{names[asked.asker]}提请（第 {asked.number} 号双人办理），{names[leader]}登录后复核同意。"


def _provisional(shifts: Sequence[Shift], year: int) -> Iterator[tuple[Shift, Moved]]:
    """What moves of the dates in that year: a turn's own date before a cap, a later date before an earlier one, and the
    nearest first."""
    found = [(s, m) for s in shifts for m in s.moved if m.before.year == year]
    yield from sorted(
        found, key=lambda pair: (not pair[1].clock, pair[1].after < pair[1].before, pair[1].before, pair[0].no)
    )


def _show_date(product: Product, out: Console, no: str, moved: Moved, when: str) -> None:
    with product.database.read() as connection:
        due = _due(connection, no, moved)
        title = lookup.item_row(connection, no)["title"]
    if due is None:
        return
    out.print(Text(f"{when}：{no} {title[:24]}", style="bold"))
    out.print(Text(f"  {MOVED_NAMES[moved.what]} {provisionally(due.date.isoformat(), due.provisional)}", style="cyan"))
    for sentence in explain(due):
        out.print(Text(f"    {sentence}"))


def _due(connection: Connection, no: str, moved: Moved) -> Due | None:
    state: State = lookup.state_of(lookup.item_row(connection, no))
    if moved.what in ("cap", "watch"):
        return state.cap if moved.what == "cap" else state.watch
    return next((clock.due for clock in state.running if clock.no == moved.clock), None)


def text_of(year: int) -> str:
    """An invented notice in the form of a calendar file: the usual holidays, spring festival made up for."""
    month, day = SPRING_FESTIVALS.get(year, (2, 1))
    spring = date(year, month, day)
    first, last = spring - timedelta(days=1), spring + timedelta(days=6)
    before = _first(first - timedelta(days=1), -1, SUNDAY)
    after = _first(last + timedelta(days=1), 1, SATURDAY)
    return f"""# 演示用的放假通知（虚构，不是真实安排）
id: demo-{year}
year: {year}
whole_year: true
source:
  document: 关于 {year} 年部分节假日安排的通知（演示用，虚构）
  date: {year - 1}-11-10
rest:
  - {{from: {year}-01-01, to: {year}-01-03, name: 元旦}}
  - {{from: {first}, to: {last}, name: 春节}}
  - {{from: {year}-04-04, to: {year}-04-06, name: 清明节}}
  - {{from: {year}-05-01, to: {year}-05-05, name: 劳动节}}
  - {{from: {year}-10-01, to: {year}-10-07, name: 国庆节}}
work:
  - {{day: {before}}}
  - {{day: {after}}}
"""


def _first(day: date, step: int, weekday: int) -> date:
    while day.weekday() != weekday:
        day += timedelta(days=step)
    return day
