"""`duban publications`: what was published where, since when and until when. Reads only."""

from __future__ import annotations

import typer

from desk.registers.publications import show_publications
from ledger.reading.queries import PAGE, PAGE_LIMIT
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.settings import load
from runtime.store import open_database


def publications(
    unit: str = typer.Option("", help="只看这个单位：编号、名称或简称"),
    after: str = typer.Option("", help="从这一页的后面接着看（上一页末尾给出）"),
    size: int = typer.Option(PAGE, min=1, max=PAGE_LIMIT, help="每页多少项"),
    as_json: bool = JSON_OPTION,
) -> None:
    """公示登记。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        page = show_publications(connection, unit=unit, after=after, size=size)
    if as_json:
        print_json(page.model_dump(mode="json"))
        return
    columns = ("编号", "单位", "公示内容", "范围", "地点", "文号或网址", "起", "至", "登记人")
    rows = [
        (p.no, p.unit_name, p.what, p.scope_name, p.place, p.reference, p.on, p.until, p.by) for p in page.publications
    ]
    print_table("公示登记", columns, rows)
    if page.next:
        typer.echo(f"还有下一页：--after {page.next}")
