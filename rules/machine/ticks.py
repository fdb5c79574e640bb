"""The command that an item's alarm gives: its id names the entry that it follows, whoever rings first; and when at the
latest it rings."""

from datetime import timedelta

from rules.machine.commands import SYSTEM, Command, CommandKind

TICKS = "tick/"
"""How the ids of an item's own ticks begin: `tick/` and the entry that they follow."""

SPREAD = timedelta(minutes=5)
"""The last item's own timer rings so long after its alarm. Over one minute 2,000 items that wake only to find that they
were swept made a person's command five times slower for that minute (measured); over five nobody notices."""


def tick(seq: int) -> Command:
    """The tick of an item that stands at entry `seq`. The item's workflow and a sweep give the very same one."""
    return Command(kind=CommandKind.TICK, id=f"{TICKS}{seq}", actor=SYSTEM)
