"""Checkpoints: signed seals over everything up to an entry. Making them, reading them, proofs between two of them.

A checkpoint's `body` is canonical JSON: algorithm, at, key, ledger, number, previous, root, size (docs/ledger.md).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from ledger.proof.keys import KeyProblem, Signer, registered
from ledger.proof.merkle import LEVELS, Frontier, Node, NodesMissing, Tree, continues, grow, grown_from
from ledger.proof.statements import CHECKPOINT_TAG, Seal, exactly, fingerprint, is_signed
from ledger.store.canonical import GENESIS, canonical
from ledger.store.database import Database, hashing_of
from ledger.store.hashing import hashing
from ledger.store.proof_tables import CheckpointRow, LedgerIdentity, TreeNode
from ledger.store.tables import Entry, table_of
from rules.codec import encode
from rules.errors import Code, RuleViolation

CHECKPOINT = table_of(CheckpointRow)
ENTRY = table_of(Entry)
IDENTITY = table_of(LedgerIdentity)
NODE = table_of(TreeNode)
_CHUNK = 5000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Seal):
    """A seal as it is kept: `body`, the text that was signed, says all the rest."""

    body: str
    signature: str

    @classmethod
    def of(cls, body: str, signature: str) -> "Checkpoint":
        """The checkpoint that the body describes. Raises ValueError for what is none."""
        seal = exactly(Seal, body)
        return cls(body=body, signature=signature, **{one.name: getattr(seal, one.name) for one in fields(Seal)})

    @property
    def hash(self) -> str:
        """The hash of the body: what the next checkpoint names as the one before it."""
        return hashing(self.algorithm).hexdigest(self.body.encode())

    @property
    def fingerprint(self) -> str:
        """Sixteen digits of the hash for people to compare: "a1b2 c3d4 e5f6 0718"."""
        return fingerprint(self.hash)

    def is_signed_by(self, public: bytes) -> bool:
        """Whether that key has signed the body."""
        return is_signed(public, CHECKPOINT_TAG, self.body.encode(), self.signature)


def identity(connection: Connection) -> str:
    """Which ledger this is."""
    return str(connection.execute(select(IDENTITY.c.id)).scalar_one())


def size_now(connection: Connection) -> int:
    """How many entries stand in the ledger."""
    size: int = connection.execute(select(func.coalesce(func.max(ENTRY.c.position), 0))).scalar_one()
    return size


def latest(connection: Connection) -> Checkpoint | None:
    """The last checkpoint; None before the first. Raises ledger_broken, as all that follow, when it cannot be read."""
    row = connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.number.desc()).limit(1)).mappings().first()
    return _checkpoint(row) if row else None


def by_number(connection: Connection, number: int) -> Checkpoint:
    """The checkpoint of that number. Raises unknown_checkpoint."""
    row = connection.execute(select(CHECKPOINT).where(CHECKPOINT.c.number == number)).mappings().first()
    if row is None:
        raise RuleViolation(Code.UNKNOWN_CHECKPOINT, actual=number)
    return _checkpoint(row)


def listed(connection: Connection, after: int = 0) -> Iterator[Checkpoint]:
    """Every checkpoint behind the number `after`, in order."""
    query = select(CHECKPOINT).where(CHECKPOINT.c.number > after).order_by(CHECKPOINT.c.number)
    for row in connection.execute(query).mappings():
        yield _checkpoint(row)


def listed_rows(connection: Connection, after: int = 0, limit: int | None = None) -> Iterator[RowMapping]:
    """The rows of the checkpoints behind the number `after`, as they stand there, readable or not."""
    query = select(CHECKPOINT).where(CHECKPOINT.c.number > after)
    yield from connection.execute(query.order_by(CHECKPOINT.c.number).limit(limit)).mappings()


def covering(connection: Connection, position: int) -> Checkpoint | None:
    """The latest checkpoint, if it covers the entry at that position."""
    found = latest(connection)
    return found if found and found.size >= position else None


def _checkpoint(row: RowMapping) -> Checkpoint:
    try:
        return Checkpoint.of(row["body"], row["signature"])
    except ValueError as error:
        what = "内容读不懂：被改动过；请运行 duban audit verify"
        raise RuleViolation(Code.LEDGER_BROKEN, where=f"封存点 {row['number']}", what=what) from error


def seal(database: Database, signer: Signer, now: datetime, *, beyond: int = 0) -> tuple[Checkpoint, bool]:
    """Everything that stands in the ledger is under a checkpoint; returns it, and whether it is a new one.

    The tree grows before the writers' lock is taken, so nobody waits for it. Whoever else seals meanwhile wins.
    `beyond`: the last number outside, which a ledger that was set back does not know; it is not given a second time.
    Stored nodes that do not lead to the last checkpoint's root are made anew from the entries, and a warning says so.
    Raises ledger_broken when the entries do not lead there either, KeyProblem when the signer's key was replaced
    meanwhile: a key that was replaced seals nothing.
    """
    while True:
        with database.read() as connection:
            before = latest(connection)
            size = size_now(connection)
            frontier, nodes, anew = _sealed(connection, before)
            is_new = before is None or before.size < size
            if before and not is_new and not anew:
                return before, False
            frontier, more = grow(frontier, leaves_between(connection, frontier.size, size))
        with database.write() as connection:
            if latest(connection) != before:
                continue
            if anew:
                connection.execute(delete(NODE))
            _store(connection, [*nodes, *more])
            if before and not is_new:
                made = before
            else:
                latest_key = registered(connection)
                if latest_key is None or latest_key.id != signer.id:
                    raise KeyProblem(f"封存密钥 {signer.id} 不是库里登记的最后一把：刚被换过。再封存一次。")
                made = _signed(connection, signer, before, frontier, now, beyond)
                row = {name: getattr(made, name) for name in ("number", "size", "key", "body", "signature")}
                connection.execute(insert(CHECKPOINT).values(**row))
        if anew and before:
            _log.warning("存下的树与封存点 #%d 不符（被改动过），已由记录重建；记录与封存点相符。", before.number)
        return made, is_new


def _store(connection: Connection, nodes: list[Node]) -> None:
    rows = [{"level": node.level, "n": node.index, "hash": node.hash.hex()} for node in nodes]
    if rows:
        connection.execute(insert(NODE), rows)


def _signed(
    connection: Connection, signer: Signer, before: Checkpoint | None, frontier: Frontier, now: datetime, beyond: int
) -> Checkpoint:
    made = Seal(
        algorithm=frontier.hashing.name,
        at=now,
        key=signer.id,
        ledger=identity(connection),
        number=max(before.number if before else 0, beyond) + 1,
        previous=before.hash if before else GENESIS,
        root=frontier.root().hex(),
        size=frontier.size,
    )
    body = canonical(encode(made)).decode()
    return Checkpoint.of(body, signer.sign(CHECKPOINT_TAG, body))


def _sealed(connection: Connection, before: Checkpoint | None) -> tuple[Frontier, list[Node], bool]:
    """The tree over what the last checkpoint seals; where the stored nodes do not lead to its root, with all nodes to
    store in their place. Raises ledger_broken when the entries do not lead to it."""
    empty = Frontier(hashing=hashing_of(connection))
    if before is None:
        return empty, [], _any_node(connection)
    frontier = _stored(connection, before.size)
    if frontier and frontier.root().hex() == before.root:
        return frontier, [], False
    frontier, nodes = grow(empty, leaves_between(connection, 0, before.size))
    if frontier.root().hex() != before.root:
        raise _astray(before)
    return frontier, nodes, True


def _any_node(connection: Connection) -> bool:
    return connection.execute(select(NODE.c.n).limit(1)).first() is not None


def _stored(connection: Connection, size: int) -> Frontier | None:
    """The tree of that size, from the stored nodes; None when they are not just those that follow from each other."""
    try:
        lowest, higher = _nodes(connection)
    except (TypeError, ValueError):
        return None
    if len(lowest) != size >> LEVELS[0]:
        return None
    frontier, nodes = grown_from(hashing_of(connection), lowest)
    if sorted((node.level, node.index, node.hash) for node in nodes) != higher:
        return None
    return grow(frontier, leaves_between(connection, frontier.size, size))[0]


def _nodes(connection: Connection) -> tuple[list[bytes], list[tuple[int, int, bytes]]]:
    """The stored nodes: those of the lowest level in order, and all others. Raises ValueError for what is none."""
    lowest: list[bytes] = []
    higher: list[tuple[int, int, bytes]] = []
    for level, n, text in connection.execute(select(NODE).order_by(NODE.c.level, NODE.c.n)):
        if level != LEVELS[0]:
            higher.append((level, n, bytes.fromhex(text)))
        elif n == len(lowest):
            lowest.append(bytes.fromhex(text))
        else:
            raise ValueError("a node is missing")
    return lowest, higher


def _astray(before: Checkpoint) -> RuleViolation:
    where, what = f"封存点 {before.number}", "由留痕库重算的根与它不符；请先运行 duban audit verify"
    return RuleViolation(Code.LEDGER_BROKEN, where=where, what=what)


def leaves_between(connection: Connection, after: int, size: int) -> Iterator[bytes]:
    """The hashes of the entries in (after, size], in order of position. Raises ledger_broken for a gap."""
    while after < size:
        query = select(ENTRY.c.position, ENTRY.c.hash).where(ENTRY.c.position > after, ENTRY.c.position <= size)
        rows = connection.execute(query.order_by(ENTRY.c.position).limit(_CHUNK)).all()
        if not rows:
            raise RuleViolation(Code.LEDGER_BROKEN, where=f"全库第 {after + 1} 条", what="缺少这条记录")
        for position, found in rows:
            if position != after + 1:
                raise RuleViolation(Code.LEDGER_BROKEN, where=f"全库第 {after + 1} 条", what="缺少这条记录")
            after = position
            yield bytes.fromhex(found)


def tree(connection: Connection, size: int) -> Tree:
    """The stored tree over the first `size` entries, which a checkpoint has sealed."""

    def nodes(level: int, first: int, count: int) -> list[bytes]:
        where = (NODE.c.level == level, NODE.c.n >= first, NODE.c.n < first + count)
        rows = connection.execute(select(NODE.c.hash).where(*where).order_by(NODE.c.n)).scalars()
        try:
            return [bytes.fromhex(row) for row in rows]
        except ValueError as error:
            raise NodesMissing(f"level {level}, from {first}: no hash") from error

    def leaves(first: int, count: int) -> list[bytes]:
        where = (ENTRY.c.position > first, ENTRY.c.position <= first + count)
        rows = connection.execute(select(ENTRY.c.hash).where(*where).order_by(ENTRY.c.position)).scalars()
        return [bytes.fromhex(row) for row in rows]

    return Tree(hashing=hashing_of(connection), size=size, nodes=nodes, leaves=leaves)


def consistency(connection: Connection, smaller: Checkpoint, larger: Checkpoint) -> list[str]:
    """The proof (RFC 6962, 2.1.2) that the larger checkpoint's entries begin with the smaller one's, in hexadecimal.

    Raises ledger_broken when what is stored gives no proof that holds.
    """
    try:
        path = tree(connection, larger.size).consistency(smaller.size, larger.size)
        roots = {"smaller_root": bytes.fromhex(smaller.root), "root": bytes.fromhex(larger.root)}
    except (NodesMissing, ValueError):
        path, roots = [], {"smaller_root": b"", "root": b"-"}
    if not continues(hashing_of(connection), smaller=smaller.size, size=larger.size, path=path, **roots):
        where = f"封存点 {smaller.number} 与 {larger.number}"
        what = "由留痕库得不出成立的一致性证明；请运行 duban audit verify 查明"
        raise RuleViolation(Code.LEDGER_BROKEN, where=where, what=what)
    return [one.hex() for one in path]
