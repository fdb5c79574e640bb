"""A trace as an extract: the entries of one item, or of a period, each in words and with its hash."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from ledger.chain import lookup, pinned
from ledger.chain.entries import ENTRY, ITEM, NOTICE, event_of
from ledger.chain.journal import NAMES as JOURNAL_NAMES
from ledger.chain.journal import Note, decode_note, is_journal
from ledger.chain.journal_story import evidence_in, people_in, tell_note
from ledger.directory.naming import Called
from ledger.reading import lists
from ledger.reading.extracts import CHUNK, Cell, Column, Extract, ExtractRow, Kind, clean, colour, moment
from ledger.store.canonical import parse
from rules.codec import instant_text
from rules.dates.calendar import instant_of
from rules.dates.explain import dues_of, explain, long_day
from rules.errors import Code, RuleViolation
from rules.machine.events import Event
from rules.machine.facts import RungReached
from rules.names import EVENT_NAMES, ROLE_NAMES
from rules.process import Role
from rules.telling.story import late_by, tell, written

T = TypeVar("T")
COLUMNS = (
    Column(name="position", heading="总序", kind=Kind.NUMBER, width=9),
    Column(name="stream", heading="事项", width=15, share=11),
    Column(name="seq", heading="序", kind=Kind.NUMBER, width=6, share=4),
    Column(name="at", heading="时间", kind=Kind.MOMENT, width=20, share=10),
    Column(name="kind", heading="类别", width=12, share=9),
    Column(name="what", heading="做了什么", width=60, share=40),
    Column(name="actor", heading="办理人", width=10, share=9),
    Column(name="behalf", heading="代谁", width=10, share=7),
    Column(name="role", heading="身份", width=10, share=8),
    Column(name="unit", heading="单位", width=24),
    Column(name="written", heading="原文", width=40),
    Column(name="measures", heading="措施", width=40),
    Column(name="because", heading="日期怎样推算", width=40),
    Column(name="told", heading="通知了谁", width=30, share=18),
    Column(name="recorded_at", heading="记录时间", kind=Kind.MOMENT, width=20),
    Column(name="late_by", heading="迟记", width=9, share=6),
    Column(name="actor_id", heading="办理人编号", width=11),
    Column(name="command", heading="操作编号", width=38),
    Column(name="prev_hash", heading="上一条的哈希", kind=Kind.HASH, width=66),
    Column(name="hash", heading="哈希", kind=Kind.HASH, width=66, share=23),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySelection:
    """Which entries: those of the item `no` (empty: of all), true from `since` to `until` (local dates, included)."""

    no: str = ""
    since: date | None = None
    until: date | None = None


def trace_extract(connection: Connection, trace: EntrySelection) -> Extract:
    """The entries in the order of the ledger, those of journals with them. Raises unknown_item."""
    if trace.no:
        lookup.item_row(connection, trace.no)
    where = _where(trace)
    return Extract(
        what="trace",
        title=f"事项 {trace.no} 办理过程" if trace.no else "留痕",
        scope=_scope(trace),
        columns=COLUMNS,
        total=connection.execute(select(func.count()).select_from(ENTRY).where(*where)).scalar_one(),
        rows=_rows(connection, where),
        marked="kind",
    )


def _where(trace: EntrySelection) -> list[ColumnElement[bool]]:
    where = [ENTRY.c.stream == trace.no] if trace.no else []
    if trace.since:
        where.append(ENTRY.c.at >= instant_text(instant_of(trace.since, time())))
    if trace.until:
        where.append(ENTRY.c.at < instant_text(instant_of(trace.until + timedelta(days=1), time())))
    return where


def _scope(trace: EntrySelection) -> tuple[tuple[str, str], ...]:
    parts = (("事项", trace.no), ("从", trace.since), ("到", trace.until))
    return tuple((name, long_day(v) if isinstance(v, date) else v) for name, v in parts if v)


def _rows(connection: Connection, where: Sequence[ColumnElement[bool]]) -> Iterator[ExtractRow]:
    query = select(ENTRY).where(*where).order_by(ENTRY.c.position).limit(CHUNK)
    after = 0
    while chunk := connection.execute(query.where(ENTRY.c.position > after)).mappings().all():
        words = EntryWords(connection, chunk)
        for row in chunk:
            yield _row(row, words)
        after = chunk[-1]["position"]


class EntryWords:
    """What the words for some entries need: processes, names, who was told. Read once for all of them."""

    def __init__(self, connection: Connection, entries: Sequence[RowMapping]) -> None:
        streams = {row["stream"] for row in entries}
        pinned_to = connection.execute(select(ITEM.c.no, ITEM.c.process_ref).where(ITEM.c.no.in_(streams)))
        self._processes = {no: pinned.process(connection, ref) for no, ref in pinned_to}
        self._told = _told(connection, entries)
        ids = {row[who] for row in entries for who in ("actor", "behalf") if row[who]}
        self._notes = {e["position"]: _read(e, _note_of) for e in entries if is_journal(e["stream"])}
        ids |= {person for fact in self._notes.values() for person in people_in(fact)}
        ids |= {person for heard in self._told.values() for person, _ in heard}
        self._called = Called(connection, ids)
        read = [id_ for fact in self._notes.values() for id_ in evidence_in(fact)]
        self._files = {id_: file["name"] for id_, file in lists.files(connection, read).items()}
        units = lists.units_named(connection, sorted({row["unit"] for row in entries if row["unit"]}))
        self._units = {unit: row["name"] for unit, row in units.items()}

    def person(self, person: str, row: RowMapping) -> str:
        """What the person was called when that entry was made; the id of one who is no longer known."""
        return self._called.at(row["position"]).get(person, "系统" if person == "system" else person)

    def who(self, row: RowMapping) -> str:
        """Who did it, and for whom who was away: 李四（代张三）."""
        away = f"（代{self.person(row['behalf'], row)}）" if row["behalf"] else ""
        return self.person(row["actor"], row) + away

    def unit(self, unit: str | None) -> str:
        """The unit's name; the id of one that is no longer known."""
        return self._units.get(unit, unit) if unit else ""

    def sentence(self, stream: str, event: Event) -> str:
        """What happened, on one line."""
        process = self._processes.get(stream)
        return tell(event.fact, {o.id: o.name for o in process.outcomes} if process else {})

    def note(self, row: RowMapping) -> str:
        """What happened that belongs to no item, on one line."""
        return tell_note(self._notes[row["position"]], {**self._called.at(row["position"]), **self._files})

    def colour(self, stream: str, event: Event) -> str:
        """The colour of the lamp that the event lit; empty when it lit none."""
        process = self._processes.get(stream)
        if process is None or not isinstance(event.fact, RungReached):
            return ""
        return colour(process.lamp(event.fact.lamp).colour)

    def told(self, row: RowMapping) -> str:
        """Who heard of it, as what."""
        heard = self._told.get((row["stream"], row["seq"]), ())
        return "、".join(f"{self.person(person, row)}（{ROLE_NAMES[Role(role)]}）" for person, role in heard)


