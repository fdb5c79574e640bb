"""What crosses between workflows and activities, and what starts an item's workflow. Names and shapes, no behaviour.

Rule values travel as the plain dicts of `rules.codec` (one JSON form for ledger and Temporal); pydantic checks only the
frame. Fields are only ever added, with defaults.
"""

from dataclasses import dataclass, field
from datetime import datetime

from temporalio.common import SearchAttributeKey

from ledger.chain.selections import Selected
from rules.codec import Plain

ITEM_WORKFLOW = "item"
"""The item workflow's type; its id is the item's number."""
ADOPT = "adopt"
"""The update that makes an item's workflow look for entries in the ledger which it has not seen. An update and not a
signal, since a signal does not wake a workflow that sleeps until its start."""

ENDED_UNDER_IT = "AcceptedUpdateCompletedWorkflow"
"""The failure that Temporal gives an accepted update whose workflow ended before answering it."""

APPEND = "append"
ISSUE_CHUNK = "issue_chunk"
START_ITEMS = "start_items"

UNIT_KEY = SearchAttributeKey.for_keyword("DubanUnit")
LAMP_KEY = SearchAttributeKey.for_keyword("DubanLamp")
"""What Temporal's own screens list items by. Only what seldom changes: see docs/adr/0006."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInput:
    """Where an item's workflow starts: any state of it (`State` of rules), with the process and calendar that
    it is pinned to. `entries_per_run`: the run continues as new after that many entries."""

    state: Plain
    process: Plain
    calendar: Plain
    entries_per_run: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendInput:
    """These events (`encode_event`), all of one command, are to follow the entry `after` of `stream`."""

    stream: str
    after: int
    command: str
    events: list[Plain] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendReply:
    """`stored`: they stand there. Otherwise `newer` stands there instead, with every process and calendar it names, and
    after it still `more`; or `known`: the command itself stood there, at or before `after`. `begun`: the numbers of
    items that were issued with what now stands, whose workflows are to be started."""

    stored: bool = False
    known: bool = False
    newer: list[Plain] = field(default_factory=list)
    more: bool = False
    processes: list[Plain] = field(default_factory=list)
    calendars: list[Plain] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChunk:
    """The next `size` drafts of a batch are to be issued as of `now`, the workflow's instant; up to `most` of them
    while nobody else wants to write (0: never more)."""

    batch: str
    size: int
    now: datetime
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChunk:
    """The next `size` issued items of a batch are to have their workflows, at most `rate` a second (0: no limit)."""

    batch: str
    size: int
    rate: int = 0


BULK_CHUNK = "bulk_chunk"
TELL_ITEMS = "tell_items"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkChunk:
    """The next `size` items behind the place `after` are to be given their command as of `now`, the workflow's
    instant."""

    selected: Selected
    now: datetime
    size: int
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkGiven:
    """The place that was reached, how many items were seen (0: none is left), how many have what their command led to,
    how many of them another date by it, and how many are `left`: refused, or (`beaten` of them) others were first.
    `earlier`: those whose workflows have to be told, since they would wake too late."""

    after: list[str] = field(default_factory=list)
    seen: int = 0
    stored: int = 0
    moved: int = 0
    left: int = 0
    earlier: list[str] = field(default_factory=list)
    beaten: int = 0


LIST_CHANNELS = "list_channels"
PREPARE_MESSAGES = "prepare_messages"
SEND_MESSAGES = "send_messages"
HAND_OVER = "hand_over"

DELIVER = "deliver"
"""The type of the workflow that sends what is ready on one channel, the only one that does."""
MORE = "more"
"""The signal that tells it that there is more to send."""


def deliver_id(channel: str) -> str:
    """The id of a channel's sending workflow."""
    return f"deliver/{channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverInput:
    """The channel; `failures`: how often in a row it was found down before this run."""

    channel: str
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareInput:
    """Notices are to become messages of that channel as of `now`, the workflow's instant; `immediate`: only those that
    may not wait for the morning, and only in working hours."""

    channel: str
    now: datetime
    immediate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became ready: how many messages, of how many notices."""

    messages: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInput:
    """What is ready on that channel is to be sent as of `now`, the workflow's instant."""

    channel: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReply:
    """How many messages were sent and given up. `next_at`: when to go on; None when nothing is left. `down`: why the
    channel took nothing more, and then `pause` is how many seconds it asks for at least."""

    sent: int = 0
    failed: int = 0
    next_at: datetime | None = None
    down: str = ""
    pause: float = 0.0


SEAL_LEDGER = "seal_ledger"
PUBLISH_CHECKPOINTS = "publish_checkpoints"
MAIL_CHECKPOINT = "mail_checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealLedger:
    """Everything is to be under a checkpoint of that number at least, as of `now`, the workflow's instant."""

    number: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealReply:
    """The checkpoint that covers everything; `fresh`: it is a new one, which nobody has been told of."""

    number: int
    size: int
    fingerprint: str
    fresh: bool = False


ROUND_STEP = "round_step"
SCORE_CHUNK = "score_chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundAsked:
    """The round (campaign/period) is to be as far as it comes by itself up to `now`, the workflow's instant."""

    round: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStep:
    """How far a round is: when something happens next by itself (None: nothing any more), how many of its items wait
    to be issued, and to be annulled or handed on, and whether units wait to be scored; in words for Temporal's
    screens."""

    alarm: datetime | None = None
    to_issue: int = 0
    to_settle: int = 0
    to_score: bool = False
    words: str = ""
