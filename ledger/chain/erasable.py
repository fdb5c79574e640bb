"""Names that an entry must not hold for ever: they stand apart, under a hash with salt that stands in the entry.

The one place where the names that a matter holds (answers of the kind `name`) become `erasable:` and 64 hexadecimal
digits, and where they are read back for people to see. Rules, workflows and hashing know only that text, so an erased
name changes no hash. What was erased leaves its row behind, empty but for when and why (ledger/directory/erasing.py).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, select

from ledger.chain import journal, pinned
from ledger.store.apart import ref_of, refs_in, text_of
from ledger.store.aside_tables import NameAside
from ledger.store.hashing import Hashing
from ledger.store.tables import Entry, Erasable, Evidence, Person, table_of
from rules.codec import Plain, instant_text
from rules.dates.calendar import local_date
from rules.dates.explain import long_day
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind, Form
from rules.machine.events import Event
from rules.machine.facts import Approved, Closed, Completed, CycleStarted, Issued, Submitted
from rules.office.facts import Erased

ENTRY, EVIDENCE, PERSON = table_of(Entry), table_of(Evidence), table_of(Person)
ERASABLE = table_of(Erasable)
ASIDE = table_of(NameAside)
SALT_BYTES = 32
_ASIDE_FOR = timedelta(days=1)
ANSWERED = (Submitted, Completed, Approved, Closed, CycleStarted)
"""The facts that hold answers to a form."""
MATTER, FILE, SOMEBODY = "matter", "evidence", "person"
"""What can be erased: a name in a matter, an evidence file, a person's name and address."""
_CHUNK = 2000


def set_apart(
    connection: Connection, hashing: Hashing, events: Iterable[Event]
) -> tuple[tuple[Event, ...], list[Plain]]:
    """The issued events without their names, and the rows that hold those names."""
    rows: list[Plain] = []

    def kept(value: str) -> str:
        rows.append(row_of(hashing, value))
        return text_of(rows[-1]["ref"])

    def of(event: Event) -> Event:
        fact = event.fact
        assert isinstance(fact, Issued)
        form = pinned.process(connection, fact.process).matter
        if not any(_stands_apart(form, *pair) for pair in fact.matter):
            return event
        matter = tuple((at, kept(text) if _stands_apart(form, at, text) else text) for at, text in fact.matter)
        return replace(event, fact=replace(fact, matter=matter))

    return tuple(of(event) for event in events), rows


def _stands_apart(form: Form, at: str, text: str) -> bool:
    """A name does, and what would be taken for the hash of one."""
    asked = form.question(at)
    return (asked is not None and asked.kind is AnswerKind.NAME) or ref_of(text) is not None


def set_aside(
    connection: Connection, hashing: Hashing, cause: str, names: Iterable[str], now: datetime
) -> dict[str, str]:
    """The names wait for their entry, each under the text that stands for it there. The same for the same `cause`, so
    that a command given again says the same. What no entry has come for within a day is gone."""
    before = instant_text(now - _ASIDE_FOR)
    connection.execute(delete(ASIDE).where(ASIDE.c.at < before))
    found: dict[str, str] = {}
    for table in (ERASABLE, ASIDE):
        known = select(table.c.value, table.c.ref).where(table.c.cause == cause)
        found |= {value: ref for value, ref in connection.execute(known)}
    for name in dict.fromkeys(names):
        if name not in found:
            row = row_of(hashing, name)
            aside = {one: row[one] for one in ("ref", "salt", "value")}
            connection.execute(ASIDE.insert(), {**aside, "cause": cause, "at": instant_text(now)})
            found[name] = row["ref"]
    return {name: text_of(ref) for name, ref in found.items()}


def settle(connection: Connection, refs: Sequence[str]) -> None:
    """The names of entries that are stored now stand apart from them for good."""
    rows = connection.execute(select(ASIDE).where(ASIDE.c.ref.in_(refs))).mappings().all()
    for row in rows:
        apart = {name: row[name] for name in ("ref", "salt", "value", "cause")}
        connection.execute(ERASABLE.insert(), {**apart, "erased": ""})
    if rows:
        connection.execute(delete(ASIDE).where(ASIDE.c.ref.in_([row["ref"] for row in rows])))


