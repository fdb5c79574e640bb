"""Handing out an evidence file: who reads it, and by way of which item, stands in the access journal first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.caller import Caller
from ledger.chain import journal, lookup
from ledger.directory import people
from ledger.store import evidence as known
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from ledger.store.sight import sees_everything
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.office.facts import EvidenceRead
from rules.permitting import OfficeAct


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file's name and its bytes."""

    name: str
    data: bytes


def hand_out(
    database: Database, files: EvidenceStore, evidence: str, *, item: str, caller: Caller, now: datetime
) -> File:
    """The file, after an entry in the access journal says that the caller read it. `item`: by way of which, or empty.

    Raises unknown_evidence (also of another item's, and of no item's for whoever sees some items only), unknown_item,
    unknown_person, wrong_role; ledger_broken for a file that is registered, but not there or another.
    """
    with database.read() as connection:
        actor = _reader(connection, caller, item)
        if not _may_ask(connection, evidence, item, actor):
            raise RuleViolation(Code.UNKNOWN_EVIDENCE, actual=evidence[:64])
        row = known.known(connection, (evidence,))[evidence]
    data = _bytes(files, evidence)  # not read and noted when it is not there or damaged
    with database.write() as connection:
        journal.note(connection, EvidenceRead(evidence=evidence, item=item), actor, now)
    return File(name=row["name"], data=data)


def _may_ask(connection: Connection, evidence: str, item: str, reader: Actor) -> bool:
    """Whether it is that item's; without one, whether the reader sees everything or has brought it."""
    if item:
        return known.belongs(connection, evidence, item)
    return sees_everything(connection) or known.brought_by(connection, evidence) == reader.id


def _bytes(files: EvidenceStore, evidence: str) -> bytes:
    try:
        return files.get(evidence)
    except RuleViolation as refusal:
        if refusal.code is not Code.UNKNOWN_EVIDENCE:
            raise
        where, what = f"佐证材料 {evidence}", "登记着，文件却不见了；请管理员核验留痕库"
        raise RuleViolation(Code.LEDGER_BROKEN, where=where, what=what) from refusal


def _reader(connection: Connection, caller: Caller, item: str) -> Actor:
    """The caller in the post that is nearest to the item. Raises unknown_person, wrong_role."""
    row = lookup.item_row(connection, item) if item else None
    unit, area, co_units = (row["unit"], row["area"], lookup.state_of(row).co_units) if row else (None, None, ())
    post = people.actor_for(connection, caller.person, OfficeAct.READ, unit, area=area, co_units=co_units)
    return caller.acting(post)
