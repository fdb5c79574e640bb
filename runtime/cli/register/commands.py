"""`duban items`, `item`, `why`, `units`, `people`: what stands in the register and in the directory. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from desk.caller import Caller
from desk.showing.detail import ShownDetail, detail
from desk.showing.item_rows import sheet
from desk.showing.item_view import why as dates_of
from desk.showing.parts.tallies import ShownOwed
from desk.showing.register import ON_CONSOLE, REGISTER_COLUMNS, RegisterRow, headed, sorting
from desk.showing.values import LampCount, ShownCommand, ShownWhy
from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters, understood
from ledger.reading.queries import PAGE, PAGE_LIMIT
from rules.dates.explain import long_day, provisionally
from rules.machine.commands import Status
from rules.process import Words
from rules.telling.item_words import cycle, stands
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import (
    JSON_OPTION,
    console,
    local_minute,
    make_table,
    print_json,
    print_table,
    refusals_in_words,
    short,
)
from runtime.cli.register.narrowing import SORT_OPTION, narrowing
from runtime.settings import load
from runtime.store import open_database

LAMP_STYLES = {"green": "green", "yellow": "yellow", "red": "red", "grey": "bright_black", "void": "bright_black"}
_WORDS = {column.name: column.words for column in REGISTER_COLUMNS}


@narrowing
def items(
    filters: Filters,
    after: str = typer.Option("", help="从这一页的后面接着看（上一页末尾给出）"),
    size: int = typer.Option(PAGE, min=1, max=PAGE_LIMIT, help="每页多少项"),
    sort: str = SORT_OPTION,
    as_json: bool = JSON_OPTION,
) -> None:
    """台账。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        page = sheet(connection, understood(connection, filters), after=after or None, size=size, order=sorting(sort))
        if as_json:
            print_json(page.shown().model_dump(mode="json"))
            return
        console().print(register_table(connection, "台账", page.rows))
    typer.echo(lamp_words(page.lamps))
    if page.next:
        typer.echo(f"还有下一页：--after {page.next}")


def register_table(connection: Connection, title: str, rows: Iterable[RegisterRow]) -> Table:
    """Rows of the register as people read them."""
    cells = [_CELLS.get(column.name, column.words) for column in ON_CONSOLE]
    return make_table(
        title,
        [column.heading for column in headed(connection, ON_CONSOLE)],
        ([cell(row) for cell in cells] for row in rows),
    )


def lamp_words(lamps: Iterable[LampCount]) -> str:
    """How many items show each lamp, in words."""
    return "，".join(f"{one.lamp.name} {one.count} 项" for one in lamps if one.count) or "没有事项。"


def _lamp(of: RegisterRow) -> Text:
    mark = "×" if of.row["status"] == Status.ANNULLED else "●"
    return Text(f"{mark} {_WORDS['lamp'](of)}", style=LAMP_STYLES.get(of.row["lamp"], ""))


def _due(of: RegisterRow) -> str:
    due, owed, late, paused = (str(_WORDS[name](of)) for name in ("due", "due_of", "late", "paused"))
    return " ".join(one for one in (provisionally(due, of.row["provisional"]), owed, late, paused) if one)


_CELLS: dict[str, Callable[[RegisterRow], object]] = {
    "lamp": _lamp,
    "unit": lambda of: f"{_WORDS['unit'](of)}（协办）" if of.row["helps"] else _WORDS["unit"](of),
    "due": _due,
    "title": lambda of: short(of.row["title"], 36),
}
"""Cells that say more than their column's own words, or less."""


