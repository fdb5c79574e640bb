"""`duban audit entries|at|reads|access|repeats`: what an auditor looks up from the command line. Reads only."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import typer
from rich.text import Text

from desk.showing.audit import (
    Measure,
    ShownFinds,
    ShownFound,
    ShownStanding,
    find,
    find_access,
    find_reads,
    find_repeats,
    stood,
)
from desk.showing.values import ShownEntry
from ledger.reading.audit import LOOKED_THROUGH
from ledger.reading.entry_filters import ACCESS_FILTERS, ENTRY_FILTERS, READ_FILTERS, EntryFilter, EntrySearch, Takes
from ledger.reading.queries import PAGE_LIMIT
from rules.dates.moments import FORMS, to_the_second
from rules.errors import Code, RuleViolation
from rules.telling.repeats import MONTHS, MONTHS_LIMIT, UNITS, UNITS_LIMIT
from rules.telling.standing import NOTHING
from runtime.cli.output import JSON_OPTION, console, print_json, print_table, refusals_in_words, short
from runtime.cli.register.commands import say_dates
from runtime.cli.register.narrowing import option, spread
from runtime.settings import load
from runtime.store import open_database

_AFTER = typer.Option("", help="从这一页的后面接着看（上一页末尾给出）")
SIZE = typer.Option(50, min=1, max=PAGE_LIMIT, help="每页多少条")


_Said = Mapping[str, Any]


def _searching(filters: Sequence[EntryFilter]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The command has an option for each of these filters where its parameter `said` stands."""
    options = [_option(one) for one in filters]
    return lambda command: spread(command, "said", options, lambda said: said)


def _option(one: EntryFilter) -> inspect.Parameter:
    several = one.takes is Takes.KINDS
    given = typer.Option([] if several else "", f"--{one.key}", help=one.help)
    return option(one.name, given, list[str] if several else str)


@_searching(ENTRY_FILTERS)
def entries(said: _Said, after: str = _AFTER, size: int = SIZE, as_json: bool = JSON_OPTION) -> None:
    """在整个留痕链里检索，新的在前。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        found = find(connection, _search(said), after=after, size=size)
    _show_finds("留痕", found, as_json)


def at(
    no: str = typer.Argument(..., help="事项编号"),
    moment: str = typer.Argument(..., metavar="时点", help=f"日期或时刻，到它结束时为止：{FORMS}"),
    other: str = typer.Argument("", metavar="[另一时点]", help="再给一个时点，就比较两者"),
    as_json: bool = JSON_OPTION,
) -> None:
    """一个事项在某一时点是什么样子；给两个时点，说出差别和其间的记录。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        shown = stood(connection, no, moment, other)
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    out = console()
    out.print(Text(f"{shown.no}  {short(shown.title, 60)}", style="bold"))
    out.print(Text("按“发生的时刻”推算：到时点结束时已经发生的都算，哪怕后来才记下。", style="bright_black"))
    if shown.after is None:
        _show_standing(shown.before)
        return
    rows = [(d.name, d.before, d.after) for d in shown.differences]
    if rows:
        print_table("差别", ("", shown.before.moment, shown.after.moment), rows)
    else:
        typer.echo(f"{shown.before.moment} 与 {shown.after.moment} 之间没有差别。")
    if shown.entries:
        _show_entries("其间的记录", shown.entries)


@_searching(READ_FILTERS)
def reads(said: _Said, after: str = _AFTER, size: int = SIZE, as_json: bool = JSON_OPTION) -> None:
    """谁查阅了佐证材料，谁导出了什么，新的在前。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        found = find_reads(connection, _search(said), after=after, size=size)
    _show_finds("查阅与导出", found, as_json)


@_searching(ACCESS_FILTERS)
def access(said: _Said, after: str = _AFTER, size: int = SIZE, as_json: bool = JSON_OPTION) -> None:
    """谁登录、谁没有登录成，谁给谁开了账号、发了令牌、给了职务，谁查阅、导出，新的在前。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        found = find_access(connection, _search(said), after=after, size=size)
    _show_finds("进出", found, as_json)


