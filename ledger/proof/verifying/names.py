"""Names that stand apart: each is the one that an entry holds the hash of, or an entry says who erased it and why."""

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, func, select

from ledger.chain import journal, pinned
from ledger.chain.erasable import (
    ANSWERED,
    ENTRY,
    ERASABLE,
    MATTER,
    PERSON,
    SOMEBODY,
    Erasure,
    digest,
    erasures,
    nobody,
    rows_of,
)
from ledger.directory.arriving import KNOWN
from ledger.proof.verifying.found import Wrong
from ledger.store.apart import ERASABLE_PREFIX, refs_in
from ledger.store.canonical import parse
from ledger.store.database import hashing_of
from ledger.store.hashing import Hashing
from rules.errors import RuleViolation
from rules.forms.lines import label_of
from rules.machine.events import EVENT_KIND_OF
from rules.office.facts import DirectoryLoaded

_BEGINS = f'"{ERASABLE_PREFIX}'
_CHUNK = 2000
_ANSWERED = tuple(EVENT_KIND_OF[fact] for fact in ANSWERED)


def verify_names(connection: Connection, after: int = 0) -> Iterator[Wrong]:
    """What is wrong with the names of entries behind the position `after`, and with any erasure: a name is the
    one that was set apart, or it is gone and an entry says so, made by one person and approved by another."""
    hashing, known = hashing_of(connection), erasures(connection)
    for erasure in known.values():
        yield from _verify_erasure(connection, erasure)
    named, position = 0, after
    answered = ENTRY.c.kind.in_(_ANSWERED) & ENTRY.c.body.contains(_BEGINS)
    issued = select(ENTRY.c.position, ENTRY.c.stream, ENTRY.c.seq, ENTRY.c.body)
    issued = issued.where((ENTRY.c.kind == "issued") | answered)
    while True:
        query = issued.where(ENTRY.c.position > position).order_by(ENTRY.c.position).limit(_CHUNK)
        entries = connection.execute(query).all()
        if not entries:
            break
        position = entries[-1].position
        refs = {ref: (entry, at) for entry in entries for at, ref in _refs_in(entry.body).items()}
        rows = rows_of(connection, refs)
        named += len(refs)
        for ref, (entry, at) in refs.items():
            wrong = _verify_name(hashing, ref, rows.get(ref), known.get((MATTER, ref)))
            if wrong:
                label = _label(connection, entry.body, at)
                yield Wrong(stream=entry.stream, seq=entry.seq, what=f"分开存放的“{label}”{wrong}")
    for row, fact in journal.facts(connection, DirectoryLoaded):
        people = {person.erasable: person.id for person in fact.people if person.erasable}
        rows = rows_of(connection, people)
        named += len(people)
        for ref, person in people.items():
            if wrong := _verify_name(hashing, ref, rows.get(ref), known.get((SOMEBODY, person))):
                what = f"分开存放的人员 {person} 的姓名和邮箱{wrong}"
                yield Wrong(stream=row["stream"], seq=row["seq"], what=what)
    held = 0 if after else connection.execute(select(func.count()).select_from(ERASABLE)).scalar_one()
    if held > named:
        yield Wrong(stream="", seq=0, what=f"分开存放的姓名多出 {held - named} 个，没有记录提到它们：是绕过程序加上的")


def verify_known_names(connection: Connection) -> Iterator[Wrong]:
    """Where `known_name` is not what the entries say: a name would stand under acts of another time, or under none."""
    stored = {(row.person, row.position): row.ref for row in connection.execute(select(KNOWN))}
    for row, fact in journal.facts(connection, DirectoryLoaded):
        for person in fact.people:
            found = stored.pop((person.id, row["position"]), "")
            if found != person.erasable:
                what = f"{person.id} 的姓名登记（known_name）{'被改动' if found else '被删除'}"
                told = f"{what}：办理的会显示成另一时候的姓名；请按这一条改回"
                yield Wrong(stream=row["stream"], seq=row["seq"], what=told)
    for person_id, position in sorted(stored):
        what = f"{person_id} 的姓名登记（known_name，总序 {position}）没有记录可依：是绕过程序加上的，请删去"
        yield Wrong(stream="", seq=0, what=what)


def _refs_in(body: str) -> dict[str, str]:
    """Of an issued entry; whether it can be read at all is for others to say."""
    if _BEGINS not in body:
        return {}
    try:
        held = parse(body)
        return refs_in([*held.get("matter", ()), *held.get("answers", ())])
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def _label(connection: Connection, body: str, at: str) -> str:
    """What the item's process calls the place; the place itself where nobody knows the process any more."""
    try:
        return label_of(pinned.process(connection, parse(body)["process"]).matter, at)
    except (RuleViolation, LookupError, TypeError, ValueError):
        return at


def _verify_name(hashing: Hashing, ref: str, row: RowMapping | None, erasure: Erasure | None) -> str | None:
    if row is None:
        return "不见了：整行被删除"
    value, salt = row["value"], row["salt"]
    if erasure:
        if value is not None or salt is not None:
            return f"有删除记录（{erasure.stream} 第 {erasure.seq} 条），却还在：被放了回去"
        return None if row["erased"] == erasure.words else "的删除说明与删除记录不一致：被改动"
    if value is None or salt is None:
        return "不见了，却没有删除记录：被绕过程序删除"
    try:
        same = digest(hashing, bytes.fromhex(salt), value) == ref
    except (AttributeError, TypeError, ValueError):
        same = False
    return None if same else "与记录里的哈希不符：被改动"


def _verify_erasure(connection: Connection, erasure: Erasure) -> Iterator[Wrong]:
    fact = erasure.fact
    if fact.approver == erasure.actor:
        yield Wrong(stream=erasure.stream, seq=erasure.seq, what="删除由同一人办理和批准：须由两人")
    if fact.what == SOMEBODY:
        name = connection.execute(select(PERSON.c.name).where(PERSON.c.id == fact.ref)).scalar()
        if name is not None and name != nobody(fact.ref):
            what = f"人员 {fact.ref} 有删除记录，名录里却还有姓名：被放了回去"
            yield Wrong(stream=erasure.stream, seq=erasure.seq, what=what)
