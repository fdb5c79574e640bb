"""Who asks, at the console: what is written behind `--as` becomes a Caller in the option itself, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import typer

from desk.caller import WHO, Caller, at_console


def acting_as(role: str = "以谁的名义", *, more: str = "", needed: bool = True, option: str = "--as") -> Any:
    """The option of a command that somebody gives; its value is a Caller, of nobody where it may be left out and is."""
    about = f"{role}：{WHO}" + (f"；{more}" if more else "")
    return typer.Option(... if needed else "", option, parser=at_console, help=about)


def or_else(caller: Caller, person: str) -> Caller:
    """The caller, or that person, where nobody was named."""
    return caller if caller.person else replace(caller, person=person)


def standing_in(caller: Caller, behalf: str) -> Caller:
    """The caller, who says for whom they stand in."""
    return replace(caller, behalf=behalf)
