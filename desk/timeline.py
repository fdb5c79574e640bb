"""One item's whole life as people read it, as plain data: what documents/reports/timeline.py makes a page and a PDF of.

The data are what the ledger held at its last entry of the item: no clock is read, so the same ledger gives the same
bytes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, RowMapping

from desk.showing.item_view import about_of
from documents.reports.particulars import seal_words
from ledger.chain import pinned
from ledger.proof import checkpoints
from ledger.proof.checkpoints import Checkpoint
from ledger.reading import lists, queries
from ledger.reading.entry_words import EntryWords
from ledger.reading.extracts import clean, colour, moment
from ledger.reading.queries import ItemView
from ledger.store.database import hashing_of
from rules.dates.explain import explain
from rules.machine.events import Event
from rules.machine.timed import FellDue
from rules.process import Process, Role
from rules.telling.corrections import Correction, beside, in_words
from rules.telling.dated import dues_of
from rules.telling.posts import in_post
from rules.telling.standing import NOTHING, StateWords, features
from rules.telling.story import cut_short, late_by, written

Plain: TypeAlias = dict[str, Any]


def timeline_of(connection: Connection, no: str, checkpoint: Checkpoint | None = None) -> Plain:
    """The item's timeline as JSON types, sealed by that checkpoint (None: the latest). Raises unknown_item.

    `about`, `state`: pairs of heading and words. `entries`, oldest first, each with `seq`, `position`, `at`,
    `recorded_at` (local time), `late_by`, `who`, `role`, `unit`, `by` (these three as one, and what marks an act
    at the console), `kind`, `what`, `because`, `written` (empty where `what` repeats all of it), `answers` (pairs of
    question and answer), `evidence`, `told`, `command`, `hash`, `colour`, `late`. `unsealed`: how many entries came
    after the checkpoint. `dated`: the instant of the last entry's recording, which dates the PDF.
    """
    view = queries.item(connection, no)
    process = pinned.process(connection, view.row["process_ref"])
    lamp = process.lamp(view.row["lamp"])
    last = view.entries[-1]
    checkpoint = checkpoint or checkpoints.latest(connection)
    return {
        "no": no,
        "title": clean(view.issued.title),
        "unit": clean(view.row["unit_name"]),
        "lamp": {"name": clean(lamp.name), "colour": colour(lamp.colour) or "#757575"},
        "state": _state(view, process, lamp.name),
        "about": [
            (heading, clean("\n".join(lines))) for heading, lines in about_of(connection, view, process, kinds=True)
        ],
        "entries": _entries(connection, view),
        "head": last["hash"],
        "dated": last["recorded_at"],
        "until": moment(last["recorded_at"]),
        "algorithm": hashing_of(connection).name,
        "seal": seal_words(checkpoint),
        "unsealed": sum(row["position"] > checkpoint.size for row in view.entries) if checkpoint else 0,
        "content_hash": "",
    }


_STATE = ("status", "step", "due", "pause", "cycle", "late_count", "late_reviews", "points", "outcome", "watch")
"""What is said of how the item stands."""


def _state(view: ItemView, process: Process, lamp: str) -> list[tuple[str, str]]:
    said = features(view.state, StateWords(lamp=lamp, outcomes=process.outcome_names, process=process.words))
    by_id = {one.id: one for one in said if one.words != NOTHING}
    return [(by_id[id_].name, clean(by_id[id_].words)) for id_ in _STATE if id_ in by_id]


def _entries(connection: Connection, view: ItemView) -> list[Plain]:
    words = EntryWords(connection, view.entries)
    ids = [evidence for event in view.events for evidence in getattr(event.fact, "evidence", ())]
    files = lists.files(connection, ids)
    wrong = beside(view.events)
    pairs = zip(view.entries, view.events, strict=True)
    return [_entry(row, event, words, files, wrong.get(event.seq, ())) for row, event in pairs]


def _entry(
    row: RowMapping,
    event: Event,
    words: EntryWords,
    files: dict[str, RowMapping],
    corrections: Sequence[Correction],
) -> Plain:
    fact = event.fact
    said, who, unit = clean(written(fact)), clean(words.who(row)), clean(words.unit(row["unit"]))
    role = "" if row["role"] == Role.SYSTEM else words.role(row)
    return {
        "seq": row["seq"],
        "position": row["position"],
        "at": moment(row["at"]),
        "recorded_at": moment(row["recorded_at"]),
        "late_by": late_by(event.at, datetime.fromisoformat(row["recorded_at"])),
        "who": who,
        "role": role,
        "unit": unit,
        "by": _by(in_post(who, role, unit), clean(words.hand(row))),
        "kind": words.kind(row),
        "what": clean("".join((words.sentence(row, fact), *map(in_words, corrections)))),
        "because": [clean(sentence) for due in dues_of(fact) for sentence in explain(due)],
        "written": said if cut_short(said) else "",
        "answers": [(clean(question), clean(answer)) for question, answer in words.answers(row, fact)],
        "evidence": [_file(evidence, files) for evidence in getattr(fact, "evidence", ())],
        "told": clean(words.told(row)),
        "command": clean(row["command"]),
        "hash": row["hash"],
        "colour": words.colour(row, fact),
        "late": isinstance(fact, FellDue),
    }


def _by(said: str, hand: str) -> str:
    """Who, as what; and what marks an act that they did not do at the site: 张三（联络员）〔终端代办 root (0)〕."""
    return f"{said}〔{hand}〕" if hand else said


def _file(evidence: str, files: dict[str, RowMapping]) -> Plain:
    row = files.get(evidence)
    return {"id": evidence, "name": clean(row["name"]) if row else "", "size": row["size"] if row else 0}
