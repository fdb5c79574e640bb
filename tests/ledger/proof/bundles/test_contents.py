"""What a bundle holds is what its entries say and nothing else, however well it is sealed."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.proof import bundles
from ledger.proof.bundles import Absent, Attached
from ledger.store.canonical import canonical, parse
from ledger.store.hashing import SHA256
from tests.ledger.proof.bundles.bundle_checks import checked, refused
from tests.support import bundle_world as world
from tests.support.bundle_world import SECOND


def sealed(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> str:
    """How entries are refused that a ledger has really sealed and signed, but that are no item's stream."""
    lines = [canonical(one) for one in change([parse(line) for line in world.entries_of(SHA256)])]
    return refused(world.packed(world.contents(evidence=False, lines=lines)))


def chained(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    head = "0" * 64
    for n, entry in enumerate(entries, 1):
        entry |= {"seq": n, "prev_hash": head}
        head = SHA256.hexdigest(canonical(entry))
    return entries


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: e[1:], "第 1 条记录的序号是 2"),
        (lambda e: [e[0], e[2]], "第 2 条记录的序号是 3"),
        (lambda e: [e[0], e[2] | {"seq": 2}], "第 2 条记录与上一条接不上"),
        (lambda e: [e[0], e[0]], "第 2 条记录的序号是 1"),
        (lambda e: [e[0] | {"actor": "x"}, *e[1:]], "第 2 条记录与上一条接不上"),
        (lambda e: [e[0] | {"prev_hash": "11" * 32}], "第 1 条记录与上一条接不上"),
        (lambda e: chained([e[0], e[1] | {"stream": "ZG2026-0002"}]), "第 2 条记录属于 'ZG2026-0002'"),
        (lambda e: chained([e[1], e[0]]), "第 2 条记录的时刻早于上一条"),
        (lambda e: [e[0] | {"at": "yesterday"}], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"seq": True}], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"body": "{}"}], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"unit": 1}], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"more": 1}], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"told": "x"}], "第 1 条记录的成员不合规定"),
        (lambda e: [{k: v for k, v in e[0].items() if k != "role"}], "第 1 条记录的成员不合规定"),
        (lambda e: [[e[0]]], "第 1 条记录的成员不合规定"),
        (lambda e: [e[0] | {"body": {"evidence": "x"}}], "第 1 条记录的佐证材料不合规定"),
        (lambda e: [e[0] | {"body": {"evidence": ["00"]}}], "记录提到的佐证材料 00 没有列入清单"),
    ],
)  # fmt: skip
def test_entries_that_are_no_items_stream_are_refused_though_they_are_sealed(
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], told: str
) -> None:
    assert told in sealed(change)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "第 1 条记录不是 JSON"),
        (b"", "第 1 条记录不是 JSON"),
        (b'{"a": 1}', "第 1 条记录不是规范的 JSON"),
        (b'{"a":1,"a":1}', "第 1 条记录不是规范的 JSON"),
        (b"\xef\xbb\xbf{}", "第 1 条记录不是 JSON"),
        (b'{"a":"\xff"}', "第 1 条记录不是 JSON"),
        (b"[" * 100_000, "第 1 条记录不是 JSON"),
        (b"[" * 500 + b"]" * 500, "第 1 条记录不是 JSON"),
        (b"{}", "第 1 条记录的成员不合规定"),
        (b'"' + b"x" * bundles.LINE_MOST + b'"', "entries.jsonl 里有一行超过 1048576 字节"),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_line_that_is_no_entry_is_refused_though_it_is_sealed(line: bytes, told: str) -> None:
    assert told in refused(world.packed(world.contents(evidence=False, lines=[line])))


def test_proofs_belong_to_their_entries() -> None:
    what = world.contents()
    first, second, third = what.proofs
    for wrong, told in (
        ((second, first, third), "不在第 7 个封存点之内"),
        ((first, second), "proofs.jsonl 只有 2 行，应有 3 行"),
        ((first, second, third, third), "proofs.jsonl 多于应有的 3 行"),
        ((first, replace(second, position=3), third), "第 2 条记录的位置不在上一条之后"),
        ((replace(first, position=0), second, third), "第 1 条记录的位置不在上一条之后"),
        ((first, second, replace(third, position=10)), "第 3 条记录不在第 7 个封存点之内"),
        ((replace(first, path=("x",)), second, third), "第 1 条记录的位置证明不合规定"),
        ((replace(first, path=("00" * 32,) * 65), second, third), "第 1 条记录的位置证明不合规定"),
        ((replace(first, path=first.path[:-1]), second, third), "第 1 条记录不在第 7 个封存点之内"),
    ):
        assert told in refused(world.packed(replace(what, proofs=wrong)))


def test_evidence_is_what_the_entries_name_and_nothing_else() -> None:
    what = world.contents()
    other = Attached(id="00" * 32, name="x", size=1, media_type="", absent=Absent.LEFT_OUT)
    assert f"清单里的佐证材料 {other.id} 没有一条记录提到" in refused(
        world.packed(replace(what, evidence=(other, *what.evidence)))
    )
    assert "没有列入清单" in refused(world.packed(replace(what, evidence=what.evidence[:1])))
    files = {one.id: b"something else" for one in what.evidence}
    file = io.BytesIO()
    evidence = tuple(replace(one, size=14) for one in what.evidence)
    bundles.pack(file, replace(what, evidence=evidence), files.__getitem__, SECOND)
    assert "的哈希与编号不符" in refused(file.getvalue())


def test_names_that_stand_apart_are_those_that_the_entries_hold_sealed() -> None:
    what = world.contents()
    found = checked(world.packed(what))
    assert (found.names, found.names_absent) == (2, 1)
    (here, gone) = sorted(what.names, key=lambda one: one.absent is not None)
    for wrong, told in (
        ([], "证明包里没有 names.jsonl"),
        ([here], "names.jsonl 只有 1 行，应有 2 行"),
        ([*what.names, here], "names.jsonl 多于应有的 2 行"),
        (what.names[::-1], "没有一条记录提到，或不按顺序"),
        ([replace(one, value="别人") if one is here else one for one in what.names], "与记录里的哈希不符"),
        ([replace(one, salt="00") if one is here else one for one in what.names], "与记录里的哈希不符"),
        ([replace(one, salt="zz") if one is here else one for one in what.names], "与记录里的哈希不符"),
        ([replace(one, value=None) if one is here else one for one in what.names], "与记录里的哈希不符"),
        ([replace(one, absent=None) if one is gone else one for one in what.names], "与记录里的哈希不符"),
        ([replace(one, value="x") if one is gone else one for one in what.names], "写明没有附上，却附上了"),
        ([replace(one, ref="ff" * 32) if one is gone else one for one in what.names], "没有一条记录提到"),
    ):
        assert told in refused(world.packed(replace(what, names=wrong)))
    without = world.contents(evidence=False)
    assert "names.jsonl 多于应有的 0 行" in refused(world.packed(replace(without, names=[here])))
