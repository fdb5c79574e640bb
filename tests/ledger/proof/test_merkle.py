"""The tree is RFC 6962's: known vectors, a naive reference, and no proof of anything that is not so."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof import merkle
from ledger.proof.merkle import Frontier, NodesMissing, Tree, continues, grow, grown_from, included
from ledger.store.hashing import SHA256, SM3, Hashing

BOTH = pytest.mark.parametrize("hashing", [SHA256, SM3], ids=lambda one: one.name)
SIZES = st.integers(1, 700)

LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The leaves and roots that the certificate-transparency project tests with (its `merkletree` package)."""


def naive(hashing: Hashing, leaves: Sequence[bytes]) -> bytes:
    """MTH, word for word."""
    if not leaves:
        return hashing.digest(b"")
    if len(leaves) == 1:
        return hashing.digest(b"\x00" + leaves[0])
    k = split(len(leaves))
    return hashing.digest(b"\x01" + naive(hashing, leaves[:k]) + naive(hashing, leaves[k:]))


def split(count: int) -> int:
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def naive_path(hashing: Hashing, m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*naive_path(hashing, m, leaves[:k]), naive(hashing, leaves[k:])]
    return [*naive_path(hashing, m - k, leaves[k:]), naive(hashing, leaves[:k])]


def naive_proof(hashing: Hashing, m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF, word for word."""
    if m == len(leaves):
        return [] if whole else [naive(hashing, leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*naive_proof(hashing, m, leaves[:k], whole), naive(hashing, leaves[k:])]
    return [*naive_proof(hashing, m - k, leaves[k:], False), naive(hashing, leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % n).digest() for n in range(count)]


class Stored:
    """What a database would keep: entries' hashes, and the nodes that sealing stored; counts what is read."""

    def __init__(self, hashing: Hashing, leaves: Sequence[bytes], seals: Sequence[int] = ()) -> None:
        self.hashing, self.all, self.rows, self.reads = hashing, leaves, 0, 0
        self.kept: dict[tuple[int, int], bytes] = {}
        frontier = Frontier(hashing=hashing)
        for size in (*sorted(seals), len(leaves)):
            frontier, complete = grow(frontier, leaves[frontier.size : size])
            self.kept |= {(node.level, node.index): node.hash for node in complete}

    def leaves(self, first: int, count: int) -> list[bytes]:
        found = list(self.all[first : first + count])
        return self.counted(found)

    def nodes(self, level: int, first: int, count: int) -> list[bytes]:
        assert level in merkle.LEVELS
        found = [self.kept[level, n] for n in range(first, first + count) if (level, n) in self.kept]
        return self.counted(found)

    def counted(self, found: list[bytes]) -> list[bytes]:
        self.rows, self.reads = self.rows + len(found), self.reads + 1
        return found

    def tree(self, size: int | None = None) -> Tree:
        size = len(self.all) if size is None else size
        return Tree(hashing=self.hashing, size=size, nodes=self.nodes, leaves=self.leaves)


def test_the_roots_are_those_of_the_known_vectors() -> None:
    for count, root in enumerate(ROOTS):
        assert grow(Frontier(hashing=SHA256), LEAVES[:count])[0].root().hex() == root


@BOTH
def test_small_trees_have_the_roots_and_proofs_of_the_naive_reference(hashing: Hashing) -> None:
    """Every size to 70, every leaf, every earlier size."""
    for size in range(70):
        leaves = leaves_of(size)
        tree = Stored(hashing, leaves).tree()
        root = naive(hashing, leaves)
        assert tree.root() == root
        for index in range(size):
            path = tree.inclusion(index)
            assert path == naive_path(hashing, index, leaves)
            assert included(hashing, leaf=leaves[index], index=index, size=size, path=path, root=root)
        for smaller in range(size + 1):
            path = tree.consistency(smaller)
            before = naive(hashing, leaves[:smaller])
            assert path == (naive_proof(hashing, smaller, leaves) if smaller else [])
            assert tree.root(smaller) == before
            assert continues(hashing, smaller=smaller, smaller_root=before, size=size, root=root, path=path)


@given(SIZES, st.data())
def test_a_tree_across_stored_nodes_has_the_proofs_of_the_naive_reference(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    seals = data.draw(st.lists(st.integers(0, size), max_size=4))
    tree = Stored(SHA256, leaves, seals).tree()
    within = data.draw(st.integers(1, size))
    index, smaller = data.draw(st.integers(0, within - 1)), data.draw(st.integers(1, within))
    assert tree.root(within) == naive(SHA256, leaves[:within])
    assert tree.inclusion(index, within) == naive_path(SHA256, index, leaves[:within])
    assert tree.consistency(smaller, within) == naive_proof(SHA256, smaller, leaves[:within])


@given(SIZES, st.data())
def test_a_frontier_goes_on_from_anywhere(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    cut = data.draw(st.integers(0, size))
    first, before = grow(Frontier(hashing=SM3), leaves[:cut])
    read = Frontier.of_plain(SM3, first.plain())
    assert read == first
    second, after = grow(read, leaves[cut:])
    assert (second, before + after) == grow(Frontier(hashing=SM3), leaves)
    assert second.root() == naive(SM3, leaves)
    assert Stored(SM3, leaves).tree().frontier(cut) == first


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, []), (0, [b"x" * 32]), (3, [b"x" * 32]), (1, [b"x" * 31]), (-1, []), (2**63, [b"x" * 32])]
)
def test_what_is_no_frontier_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"frontier"):
        Frontier.of_plain(SHA256, {"size": size, "hashes": [one.hex() for one in hashes]})


