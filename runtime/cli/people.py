"""`duban people`: who there is, and who stands in for whom."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from desk.caller import Caller
from desk.inbox import call_off
from desk.inbox import substitute as name_substitute
from desk.personal.inbox import show_substitutes
from rules.permitting import OfficeAct, roles_named
from runtime.cli.caller import acting_as, or_else
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.cli.register.commands import list_people
from runtime.settings import load
from runtime.store import open_database

people = typer.Typer(help="人员和职务；请假时由谁代理。", invoke_without_command=True)
_DAY = ["%Y-%m-%d"]
_ALSO_FOR_OTHERS = f"本人（默认），或{roles_named(OfficeAct.SUBSTITUTE)}"


@people.callback()
def everybody(context: typer.Context, as_json: bool = JSON_OPTION) -> None:
    """全部人员和职务；请假时由谁代理。"""
    if context.invoked_subcommand is None:
        list_people(as_json)


@people.command()
def substitute(
    stand_in: str = typer.Argument(..., help="由谁代理（编号或姓名）"),
    person: str = typer.Argument(..., help="代谁（编号或姓名）"),
    first: datetime = typer.Option(..., "--from", formats=_DAY, help="从哪天起"),
    last: datetime = typer.Option(..., "--to", formats=_DAY, help="到哪天止（含当天）"),
    caller: Caller = acting_as("以谁的名义安排", more=_ALSO_FOR_OTHERS, needed=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """某人请假期间由另一人代收通知、代办事项。"""
    database = open_database(load())
    with refusals_in_words():
        named = name_substitute(
            database,
            person=person,
            stand_in=stand_in,
            first=first.date(),
            last=last.date(),
            caller=or_else(caller, person),
            now=datetime.now(UTC),
        )
    if as_json:
        print_json(named.model_dump(mode="json"))
    else:
        typer.echo(f"{named.first} 至 {named.last}，由{named.stand_in_name}代{named.person_name}。")


@people.command()
def back(
    person: str = typer.Argument(..., help="谁回来了（编号或姓名）"),
    caller: Caller = acting_as(more=_ALSO_FOR_OTHERS, needed=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """撤销某人的代理安排。"""
    database = open_database(load())
    with refusals_in_words():
        count = call_off(database, person=person, caller=or_else(caller, person), now=datetime.now(UTC))
    if as_json:
        print_json({"ended": count})
    else:
        typer.echo(f"已撤销 {count} 项代理安排。")


@people.command()
def away(as_json: bool = JSON_OPTION) -> None:
    """今天和以后有效的代理安排。"""
    database = open_database(load())
    with database.read() as connection:
        shown = show_substitutes(connection, datetime.now(UTC))
    if as_json:
        print_json([one.model_dump(mode="json") for one in shown])
        return
    rows = [(s.person_name, s.stand_in_name, s.first, s.last, s.named_by_name) for s in shown]
    print_table("代理安排", ("谁", "由谁代理", "从", "到", "谁安排的"), rows)
