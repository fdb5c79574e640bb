"""Bundles that are checked, refused, taken apart and packed again."""

import io
import zipfile
import zlib
from collections.abc import Callable

import pytest

from ledger.proof import bundles, container
from ledger.proof.checking import Checked, check_open
from ledger.proof.container import Member, NotABundle
from ledger.proof.trusted import TrustedKey
from ledger.store.hashing import SHA256, SM3
from tests.support import bundle_world as world
from tests.support.bundle_world import CHAIN, FIRST

BOTH = pytest.mark.parametrize("hashing", [SHA256, SM3], ids=lambda one: one.name)


TRUSTED = TrustedKey(id=FIRST.id, public=FIRST.public)


def checked(data: bytes, key: TrustedKey = TRUSTED) -> Checked:
    return check_open(io.BytesIO(data), key)


def refused(data: bytes, key: TrustedKey = TRUSTED) -> str:
    """The sentence with which the bytes are refused."""
    with pytest.raises(NotABundle) as told:
        checked(data, key)
    assert 4 < len(str(told.value)) < 300
    return str(told.value)


def small() -> bytes:
    """One entry, no evidence, hardly any timeline: few bytes, of every kind."""
    lines = world.entries_of(SHA256)[:1]
    what = world.contents(evidence=False, lines=lines, timeline={bundles.HTML: b"x"}, keys=CHAIN[:1])
    return world.packed(what, FIRST)


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
