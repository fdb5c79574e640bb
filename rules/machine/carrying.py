"""Whether an event is what a command brought about: how the same click again is told from another one under its id."""

from rules.machine.commands import Command, CommandKind
from rules.machine.events import Event
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    Paused,
    Reassigned,
    Recalculated,
    Remarked,
    Reopened,
    Reported,
    Resumed,
    Returned,
    Signed,
    Submitted,
    Urged,
    Watched,
)

FACTS: dict[CommandKind, tuple[type[Fact], ...]] = {
    CommandKind.SIGN: (Signed,),
    CommandKind.DECLINE: (Declined,),
    CommandKind.REASSIGN: (Reassigned,),
    CommandKind.REPORT: (Reported,),
    CommandKind.SUBMIT: (Submitted,),
    CommandKind.APPROVE: (Approved,),
    CommandKind.RETURN: (Returned,),
    CommandKind.ASK_EXTENSION: (ExtensionAsked,),
    CommandKind.DECIDE_EXTENSION: (ExtensionGranted, ExtensionRefused),
    CommandKind.CORRECT: (CorrectionAsked,),
    CommandKind.DECIDE_CORRECTION: (Corrected, CorrectionRefused),
    CommandKind.URGE: (Urged,),
    CommandKind.REMARK: (Remarked,),
    CommandKind.CLOSE: (Closed, CycleStarted),
    CommandKind.WATCH: (Watched,),
    CommandKind.REOPEN: (Reopened,),
    CommandKind.ANNUL: (Annulled,),
    CommandKind.PAUSE: (Paused,),
    CommandKind.RESUME: (Resumed,),
    CommandKind.RECALCULATE: (Recalculated,),
}


"""What each command can bring about."""


_CARRIED = ("reason", "text", "measures", "evidence", "outcome", "result")


def carries_out(event: Event, command: Command) -> bool:
    """Whether the event is what this very command brought about: same person, same kind, same words."""
    if event.actor.id != command.actor.id or not isinstance(event.fact, FACTS[command.kind]):
        return False
    if len(FACTS[command.kind]) > 1 and command.grant is not None:
        return _decides(event.fact, command)
    if isinstance(event.fact, CorrectionAsked) and command.entry and event.fact.entry != command.entry.seq:
        return False
    if isinstance(event.fact, ExtensionAsked):  # its words have other names in the fact
        return (event.fact.reason, event.fact.progress) == (command.reason or "", command.text or "")
    if isinstance(event.fact, Reassigned) and command.assignment and event.fact.unit.id != command.assignment.unit.id:
        return False
    carried = [name for name in _CARRIED if hasattr(event.fact, name)]
    return all((getattr(event.fact, name) or None) == (getattr(command, name) or None) for name in carried)


def _decides(fact: Fact, command: Command) -> bool:
    """Whether the fact is that yes, or that no, in those words."""
    said = fact.opinion if isinstance(fact, Corrected) else getattr(fact, "reason", "")
    granted = isinstance(fact, ExtensionGranted | Corrected)
    return granted is command.grant and said == (command.reason or "")
