"""What callers give to items, decided at the ledger past the workflows: at once where an item has none, or else when
its workflow does not answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.chain.past.deciding import DecidedBy, ItemStanding, decide_here
from ledger.chain.past.together import OneOfCrowd, decide_all
from ledger.scores.appeals import check_scored
from ledger.scores.following import rescore_after
from ledger.store.database import Database
from rules.errors import LEDGER_AWAY, RuleViolation
from rules.machine.commands import Command
from rules.machine.item import check_command, shown_lamp
from workflows.contracts import Receipt, receipt_of

BegunCommand = tuple[Command, DecidedBy, Receipt | None]
"""A command, where it is to be decided, and what it led to if that has been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What somebody gives to an item: the command, or what makes it of what it reads in the ledger. `same`: what stands
    under its id is this command and no other."""

    no: str
    meant: Command | Callable[[], Command]
    same: bool

    def command(self) -> Command:
        """Raises what making it raises, and what the rules say of any command."""
        command = self.meant if isinstance(self.meant, Command) else self.meant()
        check_command(command)  # here too: it starts no workflow, and is refused also while no worker runs
        return command


class AtLedger:
    """Commands decided at one ledger, as of `now` there."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now

    def begin(self, wanted: Sequence[Meant]) -> list[BegunCommand | Exception]:
        """Of each, given to different items: its command, and what has become of it; or what it is refused with. Done
        where the ledger always decides, unless the ledger is away: then it waits for it in its workflow."""
        commands = [_or_failure(one) for one in wanted]
        asked = {
            n: OneOfCrowd(no=one.no, command=command, same=one.same)
            for n, (one, command) in enumerate(zip(wanted, commands, strict=True))
            if isinstance(command, Command)
        }
        decide_all(self._database, [*asked.values()], self._now(), check=check_scored, then=rescore_after)
        return [_end(asked[n]) if isinstance(one, Command) else one for n, one in enumerate(commands)]

    def decide(self, no: str, command: Command) -> Receipt:
        """The command stands, though its workflow did not answer. Runs to its end even if the caller does not wait for
        it. Raises as `decide_here` does."""
        now = self._now()
        return _receipt(
            decide_here(self._database, no, command, now, away=True, check=check_scored, then=rescore_after)
        )


def _or_failure(one: Meant) -> Command | Exception:
    try:
        return one.command()
    except Exception as failure:
        return failure


def _end(one: OneOfCrowd) -> BegunCommand | Exception:
    if one.failure is None:
        return one.command, one.by, _receipt(one.stands) if one.stands else None
    if isinstance(one.failure, RuleViolation) and one.failure.code in LEDGER_AWAY:
        return one.command, DecidedBy.WORKFLOW, None
    return one.failure


def _receipt(done: ItemStanding) -> Receipt:
    return receipt_of(done.state, shown_lamp(done.process, done.calendar, done.state).id)
