"""What crosses between workflows and activities, and what starts an item's workflow. Names and shapes, no behaviour.

Rule values travel as the plain dicts of `rules.codec` (one JSON form for ledger and Temporal); pydantic checks only the
frame. Fields are only ever added, with defaults.
"""

from dataclasses import dataclass, field
from datetime import datetime

from temporalio.common import SearchAttributeKey

from rules.codec import Plain

ITEM = "item"
"""The item workflow's type; its id is the item's number."""
ADOPT = "adopt"
"""The update that makes an item's workflow look for entries in the ledger which it has not seen. An update and not a
signal, since a signal does not wake a workflow that sleeps until its start."""

APPEND = "append"
ISSUE_CHUNK = "issue_chunk"
START_ITEMS = "start_items"
SWEEP_CHUNK = "sweep_chunk"

UNIT_KEY = SearchAttributeKey.for_keyword("DubanUnit")
LAMP_KEY = SearchAttributeKey.for_keyword("DubanLamp")
"""What Temporal's own screens list items by. Only what seldom changes: see docs/adr/0006."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInput:
    """Where an item's workflow starts: any state of it (rules.state.State), with the process and calendar it is pinned
    to. `entries_per_run`: the run continues as new after that many entries."""

    state: Plain
    process: Plain
    calendar: Plain
    entries_per_run: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendInput:
    """These events (rules.events.encode_event), all of one command, are to follow the entry `after` of `stream`."""

    stream: str
    after: int
    command: str
    events: list[Plain] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendReply:
    """`stored`: they stand there. Otherwise `newer` stands there instead, with every process and calendar it names; or
    `known`: the command itself stood there, at or before `after`."""

    stored: bool = False
    known: bool = False
    newer: list[Plain] = field(default_factory=list)
    processes: list[Plain] = field(default_factory=list)
    calendars: list[Plain] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChunk:
    """The next `size` drafts of a batch are to be issued as of `now`, the workflow's instant."""

    batch: str
    size: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChunk:
    """The next `size` issued items of a batch are to have their workflows, at most `rate` a second (0: no limit)."""

    batch: str
    size: int
    rate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepChunk:
    """The next `size` items whose alarm has come by `now`, the workflow's instant, after the place (alarm_at, no)."""

    now: datetime
    size: int
    alarm_at: str = ""
    no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSwept:
    """The place that was reached, how many items were seen (0: none is left) and how many of them were rung here."""

    alarm_at: str = ""
    no: str = ""
    seen: int = 0
    rung: int = 0
