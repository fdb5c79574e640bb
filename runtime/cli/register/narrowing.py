"""The register's filters as options: every command that shows or takes the register narrows it in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ledger.reading.filters import FILTERS, Filter, Filters


def narrowing(command: Callable[..., None]) -> Callable[..., None]:
    """The command has an option for each filter where its parameter `filters` stands, and is given them as that one."""
    parameters: list[inspect.Parameter] = []
    for own in inspect.signature(command, eval_str=True).parameters.values():
        parameters += [_option(one) for one in FILTERS] if own.name == "filters" else [own]

    @wraps(command)
    def narrowed(**given: Any) -> None:
        asked = {one.name: given.pop(one.name) for one in FILTERS}
        command(filters=Filters(**asked), **given)

    # What Typer reads, in place of what it would find behind `wraps`.
    narrowed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    narrowed.__annotations__ = {one.name: one.annotation for one in parameters}
    return narrowed


def _option(one: Filter) -> inspect.Parameter:
    default = typer.Option(None, one.flags, help=one.help) if one.yes_no else typer.Option("", help=one.help)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(one.name, kind, default=default, annotation=bool | None if one.yes_no else str)
