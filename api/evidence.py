"""Handing out an evidence file: who reads it, and by way of which item, stands in the access journal first."""

from dataclasses import dataclass

from sqlalchemy import Connection

from api.site import Site
from desk.caller import Caller
from ledger.chain import journal, lookup
from ledger.chain.journal import EvidenceRead
from ledger.directory import people
from ledger.directory.people import Somebody
from ledger.store import evidence as files
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.names import OFFICE_ACT_NAMES
from rules.permitting import OfficeAct


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file's name and its bytes."""

    name: str
    data: bytes


def hand_out(site: Site, evidence: str, *, item: str, caller: Caller) -> File:
    """The file, after an entry in the access journal says that the caller read it. `item`: by way of which, or empty.

    Raises unknown_evidence (also of another item's), unknown_item, unknown_person, field_missing, wrong_role; and
    ledger_broken for a file that is registered, but not there or another.
    """
    if not caller.person:
        raise RuleViolation(
            Code.FIELD_MISSING, command=OFFICE_ACT_NAMES[OfficeAct.READ], field="身份（person，或在网页上选择身份）"
        )
    with site.database.read() as connection:
        row = files.known(connection, (evidence,))[evidence]
        if item and not files.belongs(connection, evidence, item):
            lookup.item_row(connection, item)
            raise RuleViolation(Code.UNKNOWN_EVIDENCE, actual=evidence[:64])
        actor = _reader(connection, people.somebody(connection, caller.person), item)
    data = _bytes(site, evidence)  # not read and noted when it is not there or damaged
    with site.database.write() as connection:
        journal.note(connection, EvidenceRead(evidence=evidence, item=item), actor, site.now())
    return File(name=row["name"], data=data)


def _bytes(site: Site, evidence: str) -> bytes:
    try:
        return site.files.get(evidence)
    except RuleViolation as refusal:
        if refusal.code is not Code.UNKNOWN_EVIDENCE:
            raise
        where, what = f"佐证材料 {evidence}", "登记着，文件却不见了；请管理员核验留痕库"
        raise RuleViolation(Code.LEDGER_BROKEN, where=where, what=what) from refusal


def _reader(connection: Connection, who: Somebody, item: str) -> Actor:
    """The person in the post that is nearest to the item, else in the first one held. Raises wrong_role."""
    posts = people.posts_for(who, OfficeAct.READ)
    if not item:
        return posts[0]
    row = lookup.item_row(connection, item)
    near = [p for p in posts if p.unit == row["unit"] or (p.area is not None and p.area == row["area"])]
    return (near or posts)[0]
