"""Which entries of other streams a unit's scores rest on: what goes into their bundle besides their own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select

from ledger.chain.entries import ENTRY
from ledger.chain.journal import MARK
from ledger.chain.pinned import PROCESS
from ledger.proof.score_checking import ITEM_ORIGINS
from ledger.store.canonical import parse

_FILES = ("assessment_loaded", "figures_loaded")
_FEW = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisFound:
    """The rows of the entries, in order of position, and the bodies of the processes by which was asked, in order of
    ref."""

    rows: Sequence[RowMapping]
    processes: Sequence[str]


def score_basis(connection: Connection, rows: Sequence[RowMapping]) -> BasisFound:
    """What these entries of a unit's scores rest on: the files and registers by which they were reckoned, the entries
    that they name, and of items those before that say with whom they were and by which process."""
    scored = [parse(row["body"]) for row in rows if row["kind"] == "scored"]
    own = rows[0]["stream"] if rows else ""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    lines = [line for body in scored for line in body.get("lines", ())]
    for name in {str(one.get("entry", "")) for line in lines for one in line.get("inputs", ())}:
        stream, _, seq = name.partition("#")
        if stream not in ("", own) and seq.isdecimal():
            wanted[stream].add(int(seq))
    found = {row["position"]: row for row in _files(connection, scored)}
    refs: set[str] = set()
    streams = sorted(wanted)
    for n in range(0, len(streams), _FEW):
        some = streams[n : n + _FEW]
        named = ENTRY.c.seq.in_({seq for stream in some for seq in wanted[stream]})
        query = select(ENTRY).where(ENTRY.c.stream.in_(some), or_(ENTRY.c.kind.in_(ITEM_ORIGINS), named))
        for row in connection.execute(query.order_by(ENTRY.c.position)).mappings():
            of = wanted[row["stream"]]
            if row["seq"] in of or (row["kind"] in ITEM_ORIGINS and row["seq"] < max(of)):
                found[row["position"]] = row
                if row["kind"] in ITEM_ORIGINS and not row["stream"].startswith(MARK):
                    refs.add(str(parse(row["body"])["process"]))
    return BasisFound(rows=[found[position] for position in sorted(found)], processes=_bodies(connection, refs))


def _files(connection: Connection, scored: Iterable[dict[str, Any]]) -> Iterable[RowMapping]:
    """The first entry of each file and register that scores name."""
    left = {("figures_loaded", "", str(one["figures"])) for one in scored}
    left |= {("assessment_loaded", str(one["score_of"]), str(one["version"])) for one in scored}
    query = select(ENTRY).where(ENTRY.c.kind.in_(_FILES)).order_by(ENTRY.c.position)
    for row in connection.execute(query).mappings():
        body = parse(row["body"])
        one = body.get("assessment") or body["register"]
        key = (row["kind"], str(one.get("id", "")), str(one.get("version", "")))
        if key in left:
            left.discard(key)
            yield row


def _bodies(connection: Connection, refs: set[str]) -> list[str]:
    query = select(PROCESS.c.ref, PROCESS.c.body).where(PROCESS.c.ref.in_(sorted(refs)))
    return [body for _, body in sorted((row.ref, row.body) for row in connection.execute(query))]