def repeats(
    months: int = typer.Option(MONTHS, min=1, max=MONTHS_LIMIT, help="办结后几个月内再出现算重复"),
    units: int = typer.Option(UNITS, min=2, max=UNITS_LIMIT, help="在几个单位出现算共性"),
    since: str = typer.Option("", help="只看这一天以后交办的"),
    unit: str = typer.Option("", help="只看这个单位：编号、名称或简称"),
    as_json: bool = JSON_OPTION,
) -> None:
    """重复问题：同一单位同一类问题办结后再次出现；同一问题出现在多个单位。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        measure = Measure(months=months, units=units, since=_day(since, "--since"), unit=unit)
        found = find_repeats(connection, measure)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    again = [(g.why if n == 0 else "", t.why) for g in found.returned for n, t in enumerate(g.times)]
    if again:
        print_table(f"办结后再次出现：{found.returned_total} 组", ("哪一类", "依据"), again)
    same = [(short(g.text, 40), g.why, "、".join(_some([f.no for f in g.findings]))) for g in found.common]
    if same:
        print_table(f"多个单位的共性问题：{found.common_total} 组", ("问题", "依据", "事项"), same)
    nothing = "" if again or same else "，没有重复的"
    blank = f"（其中 {found.uncategorised} 个没有类别，不参加按类比较）" if found.uncategorised else ""
    typer.echo(f"比较了 {found.compared} 个问题{blank}{nothing}。")


def _search(said: _Said) -> EntrySearch:
    days = {one.name: _day(said[one.name], f"--{one.key}") for one in ENTRY_FILTERS if one.takes is Takes.DAY}
    return EntrySearch.of({**said, **days})


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        expected = "日期，如 2026-03-31"
        raise RuleViolation(Code.FIELD_INVALID, field=field, actual=text[:20], expected=expected) from None


def _show_finds(title: str, found: ShownFinds, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    _show_entries(title, found.entries)
    if found.back_to:
        typer.echo(f"一次最多翻查 {LOOKED_THROUGH:,} 条，已翻到 {_local(found.back_to)}。")
    if found.next:
        typer.echo(f"还有：--after {found.next}")
    elif not found.entries:
        typer.echo("没有符合条件的记录。")


def _show_entries(title: str, shown: Sequence[ShownEntry]) -> None:
    columns = ("时间", "记录", "种类", "谁", "内容")
    print_table(title, columns, [(_local(e.at), _place(e), e.kind_name, e.by, _what(e)) for e in shown])


def _place(entry: ShownEntry) -> str:
    return f"{entry.stream} #{entry.seq}" if isinstance(entry, ShownFound) else f"#{entry.seq}"


def _what(entry: ShownEntry) -> str:
    return entry.sentence + (f"（迟记 {entry.late_by}）" if entry.late_by else "")


def _show_standing(standing: ShownStanding) -> None:
    if not standing.seq:
        typer.echo(f"{standing.moment} 时还没有交办。")
        return
    rows = [(f.name, f.words) for f in standing.features if f.words != NOTHING]
    print_table(f"{standing.moment} 的样子（第 {standing.seq} 条记录之后）", ("", ""), rows)
    say_dates(standing.dates)
    if standing.recorded_later:
        _show_entries("当时已经发生、后来才记下的", standing.recorded_later)
    typer.echo(f"此后又有 {standing.later} 条记录，当时还不知道。" if standing.later else "此后没有记录。")


def _some(numbers: Sequence[str], count: int = 8) -> list[str]:
    return list(numbers[:count]) + ([f"等 {len(numbers)} 项"] if len(numbers) > count else [])


def _local(at: str) -> str:
    return to_the_second(datetime.fromisoformat(at))