def item(
    no: str = typer.Argument(..., help="事项编号"),
    caller: Caller = acting_as("另说此人现在能办什么", needed=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """一个事项：内容、现状、经过；加 --as 说某人现在能办什么。"""
    database = as_seen_by(open_database(load()), caller)
    with refusals_in_words(), database.read() as connection:
        view = queries.item(connection, no)
        shown = detail(connection, view, datetime.now(UTC), caller=caller)
        words = pinned.process(connection, view.row["process_ref"]).words
        who = people.somebody(connection, caller.person).name if caller.person else ""
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    show_item(shown, words)
    if who:
        typer.echo(able_words(who, shown.commands))


def able_words(name: str, commands: Iterable[ShownCommand]) -> str:
    """What that person may do now, and what only later or somebody else, with the reason."""
    now = [f"{one.name}（{one.command}）" for one in commands if not one.refusal]
    later = [f"\n  {one.name}：{one.refusal}" for one in commands if one.refusal]
    return f"此时{name}可以：{'、'.join(now) or '没有要办的'}。" + ("".join(["\n暂时不能：", *later]) if later else "")


def show_item(shown: ShownDetail, words: Words) -> None:
    """The item on the screen, in its process's words, its timeline oldest first."""
    out, one = console(), shown.item
    out.print(Text(f"{one.no}  {one.title}", style="bold"))
    about = (f"{one.unit.name}（{one.unit.kind_name}）", one.variant_name, cycle(one.cycle))
    out.print(" · ".join(filter(None, about)), markup=False)
    told = {"provisional": one.provisional, "paused": one.paused}
    how = stands(one.status, one.step_name, one.due, owed=one.due_of, words=words, **told)
    out.print(Text(f"● {one.lamp.name}", style=LAMP_STYLES.get(one.lamp.id, "")), Text(how))
    for tally in shown.tallies:
        owed = [(row.about, f"{row.have}/{row.least}", _owed_words(row)) for row in tally.rows]
        print_table(f"{tally.name}（{tally.id}）", ("对象", "已有", "下一份"), owed)
    rows = [
        (
            entry.seq,
            local_minute(datetime.fromisoformat(entry.at)),
            entry.by,
            "\n".join((entry.sentence, *(correction.words for correction in entry.corrections))),
            entry.hash[:8],
        )
        for entry in shown.entries
    ]
    print_table("经过", ("序", "时间", "谁", "做了什么", "哈希"), rows)


def _owed_words(row: ShownOwed) -> str:
    if row.met:
        return "已完成"
    return f"{row.next}，{long_day(row.due)}前，{row.words}" if row.due else f"{row.next}，环节结束前"


def why(no: str = typer.Argument(..., help="事项编号"), as_json: bool = JSON_OPTION) -> None:
    """为何是这一天：到期日的来历。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        found = dates_of(connection, lookup.state_of(lookup.item_row(connection, no)), datetime.now(UTC))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    if not found.dates:
        typer.echo("这个事项现在没有到期日。")
    say_dates(found)


def say_dates(found: ShownWhy) -> None:
    """Each date with its reasons."""
    for one in found.dates:
        typer.echo(f"{one.name}：{provisionally(long_day(one.date), one.provisional)}")
        for sentence in one.sentences:
            typer.echo(f"  {sentence}")


def list_units(
    unit: str = typer.Argument(None, metavar="单位", help="只看一个单位的沿革：编号、名称或简称", show_default=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """全部单位；或一个单位从设立到现在的每一段。"""
    database = open_database(load())
    if unit:
        from desk.units.changing import unit_history  # here and not above: a list needs no desk

        with refusals_in_words(), database.read() as connection:
            lines = unit_history(connection, unit)
        print_json(list(lines)) if as_json else typer.echo("\n".join(lines))
        return
    with database.read() as connection:
        rows = people.all_units(connection)
    if as_json:
        print_json([{**dict(r), "aliases": r["aliases"].split("\n") if r["aliases"] else []} for r in rows])
        return
    print_table(
        "单位",
        ("编号", "名称", "类型", "片组", "上级", "别名"),
        [
            (r["id"], r["name"], r["kind"], r["area"] or "", r["parent"] or "", r["aliases"].replace("\n", "、"))
            for r in rows
        ],
    )


def list_people(as_json: bool = JSON_OPTION) -> None:
    """全部人员和职务。"""
    database = open_database(load())
    with database.read() as connection:
        everyone = people.everybody(connection)
    if as_json:
        print_json(
            [{"id": p.id, "name": p.name, "unit": p.unit_name, "roles": [a.role for a in p.posts]} for p in everyone]
        )
        return
    print_table(
        "人员", ("编号", "姓名", "单位", "职务"), [(p.id, p.name, p.unit_name or "", p.role_names) for p in everyone]
    )
