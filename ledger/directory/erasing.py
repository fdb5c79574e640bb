"""Erasing personal data for good: a name in a matter, an evidence file, a person's name and address in the directory.

Two people make an erasure, an administrator who asks for it and does it and a leader who confirms it in between
(ledger.directory.joint). It is an entry of the office journal in the same transaction, so whatever is missing
afterwards can be told from what somebody destroyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from ledger.chain import batches, erasable, journal, lookup, pinned
from ledger.chain.entries import read_events
from ledger.directory import arriving, halves, people
from ledger.directory.joint import rows
from ledger.directory.joint.acts import Agreed, JointWanted, carry_out
from ledger.store import evidence
from ledger.store.apart import refs_in
from ledger.store.canonical import canonical, parse
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.codec import decode, encode
from rules.errors import Code, RuleViolation
from rules.forms.lines import label_of
from rules.joint.acts import JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor, Via, check_text
from rules.machine.facts import Reassigned
from rules.machine.fields import TEXT_LIMIT
from rules.machine.issuing import Order
from rules.machine.timed import Migrated
from rules.names import FIELD_NAMES, OFFICE_ACT_NAMES
from rules.office.facts import Erased
from rules.permitting import OfficeAct

GONE = "（已依规删除）"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """Who erases (`by`, an id or name), and why. `via`, `through`: as in an entry."""

    by: str
    via: Via
    through: str = ""
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReceipt:
    """Something is erased: where the entry stands that says so, and when and why. `before`: it was so already."""

    what: str
    ref: str
    stream: str
    seq: int
    words: str
    before: bool = False


def erase_names(
    database: Database, no: str, fields: Sequence[str], asked: ErasureRequest
) -> tuple[ErasureReceipt, ...]:
    """The names in those fields of the item's matter are gone, and every working copy of them; all or none. A field of
    a table is named with its row and column: helpers.2.name. What a step's form was answered with is named with its
    entry: 5:people.1.who.

    Raises unknown_item, unknown_person, wrong_role, field_missing, not_erasable; SecondNeeded where another has still
    to confirm it.
    """
    with database.write() as connection:
        actor = _eraser(connection, asked)
        refs, labels = _names_of(connection, no)
        for field in fields:
            if field not in refs:
                known = "、".join(f"{at}（{labels[at]}）" for at in refs) or "没有"
                raise RuleViolation(Code.NOT_ERASABLE, no=no, field=labels.get(field, field), known=known)
        _overwrite(connection)
        done = {field: _before(connection, erasable.MATTER, refs[field]) for field in fields}
        left = [field for field, receipt in done.items() if receipt is None]
        agreed = None
        if left:
            what = [("事项", no), *(("项", f"{labels[field]}（{field}）") for field in left)]
            agreed = _agreed(connection, "事项里的姓名", what, actor, asked)
        return tuple(
            done[field] or _erase_name(connection, (no, field, labels[field]), refs[field], actor, agreed, asked)
            for field in done
        )


def _names_of(connection: Connection, no: str) -> tuple[dict[str, str], dict[str, str]]:
    """The hashes of the names that stand apart from the item's entries, by field, and what each field is called."""
    issued = lookup.first_fact(connection, no)
    process = pinned.process(connection, issued.process)
    refs = refs_in(issued.matter)
    labels = {one.id: one.name for one in process.matter.fields} | {at: label_of(process.matter, at) for at in refs}
    for event in read_events(connection, no, 1):
        if isinstance(event.fact, Reassigned | Migrated):
            process = pinned.process(connection, event.fact.process)
        form = process.form(getattr(event.fact, "form", ""))
        for at, ref in refs_in(getattr(event.fact, "answers", ())).items():
            place = f"{event.seq}:{at}"
            refs[place] = ref
            labels[place] = f"第 {event.seq} 条 {label_of(form, at)}" if form else place
    return refs, labels


def _erase_name(
    connection: Connection,
    place: tuple[str, str, str],
    ref: str,
    actor: Actor,
    agreed: Agreed | None,
    asked: ErasureRequest,
) -> ErasureReceipt:
    """`place`: the item, the field, and what that is called."""
    no, field, label = place
    assert agreed is not None, "it is asked for before anything is erased"
    value = connection.execute(select(erasable.ERASABLE.c.value).where(erasable.ERASABLE.c.ref == ref)).scalar()
    if value is None:
        raise RuleViolation(Code.LEDGER_BROKEN, where=no, what=f"分开存放的“{label}”不见了")
    named = {"item": no, "field": field, "label": label}
    fact = _erased(erasable.MATTER, ref, agreed, asked, **named)
    done = _noted(connection, fact, actor, asked.now)
    gone = update(erasable.ERASABLE).where(erasable.ERASABLE.c.ref == ref)
    connection.execute(gone.values(salt=None, value=None, erased=done.words))
    _forget_drafts(connection, no, field, value)
    halves.forget_named(connection, value, no=no)
    return done


