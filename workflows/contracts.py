"""What crosses between callers and workflows: messages, names and ids. Fields are only ever added."""

from dataclasses import dataclass, field
from datetime import datetime

from ledger.chain.bulk_commands import GIVEN_IDS
from ledger.chain.selections import DUE, GIVEN, OTHER_CALENDAR, OTHER_VERSION, RECALCULATIONS, REHOUSED, Selected
from rules.machine.commands import Actor
from rules.machine.state import State

DISPATCH = "dispatch"
"""The type of the workflow that issues a batch."""
COMMAND = "command"
"""The update that gives an item any command."""


def dispatch_id(batch: str) -> str:
    """The id of the workflow that issues a batch."""
    return f"dispatch/{batch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the item is after a command: a summary that fits a click's answer. `due` is a local date in ISO form,
    `provisional` when its year is not published yet."""

    no: str
    seq: int
    status: str
    step: str = ""
    step_name: str = ""
    party: str = ""
    due: str | None = None
    provisional: bool = False
    lamp: str = ""


def receipt_of(state: State, lamp: str) -> Receipt:
    """The summary of that state, over which that lamp is shown."""
    return Receipt(
        no=state.no,
        seq=state.seq,
        status=str(state.status),
        step=state.step,
        step_name=state.step_name,
        party=str(state.party),
        due=state.due.date.isoformat() if state.due else None,
        provisional=bool(state.due and state.due.provisional),
        lamp=lamp,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchInput:
    """A confirmed batch to issue: `chunk` items to a transaction, at most `rate` workflow starts a second (0: any)."""

    batch: str
    chunk: int = 350
    rate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchProgress:
    """How far a dispatch is."""

    issued: int = 0
    started: int = 0
    done: bool = False


DIGEST = "digest"
"""The type of the workflow that gets one morning's messages ready."""
IMMEDIATE = "immediate"
"""The type of the workflow that gets ready what may not wait for the morning."""


def digest_id(day: str, channel: str) -> str:
    """The id of one morning's digest on one channel; `day` in ISO form."""
    return f"digest/{day}/{channel}"


def immediate_id(channel: str) -> str:
    """The id of the workflow that gets ready what may not wait on one channel."""
    return f"immediate/{channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInput:
    """The working day (ISO date) whose morning it is, and the channel; none: a digest for each that there is."""

    day: str
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmediateInput:
    """The channel; none: every one that there is. Outside working hours nothing happens: the morning takes it."""

    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How far the sending on a channel is. `waits_until`: for the channel to be up again, or for working hours."""

    sent: int = 0
    failed: int = 0
    waits_until: str = ""
    why: str = ""


BULK = "bulk"
"""The type of the workflow that gives many items one command, ledger first. Its id is the firing that started it, or
names what it brings: whoever wants the same joins."""


def recalculate_id(version: str) -> str:
    """The id of the workflow that gives every open item the calendar of that version."""
    return f"{RECALCULATIONS}{version}"


def given_id(bulk: str) -> str:
    """The id of the workflow that gives many items what was confirmed under that id."""
    return f"{GIVEN_IDS}{bulk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkInput:
    """Which items are given which command; `chunk` items to a transaction, not before an instant that another machine's
    clock has come to already. The place reached and the counts are carried from run to run."""

    selected: Selected
    chunk: int
    not_before: datetime | None = None
    after: list[str] = field(default_factory=list)
    stored: int = 0
    moved: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkProgress:
    """How many items have what their command led to, how many of them another date by it. `left`: seen in the last pass
    and not given it, since the rules refused or others were first."""

    stored: int = 0
    moved: int = 0
    left: int = 0
    done: bool = False


def sweep(not_before: datetime | None = None, *, chunk: int = DUE.chunk) -> BulkInput:
    """Rings every alarm that has come."""
    return BulkInput(selected=Selected(kind=DUE.name), chunk=chunk, not_before=not_before)


def recalculation(version: str, cause: str, actor: Actor, *, chunk: int = OTHER_CALENDAR.chunk) -> BulkInput:
    """Gives every open item the calendar of that version. `cause`: the notice that brought it; `actor`: the
    administrator who adopted it."""
    selected = Selected(
        kind=OTHER_CALENDAR.name,
        calendar=version,
        cause=cause,
        person=actor.id,
        via=str(actor.via or ""),
        through=actor.through,
    )
    return BulkInput(selected=selected, chunk=chunk)


def migration(wanted: Selected, *, chunk: int = OTHER_VERSION.chunk) -> BulkInput:
    """Gives the open items of a process another of its versions."""
    return BulkInput(selected=wanted, chunk=chunk)


def rehousing(wanted: Selected, *, chunk: int = REHOUSED.chunk) -> BulkInput:
    """Gives what ended units had open to the units in their place."""
    return BulkInput(selected=wanted, chunk=chunk)


def given(bulk: str, *, chunk: int = GIVEN.chunk) -> BulkInput:
    """Gives what was confirmed under that id to each of its items."""
    return BulkInput(selected=Selected(kind=GIVEN.name, bulk=bulk), chunk=chunk)


SEAL = "seal"
"""The type of the workflow that makes one checkpoint."""


def seal_id(number: int) -> str:
    """The id of the workflow that makes the checkpoint of that number."""
    return f"seal/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealInput:
    """The number that the checkpoint will have."""

    number: int


ROUND_WORKFLOW = "round"
"""The type of the workflow of one round, whose id is also that of the batch of its items."""
LOOK = "look"
"""The signal that makes a round's workflow look at the ledger: somebody has done something to the round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundInput:
    """The round's id, campaign/period. `chunk` items to a transaction while somebody waits for it to end: a month's end
    is when most people give commands; up to `most` while nobody does."""

    round: str
    chunk: int = 35
    most: int = 140
