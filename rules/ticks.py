"""The command that an item's alarm gives: its id names the entry that it follows, whoever rings first."""

from rules.commands import SYSTEM, Command, CommandKind

TICKS = "tick/"
"""How the ids of an item's own ticks begin: `tick/` and the entry that they follow."""


def tick(seq: int) -> Command:
    """The tick of an item that stands at entry `seq`. The item's workflow and a sweep give the very same one."""
    return Command(kind=CommandKind.TICK, id=f"{TICKS}{seq}", actor=SYSTEM)
