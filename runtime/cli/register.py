"""`duban items`, `item`, `why`, `units`, `people`: what stands in the register and in the directory. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, RowMapping

from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.directory.naming import Called
from ledger.reading import queries
from ledger.reading.queries import Filters
from ledger.reading.wording import understood
from ledger.store.canonical import parse
from rules.codec import encode
from rules.dates.calendar import LOCAL
from rules.dates.distance import whose
from rules.dates.explain import explain
from rules.names import CLOCK_NAMES, ROLE_NAMES, STATUS_NAMES
from rules.process import Party, Process
from rules.telling.corrections import beside, in_words
from rules.telling.story import tell
from runtime.cli.output import JSON_OPTION, console, make_table, print_json, print_table, refusals_in_words, short
from runtime.settings import load
from runtime.store import open_database

if TYPE_CHECKING:
    from desk.showing.values import ShownCommand

LAMP_NAMES = {"green": "绿灯", "yellow": "黄灯", "red": "红灯", "grey": "灰灯（已销号或回头看）", "void": "作废"}
LAMP_STYLES = {"green": "green", "yellow": "yellow", "red": "red", "grey": "bright_black", "void": "bright_black"}


def items(
    area: str = typer.Option("", help="片组（编号或名称）"),
    unit: str = typer.Option("", help="单位（编号、名称或简称）"),
    status: str = typer.Option("", help=f"状态：{'、'.join(STATUS_NAMES.values())}"),
    lamp: str = typer.Option("", help="亮灯：绿灯、黄灯、红灯、灰灯、作废"),
    late: bool = typer.Option(False, "--late", help="只看逾期的"),
    text: str = typer.Option("", help="在编号和问题里找"),
    after: str = typer.Option("", help="从这一页的后面接着看（上一页末尾给出）"),
    size: int = typer.Option(50, min=1, max=500, help="每页多少项"),
    as_json: bool = JSON_OPTION,
) -> None:
    """台账。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        asked = Filters(area=area, unit=unit, status=status, lamp=lamp, late=late or None, text=text)
        filters = understood(connection, asked)
        page = queries.register(connection, filters, after=after or None, size=size)
        counts = queries.lamp_counts(connection, filters)
    if as_json:
        print_json({"items": [dict(row) for row in page.rows], "next": page.next, "lamps": counts})
        return
    console().print(register_table("台账", page.rows))
    typer.echo(lamp_words(counts))
    if page.next:
        typer.echo(f"还有下一页：--after {page.next}")


def register_table(title: str, rows: Iterable[RowMapping]) -> Table:
    """Rows of the register as people read them."""
    columns = ("编号", "灯", "状态", "环节", "牵头单位", "到期", "问题")
    return make_table(title, columns, [_register_row(row) for row in rows])


def lamp_words(counts: Mapping[str, int]) -> str:
    """How many items show each lamp, in words."""
    return "，".join(f"{LAMP_NAMES.get(lamp, lamp)} {n} 项" for lamp, n in sorted(counts.items())) or "没有事项。"


def _register_row(row: RowMapping) -> tuple[object, ...]:
    late = f" {whose(Party(row['party']))}逾期" if row["late"] else ""
    due = (row["due"] or "") + ("（暂定）" if row["provisional"] else "") + late
    due += " 已暂停" if row["paused"] else ""
    lamp = Text(
        f"{'×' if row['status'] == 'annulled' else '●'} {LAMP_NAMES.get(row['lamp'], row['lamp'])[:2]}",
        style=LAMP_STYLES.get(row["lamp"], ""),
    )
    status = STATUS_NAMES[row["status"]]
    unit = row["unit_name"] + ("（协办）" if row["helps"] else "")
    return row["no"], lamp, status, row["step_name"], unit, due, short(row["finding"], 36)


