"""Erasing as somebody asks for it: names of an item, an evidence file or a person, one of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.caller import Caller
from ledger.directory import erasing
from ledger.directory.erasing import ErasureReceipt, ErasureRequest
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ToErase:
    """What is to go: `fields` of an `item`, an `evidence` file by its id, or a `person`; the other two are empty."""

    item: str = ""
    fields: Sequence[str] = ()
    evidence: str = ""
    person: str = ""


def erase(
    database: Database,
    files: EvidenceStore,
    what: ToErase,
    *,
    caller: Caller,
    reason: str,
    now: datetime,
) -> list[ErasureReceipt]:
    """It is gone for good, and the ledger says who erased it and who confirmed it. Raises as ledger.directory.erasing:
    SecondNeeded until another has."""
    asked = ErasureRequest(by=caller.person, via=caller.via, through=caller.through, reason=reason, now=now)
    if what.item:
        return list(erasing.erase_names(database, what.item, what.fields, asked))
    if what.evidence:
        return [erasing.erase_file(database, files, what.evidence, asked)]
    return [erasing.erase_person(database, what.person, asked)]