@given(st.integers(1, 40), st.data())
def test_no_other_leaf_place_size_path_or_root_is_proved(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    tree = Stored(SHA256, leaves).tree()
    index = data.draw(st.integers(0, size - 1))
    path, root = tree.inclusion(index), tree.root()
    good: dict[str, Any] = {"leaf": leaves[index], "index": index, "size": size, "path": path, "root": root}
    assert included(SHA256, **good)
    wrong: list[dict[str, Any]] = [
        {"leaf": b"y" * 32},
        {"root": b"y" * 32},
        {"path": [*path, root]},
        {"index": -1},
        {"index": size},
    ]
    wrong += [{"index": other} for other in range(size) if other != index]
    wrong += [{"path": path[:n] + path[n + 1 :]} for n in range(len(path))]
    wrong += [{"path": [*path[:n], b"y" * 32, *path[n + 1 :]]} for n in range(len(path))]
    wrong += [{"path": [path[0] + b"x", *path[1:]]}] if path else []
    for change in wrong:
        assert not included(SHA256, **{**good, **change})


@given(st.integers(1, 40), st.data())
def test_no_other_history_is_proved_to_be_continued(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    tree = Stored(SHA256, leaves).tree()
    smaller = data.draw(st.integers(1, size))
    path = tree.consistency(smaller)
    good: dict[str, Any] = {
        "smaller": smaller,
        "smaller_root": tree.root(smaller),
        "size": size,
        "root": tree.root(),
        "path": path,
    }
    assert continues(SHA256, **good)
    wrong: list[dict[str, Any]] = [
        {"smaller_root": b"y" * 32},
        {"root": b"y" * 32},
        {"path": [*path, b"y" * 32]},
        {"smaller": size + 1},
    ]
    wrong += [{"path": path[:n] + path[n + 1 :]} for n in range(len(path))]
    wrong += [{"path": [*path[:n], b"y" * 32, *path[n + 1 :]]} for n in range(len(path))]
    wrong += [{"smaller": -1}, {"smaller": 0}, {"smaller": smaller - 1}]
    for change in wrong:
        assert not continues(SHA256, **{**good, **change})


def test_the_empty_tree_is_continued_by_every_tree_and_nothing_else_is_called_empty() -> None:
    empty, other = SHA256.digest(b""), b"y" * 32
    assert continues(SHA256, smaller=0, smaller_root=empty, size=5, root=other, path=[])
    assert continues(SHA256, smaller=0, smaller_root=empty, size=0, root=empty, path=[])
    assert not continues(SHA256, smaller=0, smaller_root=other, size=5, root=other, path=[])
    assert not continues(SHA256, smaller=0, smaller_root=empty, size=5, root=other, path=[other])


def test_a_proof_reads_a_few_hundred_rows_and_an_items_further_proofs_none_that_were_read() -> None:
    stored = Stored(SHA256, leaves_of(70_000))
    tree = stored.tree()
    path = tree.inclusion(12_345)
    assert included(SHA256, leaf=stored.all[12_345], index=12_345, size=70_000, path=path, root=tree.root())
    before = stored.rows, stored.reads
    assert before < (1000, 8)
    tree.inclusion(12_350)
    assert (stored.rows, stored.reads) == before


def test_sealing_a_little_more_reads_and_stores_only_a_little() -> None:
    stored = Stored(SHA256, leaves_of(70_000))
    before = stored.tree().frontier(66_000)
    assert stored.rows < 700
    _, complete = grow(before, stored.all[66_000:67_000])
    assert [(node.level, node.index) for node in complete] == [(8, 257 + n) for n in range(4)]


def test_what_is_missing_is_named_and_nothing_is_proved_without_it() -> None:
    stored = Stored(SHA256, leaves_of(600))
    del stored.kept[8, 1]
    with pytest.raises(NodesMissing, match=r"level 8, from 0: 2 hashes are needed, 1 are stored"):
        stored.tree().root()
    with pytest.raises(NodesMissing, match=r"level 0, from 512: 89 hashes are needed, 88 are stored"):
        Stored(SHA256, leaves_of(600)).tree(601).inclusion(600)


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 6), (0, -1)])
def test_a_proof_of_what_the_tree_does_not_hold_is_not_made(index: int, size: int) -> None:
    tree = Stored(SHA256, leaves_of(5)).tree()
    with pytest.raises(ValueError, match=r"tree of"):
        tree.inclusion(index, size)
    with pytest.raises(ValueError, match=r"tree of|beginning"):
        tree.consistency(index if index < 0 else size + 1, size)