def item(
    no: str = typer.Argument(..., help="事项编号"),
    person: str = typer.Option("", "--as", help="另说此人（编号或姓名）现在能办什么"),
    as_json: bool = JSON_OPTION,
) -> None:
    """一个事项：内容、现状、经过；加 --as 说某人现在能办什么。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        view = queries.item(connection, no)
        process = pinned.process(connection, view.state.process)
        called = Called(connection, {i for e in view.events for i in (e.actor.id, e.actor.behalf)})
        able = _able(connection, view, process, person) if person else None
    if as_json:
        commands = {"commands": [one.model_dump(mode="json") for one in able[1]]} if able else {}
        print_json(item_json(view) | commands)
        return
    show_item(view, process, called)
    if able:
        typer.echo(able_words(*able))


def _able(
    connection: Connection, view: queries.ItemView, process: Process, person: str
) -> tuple[str, tuple[ShownCommand, ...]]:
    """Who that is, and what may be done now. Raises unknown_person."""
    from desk.actions import commands_for  # here and not above: only this asks the rules, with all that they need

    who = people.somebody(connection, person)
    return who.name, commands_for(connection, view, process, who, datetime.now(UTC))


def able_words(name: str, commands: Iterable[ShownCommand]) -> str:
    """What that person may do now, and what only later or somebody else, with the reason."""
    now = [f"{one.name}（{one.command}）" for one in commands if not one.refusal]
    later = [f"\n  {one.name}：{one.refusal}" for one in commands if one.refusal]
    return f"此时{name}可以：{'、'.join(now) or '没有要办的'}。" + ("".join(["\n暂时不能：", *later]) if later else "")


def item_json(view: queries.ItemView) -> dict[str, Any]:
    """The item as JSON: its row, its subject, its entries."""
    row = {name: value for name, value in view.row.items() if name != "state"}
    entries = [{**dict(e), "body": parse(e["body"])} for e in view.entries]
    return {"item": row, "subject": encode(view.issued.subject), "entries": entries}


def show_item(view: queries.ItemView, process: Process, called: Called) -> None:
    """The item on the screen, its timeline oldest first."""
    out, row = console(), view.row
    lamp = process.lamp(row["lamp"])
    out.print(Text(f"{view.row['no']}  {view.issued.subject.finding}", style="bold"))
    out.print(
        f"{row['unit_name']}（{process.unit_kind_name}）· {process.variant_name} · 第 {row['cycle']} 轮", markup=False
    )
    due = f"，{row['due']}{'（暂定）' if row['provisional'] else ''} 到期" if row["due"] else ""
    due += "（已暂停计时）" if row["paused"] else ""
    status = f"{STATUS_NAMES[row['status']]} {row['step_name']}{due}"
    out.print(Text(f"● {lamp.name}", style=LAMP_STYLES.get(lamp.id, "")), Text(status))
    outcomes = {o.id: o.name for o in process.outcomes}
    rows = []
    corrections = beside(view.events)
    for event, entry in zip(view.events, view.entries, strict=True):
        names = called.at(entry["position"])
        who = names.get(event.actor.id, "系统" if event.actor.id == "system" else event.actor.id)
        who += f"（代{names.get(event.actor.behalf, event.actor.behalf)}）" if event.actor.behalf else ""
        role = "" if event.actor.id == "system" else f"（{ROLE_NAMES[event.actor.role]}）"
        when = event.at.astimezone(LOCAL)
        rows.append(
            (
                event.seq,
                f"{when:%Y-%m-%d %H:%M}",
                f"{who}{role}",
                "\n".join((tell(event.fact, outcomes), *map(in_words, corrections.get(event.seq, ())))),
                entry["hash"][:8],
            )
        )
    print_table("经过", ("序", "时间", "谁", "做了什么", "哈希"), rows)


def why(no: str = typer.Argument(..., help="事项编号"), as_json: bool = JSON_OPTION) -> None:
    """为何是这一天：到期日的来历。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        state = lookup.state_of(lookup.item_row(connection, no))
    clocks = [(CLOCK_NAMES[c.kind], c.due) for c in state.clocks]
    if state.cap:
        clocks.append(("总时限", state.cap))
    if state.watch and state.status == "watching":
        clocks.append(("回头看", state.watch))
    if as_json:
        print_json({"no": no, "dates": [{"of": n, "due": encode(d), "because": explain(d)} for n, d in clocks]})
        return
    if not clocks:
        typer.echo("这个事项现在没有到期日。")
    for name, due in clocks:
        typer.echo(f"{name}：{due.date:%Y-%m-%d}{'（暂定）' if due.provisional else ''}")
        for sentence in explain(due):
            typer.echo(f"  {sentence}")


def list_units(as_json: bool = JSON_OPTION) -> None:
    """全部单位。"""
    database = open_database(load())
    with database.read() as connection:
        rows = people.all_units(connection)
    if as_json:
        print_json([{**dict(r), "aliases": r["aliases"].split("\n") if r["aliases"] else []} for r in rows])
        return
    print_table(
        "单位",
        ("编号", "名称", "类型", "片组", "别名"),
        [(r["id"], r["name"], r["kind"], r["area"] or "", r["aliases"].replace("\n", "、")) for r in rows],
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
