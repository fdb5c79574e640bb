"""A bundle proves what it says to whoever trusts the key; one that says anything else is refused with a sentence."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof import bundles
from ledger.proof.bundles import Absent, Manifest, ManifestMember
from ledger.proof.statements import BUNDLE_TAG, Seal, SignedKey, exactly, fingerprint
from ledger.proof.trusted import TrustedKey
from ledger.store.canonical import canonical
from ledger.store.hashing import SHA256, Hashing
from rules.codec import encode
from tests.ledger.proof.bundles.bundle_checks import BOTH, checked, members_of, refused, repacked, small
from tests.support import bundle_world as world
from tests.support.bundle_world import AT, CHAIN, FIRST, ITEM, SECOND, STRANGER, THIRD, Key


@BOTH
def test_a_bundle_proves_its_entries_and_names_what_sealed_them(hashing: Hashing) -> None:
    found = checked(world.packed(world.contents(hashing)))
    assert (found.item, found.entries, found.algorithm, found.made_at) == (ITEM, 3, hashing.name, AT)
    assert (found.seal.number, found.seal.size, found.key) == (7, 12, FIRST.id)
    body = world.contents(hashing).seal.body.encode()
    assert found.fingerprint == fingerprint(hashing.hexdigest(body))
    assert sorted(one.name for one in found.evidence) == sorted(world.FILES)


@pytest.mark.parametrize("key", [FIRST, SECOND], ids=["the key before", "the key after"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "by id"])
def test_every_key_of_the_chain_is_one_to_trust(key: Key, whole: bool) -> None:
    assert checked(world.packed(), TrustedKey(id=key.id, public=key.public if whole else None)).key == FIRST.id


def test_a_key_made_after_the_one_before_was_lost_is_not_trusted_with_that_one_but_the_other_way_round() -> None:
    lost = (FIRST.statement(), SECOND.statement(FIRST, lost=True), THIRD.statement(SECOND))
    what = world.contents(keys=lost)
    for key in (SECOND, THIRD):
        assert checked(world.packed(what, THIRD), TrustedKey(id=key.id)).key == FIRST.id
    assert "之后换过没有背书的密钥（旧密钥丢失）" in refused(world.packed(what, THIRD))
    assert checked(world.packed(what, FIRST)).key == FIRST.id
    later = world.signed_seal(replace(exactly(Seal, what.seal.body), key=SECOND.id), SECOND)
    assert "这把密钥不在可信的密钥里" in refused(world.packed(replace(what, seal=later), FIRST))
    assert checked(world.packed(replace(what, seal=later), FIRST), TrustedKey(id=THIRD.id)).key == SECOND.id


def test_a_bundle_of_a_ledger_with_other_keys_is_refused_with_the_keys_that_it_has() -> None:
    told = refused(world.packed(), TrustedKey(id=STRANGER.id))
    assert told.startswith(f"证明包的密钥链里没有给定的公钥 {fingerprint(STRANGER.id)}；链里是 ")
    assert fingerprint(FIRST.id) in told
    assert "没有给定的公钥" in refused(world.packed(), TrustedKey(id=FIRST.id, public=STRANGER.public))


def test_any_zip_program_opens_it_and_the_evidence_has_its_extension() -> None:
    with zipfile.ZipFile(io.BytesIO(world.packed())) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert opened.read(bundles.ENTRIES).splitlines() == list(world.contents().entries)
    digests = {name: SHA256.hexdigest(data) for name, data in world.FILES.items()}
    assert names[:7] == [bundles.MANIFEST, bundles.SIGNATURE, *bundles.FILE_MOST]
    assert set(names[7:]) == {f"evidence/{digests['会议记录.PDF']}.pdf", f"evidence/{digests['no extension']}"}


@pytest.mark.parametrize("why", Absent)
def test_evidence_that_stays_outside_is_named_with_its_hash_and_the_reason(why: Absent) -> None:
    what = world.contents()
    without = replace(what, evidence=tuple(replace(one, absent=why) for one in what.evidence))
    data = world.packed(without)
    assert {one.absent for one in checked(data).evidence} == {why}
    assert b"minutes" not in data


# What happens to the file by chance or by hand.


def test_any_single_byte_that_is_changed_fails_the_check() -> None:
    """Every position of a small bundle, each byte changed into another, which differs from place to place."""
    whole = small()
    checked(whole)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 + (at * 37) % 255
        refused(bytes(changed))


def test_a_file_cut_at_any_length_fails_the_check() -> None:
    whole = small()
    for length in range(len(whole)):
        refused(whole[:length])


@given(st.data())
def test_a_file_changed_in_any_way_fails_the_check(data: st.DataObject) -> None:
    whole = world.packed()
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, min(len(whole), first + 200)))
    put = data.draw(st.binary(max_size=40) | st.just(whole[first:last] * 2) | st.just(whole[:first]))
    changed = whole[:first] + put + whole[last:]
    if changed != whole:
        refused(changed)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    refused(data)
    refused(b"PK\x03\x04" + data)


@pytest.mark.parametrize("before", [b"x", b"#!/bin/sh\n", b"PK\x03\x04"])
def test_nothing_stands_before_or_behind(before: bytes) -> None:
    assert "不是任何成员的开头" in refused(before + small()) or before == b"PK\x03\x04"
    refused(before + small())
    assert "后面还有多余的内容" in refused(small() + before)


# What somebody makes who knows the form. Each is otherwise right, as far as it can be without the key.


def test_each_member_is_held_by_the_manifest_and_the_manifest_by_its_signature() -> None:
    whole = members_of(world.packed())
    assert repacked(whole) == world.packed()
    for name, data in whole.items():
        told = refused(repacked({**whole, name: data[:-1] + bytes([data[-1] ^ 1])}))
        assert told != "", name
        told = refused(repacked({**whole, name: data + b"\n"}))
        assert told != "", name
    html = {**whole, bundles.HTML: whole[bundles.HTML].replace("经过".encode(), "没有".encode())}
    assert refused(repacked(html)) == "timeline.html 的内容与清单里的哈希不符：文件被改动"
    manifest = whole[bundles.MANIFEST].replace(b"2026-11-22T04:21:10.123456Z", b"2025-11-22T04:21:10.123456Z", 1)
    assert refused(repacked({**whole, bundles.MANIFEST: manifest})).startswith(
        ("清单的签名不成立", "密钥链不成立", "封存点不成立")
    )


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "evidence/../../x", "entries.jsonl\x00", ""]
)
def test_no_name_but_those_of_a_bundle_is_read_anywhere(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    whole = members_of(world.packed())
    refused(repacked({name: b"x", **whole}))
    refused(repacked({**whole, name: b"x"}))
    names = list(whole)
    refused(repacked({(name if n == 3 else one): whole[one] for n, one in enumerate(names)}))
    # Signed by the right key, too: the manifest may list no such name.
    assert "清单里的文件不是证明包该有的那些" in signed_with(files=lambda files: (*files, listed(name, b"x")))
    assert list(tmp_path.iterdir()) == []


def listed(name: str, data: bytes) -> ManifestMember:
    return ManifestMember(name=name, size=len(data), hash=SHA256.hexdigest(data))


def signed_with(by: Key = SECOND, **change: Any) -> str:
    """How a manifest is refused that the right key has signed, but that was made by another program."""
    whole = members_of(world.packed())
    manifest = exactly(Manifest, whole[bundles.MANIFEST])
    made = {name: to(getattr(manifest, name)) if callable(to) else to for name, to in change.items()}
    data = canonical(encode(replace(manifest, **made)))
    return refused(
        repacked({**whole, bundles.MANIFEST: data, bundles.SIGNATURE: by.sign(BUNDLE_TAG, data.decode()).encode()})
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "duban proof 2"}, "证明包的格式是 'duban proof 2'，这个程序只认识 'duban proof 1'"),
        ({"algorithm": "md5"}, "没有名为 'md5' 的哈希算法"),
        ({"algorithm": "sm3"}, "封存点属于另一个留痕库"),
        ({"ledger": "x"}, "封存点属于另一个留痕库"),
        ({"item": "ZG2026-0002"}, "第 1 条记录属于 'ZG2026-0001'，不属于 'ZG2026-0002'"),
        ({"entries": 2}, "entries.jsonl 多于应有的 2 行"),
        ({"entries": 4}, "entries.jsonl 只有 3 行，应有 4 行"),
        ({"entries": 0}, "清单写有 0 条记录"),
        ({"entries": 10**9}, "清单写有 1000000000 条记录"),
        ({"key": STRANGER.id}, "签署清单的密钥不在密钥链里"),
        ({"key": FIRST.id}, "清单的签名不成立"),
        ({"keys": ()}, "没有给定的公钥"),
        ({"keys": CHAIN[1:]}, "第 1 把密钥没有接着上一把"),
        ({"keys": (*CHAIN, CHAIN[1])}, "第 3 把密钥没有接着上一把"),
        ({"keys": (STRANGER.statement(),)}, "没有给定的公钥"),
        ({"evidence": ()}, "清单里的文件不是证明包该有的那些"),
        ({"evidence": lambda old: old[::-1]}, "清单里的佐证材料编号不合规定"),
        ({"evidence": lambda old: (replace(old[0], size=81), old[1])}, "的大小 80 不合规定"),
        ({"evidence": lambda old: (replace(old[0], id="../x"), old[1])}, "清单里的佐证材料编号不合规定"),
        ({"files": lambda old: old[1:]}, "清单里的文件不是证明包该有的那些"),
        ({"files": lambda old: (old[1], old[0], *old[2:])}, "清单里的文件不是证明包该有的那些"),
        ({"files": lambda old: (*old, old[-1])}, "清单里的文件不是证明包该有的那些"),
        ({"files": lambda old: (replace(old[0], size=2**40), *old[1:])}, "不合规定，最多"),
        ({"files": lambda old: (replace(old[0], size=-1), *old[1:])}, "不合规定，最多"),
        ({"files": lambda old: (replace(old[0], size=7), *old[1:])}, "清单写的是 7 字节"),
        ({"files": lambda old: (replace(old[0], hash="00" * 32), *old[1:])}, "与清单里的哈希不符"),
    ],
    ids=lambda given: "+".join(given) if isinstance(given, dict) else str(given),
)
def test_a_manifest_that_says_something_else_is_refused_though_it_is_signed(change: dict[str, Any], told: str) -> None:
    assert told in signed_with(**change)


def test_nobody_but_a_key_of_the_chain_signs() -> None:
    assert "清单的签名不成立" in signed_with(by=STRANGER)
    forged = SignedKey(statement=CHAIN[1].statement, signature=CHAIN[1].signature, endorsement=CHAIN[1].signature)
    assert "第 2 把密钥上没有上一把的真签名" in signed_with(keys=(CHAIN[0], forged))
    alone = SignedKey(statement=CHAIN[1].statement, signature=CHAIN[0].signature, endorsement=CHAIN[1].endorsement)
    assert "第 2 把密钥没有签过自己的声明" in signed_with(keys=(CHAIN[0], alone))
    other = STRANGER.statement(FIRST, id=SECOND.id)
    assert "第 2 把密钥的编号与公钥不符" in signed_with(keys=(CHAIN[0], other))
    vouched = replace(CHAIN[0], endorsement=CHAIN[0].signature)
    assert "第 1 把密钥上没有上一把的真签名" in signed_with(keys=(vouched, CHAIN[1]))
    assert "密钥链不成立：no KeyStatement" in signed_with(keys=(replace(CHAIN[0], statement="{}"),))
    loose = replace(CHAIN[0], statement=CHAIN[0].statement.replace(",", ", ", 1))
    assert "密钥链不成立：not the canonical form" in signed_with(keys=(loose, CHAIN[1]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"root": "00" * 32}, "第 1 条记录不在第 7 个封存点之内"),
        ({"size": 13}, "不在第 7 个封存点之内"),
        ({"size": 2}, "第 1 条记录不在第 7 个封存点之内"),
        ({"root": "zz"}, "封存点的内容不合规定"),
        ({"number": 0}, "封存点的内容不合规定"),
        ({"previous": "AB" * 32}, "封存点的内容不合规定"),
        ({"ledger": "y"}, "封存点属于另一个留痕库"),
        ({"algorithm": "sm3"}, "封存点属于另一个留痕库"),
        ({"key": STRANGER.id}, "这把密钥不在可信的密钥里"),
        ({"key": SECOND.id}, "第 7 个封存点的签名不成立"),
    ],
    ids=lambda given: "+".join(given) if isinstance(given, dict) else str(given),
)
def test_a_checkpoint_that_is_another_seals_nothing(change: dict[str, Any], told: str) -> None:
    right = exactly(Seal, world.contents().seal.body)
    assert told in refused(world.packed(world.contents(seal=world.signed_seal(replace(right, **change), FIRST))))


def test_a_checkpoint_needs_its_signature() -> None:
    right = world.contents().seal
    assert "签名不成立" in refused(world.packed(world.contents(seal=replace(right, signature=right.signature[::-1]))))
    assert "签名不成立" in refused(world.packed(world.contents(seal=replace(right, signature="A" * 128))))
    assert "签名不成立" in refused(world.packed(world.contents(seal=replace(right, signature=""))))


# Forms of zip that a bundle has no use for.
