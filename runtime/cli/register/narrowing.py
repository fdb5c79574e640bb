"""The register's filters as options: every command that shows or takes the register narrows it in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import typer

from desk.showing.register import SORT_HELP
from ledger.reading.filters import FILTERS, Filter, Filters

SORT_OPTION = typer.Option("", "--sort", help=SORT_HELP)


def narrowing(command: Callable[..., None]) -> Callable[..., None]:
    """The command has an option for each filter where its parameter `filters` stands, and is given them as that one."""
    return spread(command, "filters", [_option(one) for one in FILTERS], lambda said: Filters(**said))


def spread(
    command: Callable[..., None],
    parameter: str,
    options: Sequence[inspect.Parameter],
    made: Callable[[dict[str, Any]], Any],
) -> Callable[..., None]:
    """The command has these options where that parameter stands, and is given what is made of them as that one."""
    parameters: list[inspect.Parameter] = []
    for own in inspect.signature(command, eval_str=True).parameters.values():
        parameters += options if own.name == parameter else [own]

    @wraps(command)
    def narrowed(**given: Any) -> None:
        said = {one.name: given.pop(one.name) for one in options}
        command(**{parameter: made(said)}, **given)

    # What Typer reads, in place of what it would find behind `wraps`.
    narrowed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    narrowed.__annotations__ = {one.name: one.annotation for one in parameters}
    return narrowed


def _option(one: Filter) -> inspect.Parameter:
    default = typer.Option(None, one.flags, help=one.help) if one.yes_no else typer.Option("", help=one.help)
    return option(one.name, default, bool | None if one.yes_no else str)


def option(name: str, default: Any, type_: Any) -> inspect.Parameter:
    """An option as a parameter of the command."""
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=type_)
