"""`duban definitions`: the processes as data: which versions there are, what one says, what would change, and running
items by another version. The commands that only read stand in looking.py."""

from __future__ import annotations

import typer

from runtime.cli.defining.looking import check, diff, list_versions, show
from runtime.cli.defining.migrating import migrate

definitions = typer.Typer(
    help="流程定义：有哪些版本，写着什么，有什么不同，写得对不对；在办的换用另一个版本。", no_args_is_help=True
)


@definitions.callback()
def group() -> None:
    """流程定义：有哪些版本，写着什么，有什么不同，写得对不对；在办的换用另一个版本。"""


for name, command in (("list", list_versions), ("show", show), ("diff", diff), ("check", check), ("migrate", migrate)):
    definitions.command(name)(command)
