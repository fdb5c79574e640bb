"""Entries in words: who did what for whom, and who heard of it, under the names of that day. Reads only.

Page, JSON, console, extract and timeline take their words from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, RowMapping, select

from ledger.chain import pinned
from ledger.chain.entries import ITEM, NOTICE, event_of
from ledger.chain.journal import Note, decode_note, is_journal
from ledger.chain.journal_story import evidence_in, people_in, tell_note
from ledger.directory.naming import Called
from ledger.reading import lists
from ledger.reading.extracts import colour
from ledger.store.canonical import parse
from rules.errors import Code, RuleViolation
from rules.machine.events import Event
from rules.machine.facts import RungReached
from rules.names import ROLE_NAMES
from rules.process import Role
from rules.telling.story import tell

T = TypeVar("T")


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
        return tell(event.fact, process.outcome_names if process else {})

    def note(self, row: RowMapping) -> str:
        """What happened that belongs to no item, on one line."""
        return tell_note(self._notes[row["position"]], {**self._called.at(row["position"]), **self._files})

    def colour(self, stream: str, event: Event) -> str:
        """The colour of the lamp that the event lit; empty when it lit none."""
        process = self._processes.get(stream)
        if process is None or not isinstance(event.fact, RungReached):
            return ""
        return colour(process.lamp(event.fact.lamp).colour)

    def event(self, row: RowMapping) -> Event:
        """What the entry of an item says. Raises ledger_broken when nobody can read it."""
        return _read(row, event_of)

    def heard(self, row: RowMapping) -> Sequence[tuple[str, str]]:
        """Who heard of it, as pairs of person and role."""
        return self._told.get((row["stream"], row["seq"]), ())

    def told(self, row: RowMapping) -> str:
        """Who heard of it, as what."""
        heard = self.heard(row)
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
