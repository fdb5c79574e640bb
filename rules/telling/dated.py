"""The dates that a fact set, for whoever tells why each is what it is. Decides nothing."""

from rules.dates.windows import Due
from rules.machine.facts import (
    Approved,
    Closed,
    Completed,
    CycleStarted,
    Declined,
    ExtensionAsked,
    ExtensionGranted,
    Fact,
    Issued,
    Reassigned,
    Reopened,
    Reported,
    Returned,
    Signed,
    Submitted,
    Watched,
)
from rules.machine.timed import DueSet, Migrated, Recalculated, Resumed, Turn


def dues_of(fact: Fact) -> tuple[Due, ...]:
    """The dates that a fact set, so that each can be explained as it was then, whatever the rules say later."""
    match fact:
        case Issued() | Signed() | Declined() | Reassigned() | Submitted() | Approved() | Returned():
            return (fact.turn.clock.due,)
        case CycleStarted() | Reopened():
            return (fact.turn.clock.due,)
        case Reported():
            return (fact.reporting.due,) if fact.reporting else ()
        case ExtensionAsked() | ExtensionGranted():
            return (fact.clock.due,)
        case Closed() | Completed() | Watched():
            return (fact.watch,) if fact.watch else ()
        case Migrated(turn=Turn() as turn):
            return (turn.clock.due,)
        case Resumed() | Recalculated() | DueSet() | Migrated():
            moved = {m.clock for m in fact.dates.moved if m.clock}
            return tuple(c.due for c in fact.dates.clocks if c.no in moved)
        case _:
            return ()
