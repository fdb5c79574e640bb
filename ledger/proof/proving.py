"""A proof bundle of one item, or of one unit's scores, out of the ledger: its entries, where they stand, what seals
them, the files they name."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, RowMapping, column, select, table

from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.proof import bundles, checking, checkpoints, keys
from ledger.proof.bundles import Absent, Attached, Contents, ErasableName, Proof, ScoreBasis, Signing
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.container import PIECE_BYTES, NotABundle
from ledger.proof.merkle import NodesMissing, Tree
from ledger.proof.score_basis import BasisFound
from ledger.proof.statements import SignedSeal
from ledger.proof.trusted import TrustedKey
from ledger.store.canonical import entry_bytes, parse
from ledger.store.database import Database, hashing_of
from ledger.store.evidence import EVIDENCE, EvidenceStore
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.office.facts import Proved

ALL_EVIDENCE_MOST = 1024 * bundles.MIB
"""Evidence in a bundle at most, all together; what comes after that is named by its hash only."""
_COLUMNS = tuple(c for c in ENTRY.c if c.name not in ("position", "hash"))
_ERASABLE = table("erasable", column("ref"), column("salt"), column("value"), column("erased"))
_ATTEMPTS = 3
_FIND_OUT = "；请运行 duban audit verify 查明"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRequest:
    """What a proof is made with. `seal`: puts all entries under a checkpoint. `timeline`: takes what people read out of
    a transaction, and then renders it, by the names of its files (bundles.HTML, bundles.PDF). `files`: None leaves
    evidence out. `basis`: for the stream `no` of a unit's scores, what they rest on; None: `no` is an item."""

    no: str
    actor: Actor
    now: datetime
    signer: Signing
    seal: Callable[[], object]
    timeline: Callable[[Connection, str, Checkpoint], Callable[[], Mapping[str, bytes]]]
    files: EvidenceStore | None
    basis: Callable[[Connection, Sequence[RowMapping]], BasisFound] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeProof:
    """What was made: the bundle as it checks, its hash and size, and why files that are named are not in it."""

    checked: checking.Checked
    file_hash: str
    size: int


def prove(database: Database, request: ProofRequest, target: Path) -> MadeProof:
    """The bundle stands in `target`, whole and checked, and the access journal says who made it.

    Raises unknown_item; ledger_broken, saying where, when what stands in the ledger does not prove itself (no file is
    left then); field_too_long when it is more than a bundle holds.
    """
    contents, render = _gather(database, request)
    store = request.files or EvidenceStore(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".duban-")
    try:
        with os.fdopen(handle, "w+b") as file:
            try:
                timeline = render()
                bundles.pack(file, replace(contents, timeline=timeline), store.get, request.signer)
            except ValueError as error:
                raise RuleViolation(
                    Code.FIELD_TOO_LONG, field="证明包", limit="4 GB", actual=f"{error!s:.100}"
                ) from error
            file.flush()
            os.fsync(file.fileno())
            made = _checked(file, contents, request)
        with database.write() as connection:
            fact = Proved(item=request.no, checkpoint=made.checked.seal.number, file_hash=made.file_hash)
            journal.note(connection, fact, request.actor, request.now)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    return made


