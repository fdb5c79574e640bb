"""`duban campaigns`: every campaign in force, and when its next round opens, falls due and locks."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from desk.registers.rounds import shown_campaigns
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.settings import load
from runtime.store import open_database


def campaigns(as_json: bool = JSON_OPTION) -> None:
    """各项周期工作：对谁、多久一次，下一期哪天开放、到期、锁定。"""
    with refusals_in_words(), open_database(load()).read() as connection:
        found = shown_campaigns(connection, datetime.now(UTC))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(one.id, one.name, one.rhythm, one.asked, one.opens, one.due, one.locks) for one in found]
    for one in found:
        if one.held:
            typer.echo(f"超出减负预算，没有开放，等分管领导同意：{'；'.join(one.held)}")
        if one.missed:
            typer.echo(f"错过没有开放的：{'、'.join(one.missed)}")
    print_table("周期工作", ("编号", "名称", "周期", "应报", "下一次开放", "到期", "锁定"), rows)