def _told(connection: Connection, entries: Sequence[RowMapping]) -> Mapping[tuple[str, int], list[tuple[str, str]]]:
    """(stream, seq) to those who hear of the entry, as (person, role). Entries made before they said so themselves are
    asked for among the notices."""
    found = {(e["stream"], e["seq"]): [(p, r) for p, r in parse(e["told"])] for e in entries if e["told"] is not None}
    older = [(e["stream"], e["seq"]) for e in entries if e["told"] is None]
    if not older:
        return found
    columns = (NOTICE.c.stream, NOTICE.c.seq, NOTICE.c.person, NOTICE.c.role)
    query = select(*columns).where(NOTICE.c.stream.in_({stream for stream, _ in older}))
    wanted = dict.fromkeys(older)
    for stream, seq, person, role in connection.execute(query.order_by(NOTICE.c.person)):
        if (stream, seq) in wanted:
            found.setdefault((stream, seq), []).append((person, role))
    return found


def _read(row: RowMapping, read: Callable[[RowMapping], T]) -> T:
    """What the entry says. Raises ledger_broken when nobody can read it."""
    try:
        return read(row)
    except (TypeError, ValueError, KeyError) as failure:
        where = f"{row['stream']} 第 {row['seq']} 条"
        raise RuleViolation(Code.LEDGER_BROKEN, where=where, what="内容读不懂；请运行 duban audit verify") from failure


def _note_of(row: RowMapping) -> Note:
    return decode_note(row["kind"], parse(row["body"]))


def _row(row: RowMapping, words: EntryWords) -> ExtractRow:
    if is_journal(row["stream"]):
        kind = JOURNAL_NAMES.get(row["kind"], row["kind"])
        return ExtractRow(_values(row, words, kind=kind, what=words.note(row), said=row["body"]))
    event = _read(row, event_of)
    because = [sentence for due in dues_of(event.fact) for sentence in explain(due)]
    values = _values(
        row,
        words,
        kind=EVENT_NAMES[row["kind"]],
        what=words.sentence(row["stream"], event),
        said=written(event.fact),
        measures="\n".join(getattr(event.fact, "measures", ())),
        because="\n".join(because),
    )
    return ExtractRow(values, words.colour(row["stream"], event))


def _values(
    row: RowMapping, words: EntryWords, *, kind: str, what: str, said: str, measures: str = "", because: str = ""
) -> tuple[Cell, ...]:
    return (
        row["position"],
        row["stream"],
        row["seq"],
        moment(row["at"]),
        kind,
        clean(what),
        clean(words.person(row["actor"], row)),
        clean(words.person(row["behalf"], row)) if row["behalf"] else "",
        ROLE_NAMES[Role(row["role"])],
        clean(words.unit(row["unit"])),
        clean(said),
        clean(measures),
        clean(because),
        clean(words.told(row)),
        moment(row["recorded_at"]),
        late_by(datetime.fromisoformat(row["at"]), datetime.fromisoformat(row["recorded_at"])),
        clean(row["actor"]),
        clean(row["command"]),
        row["prev_hash"],
        row["hash"],
    )