def row_of(hashing: Hashing, value: str) -> Plain:
    """The row that holds the name under the hash that an entry is to hold."""
    salt = secrets.token_bytes(SALT_BYTES)
    return {"ref": digest(hashing, salt, value), "salt": salt.hex(), "value": value, "erased": "", "cause": ""}


def digest(hashing: Hashing, salt: bytes, value: str) -> str:
    """What stands in the entry for the value: the ledger's hash over salt and UTF-8 text, hexadecimal."""
    return hashing.hexdigest(salt + value.encode())


def opened(connection: Connection, matter: Pairs) -> Pairs:
    """The matter as people see it: with its names, or with when and why they were erased."""
    refs = refs_in(matter)
    if not refs:
        return matter
    rows = rows_of(connection, refs.values())
    return tuple((at, _shown(rows.get(refs[at])) if at in refs else text) for at, text in matter)


def opened_event(connection: Connection, event: Event) -> Event:
    """The event as people see it; it differs from what is stored where names stand apart from it."""
    fact = event.fact
    if isinstance(fact, Issued):
        return replace(event, fact=replace(fact, matter=opened(connection, fact.matter)))
    if isinstance(fact, ANSWERED) and refs_in(fact.answers):
        return replace(event, fact=replace(fact, answers=opened(connection, fact.answers)))
    return event


def shown_erased(words: str) -> str:
    """What people see in place of what was erased. `words`: when and why."""
    return f"（已依规删除：{words}）"


def erased_words(at: datetime, reason: str) -> str:
    """When and why, as it stands beside what was erased."""
    return f"{long_day(local_date(at))}，{' '.join(reason.split())}"


def _shown(row: RowMapping | None) -> str:
    if row is None:
        return "（缺失：请核验留痕库）"
    return row["value"] if row["value"] is not None else shown_erased(row["erased"])


def values(connection: Connection, refs: Iterable[str]) -> dict[str, str | None]:
    """What stands apart under these hashes; None for what was erased."""
    wanted, found = sorted(refs), dict[str, str | None]()
    for start in range(0, len(wanted), _CHUNK):
        found |= {ref: row["value"] for ref, row in rows_of(connection, wanted[start : start + _CHUNK]).items()}
    return found


def rows_of(connection: Connection, refs: Iterable[str]) -> dict[str, RowMapping]:
    """The rows under these hashes, by hash, with their salts."""
    found = connection.execute(select(ERASABLE).where(ERASABLE.c.ref.in_(tuple(refs)))).mappings()
    return {row["ref"]: row for row in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure as it stands in the office journal: at which entry, when, by whom."""

    stream: str
    seq: int
    position: int
    at: datetime
    actor: str
    fact: Erased

    @property
    def words(self) -> str:
        """When and why."""
        return erased_words(self.at, self.fact.reason)


def erasures(connection: Connection) -> dict[tuple[str, str], Erasure]:
    """Every erasure, by what and ref; the first, where something was erased again."""
    found: dict[tuple[str, str], Erasure] = {}
    for row, fact in journal.facts(connection, Erased):
        at = datetime.fromisoformat(row["at"])
        place = {name: row[name] for name in ("stream", "seq", "position", "actor")}
        erasure = Erasure(**place, at=at, fact=fact)
        found.setdefault((fact.what, fact.ref), erasure)
    return found


def erased_refs(connection: Connection, what: str | None = None) -> set[str]:
    """The hashes of names and the ids of files (or only `what`) that may be missing, since an entry says so."""
    kinds = (what,) if what else (MATTER, FILE)
    return {ref for kind, ref in erasures(connection) if kind in kinds}


def nobody(person: str) -> str:
    """What a person is called whose name was erased."""
    return f"已删除的人员（{person}）"
