"""The streams of units' scores, read and written: many at once, since a round's lock scores everybody."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, Text, bindparam, func, select

from ledger.chain.entries import ENTRY
from ledger.chain.journal import JOURNAL_KIND_OF, MARK, SCORE, decode_note
from ledger.store.canonical import GENESIS, acting_columns, canonical, entry_hash, parse
from ledger.store.database import hand_of, hashing_of
from ledger.store.driver import PreparedQuery, among, insert_many, texts
from rules.assessment.facts import SCORE_FACTS, ScoreFact
from rules.assessment.state import ScoreState, fold_scores
from rules.codec import Plain, encode, instant_text
from rules.machine.commands import SYSTEM, Actor

_IN_STREAMS = among(ENTRY.c.stream, bindparam("streams", type_=Text()))
_ENTRIES = PreparedQuery(
    select(ENTRY)
    .where(_IN_STREAMS, among(ENTRY.c.kind, bindparam("kinds", type_=Text())))
    .order_by(ENTRY.c.stream, ENTRY.c.seq)
)
_LAST = select(ENTRY.c.stream, func.max(ENTRY.c.seq).label("seq")).where(_IN_STREAMS).group_by(ENTRY.c.stream)
_LAST_OF = _LAST.subquery()
_ENDS = PreparedQuery(
    select(ENTRY.c.stream, ENTRY.c.seq, ENTRY.c.at, ENTRY.c.hash).join(
        _LAST_OF, (_LAST_OF.c.stream == ENTRY.c.stream) & (_LAST_OF.c.seq == ENTRY.c.seq)
    )
)
_BUT_LINES = frozenset(SCORE_FACTS) - {"scored"}


def stream_of_scores(assessment: str, unit: str) -> str:
    """The name of the stream in which the unit's scores stand."""
    return f"{MARK}{SCORE}/{assessment}/{unit}"


def entries_of(
    connection: Connection, streams: Sequence[str], kinds: Collection[str] = SCORE_FACTS
) -> Iterator[RowMapping]:
    """The entries of these streams, each stream's in order."""
    yield from _ENTRIES.all(connection, streams=texts(streams), kinds=texts(kinds))


def states_of(
    connection: Connection, assessment: str, units: Iterable[str], *, lines: bool = True
) -> dict[str, ScoreState]:
    """How these units stand in the assessment, by id; without `lines`, but for what they were scored."""
    kinds = SCORE_FACTS if lines else _BUT_LINES
    found: dict[str, ScoreState] = {}
    told: defaultdict[str, list[tuple[int, str, str, ScoreFact]]] = defaultdict(list)
    by_stream = {stream_of_scores(assessment, unit): unit for unit in units}
    for row in entries_of(connection, sorted(by_stream), kinds):
        told[by_stream[row["stream"]]].append(fact_of(row))
    for unit in by_stream.values():
        found[unit] = fold_scores(told[unit])
    return found


def state_of(connection: Connection, assessment: str, unit: str) -> ScoreState:
    """How the unit stands in the assessment."""
    return states_of(connection, assessment, (unit,))[unit]


def fact_of(row: RowMapping) -> tuple[int, str, str, ScoreFact]:
    """An entry as folding takes it."""
    fact = decode_note(row["kind"], parse(row["body"]))
    assert isinstance(fact, ScoreFact)
    return row["seq"], row["actor"], f"{row['stream']}#{row['seq']}", fact


def note_scores(connection: Connection, facts: Sequence[ScoreFact], actor: Actor, now: datetime) -> list[int]:
    """These facts stand in their streams, at most one for a stream, in this transaction, which has the writers' lock:
    as `journal.note`, for many at once. Returns the number of each in its stream."""
    if not facts:
        return []
    hashing, at = hashing_of(connection), instant_text(now)
    acting = acting_columns(hand_of(connection) if actor == SYSTEM else actor)
    names = [stream_of_scores(fact.score_of, fact.unit) for fact in facts]
    last = _last(connection, names)
    rows: list[Plain] = []
    act = uuid4()
    for n, (name, fact) in enumerate(zip(names, facts, strict=True)):
        before = last.get(name)
        row: Plain = {
            "stream": name,
            "seq": before["seq"] + 1 if before else 1,
            "at": max(at, before["at"]) if before else at,
            "recorded_at": at,
            **acting,
            "kind": JOURNAL_KIND_OF[type(fact)],
            "command": f"{act}/{n}",
            "body": canonical(encode(fact)).decode(),
            "prev_hash": before["hash"] if before else GENESIS,
            "told": "[]",
        }
        row["hash"] = entry_hash(hashing, **row)
        rows.append(row)
    insert_many(connection, ENTRY, rows)
    return [row["seq"] for row in rows]


def _last(connection: Connection, streams: Sequence[str]) -> dict[str, RowMapping]:
    """The last entry of each of these streams."""
    return {row["stream"]: row for row in _ENDS.all(connection, streams=texts(streams))}
