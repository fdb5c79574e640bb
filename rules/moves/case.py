"""One command in its circumstances: what every move starts from."""

from dataclasses import dataclass
from datetime import datetime

from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.machine.commands import Command
from rules.machine.state import State
from rules.names import names_of
from rules.process import Process, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One command in its circumstances."""

    process: Process
    calendar: Calendar
    state: State
    command: Command
    now: datetime

    @property
    def step(self) -> Step:
        """The step in which the item is."""
        return self.process.step(self.state.step)

    @property
    def next_no(self) -> int:
        """The number of the clock that begins next."""
        return self.state.clock_no + 1

    def called(self, kind: str) -> str:
        """What the process calls the command."""
        return names_of(self.process.words).command[kind]

    def wrong_step(self, hint: str) -> RuleViolation:
        """The refusal of what this step does not take, with what it does."""
        return RuleViolation(
            Code.WRONG_STEP,
            command=self.called(self.command.kind),
            no=self.state.no,
            step=self.state.step_name,
            allowed=hint,
        )
