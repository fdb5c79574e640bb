"""What crosses between callers and workflows: messages, names and ids. Fields are only ever added."""

from dataclasses import dataclass

from rules.commands import Command, CommandKind
from rules.errors import Code, RuleViolation
from rules.names import FIELD_NAMES

DISPATCH = "dispatch"
"""The type of the workflow that issues a batch."""
COMMAND = "command"
"""The update that gives an item any command."""


def dispatch_id(batch: str) -> str:
    """The id of the workflow that issues a batch."""
    return f"dispatch/{batch}"


TICKS = "tick/"
"""How the ids of an item's own ticks begin: `tick/` and the entry that they follow."""


def check_id(command: Command) -> None:
    """The command does not take the id of one of the item's own ticks, which would then count as done already.

    Raises field_invalid.
    """
    if command.kind is not CommandKind.TICK and command.id.startswith(TICKS):
        expected = f"不以 {TICKS} 开头的编号"
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["id"], actual=command.id, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the item is after a command: a summary that fits a click's answer. `due` is a local date in ISO form."""

    no: str
    seq: int
    status: str
    step: str = ""
    step_name: str = ""
    party: str = ""
    due: str | None = None
    lamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchInput:
    """A confirmed batch to issue: `chunk` items to a transaction, at most `rate` workflow starts a second (0: any)."""

    batch: str
    chunk: int = 500
    rate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchProgress:
    """How far a dispatch is."""

    issued: int = 0
    started: int = 0
    done: bool = False
