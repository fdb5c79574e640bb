"""How commands print: tables for people, JSON for programs, progress on standard error, refusals in words.

`rich` is imported where it is used: a command that prints no table starts without it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from rules.dates.calendar import LOCAL
from rules.errors import RuleViolation
from runtime.ending import Problem

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

JSON_OPTION = typer.Option(False, "--json", help="以 JSON 输出")
PLAIN_WIDTH = 160
"""Columns assumed where standard output is no terminal."""


def console() -> Console:
    """Standard output for people; wide and plain when it is a file or a pipe."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if terminal else PLAIN_WIDTH, soft_wrap=False)


def print_json(value: Any) -> None:
    """One JSON value, Chinese as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table with a title, on standard output."""
    console().print(make_table(title, columns, rows))


def make_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table with a title; cells may be rich Text."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", show_lines=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return table


def short(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def local_minute(at: datetime) -> str:
    """The instant in local time, to the minute."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """A refusal ends the command with its code and its sentence, status 1."""
    try:
        yield
    except RuleViolation as refusal:
        raise Problem(f"[{refusal.code}] {refusal}") from refusal


def agreed(question: str) -> bool:
    """Whether the person at the keyboard says yes; anything else, and no answer at all, is no."""
    sys.stderr.write(f"{question}（同意请输入 y 或 是）")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是"}


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Progress]:
    """A progress bar on standard error, gone when done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        bar.add_task(title, total=total)
        yield bar
