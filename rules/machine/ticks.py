"""The command that an item's alarm gives: its id names the entry that it follows, whoever rings first; and how long
after the alarm it is given by whom."""

from datetime import timedelta

from rules.machine.commands import SYSTEM, Command, CommandKind

TICKS = "tick/"
"""How the ids of an item's own ticks begin: `tick/` and the entry that they follow."""

HEAD_START = timedelta(seconds=20)
"""How long the sweep of a due wave has for itself before the first of the items' own timers rings."""

SPREAD = timedelta(minutes=5)
"""The last item's own timer rings so long after its alarm. Over one minute 2,000 items that wake only to find that they
were swept made a person's command five times slower for that minute (measured); over five nobody notices."""

LATEST = SPREAD + timedelta(minutes=1)
"""An alarm that has been due for so long has not rung: by then the last of the items' own timers has, also when a
restart (less than a minute) came between."""


def tick(seq: int) -> Command:
    """The tick of an item that stands at entry `seq`. The item's workflow and a sweep give the very same one."""
    return Command(kind=CommandKind.TICK, id=f"{TICKS}{seq}", actor=SYSTEM)
