"""Entries in words: who did what for whom, and who heard of it, under the names of that day. Reads only.

Pages, JSON, letters, the console, extracts, the timeline and the demo take their words from here: nobody else asks how
a fact is told (tests/architecture/test_words_once.py).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection, RowMapping, select, text

from ledger.chain import erasable, journal, pinned
from ledger.chain.entries import ENTRY, ITEM, NOTICE, event_of
from ledger.chain.journal import Note, decode_note, is_journal
from ledger.chain.journal_story import evidence_in, people_in, tell_note
from ledger.directory import people
from ledger.directory.naming import Called
from ledger.reading import lists
from ledger.reading.extracts import colour
from ledger.store.canonical import parse
from ledger.store.tables import ANOTHER_PROCESS
from rules.errors import Code, RuleViolation
from rules.forms.form import ASKS
from rules.forms.lines import lines_of
from rules.machine.commands import SYSTEM, Via
from rules.machine.events import Event, decode_fact
from rules.machine.facts import Corrected, CorrectionAsked, Fact, HandedOver
from rules.machine.timed import RungReached
from rules.names import EVENT_NAMES, ROLE_NAMES, names_of
from rules.process import Lamp, Process, Role
from rules.telling.posts import by_hand, in_post, on_behalf, via_said
from rules.telling.story import tell

T = TypeVar("T")

ENTRY_NAMES = {**EVENT_NAMES, **journal.JOURNAL_NAMES}
"""Every kind of entry there is, of items and of journals, to what it is called."""


class EntryWords:
    """What the words for some entries need: processes, names, who was told. Each is read once for all of them, when it
    is first asked for: rows need hold no more than that takes.

    `also`: people who are called by their names of the day besides those who did it.
    """

    def __init__(self, connection: Connection, entries: Sequence[RowMapping], also: Iterable[str] = ()) -> None:
        self._connection, self._entries, self._also = connection, entries, also

    @cached_property
    def _processes(self) -> Mapping[str, Process]:
        """By what each item goes now."""
        pinned_to = {row["stream"]: row["process_ref"] for row in self._entries if "process_ref" in row}
        if streams := {row["stream"] for row in self._entries} - pinned_to.keys():
            found = self._connection.execute(select(ITEM.c.no, ITEM.c.process_ref).where(ITEM.c.no.in_(streams)))
            pinned_to |= {no: ref for no, ref in found}
        return {no: pinned.process(self._connection, ref) for no, ref in pinned_to.items()}

    @cached_property
    def _former(self) -> Mapping[str, Sequence[tuple[int, Process]]]:
        """By what those items went before that go by another process than at first: until which entry, in
        order."""
        return _former(self._connection, self._processes)

    def _process(self, row: RowMapping) -> Process | None:
        """By what the item went when that entry was made."""
        former = self._former.get(row["stream"], ())
        return next((process for until, process in former if row["seq"] < until), self._processes.get(row["stream"]))

    @cached_property
    def _told(self) -> Mapping[tuple[str, int], list[tuple[str, str]]]:
        return _told(self._connection, [row for row in self._entries if "told" in row])

    @cached_property
    def _notes(self) -> Mapping[int, Note]:
        return {row["position"]: _read(row, _note_of) for row in self._entries if is_journal(row["stream"])}

    @cached_property
    def _called(self) -> Called:
        ids = {row[who] for row in self._entries for who in ("actor", "behalf") if row.get(who)}
        ids |= {person for fact in self._notes.values() for person in people_in(fact)}
        ids |= {person for heard in self._told.values() for person, _ in heard}
        return Called(self._connection, ids.union(self._also))

    @cached_property
    def _files(self) -> Mapping[str, str]:
        read = [id_ for fact in self._notes.values() for id_ in evidence_in(fact)]
        return {id_: file["name"] for id_, file in lists.files(self._connection, read).items()}

    @cached_property
    def _units(self) -> Mapping[str, str]:
        units = sorted({row["unit"] for row in self._entries if row["unit"]})
        return {unit: row["name"] for unit, row in lists.units_named(self._connection, units).items()}

    def person(self, person: str, row: RowMapping) -> str:
        """What the person was called when that entry was made; the id of one who is no longer known."""
        unknown = ROLE_NAMES[Role.SYSTEM] if person == SYSTEM.id else person
        return self._called.at(row["position"]).get(person, unknown)

    def doer(self, row: RowMapping) -> str:
        """Who did it, or in whose name somebody did at the console; empty where nobody has put their name to it."""
        if row["actor"] == SYSTEM.id:
            return ""
        name = self.person(row["actor"], row)
        return f"{name}（{self.came(row)}）" if row["via"] == Via.CONSOLE else name

    def who(self, row: RowMapping) -> str:
        """Who did it, the system too, and for whom who was away: 李四（代张三）."""
        away = (self.person(row["behalf"], row),) if row["behalf"] else ()
        return on_behalf(self.person(row["actor"], row), away)

    def hand(self, row: RowMapping) -> str:
        """What marks an act at the console, or by a token: 终端代办 root (0); empty for others."""
        return by_hand(row["via"], row["through"], named=row["actor"] != SYSTEM.id)

    def came(self, row: RowMapping) -> str:
        """What it came through: 网站, 终端代办."""
        return via_said(row["via"], named=row["actor"] != SYSTEM.id)

    def role(self, row: RowMapping) -> str:
        """As what they did it."""
        return ROLE_NAMES[Role(row["role"])]

    def unit(self, unit: str | None) -> str:
        """The unit's name; the id of one that is no longer known."""
        return self._units.get(unit, unit) if unit else ""

    def line(self, row: RowMapping) -> str:
        """What happened, to an item or to none, on one line."""
        if is_journal(row["stream"]):
            return tell_note(self._notes[row["position"]], {**self._called.at(row["position"]), **self._files})
        return self.sentence(row, _read(row, _fact_of))

    def sentence(self, row: RowMapping, fact: Fact) -> str:
        """What happened to the item, on one line."""
        process = self._process(row)
        told = tell(fact, process.outcome_names, process.words) if process else tell(fact, {})
        if isinstance(fact, HandedOver):
            name = people.names_of(self._connection, {fact.successor}).get(fact.successor, fact.successor)
            told = told.replace(f"{{{{{fact.successor}}}}}", name)
        return told

    def kind(self, row: RowMapping) -> str:
        """What that kind of entry is called."""
        process = self._process(row)
        names = names_of(process.words).event if process else ENTRY_NAMES
        return names.get(row["kind"]) or ENTRY_NAMES[row["kind"]]

    def answers(self, row: RowMapping, fact: Fact) -> tuple[tuple[str, str], ...]:
        """What the step's form was answered with, as (question, answer) in words: a table has a line for each row."""
        process, pairs = self._process(row), getattr(fact, "answers", ())
        asked = ASKS if isinstance(fact, CorrectionAsked | Corrected) else getattr(fact, "form", "")
        form = process.form(asked) if process and pairs else None
        pairs = erasable.opened(self._connection, pairs)
        if form is None:
            return tuple((pair[0], pair[1]) for pair in pairs)
        units = lists.units_said(self._connection, form, pairs)
        return tuple((field.name, "\n".join(lines)) for field, lines in lines_of(form, pairs, units))

    def lamp(self, row: RowMapping, lamp_id: str) -> Lamp | None:
        """The lamp as the item's process has it; none where it has none of that id."""
        process = self._process(row)
        return next((lamp for lamp in process.lamps if lamp.id == lamp_id), None) if process else None

    def lit(self, row: RowMapping, fact: Fact) -> Lamp | None:
        """The lamp that the fact lit."""
        return self.lamp(row, fact.lamp) if isinstance(fact, RungReached) else None

    def colour(self, row: RowMapping, fact: Fact) -> str:
        """The colour of the lamp that the fact lit; empty when it lit none."""
        lit = self.lit(row, fact)
        return colour(lit.colour) if lit else ""

    def event(self, row: RowMapping) -> Event:
        """What the entry of an item says. Raises ledger_broken when nobody can read it."""
        return _read(row, event_of)

    def heard(self, row: RowMapping) -> Sequence[tuple[str, str]]:
        """Who heard of it, as pairs of person and role."""
        return self._told.get((row["stream"], row["seq"]), ())

    def told(self, row: RowMapping) -> str:
        """Who heard of it, as what."""
        heard = self.heard(row)
        return "、".join(in_post(self.person(person, row), ROLE_NAMES[Role(role)]) for person, role in heard)


def _former(connection: Connection, streams: Collection[str]) -> Mapping[str, Sequence[tuple[int, Process]]]:
    """Stream to the entries that gave the item another process, each with the one before."""
    changes = select(ENTRY.c.stream, ENTRY.c.seq, ENTRY.c.body).where(
        ENTRY.c.stream.in_(streams), text(ANOTHER_PROCESS)
    )
    found = connection.execute(changes.order_by(ENTRY.c.stream, ENTRY.c.seq)).all() if streams else []
    changed = {stream for stream, _, _ in found}
    first = select(ENTRY.c.stream, ENTRY.c.body).where(ENTRY.c.stream.in_(changed), ENTRY.c.seq == 1)
    refs = {stream: parse(body)["process"] for stream, body in connection.execute(first)} if changed else {}
    former: dict[str, list[tuple[int, Process]]] = {}
    for stream, seq, body in found:
        former.setdefault(stream, []).append((seq, pinned.process(connection, refs[stream])))
        refs[stream] = parse(body)["process"]
    return former


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


def _fact_of(row: RowMapping) -> Fact:
    return decode_fact(row["kind"], parse(row["body"]))


def _note_of(row: RowMapping) -> Note:
    return decode_note(row["kind"], parse(row["body"]))
