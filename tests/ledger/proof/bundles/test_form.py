"""A bundle is one form of zip and no other; whatever else a file is, it is refused in bounded memory."""

import io
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.proof import bundles
from ledger.proof.bundles import Absent, Attached, Contents
from ledger.proof.checking import check, check_open
from ledger.proof.container import NotABundle
from ledger.store.hashing import SHA256
from tests.ledger.proof.bundles.bundle_checks import TRUSTED, by_zipfile, members_of, refused, repacked
from tests.support import bundle_world as world
from tests.support.bundle_world import ITEM, SECOND


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
        with pytest.raises(NotABundle):
            check(path, TRUSTED)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotABundle, match="不是普通文件"):
        check(tmp_path / "pipe", TRUSTED)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(NotABundle, match="证明包最多"):
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
