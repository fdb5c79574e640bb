"""Entries of the ledger as they are shown, of items and of journals alike: in sentences, with names beside ids and with
who was told. Reads only."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from desk.showing.register import show_lamp
from desk.showing.values import ShownCorrection, ShownEntry, ShownEvidence, ShownTold
from ledger.chain.journal import is_journal
from ledger.reading import lists
from ledger.reading.entry_words import EntryWords
from ledger.reading.queries import ItemView
from rules.codec import instant_text
from rules.dates.explain import explain
from rules.machine.events import Event
from rules.machine.facts import Corrected, CorrectionAsked
from rules.machine.timed import FellDue
from rules.names import ROLE_NAMES
from rules.process import Role
from rules.telling.corrections import Correction, beside, in_words
from rules.telling.dated import dues_of
from rules.telling.story import late_by, written

_COPIED = (
    "seq",
    "at",
    "recorded_at",
    "kind",
    "actor",
    "behalf",
    "role",
    "unit",
    "via",
    "through",
    "command",
    "command_hash",
    "prev_hash",
    "hash",
)


def timeline(connection: Connection, view: ItemView) -> tuple[ShownEntry, ...]:
    """Every entry of the item in order, as a sentence and as it stands in the ledger."""
    words = EntryWords(connection, view.entries)
    pairs = zip(view.entries, view.events, strict=True)
    files = lists.files(connection, [i for event in view.events for i in _evidence(event)])
    found = beside(view.events)
    return tuple(
        ShownEntry(
            **_row(row, words),
            **_event(event, row, words, files),
            corrections=tuple(_correction(c, view, words, files) for c in found.get(event.seq, ())),
        )
        for row, event in pairs
    )


def pending_correction(connection: Connection, view: ItemView) -> ShownCorrection | None:
    """What is said to be wrong and waits for an answer."""
    if view.state.correction is None:
        return None
    waiting = beside(view.events)[view.state.correction.entry][-1]
    words = EntryWords(connection, [view.entries[waiting.asked.seq - 1]])
    return _correction(waiting, view, words, lists.files(connection, _evidence(waiting.asked)))


def _correction(
    correction: Correction, view: ItemView, words: EntryWords, files: Mapping[str, RowMapping]
) -> ShownCorrection:
    asked, made = correction.asked, correction.made
    assert isinstance(asked.fact, CorrectionAsked)
    shown = ShownCorrection(
        entry=correction.entry,
        text=correction.text,
        reason=correction.reason,
        asked=asked.seq,
        asked_at=instant_text(asked.at),
        asked_by=words.who(view.entries[asked.seq - 1]),
        asked_role_name=ROLE_NAMES[asked.actor.role],
        evidence=tuple(show_file(i, files.get(i), view.state.no) for i in asked.fact.evidence),
        words=in_words(correction),
    )
    if made is None:
        return shown.model_copy(update={"decider_name": ROLE_NAMES[asked.fact.decider]})
    assert isinstance(made.fact, Corrected)
    answer = {
        "made": made.seq,
        "made_at": instant_text(made.at),
        "made_by": words.who(view.entries[made.seq - 1]),
        "made_role_name": ROLE_NAMES[made.actor.role],
        "opinion": made.fact.opinion,
        "again": correction.again,
    }
    return shown.model_copy(update=answer)


def show_entry(connection: Connection, row: RowMapping, words: EntryWords) -> dict[str, Any]:
    """The fields of a ShownEntry for any entry of the ledger."""
    if is_journal(row["stream"]):
        return {**_row(row, words), "sentence": words.line(row)}
    event = words.event(row)
    files = lists.files(connection, _evidence(event))
    return {**_row(row, words), **_event(event, row, words, files)}


def _row(row: RowMapping, words: EntryWords) -> dict[str, Any]:
    told = tuple(
        ShownTold(person=person, name=words.person(person, row), role_name=ROLE_NAMES[Role(role)])
        for person, role in words.heard(row)
    )
    return {
        **{name: row[name] for name in _COPIED},
        "late_by": late_by(datetime.fromisoformat(row["at"]), datetime.fromisoformat(row["recorded_at"])),
        "kind_name": words.kind(row),
        "actor_name": words.who(row),
        "role_name": words.role(row),
        "unit_name": words.unit(row["unit"]),
        "via_name": words.came(row),
        "by_hand": words.hand(row),
        "told": None if row["told"] is None else told,
        "body": json.loads(row["body"]),
    }


def _event(event: Event, row: RowMapping, words: EntryWords, files: Mapping[str, RowMapping]) -> dict[str, Any]:
    fact = event.fact
    lit, no = words.lit(row, fact), row["stream"]
    return {
        "sentence": words.sentence(row, fact),
        "because": tuple(sentence for due in dues_of(fact) for sentence in explain(due)),
        "text": written(fact),
        "answers": words.answers(row, fact),
        "evidence": tuple(show_file(i, files.get(i), no) for i in _evidence(event)),
        "lamp": show_lamp(lit) if lit else None,
        "late": isinstance(fact, FellDue),
    }


def _evidence(event: Event) -> Sequence[str]:
    found: Sequence[str] = getattr(event.fact, "evidence", ())
    return found


MISSING = "（缺失：请核验留痕库）"
"""What stands in place of the name of a file that an entry names and nobody knows of any more."""


def show_file(id_: str, row: RowMapping | None, no: str = "") -> ShownEvidence:
    """A file that an entry names and where it can be had; `no`: the item by which it is asked for there. One without a
    row is shown as missing: what an entry names is never left out."""
    if row is None:
        return ShownEvidence(id=id_, name=f"{id_[:12]}… {MISSING}", size=0, media_type="", url="")
    asked = f"?item={no}" if no else ""
    return ShownEvidence(
        id=row["id"],
        name=row["name"],
        size=row["size"],
        media_type=row["media_type"],
        url="" if row["erased"] else f"/api/v1/evidence/{row['id']}{asked}",
    )