def test_a_tree_beyond_what_is_stored_highest_is_still_read_in_blocks() -> None:
    """2^33 leaves that are all alike: what a complete subtree hashes to depends on its level only."""
    roots = [SHA256.digest(b"\x00" + b"x" * 32)]
    for _ in range(33):
        roots.append(SHA256.digest(b"\x01" + roots[-1] * 2))
    asked: list[tuple[int, int, int]] = []

    def nodes(level: int, first: int, count: int) -> list[bytes]:
        asked.append((level, first, count))
        return [roots[level]] * count

    size = 2**33 + 2**32
    tree = Tree(hashing=SHA256, size=size, nodes=nodes, leaves=lambda first, count: [b"x" * 32] * count)
    assert tree.frontier().hashes == (roots[33], roots[32])
    path = tree.inclusion(2**32 + 7)
    assert included(SHA256, leaf=b"x" * 32, index=2**32 + 7, size=size, path=path, root=tree.root())
    assert all(count == 256 for _, _, count in asked)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 600])
def test_the_stored_nodes_follow_from_the_lowest_of_them(size: int) -> None:
    leaves = [n.to_bytes(32, "big") for n in range(256)]
    _, (one,) = grow(Frontier(hashing=SHA256), leaves)
    grown, nodes = grown_from(SHA256, [one.hash] * size)
    assert grown.size == size * 256
    assert [(node.level, node.index) for node in nodes] == [(16, n) for n in range(size // 256)]
    whole, stored = grow(Frontier(hashing=SHA256), leaves * size)
    assert whole == grown
    assert [node for node in stored if node.level > 8] == nodes