def erase_file(database: Database, files: EvidenceStore, id_: str, asked: ErasureRequest) -> ErasureReceipt:
    """The evidence file and its name are gone; its id stays in the entries, as the hash of what was there.

    The entry comes first. Killed in between, the file is still there; then erasing it again ends what was begun.
    Raises unknown_evidence, unknown_person, wrong_role, field_missing; SecondNeeded as above.
    """
    path = files.path(id_)
    with database.write() as connection:
        actor = _eraser(connection, asked)
        done = _before(connection, erasable.FILE, id_)
        if done is None:
            evidence.known(connection, (id_,))
            _overwrite(connection)
            agreed = _agreed(connection, "佐证材料", [("编号", id_)], actor, asked)
            done = _noted(connection, _erased(erasable.FILE, id_, agreed, asked), actor, asked.now)
            gone = update(evidence.EVIDENCE).where(evidence.EVIDENCE.c.id == id_)
            connection.execute(gone.values(name=erasable.shown_erased(done.words), erased=done.words))
    files.remove(path)
    return done


def erase_person(database: Database, person: str, asked: ErasureRequest) -> ErasureReceipt:
    """The person's name and address are gone from the directory, and with them every name that the person had before;
    the id stays, in entries, posts and notices.

    Raises unknown_person, wrong_role, field_missing; SecondNeeded as above.
    """
    with database.write() as connection:
        actor = _eraser(connection, asked)
        who = people.somebody(connection, person)
        if done := _before(connection, erasable.SOMEBODY, who.id):
            return done
        _overwrite(connection)
        agreed = _agreed(connection, "人员的姓名和邮箱", [("人员", who.id)], actor, asked, gains=(who.id,))
        done = _noted(connection, _erased(erasable.SOMEBODY, who.id, agreed, asked), actor, asked.now)
        gone = update(people.PERSON).where(people.PERSON.c.id == who.id)
        connection.execute(gone.values(name=erasable.nobody(who.id), email=None))
        halves.forget_named(connection, who.name, person=who.id)
        arriving.erase(connection, who.id, done.words)
        rows.forget_apart(connection, who.id)
    return done


def _eraser(connection: Connection, asked: ErasureRequest) -> Actor:
    """The administrator as who acts."""
    if not asked.reason.strip():
        raise RuleViolation(Code.FIELD_MISSING, command=OFFICE_ACT_NAMES[OfficeAct.ERASE], field=FIELD_NAMES["reason"])
    check_text("reason", asked.reason, TEXT_LIMIT)
    by = people.somebody(connection, asked.by)
    return replace(people.post_for(by, OfficeAct.ERASE), via=asked.via, through=asked.through)


def _agreed(
    connection: Connection,
    what: str,
    where: Sequence[tuple[str, str]],
    actor: Actor,
    asked: ErasureRequest,
    gains: tuple[str, ...] = (),
) -> Agreed:
    """A leader has confirmed just that. Raises SecondNeeded."""
    told = [("删除", what), *where, (FIELD_NAMES["reason"], asked.reason.strip())]
    details = tuple(JointDetail(name=name, value=value) for name, value in told)
    return carry_out(connection, JointWanted(act=JointAct.ERASE, details=details, gains=gains), actor, asked.now)


def _erased(what: str, ref: str, agreed: Agreed, asked: ErasureRequest, **named: str) -> Erased:
    reason = asked.reason.strip()
    return Erased(what=what, ref=ref, reason=reason, approver=agreed.confirmed_by, joint=agreed.number, **named)


def _before(connection: Connection, what: str, ref: str) -> ErasureReceipt | None:
    """The erasure, if there was one already."""
    found = erasable.erasures(connection).get((what, ref))
    if found is None:
        return None
    return ErasureReceipt(what=what, ref=ref, stream=found.stream, seq=found.seq, words=found.words, before=True)


def _noted(connection: Connection, fact: Erased, actor: Actor, now: datetime) -> ErasureReceipt:
    noted = journal.note(connection, fact, actor, now)
    words = erasable.erasures(connection)[fact.what, fact.ref].words
    return ErasureReceipt(what=fact.what, ref=fact.ref, stream=noted.stream, seq=noted.seq, words=words)


def _overwrite(connection: Connection) -> None:
    """What this transaction replaces is overwritten in the database's file, and not only let go."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _forget_drafts(connection: Connection, no: str, field: str, value: str) -> None:
    """The registers from which the item was issued, or would have been again, hold the name no longer."""
    draft, batch = batches.DRAFT, batches.BATCH
    rows = connection.execute(select(draft.c.batch, draft.c.n, draft.c.body).where(draft.c.no == no)).all()
    for row in rows:
        order = decode(Order, parse(row.body))
        if (field, value) in order.matter:
            plain = encode(order)
            plain["matter"] = [[at, GONE if (at, text) == (field, value) else text] for at, text in order.matter]
            changed = update(draft).where(draft.c.batch == row.batch, draft.c.n == row.n)
            connection.execute(changed.values(body=canonical(plain).decode()))
    for id_ in {row.batch for row in rows}:
        reading = parse(connection.execute(select(batch.c.reading).where(batch.c.id == id_)).scalar_one())
        changed = update(batch).where(batch.c.id == id_)
        connection.execute(changed.values(reading=canonical(_without(reading, value)).decode()))


def _without(plain: Any, value: str) -> Any:
    """The JSON value with the name taken out of every text."""
    match plain:
        case str():
            return plain.replace(value, GONE)
        case list():
            return [_without(one, value) for one in plain]
        case dict():
            return {name: _without(one, value) for name, one in plain.items()}
        case _:
            return plain
