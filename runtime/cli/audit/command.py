"""`duban audit`: what an auditor asks for. One module for each group of its commands."""

from __future__ import annotations

import typer

from runtime.cli.audit.check import check
from runtime.cli.audit.erase import erase, erasures
from runtime.cli.audit.export import export
from runtime.cli.audit.prove import prove
from runtime.cli.audit.reading import access, at, entries, reads, repeats
from runtime.cli.audit.reconcile import reconcile
from runtime.cli.audit.seal import consistency, key, list_checkpoints, rotate_key, seal
from runtime.cli.audit.verify import verify

audit = typer.Typer(help="审计：核验留痕链，封存，追溯，出具证明，导出。", no_args_is_help=True)


@audit.callback()
def group() -> None:
    """审计：核验留痕链，封存，追溯，出具证明，导出。"""


for name, command in (
    ("verify", verify),
    ("seal", seal),
    ("checkpoints", list_checkpoints),
    ("consistency", consistency),
    ("key", key),
    ("rotate-key", rotate_key),
    ("prove", prove),
    ("check", check),
    ("entries", entries),
    ("at", at),
    ("reads", reads),
    ("access", access),
    ("repeats", repeats),
    ("reconcile", reconcile),
    ("erase", erase),
    ("erasures", erasures),
):
    audit.command(name)(command)
audit.add_typer(export, name="export")
