"""The ledger beside the engine's own histories: every command that was answered as done has its entry, every entry its
command or its alarm. Pure but for reading entries; what the engine's histories hold comes as plain values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from ledger.chain import journal
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.chunk import ISSUE_PREFIX
from ledger.chain.family.following import FOLLOW_WRITES
from ledger.chain.past import nudges
from ledger.chain.selections import BULK_KINDS
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.codec import decode, instant_text
from rules.machine.commands import ENDED, CommandKind
from rules.moves.sowing import FOLLOWS
from rules.names import COMMAND_NAMES
from rules.office.facts import Restored
from rules.process import Role

RESTORED = journal.JOURNAL_KIND_OF[Restored]
_STOOD = (
    ENTRY.c.stream,
    ENTRY.c.seq,
    ENTRY.c.command,
    ENTRY.c.kind,
    ENTRY.c.actor,
    ENTRY.c.role,
    ENTRY.c.recorded_at,
)


class Fate(StrEnum):
    """What a history says became of a command that was accepted. OPEN: it does not say, or not for certain."""

    DONE = "done"
    REFUSED = "refused"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A command as the engine's history has it: its id, its kind, who gave it, what became of it."""

    id: str
    kind: str
    actor: str
    outcome: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """One run of an item's workflow: the entry that it began after, and the commands that it accepted."""

    after: int
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """What of an entry matters here; `past`: its command was decided at the ledger past the item's workflow."""

    seq: int
    command: str
    kind: str
    actor: str
    role: str
    recorded_at: str
    past: bool = False

    @property
    def by_itself(self) -> bool:
        """Whether no command of the item's workflow brings such an entry: alarms, batches, new calendars are ledger
        first. Only what they can write counts: a person's entry under such an id is none of theirs."""
        if self.past:
            return True
        by_system = self.role == Role.SYSTEM
        for kind in BULK_KINDS.values():
            if self.command.startswith(kind.ids):
                return by_system or self.kind in kind.writes
        if self.command.startswith(FOLLOWS):
            return self.kind in FOLLOW_WRITES
        return self.command.startswith(ISSUE_PREFIX) and self.kind == "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Between these instants (of recording, as text) the ledger went on and the engine's copy did not: a backup was
    being taken, from which both were restored. What the histories do not know of that time is no difference."""

    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One thing in which the two do not agree: in which stream, which command, from which entry (0: none), what, and
    what that means, in Chinese."""

    stream: str
    command: str
    seq: int
    what: str
    means: str


_TAKEN_AWAY = "记录被删除，或留痕库被换成了旧的备份；用 duban audit verify 对照库外的封存点，看从哪里起不对"
PUT_IN = "记录绕过流程写入；或写入之后、流程记下之前进程和服务器一起被杀，而没有人再问结果；请向经手人核实"
_CHANGED = "记录被改动过，或流程的数据被改动过；用 duban audit verify 核验"
SET_BACK = "留痕库被换成了旧的备份，或末尾的记录被删除"
UNKNOWN_ITEM = "这个事项的记录被整个删除，留痕库被换成了旧的备份，或流程引擎与别的留痕库共用"


def compare(
    stream: str, runs: Sequence[WorkflowRun], before: Sequence[Stood], after: Sequence[Stood], lost: Sequence[Lost] = ()
) -> list[Disagreement]:
    """Where the entries of one stream and its runs do not agree; nothing, when the engine keeps no run of it.

    `before` was read before the histories, `after` after them: what a history says is done stands in `after`, and what
    stands in `before` had a command. A command that is still under way differs in nothing. An entry is written a moment
    before the history knows of its command, so a difference counts only if it is found again a little later.
    """
    if not runs:
        return []
    told: dict[str, list[Told]] = {}
    for run in runs:
        for one in run.told:
            told.setdefault(one.id, []).append(one)
    stood: dict[str, list[Stood]] = {}
    for entry in after:
        stood.setdefault(entry.command, []).append(entry)
    found = [d for id_, same in told.items() if (d := _of_command(stream, same, stood.get(id_, [])))]
    last, furthest = max((e.seq for e in after), default=0), max(run.after for run in runs)
    if furthest > last:
        what = f"流程是从第 {furthest} 条记录接着走的，留痕库只有 {last} 条"
        found.append(Disagreement(stream=stream, command="", seq=last + 1, what=what, means=SET_BACK))
    return found + _without_command(stream, min(run.after for run in runs), set(told), before, lost)


