"""The published vectors are what the code makes; and each checker, ours and the stranger's in Go, agrees with them."""

import base64
import io
import json
import runpy
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.proof.checking import check_open
from ledger.proof.container import NotABundle
from ledger.proof.merkle import continues, included
from ledger.proof.statements import CHECKPOINT_TAG, KEY_TAG, is_signed
from ledger.proof.trusted import trusted_key
from ledger.store.canonical import canonical
from ledger.store.hashing import ALGORITHMS, SHA256
from tests.ledger.proof.verifiers import built
from tests.support import bundle_world as world

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "vectors"


def vectors(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


BUNDLES = vectors("bundles.json")
TRUSTED: str = BUNDLES["trusted"]["public"]
GOOD = [pytest.param(base64.b64decode(one["file"]), id=one["algorithm"]) for one in BUNDLES["good"]]
BAD = [pytest.param(base64.b64decode(one["file"]), id=one["why"]) for one in BUNDLES["refused"]]


def test_the_files_are_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "setup" / "vectors.py"))
    for name, content in script["files"]().items():
        told = "run: .venv/bin/python setup/vectors.py"
        assert (FOLDER / name).read_text(encoding="utf-8") == script["text"](content), told


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_the_proofs_hold_by_the_code(name: str) -> None:
    tree, hashing = vectors("tree.json")[name], ALGORITHMS[name]
    leaves, roots = ([bytes.fromhex(one) for one in tree[part]] for part in ("leaves", "roots"))
    for one in tree["inclusion"]:
        path = [bytes.fromhex(text) for text in one["path"]]
        index, size = one["index"], one["size"]
        assert included(hashing, leaf=leaves[index], index=index, size=size, path=path, root=roots[size])
    for one in tree["consistency"]:
        path = [bytes.fromhex(text) for text in one["path"]]
        smaller, size = one["smaller"], one["size"]
        assert continues(hashing, smaller=smaller, smaller_root=roots[smaller], size=size, root=roots[size], path=path)


def test_the_signatures_hold_by_the_code() -> None:
    signed = vectors("signed.json")
    public = {one["id"]: bytes.fromhex(json.loads(one["statement"])["public"]) for one in signed["keys"]}
    for one in signed["keys"]:
        assert is_signed(public[one["id"]], KEY_TAG, one["statement"].encode(), one["signature"])
    for one in signed["checkpoints"]:
        body = json.loads(one["body"])
        assert is_signed(public[body["key"]], CHECKPOINT_TAG, one["body"].encode(), one["signature"])


@pytest.mark.parametrize("data", GOOD)
def test_the_good_bundles_hold_by_the_code(data: bytes) -> None:
    assert check_open(io.BytesIO(data), trusted_key(TRUSTED)).item == world.ITEM


@pytest.mark.parametrize("data", BAD)
def test_the_others_are_refused_by_the_code(data: bytes) -> None:
    with pytest.raises(NotABundle):
        check_open(io.BytesIO(data), trusted_key(TRUSTED))


@pytest.fixture(scope="session")
def go_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("check", tmp_path_factory.mktemp("go"))


def _go(program: Path, bundle: Path, data: bytes, key: str = TRUSTED) -> tuple[int, str]:
    bundle.write_bytes(data)
    done = subprocess.run([program, bundle, key], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize("data", GOOD)
def test_a_stranger_finds_that_a_good_bundle_holds(data: bytes, go_checker: Path, tmp_path: Path) -> None:
    status, told = _go(go_checker, tmp_path / "bundle", data)
    found = check_open(io.BytesIO(data), trusted_key(TRUSTED))
    assert (status, told) == (
        0,
        f"ZG2026-0001: 3 entries, 2 names apart, 1 of 2 evidence files, {found.algorithm}, checkpoint 7 of 12 entries "
        f"at 2026-11-22T04:21:10.123456Z, fingerprint {found.fingerprint}\n",
    )


@pytest.mark.parametrize("data", BAD)
def test_a_stranger_refuses_what_has_to_be_refused(data: bytes, go_checker: Path, tmp_path: Path) -> None:
    status, told = _go(go_checker, tmp_path / "bundle", data)
    assert status == 1, told
    assert told.startswith("refused: ")
    assert told.count("\n") == 1


def test_a_stranger_refuses_a_bundle_with_any_byte_changed(go_checker: Path, tmp_path: Path) -> None:
    """Of all positions some hundred, in every part; ours is tried on all of them (test_checking.py)."""
    whole = world.packed()
    for at in range(0, len(whole), 29):
        changed = bytearray(whole)
        changed[at] ^= 1 + (at * 37) % 255
        status, told = _go(go_checker, tmp_path / "bundle", bytes(changed))
        assert (status, told[:9]) == (1, "refused: "), at
    for length in range(0, len(whole), 211):
        assert _go(go_checker, tmp_path / "bundle", whole[:length])[0] == 1


ENTRIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "without a member": lambda entry: {name: value for name, value in entry.items() if name != "unit"},
    "with a member more": lambda entry: {**entry, "vnit": None},
    "with a member in capitals": lambda entry: {**{n: v for n, v in entry.items() if n != "actor"}, "Actor": "p0003"},
    "with those told as nothing": lambda entry: {**entry, "told": None},
    "at no instant": lambda entry: {**entry, "at": "2026-11-22T03:21:10Z"},
    "with evidence that is no list": lambda entry: {**entry, "body": {"evidence": "ab"}},
    "with evidence that is no list of ids": lambda entry: {**entry, "body": {"evidence": [7]}},
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_is_none_by_the_page_is_refused_by_both_though_all_of_it_is_signed(
    name: str, go_checker: Path, tmp_path: Path
) -> None:
    *first, last = world.entries_of(SHA256)
    data = world.packed(world.contents(evidence=False, lines=[*first, canonical(ENTRIES[name](json.loads(last)))]))
    with pytest.raises(NotABundle):
        check_open(io.BytesIO(data), trusted_key(world.FIRST.public.hex()))
    status, told = _go(go_checker, tmp_path / "bundle", data, world.FIRST.public.hex())
    assert (status, told[:9]) == (1, "refused: ")


def test_a_checkpoint_without_a_number_is_refused_by_both(go_checker: Path, tmp_path: Path) -> None:
    what = world.contents(evidence=False)
    leaves = [SHA256.digest(b"other %d" % n) for n in range(12)]
    for place, entry in zip((3, 5, 11), what.entries, strict=True):
        leaves[place - 1] = SHA256.digest(entry)
    for number, status in ((7, 0), (0, 1)):
        data = world.packed(replace(what, seal=world.seal_over(SHA256, leaves, world.FIRST, number=number)))
        assert _go(go_checker, tmp_path / "bundle", data, world.FIRST.public.hex())[0] == status
        if status:
            with pytest.raises(NotABundle):
                check_open(io.BytesIO(data), trusted_key(world.FIRST.public.hex()))


def test_a_stranger_takes_a_key_as_a_file_and_trusts_no_other(go_checker: Path, tmp_path: Path) -> None:
    for key, status in ((world.FIRST, 0), (world.SECOND, 0), (world.STRANGER, 1)):
        form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / "key.pem").write_bytes(key.private.public_key().public_bytes(*form))
        assert _go(go_checker, tmp_path / "bundle", world.packed(), str(tmp_path / "key.pem"))[0] == status
    assert "no public key" in _go(go_checker, tmp_path / "bundle", world.packed(), "nonsense")[1]
