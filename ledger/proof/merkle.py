"""The Merkle tree of RFC 6962 over the entries' hashes: growing it, proofs from stored nodes, and checking proofs.

Pure: what is stored is read through functions that the caller gives. A leaf's input is the 32 raw bytes of an entry's
hash, its index is the entry's position - 1. Complete subtrees of 2^8, 2^16 and 2^24 leaves are stored by whoever seals
(`grow` names them), so that a proof in a tree of a million leaves reads a few hundred rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.store.hashing import Hashing

LEVELS = (8, 16, 24)
"""At these levels the roots of complete subtrees are stored: one row for each 256 of the stored level below."""

_WIDTH = 8
"""Levels between two stored ones."""

_KEPT = 64
"""Blocks of 256 hashes that a tree keeps at hand: 64 x 511 hashes are 3 MB."""

_MOST = 2**63 - 1
"""Leaves at most: what a position can be."""


class NodesMissing(LookupError):
    """The stored nodes or leaves of a complete subtree cannot be read, so nothing can be proved from them."""


def leaf_hash(hashing: Hashing, leaf: bytes) -> bytes:
    """H(0x00 || leaf)."""
    return hashing.digest(b"\x00" + leaf)


def node_hash(hashing: Hashing, left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right)."""
    return hashing.digest(b"\x01" + left + right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The root of the complete subtree over the leaves [index * 2^level, (index + 1) * 2^level)."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A tree of `size` leaves, in what is needed to go on: the roots of its complete subtrees, the largest first.

    One for each binary 1 in `size`, so at most 63.
    """

    hashing: Hashing
    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= _MOST or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes are no frontier of {self.size} leaves")
        if any(len(one) != 32 for one in self.hashes):
            raise ValueError("a hash of the frontier has not 32 bytes")

    def root(self) -> bytes:
        """The root of the tree; of the empty tree H("")."""
        if not self.hashes:
            return self.hashing.digest(b"")
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(self.hashing, left, root)
        return root

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"size": self.size, "hashes": [one.hex() for one in self.hashes]}

    @classmethod
    def of_plain(cls, hashing: Hashing, plain: dict[str, Any]) -> "Frontier":
        """The frontier that `plain` was made from. Raises ValueError, KeyError or TypeError for anything else."""
        return cls(hashing=hashing, size=plain["size"], hashes=tuple(bytes.fromhex(one) for one in plain["hashes"]))


def grow(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
    """The tree with these leaves behind it, and the nodes to store: those at LEVELS that became complete, in order.

    Costs two hashes a leaf, whatever stood there before: sealing 1,000 entries onto 1,000,000 reads only the 1,000.
    """
    new = frontier.hashing.new
    size, stack = frontier.size, list(frontier.hashes)
    complete: list[Node] = []
    for leaf in leaves:
        node, rest, level = new(b"\x00" + leaf).digest(), size, 0
        while rest & 1:
            node = new(b"\x01" + stack.pop() + node).digest()
            rest >>= 1
            level += 1
            if level in LEVELS:
                complete.append(Node(level=level, index=size >> level, hash=node))
        stack.append(node)
        size += 1
    return Frontier(hashing=frontier.hashing, size=size, hashes=tuple(stack)), complete


def grown_from(hashing: Hashing, roots: Sequence[bytes]) -> tuple[Frontier, list[Node]]:
    """The tree whose complete subtrees of 2^8 leaves have these roots, and the nodes at the higher LEVELS that follow
    from them, in order. A hash for each 256 leaves: what is stored can be compared with itself."""
    new = hashing.new
    stack: list[bytes] = []
    complete: list[Node] = []
    for index, root in enumerate(roots):
        node, rest, level = root, index, _WIDTH
        while rest & 1:
            node = new(b"\x01" + stack.pop() + node).digest()
            rest >>= 1
            level += 1
            if level in LEVELS:
                complete.append(Node(level=level, index=index << _WIDTH >> level, hash=node))
        stack.append(node)
    return Frontier(hashing=hashing, size=len(roots) << _WIDTH, hashes=tuple(stack)), complete


@dataclass(slots=True, kw_only=True)
class Tree:
    """A stored tree of `size` leaves that answers roots and proofs for every size up to its own.

    `leaves(first, count)` gives the leaves' inputs (entries' hashes), `nodes(level, first, count)` the stored nodes of
    a level of LEVELS; both in order, as many as were asked for. Blocks of 256 are read, and the last of them kept.
    """

    hashing: Hashing
    size: int
    nodes: Callable[[int, int, int], Sequence[bytes]]
    leaves: Callable[[int, int], Sequence[bytes]]
    _blocks: dict[tuple[int, int], list[list[bytes]]] = field(default_factory=dict, init=False, repr=False)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves (of all by default).

        Raises NodesMissing when something that stood at sealing is gone; so does every other answer.
        """
        return self.frontier(size).root()

    def frontier(self, size: int | None = None) -> Frontier:
        """What `grow` needs to go on after the first `size` leaves."""
        size = self._within(size)
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(self._complete(level, start >> level))
                start += 1 << level
        return Frontier(hashing=self.hashing, size=size, hashes=tuple(hashes))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962 2.1.1, from the leaf upwards."""
        size = self._within(size)
        if not 0 <= index < size:
            raise ValueError(f"leaf {index} is not in a tree of {size}")
        path: list[bytes] = []
        first, last = 0, size
        while last - first > 1:
            middle = first + _split(last - first)
            if index < middle:
                path.append(self._root_of(middle, last))
                last = middle
            else:
                path.append(self._root_of(first, middle))
                first = middle
        path.reverse()
        return path

    def consistency(self, smaller: int, size: int | None = None) -> list[bytes]:
        """PROOF(smaller, D[size]) of RFC 6962 2.1.2; empty for the empty tree, which every tree continues."""
        size = self._within(size)
        if not 0 <= smaller <= size:
            raise ValueError(f"a tree of {smaller} is not the beginning of one of {size}")
        if smaller in (0, size):
            return []
        path: list[bytes] = []
        first, last, whole = 0, size, True
        while smaller != last:
            middle = first + _split(last - first)
            if smaller <= middle:
                path.append(self._root_of(middle, last))
                last = middle
            else:
                path.append(self._root_of(first, middle))
                first, whole = middle, False
        if not whole:
            path.append(self._root_of(first, last))
        path.reverse()
        return path

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ValueError(f"{size} leaves are not within a tree of {self.size}")
        return size

    def _root_of(self, first: int, last: int) -> bytes:
        """MTH(D[first:last]), for the ranges that proofs are made of: `first` is a multiple of what the range is
        rounded up to."""
        count = last - first
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._complete(level, first >> level)
        middle = first + _split(count)
        return node_hash(self.hashing, self._root_of(first, middle), self._root_of(middle, last))

    def _complete(self, level: int, index: int) -> bytes:
        base = min(level - level % _WIDTH, LEVELS[-1])
        if level - base > _WIDTH:  # beyond 2^32 leaves: nothing is stored any higher
            return node_hash(
                self.hashing, self._complete(level - 1, 2 * index), self._complete(level - 1, 2 * index + 1)
            )
        block = index << (level - base) >> _WIDTH
        return self._block(base, block)[level - base][index - (block << _WIDTH >> (level - base))]

    def _block(self, base: int, block: int) -> list[list[bytes]]:
        """All complete nodes over 256 neighbours of the stored level `base` (0: the leaves), level by level."""
        if (base, block) in self._blocks:
            return self._blocks[base, block]
        first = block << _WIDTH
        count = min(1 << _WIDTH, (self.size >> base) - first)
        rows = [self._read(base, first, count)]
        new = self.hashing.new
        while len(below := rows[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            rows.append([new(b"\x01" + left + right).digest() for left, right in pairs])
        if len(self._blocks) >= _KEPT:
            del self._blocks[next(iter(self._blocks))]
        self._blocks[base, block] = rows
        return rows

    def _read(self, base: int, first: int, count: int) -> list[bytes]:
        found = list(self.nodes(base, first, count) if base else self.leaves(first, count))
        if len(found) != count:
            raise NodesMissing(f"level {base}, from {first}: {count} hashes are needed, {len(found)} are stored")
        return found if base else [leaf_hash(self.hashing, one) for one in found]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def included(hashing: Hashing, *, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that `leaf` is the one at `index` of the `size` leaves under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(one) != 32 for one in path):
        return False
    here, last, found = index, size - 1, leaf_hash(hashing, leaf)
    for one in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(hashing, one, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(hashing, found, one)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def continues(
    hashing: Hashing, *, smaller: int, smaller_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` proves that the tree of `size` leaves under `root` begins with the `smaller` leaves under
    `smaller_root` (RFC 9162, 2.1.4.2)."""
    if not 0 <= smaller <= size or any(len(one) != 32 for one in path):
        return False
    if smaller == 0:
        return not path and smaller_root == hashing.digest(b"")
    if smaller == size:
        return not path and smaller_root == root
    hashes: Iterator[bytes] = iter((smaller_root, *path) if smaller & (smaller - 1) == 0 else path)
    here, last = smaller - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = next(hashes, b"")
    for one in hashes:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(hashing, one, before), node_hash(hashing, one, after)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            after = node_hash(hashing, after, one)
        here, last = here >> 1, last >> 1
    return last == 0 and before == smaller_root and after == root