def _of_command(stream: str, same: Sequence[Told], stood: Sequence[Stood]) -> Disagreement | None:
    """What is wrong with one command, by all that the histories say of it. A repetition in a later run finds the entry
    and is done, so one success decides."""
    told = next((t for t in same if t.outcome is Fate.DONE), same[-1])
    named = f"“{COMMAND_NAMES.get(told.kind, told.kind)}”（{told.actor}）"
    seq = stood[0].seq if stood else 0

    def difference(what: str, means: str) -> Disagreement:
        return Disagreement(stream=stream, command=told.id, seq=seq, what=what, means=means)

    if told.outcome is Fate.DONE and not stood and told.kind != CommandKind.TICK:  # a tick may find nothing due
        return difference(f"流程办成了{named}，留痕库里没有它的记录", _TAKEN_AWAY)
    if stood and all(t.outcome is Fate.REFUSED for t in same):
        return difference(f"流程拒绝了{named}，留痕库里却有它的记录", PUT_IN)
    own = {entry.actor for entry in stood if entry.role != Role.SYSTEM}
    if own and told.actor not in own:
        return difference(f"流程收到的是{named}，留痕库里经手的是 {'、'.join(sorted(own))}", _CHANGED)
    return None


def _without_command(
    stream: str, begun_after: int, told: set[str], before: Sequence[Stood], lost: Sequence[Lost]
) -> list[Disagreement]:
    """Entries since the first run that is kept, of which no history has the command; one for each command."""
    found: dict[str, Disagreement] = {}
    for entry in before:
        if entry.seq <= begun_after or entry.by_itself or entry.command in told or entry.command in found:
            continue
        if any(window.first <= entry.recorded_at <= window.last for window in lost):
            continue
        what = f"留痕库里有这条记录（{entry.kind}，{entry.actor}），流程从未收到这个操作"
        found[entry.command] = Disagreement(
            stream=stream, command=entry.command, seq=entry.seq, what=what, means=PUT_IN
        )
    return list(found.values())


def size(database: Database) -> int:
    """How many items there are to look at."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(ITEM)).scalar_one()


def streams(connection: Connection, after: str, size: int) -> list[str]:
    """The next `size` items that have entries behind `after`, in the database's own order."""
    query = select(ENTRY.c.stream).where(ENTRY.c.stream > after, ENTRY.c.stream.not_like("~%")).distinct()
    return list(connection.execute(query.order_by(ENTRY.c.stream).limit(size)).scalars())


def stood(connection: Connection, streams: Sequence[str]) -> dict[str, list[Stood]]:
    """The entries of these streams, each in order."""
    found: dict[str, list[Stood]] = {stream: [] for stream in streams}
    query = select(*_STOOD).where(ENTRY.c.stream.in_(streams)).order_by(ENTRY.c.stream, ENTRY.c.seq)
    past = nudges.past_workflows(connection, streams)
    for row in connection.execute(query).mappings():
        at = (row["stream"], row["command"])
        found[row["stream"]].append(Stood(past=at in past, **{c.name: row[c.name] for c in _STOOD[1:]}))
    return found


def lost(connection: Connection, under_way: timedelta) -> tuple[Lost, ...]:
    """While which backups were being taken the ledger went on, by the notes of restorations. A command may have been
    `under_way` so long when the engine was copied: its entry stood, and the history did not know it yet."""
    query = select(ENTRY.c.body).where(
        ENTRY.c.stream.like(f"{journal.MARK}{journal.OFFICE}/%"), ENTRY.c.kind == RESTORED
    )
    notes = [decode(Restored, parse(body)) for body in connection.execute(query).scalars()]
    return tuple(
        Lost(
            first=instant_text(datetime.fromisoformat(note.backup_at) - under_way),
            last=note.last_recorded_at,
        )
        for note in notes
    )


def ended(connection: Connection, streams: Sequence[str]) -> set[str]:
    """Which of these items the register has as ended."""
    query = select(ITEM.c.no).where(ITEM.c.no.in_(streams), ITEM.c.status.in_(ENDED))
    return set(connection.execute(query).scalars())


def without_entries(connection: Connection, streams: Sequence[str]) -> list[str]:
    """Which of these streams have not a single entry."""
    known = set(connection.execute(select(ENTRY.c.stream).where(ENTRY.c.stream.in_(streams)).distinct()).scalars())
    return [stream for stream in streams if stream not in known]
