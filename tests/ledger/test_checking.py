"""A bundle proves what it says to whoever trusts the key; one that says anything else is refused with a sentence."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import bundles, container
from ledger.bundles import Absent, Attached, Contents, Listed, Manifest
from ledger.canonical import canonical, parse
from ledger.checking import Checked, check, check_open
from ledger.container import Member, Refused
from ledger.hashing import SHA256, SM3, Hashing
from ledger.statements import BUNDLE, Seal, SignedKey, exactly, fingerprint
from ledger.trusted import TrustedKey
from rules.codec import encode
from tests.ledger import bundle_world as world
from tests.ledger.bundle_world import AT, CHAIN, FIRST, ITEM, SECOND, STRANGER, THIRD, Key

BOTH = pytest.mark.parametrize("hashing", [SHA256, SM3], ids=lambda one: one.name)
TRUSTED = TrustedKey(id=FIRST.id, public=FIRST.public)


def checked(data: bytes, key: TrustedKey = TRUSTED) -> Checked:
    return check_open(io.BytesIO(data), key)


def refused(data: bytes, key: TrustedKey = TRUSTED) -> str:
    """The sentence with which the bytes are refused."""
    with pytest.raises(Refused) as told:
        checked(data, key)
    assert 4 < len(str(told.value)) < 300
    return str(told.value)


def small() -> bytes:
    """One entry, no evidence, hardly any timeline: few bytes, of every kind."""
    lines = world.entries_of(SHA256)[:1]
    what = world.contents(evidence=False, lines=lines, timeline={bundles.HTML: b"x"}, keys=CHAIN[:1])
    return world.packed(what, FIRST)


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


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def repacked(members: dict[str, bytes]) -> bytes:
    """The members in a container of the right form."""
    file = io.BytesIO()
    container.write(file, [(Member(name=n, size=len(d), crc=zlib.crc32(d)), (d,)) for n, d in members.items()])
    return file.getvalue()


def by_zipfile(change: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        change(opened, members_of(world.packed()))
    return file.getvalue()


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


def listed(name: str, data: bytes) -> Listed:
    return Listed(name=name, size=len(data), hash=SHA256.hexdigest(data))


def signed_with(by: Key = SECOND, **change: Any) -> str:
    """How a manifest is refused that the right key has signed, but that was made by another program."""
    whole = members_of(world.packed())
    manifest = exactly(Manifest, whole[bundles.MANIFEST])
    made = {name: to(getattr(manifest, name)) if callable(to) else to for name, to in change.items()}
    data = canonical(encode(replace(manifest, **made)))
    return refused(
        repacked({**whole, bundles.MANIFEST: data, bundles.SIGNATURE: by.sign(BUNDLE, data.decode()).encode()})
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
    (here, gone) = sorted(what.sealed, key=lambda one: one.absent is not None)
    for wrong, told in (
        ([], "证明包里没有 sealed.jsonl"),
        ([here], "sealed.jsonl 只有 1 行，应有 2 行"),
        ([*what.sealed, here], "sealed.jsonl 多于应有的 2 行"),
        (what.sealed[::-1], "没有一条记录提到，或不按顺序"),
        ([replace(one, value="别人") if one is here else one for one in what.sealed], "与记录里的哈希不符"),
        ([replace(one, salt="00") if one is here else one for one in what.sealed], "与记录里的哈希不符"),
        ([replace(one, salt="zz") if one is here else one for one in what.sealed], "与记录里的哈希不符"),
        ([replace(one, value=None) if one is here else one for one in what.sealed], "与记录里的哈希不符"),
        ([replace(one, absent=None) if one is gone else one for one in what.sealed], "与记录里的哈希不符"),
        ([replace(one, value="x") if one is gone else one for one in what.sealed], "写明没有附上，却附上了"),
        ([replace(one, ref="ff" * 32) if one is gone else one for one in what.sealed], "没有一条记录提到"),
    ):
        assert told in refused(world.packed(replace(what, sealed=wrong)))
    without = world.contents(evidence=False)
    assert "sealed.jsonl 多于应有的 0 行" in refused(world.packed(replace(without, sealed=[here])))


# Forms of zip that a bundle has no use for.


def _deflated(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    for name, data in members.items():
        opened.writestr(name, data, zipfile.ZIP_DEFLATED)


def _bomb(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    opened.writestr(bundles.MANIFEST, bytes(50_000_000), zipfile.ZIP_DEFLATED)


def _plain(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    for name, data in members.items():
        opened.writestr(name, data)


def _zip64(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    for name, data in members.items():
        with opened.open(name, "w", force_zip64=True) as member:
            member.write(data)


def _extra(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    for name, data in members.items():
        about = zipfile.ZipInfo(name)
        about.extra = b"\x00\x00\x02\x00xx"
        opened.writestr(about, data)


def _symlink(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    for name, data in members.items():
        about = zipfile.ZipInfo(name)
        about.create_system, about.external_attr = 3, 0o120777 << 16
        opened.writestr(about, data)


def _comment(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    _plain(opened, members)
    opened.comment = b"comment"


def _folder(opened: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    opened.writestr("evidence/", b"")
    _plain(opened, members)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_deflated, "压缩过"), (_bomb, "压缩过"), (_plain, "不一致"), (_zip64, "zip64"), (_extra, "不一致|附加字段"),
        (_symlink, "不一致"), (_comment, "不一致"), (_folder, "名称却有 9 字节|不一致"),
    ],
)  # fmt: skip
def test_a_zip_of_another_form_is_refused(change: Callable[..., None], told: str) -> None:
    assert any(part in refused(by_zipfile(change)) for part in told.split("|"))


def with_field(at: int, form: str, value: int) -> bytes:
    """The bundle with one field of its first header changed."""
    data = bytearray(world.packed())
    struct.pack_into(form, data, at, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("at", "form", "value", "told"),
    [
        (4, "<H", 45, "zip64"), (6, "<H", 1, "加密"), (6, "<H", 8, "大小没有写在前面"), (8, "<H", 8, "压缩过"),
        (10, "<H", 1, "不一致"), (18, "<I", 5, "压缩过"), (22, "<I", 2**32 - 1, "压缩过"),
        (26, "<H", 12, "名称却有 12 字节"), (28, "<H", 4, "附加字段"),
    ],
)  # fmt: skip
def test_each_field_of_a_header_is_looked_at(at: int, form: str, value: int, told: str) -> None:
    assert told in refused(with_field(at, form, value))


def test_a_length_that_is_a_lie_is_not_believed() -> None:
    lie = bytearray(world.packed())
    struct.pack_into("<II", lie, 18, 2**31, 2**31)
    assert refused(bytes(lie)) == "manifest.json 有 2147483648 字节，最多只能有 2097152 字节"
    struct.pack_into("<II", lie, 18, 2 * 2**20, 2 * 2**20)
    assert refused(bytes(lie)).startswith("文件不完整")


@pytest.mark.parametrize(
    "manifest",
    [
        b"[" * bundles.MANIFEST_MOST,
        (b"[[]" + b",[]" * (bundles.MANIFEST_MOST // 3))[: bundles.MANIFEST_MOST - 1] + b"]",
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
        b"9" * 100_000,
        b'"' + b"\\u0000" * 300_000 + b'"',
        b"{}",
        b"null",
        b"",
        b'{"format":5}',
        b"\xff\xfe",
    ],
    ids=lambda one: repr(one[:12]),
)
def test_a_manifest_of_any_shape_is_refused_in_bounded_memory(manifest: bytes) -> None:
    whole = {**members_of(world.packed()), bundles.MANIFEST: manifest}
    data = repacked(whole)
    tracemalloc.start()
    try:
        told = refused(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert told.startswith("清单 manifest.json 不合规定")


def test_a_large_bundle_is_checked_in_bounded_memory() -> None:
    """40 MB of evidence and of entries: never more than a few at a time."""
    big = os.urandom(40 * 2**20)
    id_ = SHA256.hexdigest(big)
    lines = world.entries_of(SHA256, evidence=[id_])
    attached = Attached(id=id_, name="x", size=len(big), media_type="")
    file = io.BytesIO()
    bundles.pack(
        file, replace(world.contents(evidence=False, lines=lines), evidence=(attached,)), {id_: big}.__getitem__,
        SECOND,
    )  # fmt: skip
    file.seek(0)
    tracemalloc.start()
    try:
        check_open(file, TRUSTED)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(Refused):
            check(path, TRUSTED)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="不是普通文件"):
        check(tmp_path / "pipe", TRUSTED)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(Refused, match="证明包最多"):
        check(tmp_path / "huge", TRUSTED)


def test_a_bundle_is_checked_where_it_lies_and_nothing_is_written(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.zip").write_bytes(world.packed())
    (tmp_path / "one.zip").chmod(0o400)
    assert check(tmp_path / "one.zip", TRUSTED).item == ITEM
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def test_what_a_bundle_cannot_hold_is_not_packed() -> None:
    what = world.contents()
    with pytest.raises(ValueError, match=r"timeline\.html: .* more than a bundle holds"):
        world.packed(replace(what, timeline={bundles.HTML: bytes(bundles.FILE_MOST[bundles.HTML] + 1)}))
    many = tuple(replace(what.evidence[0], id=f"{n:064x}", absent=Absent.LEFT_OUT) for n in range(20_000))
    with pytest.raises(ValueError, match=r"manifest\.json: .* more than a bundle holds"):
        world.packed(replace(what, evidence=many))


def _kept(what: Contents) -> None:
    seen: set[str] = set()

    def read(id_: str) -> bytes:
        data = world.reader(what.hashing)(id_)
        if id_ in seen:
            data = data[::-1]
        seen.add(id_)
        return data

    bundles.pack(io.BytesIO(), what, read, SECOND)


def test_a_file_that_changes_while_it_is_packed_is_noticed() -> None:
    with pytest.raises(ValueError, match="changed while it was being written"):
        _kept(world.contents())
