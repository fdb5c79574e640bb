"""An event: one fact of an item's life with who, when and where in its stream; and its one JSON form."""

from dataclasses import dataclass
from datetime import datetime

from rules.codec import Plain, decode, encode, instant_text
from rules.family import ChildEnded, ChildReopened
from rules.machine.commands import Actor
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    Endorsed,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    HandedOver,
    Issued,
    Objected,
    ObjectionAnswered,
    Published,
    Reassigned,
    Remarked,
    Reopened,
    Reported,
    Returned,
    Signed,
    Submitted,
    Urged,
    Watched,
)
from rules.machine.timed import (
    DueSet,
    FellDue,
    Migrated,
    Paused,
    Recalculated,
    Resumed,
    RungReached,
    WaitEnded,
    WatchEnded,
)

EVENT_KINDS: dict[str, type[Fact]] = {
    "issued": Issued,
    "signed": Signed,
    "declined": Declined,
    "reassigned": Reassigned,
    "handed_over": HandedOver,
    "reported": Reported,
    "submitted": Submitted,
    "completed": Completed,
    "approved": Approved,
    "endorsed": Endorsed,
    "returned": Returned,
    "extension_asked": ExtensionAsked,
    "extension_granted": ExtensionGranted,
    "extension_refused": ExtensionRefused,
    "correction_asked": CorrectionAsked,
    "corrected": Corrected,
    "correction_refused": CorrectionRefused,
    "published": Published,
    "objected": Objected,
    "objection_answered": ObjectionAnswered,
    "urged": Urged,
    "remarked": Remarked,
    "closed": Closed,
    "cycle_started": CycleStarted,
    "wait_ended": WaitEnded,
    "watched": Watched,
    "watch_ended": WatchEnded,
    "reopened": Reopened,
    "annulled": Annulled,
    "paused": Paused,
    "resumed": Resumed,
    "recalculated": Recalculated,
    "due_set": DueSet,
    "migrated": Migrated,
    "fell_due": FellDue,
    "rung_reached": RungReached,
    "child_ended": ChildEnded,
    "child_reopened": ChildReopened,
}
EVENT_KIND_OF: dict[type[Fact], str] = {cls: kind for kind, cls in EVENT_KINDS.items()}
CLOSINGS = frozenset({EVENT_KIND_OF[Closed], EVENT_KIND_OF[Completed]})
"""The kinds of entry that bring an item to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in its place: the `seq`-th of its item, true since `at`, caused by `command`, done by `actor`.

    `command_hash`: of the command that asked for just this; none of what time brought on the occasion.
    """

    seq: int
    at: datetime
    command: str
    actor: Actor
    fact: Fact
    command_hash: str = ""

    @property
    def kind(self) -> str:
        """The entry kind in the ledger."""
        return EVENT_KIND_OF[type(self.fact)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from a command: events only, in order. Empty only for a tick that finds nothing due."""

    events: tuple[Event, ...]


def decode_fact(kind: str, body: Plain) -> Fact:
    """The fact of that entry kind. Raises ValueError for a kind that this version does not know."""
    if kind not in EVENT_KINDS:
        raise ValueError(f"unknown entry kind {kind!r}: written by a later version?")
    return decode(EVENT_KINDS[kind], body)


def encode_event(event: Event) -> Plain:
    """The event as it travels: its place and its fact's kind and body."""
    plain: Plain = {
        "seq": event.seq,
        "at": instant_text(event.at),
        "command": event.command,
        "actor": encode(event.actor),
        "kind": event.kind,
        "body": encode(event.fact),
    }
    if event.command_hash:
        plain["command_hash"] = event.command_hash
    return plain


def decode_event(plain: Plain) -> Event:
    """The event that `encode_event` wrote. Raises ValueError for a kind that this version does not know."""
    return Event(
        seq=plain["seq"],
        at=datetime.fromisoformat(plain["at"]),
        command=plain["command"],
        actor=decode(Actor, plain["actor"]),
        fact=decode_fact(plain["kind"], plain["body"]),
        command_hash=plain.get("command_hash", ""),
    )