def _gather(database: Database, request: ProofRequest) -> tuple[Contents, Callable[[], Mapping[str, bytes]]]:
    """What goes into the bundle, as one transaction saw it, and the timeline still to be rendered.

    While something happens to the item, the newest entry may be behind the last checkpoint again: after some attempts
    the bundle ends with the last entry that is sealed.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        with database.read() as connection:
            rows = _entries(connection, request)
            seal = checkpoints.latest(connection)
            sealed = [row for row in rows if seal and row["position"] <= seal.size]
            if seal and sealed and (len(sealed) == len(rows) or attempt == _ATTEMPTS):
                return _contents(connection, request, seal, sealed), request.timeline(connection, request.no, seal)
        request.seal()
    raise RuleViolation(Code.LEDGER_BROKEN, where=request.no, what="封存以后，记录仍不在任何封存点之内")


def _entries(connection: Connection, request: ProofRequest) -> list[RowMapping]:
    query = select(ENTRY).where(ENTRY.c.stream == request.no).order_by(ENTRY.c.seq).limit(bundles.ENTRIES_MOST + 1)
    rows = list(connection.execute(query).mappings())
    if not rows or (journal.is_journal(request.no) and request.basis is None):
        raise RuleViolation(Code.UNKNOWN_ITEM, no=request.no)
    return rows


def _contents(connection: Connection, request: ProofRequest, seal: Checkpoint, rows: list[RowMapping]) -> Contents:
    tree = checkpoints.tree(connection, seal.size)
    found = request.basis(connection, rows) if request.basis else None
    try:
        lines, proofs = _lines(tree, rows)
        bodies = [parse(row["body"]) for row in rows]
        named = {str(one) for body in bodies for one in body.get("evidence", ()) if found is None}
        refs = {ref for body in bodies for ref in bundles.erasable_refs(body)}
        basis = _basis(tree, found) if found else None
    except NodesMissing as missing:
        what = f"存下的树缺了一段或读不懂{_FIND_OUT}"
        raise RuleViolation(Code.LEDGER_BROKEN, where=request.no, what=what) from missing
    except (TypeError, ValueError, AttributeError) as error:
        what = f"记录读不懂（{error!s:.200}）{_FIND_OUT}"
        raise RuleViolation(Code.LEDGER_BROKEN, where=request.no, what=what) from error
    return Contents(
        hashing=hashing_of(connection),
        ledger=seal.ledger,
        item=request.no,
        made_at=request.now,
        seal=SignedSeal(body=seal.body, signature=seal.signature),
        keys=tuple(keys.statements(connection)),
        entries=lines,
        proofs=proofs,
        names=_names(connection, sorted(refs)),
        evidence=tuple(_attached(connection, sorted(named), request.files)),
        timeline={},
        basis=basis,
    )


def _lines(tree: Tree, rows: Sequence[RowMapping]) -> tuple[list[bytes], list[Proof]]:
    """The bytes of the entries that are hashed, and where each stands."""
    lines = [entry_bytes(**{c.name: row[c.name] for c in _COLUMNS}) for row in rows]
    return lines, [
        Proof(position=row["position"], path=tuple(one.hex() for one in tree.inclusion(row["position"] - 1)))
        for row in rows
    ]


def _basis(tree: Tree, found: BasisFound) -> ScoreBasis:
    lines, proofs = _lines(tree, found.rows)
    return ScoreBasis(entries=lines, proofs=proofs, processes=[body.encode() for body in found.processes])


def _names(connection: Connection, refs: list[str]) -> list[ErasableName]:
    """The names of the entries, each as it stands apart, or with why it does not."""
    if not refs:
        return []
    query = select(_ERASABLE).where(_ERASABLE.c.ref.in_(refs))
    rows = {row["ref"]: row for row in connection.execute(query).mappings()}
    return [_name(ref, rows.get(ref)) for ref in refs]


def _name(ref: str, row: RowMapping | None) -> ErasableName:
    if row is None or row["salt"] is None or row["value"] is None:
        return ErasableName(ref=ref, absent=Absent.ERASED if row and row["erased"] else Absent.MISSING)
    return ErasableName(ref=ref, salt=row["salt"], value=row["value"])


def _attached(connection: Connection, ids: list[str], files: EvidenceStore | None) -> Iterable[Attached]:
    """The files by id, each with why it is not in the bundle, if it is not."""
    query = select(EVIDENCE).where(EVIDENCE.c.id.in_(ids))
    rows = {row["id"]: row for row in connection.execute(query).mappings()}
    left = ALL_EVIDENCE_MOST
    for id_ in ids:
        row = rows.get(id_)
        size = row["size"] if row else 0
        absent: Absent | None = None
        if row and row.get("erased"):
            absent = Absent.ERASED
        elif files is None:
            absent = Absent.LEFT_OUT
        elif row is None or not files.path(id_).is_file():
            absent = Absent.MISSING
        elif size > left:
            absent = Absent.TOO_LARGE
        else:
            left -= size
        name, media_type = (row["name"], row["media_type"]) if row else ("", "")
        yield Attached(id=id_, name=name, size=size, media_type=media_type, absent=absent)


def _checked(file: BinaryIO, contents: Contents, request: ProofRequest) -> MadeProof:
    """The bundle as its receiver will check it: what does not hold is found here, and not by them."""
    file.seek(0)
    try:
        checked = checking.check_open(file, TrustedKey(id=request.signer.id))
    except NotABundle as refusal:
        raise RuleViolation(Code.LEDGER_BROKEN, where=request.no, what=f"{refusal}{_FIND_OUT}") from refusal
    file.seek(0)
    digest = contents.hashing.new(b"")
    while chunk := file.read(PIECE_BYTES):
        digest.update(chunk)
    return MadeProof(checked=checked, file_hash=digest.hexdigest(), size=file.tell())
