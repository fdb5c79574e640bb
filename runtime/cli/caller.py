"""Who asks, at the console: what is written behind `--as` becomes a Caller in the option itself, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import typer

from desk.caller import WHO, Caller, at_console
from ledger.directory.sight import seen_by
from ledger.store.database import Database
from rules.machine.commands import Actor


def acting_as(role: str = "以谁的名义", *, more: str = "", needed: bool = True, option: str = "--as") -> Any:
    """The option of a command that somebody gives; its value is a Caller, of nobody where it may be left out and is."""
    about = f"{role}：{WHO}" + (f"；{more}" if more else "")
    return typer.Option(... if needed else "", option, parser=at_console, help=about)


def as_seen_by(database: Database, caller: Caller) -> Database:
    """The database without what is kept from the caller; all of it, where whoever sits at the console names nobody."""
    return database.seen(seen_by(caller.people)) if caller.person else database


def unnamed() -> Actor:
    """As who whoever sits at the console does what nobody puts their name to."""
    return at_console().unnamed


def by_hand(database: Database) -> Database:
    """The database, in which what nobody puts their name to stands as done at the console, by whoever sits there."""
    return database.by(unnamed())


def or_else(caller: Caller, person: str) -> Caller:
    """The caller, or that person, where nobody was named."""
    return caller if caller.person else replace(caller, person=person)


def standing_in(caller: Caller, behalf: str) -> Caller:
    """The caller, who says for whom they stand in."""
    return replace(caller, behalf=behalf)
