"""Writes docs/vectors/*.json: what a checker, in whatever language, can be tried on (docs/ledger.md, docs/answers.md).

    .venv/bin/python setup/vectors.py

Nothing in those files is written by hand; a test fails when they are not what the code makes. The ledger in them is the
small one of the tests, with keys out of published seeds.
"""

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from ledger.proof.bundles import Absent, Contents  # noqa: E402
from ledger.proof.merkle import Tree  # noqa: E402
from ledger.proof.statements import Seal as Checkpoint  # noqa: E402
from ledger.proof.statements import SignedKey, SignedSeal, exactly, fingerprint  # noqa: E402
from ledger.store.canonical import canonical, parse  # noqa: E402
from ledger.store.hashing import SHA256, SM3, Hashing  # noqa: E402
from tests.support import bundle_world as world  # noqa: E402
from tests.support.chance import answer_vectors, drawing  # noqa: E402

FOLDER = ROOT / "docs" / "vectors"
BOTH = (SHA256, SM3)
SIZES = 17
INCLUSION = [
    (0, 1),
    (0, 2),
    (1, 2),
    (0, 3),
    (2, 3),
    (0, 8),
    (5, 8),
    (3, 7),
    (6, 7),
    (8, 9),
    (12, 13),
    (15, 16),
    (16, 17),
]
CONSISTENCY = [
    (0, 5),
    (1, 1),
    (1, 2),
    (1, 8),
    (2, 5),
    (3, 7),
    (4, 7),
    (4, 8),
    (6, 8),
    (7, 8),
    (8, 13),
    (10, 17),
    (16, 17),
]
EXAMPLES = {"": "", "abc": "616263", "sixteen times abcd": "61626364" * 16}


def files() -> dict[str, Any]:
    """The content of every file by its name."""
    return {
        "hashing.json": _hashing(),
        "tree.json": _trees(),
        "signed.json": _signed(),
        "bundles.json": _bundles(),
        "answers.json": answer_vectors.content(),
        "draw.json": drawing.exported(),
    }


def _hashing() -> dict[str, Any]:
    return {
        "algorithms": [
            {"what": what, "input": data, **{one.name: one.hexdigest(bytes.fromhex(data)) for one in BOTH}}
            for what, data in EXAMPLES.items()
        ],
        "entries": [
            {"bytes": line.decode(), **{one.name: one.hexdigest(line) for one in BOTH}}
            for hashing in BOTH
            for line in world.entries_of(hashing, names=world.names_of(hashing))
        ],
    }


def _trees() -> dict[str, Any]:
    leaves = {one.name: [one.digest(b"%d" % n) for n in range(SIZES)] for one in BOTH}
    return {one.name: _tree(world.tree_of(one, leaves[one.name]), leaves[one.name]) for one in BOTH}


def _tree(tree: Tree, leaves: list[bytes]) -> dict[str, Any]:
    return {
        "leaves": [one.hex() for one in leaves],
        "roots": [tree.root(size).hex() for size in range(SIZES + 1)],
        "inclusion": [
            {"index": index, "size": size, "path": [one.hex() for one in tree.inclusion(index, size)]}
            for index, size in INCLUSION
        ],
        "consistency": [
            {"smaller": smaller, "size": size, "path": [one.hex() for one in tree.consistency(smaller, size)]}
            for smaller, size in CONSISTENCY
        ],
    }


def _signed() -> dict[str, Any]:
    keys = zip((world.FIRST, world.SECOND), world.CHAIN, strict=True)
    return {
        "keys": [{"seed": key.seed.hex(), "id": key.id, **_plain(signed)} for key, signed in keys],
        "checkpoints": [_checkpoint(hashing) for hashing in BOTH],
    }


def _plain(signed: SignedKey | SignedSeal) -> dict[str, str]:
    if isinstance(signed, SignedSeal):
        return {"body": signed.body, "signature": signed.signature}
    return {"statement": signed.statement, "signature": signed.signature, "endorsement": signed.endorsement}


def _checkpoint(hashing: Hashing) -> dict[str, str]:
    signed = world.contents(hashing).seal
    digest = hashing.hexdigest(signed.body.encode())
    return {**_plain(signed), "hash": digest, "fingerprint": fingerprint(digest)}


def _bundles() -> dict[str, Any]:
    return {
        "trusted": {"id": world.FIRST.id, "public": world.FIRST.public.hex()},
        "good": [
            {"algorithm": hashing.name, "item": world.ITEM, "entries": 3, "file": _text(world.packed(_small(hashing)))}
            for hashing in BOTH
        ],
        "refused": [{"why": why, "file": _text(data)} for why, data in _bad()],
    }


def _small(hashing: Hashing) -> Contents:
    """With one evidence file inside and one outside."""
    whole = world.contents(hashing)
    first, second = whole.evidence
    return replace(whole, evidence=(first, replace(second, absent=Absent.LEFT_OUT)))


def _bad() -> Iterator[tuple[str, bytes]]:
    """Bundles with one fault each. All but the first four are signed and sealed: only what they say is wrong."""
    whole, good = _small(SHA256), world.packed(_small(SHA256))
    yield (
        "a byte of an entry is another, and so is its CRC no more",
        good.replace("已完成".encode(), "未完成".encode(), 1),
    )
    yield "something stands before the archive", b"#" + good
    yield "something stands behind the archive", good + b"\n"
    yield "the end is missing", good[:-1]
    lines = [parse(line) for line in whole.entries]
    yield "the first entry is missing", _of(lines[1:])
    yield "an entry in the middle is missing", _of([lines[0], lines[2]])
    yield "an entry is of another item", _of([lines[0] | {"stream": "ZG2026-0002"}])
    yield "an entry is not canonical JSON", _of([lines[0]], loose=True)
    yield "an entry names evidence that is not listed", _of([lines[0] | {"body": {"evidence": ["ab" * 32]}}])
    here = next(one for one in whole.names if one.value)
    yield (
        "a name is not the one that was set apart",
        world.packed(replace(whole, names=[replace(one, value="别人") if one is here else one for one in whole.names])),
    )
    yield "a name is neither there nor accounted for", world.packed(replace(whole, names=[here]))
    first, second, third = whole.proofs
    yield "two entries have each other's proofs", world.packed(replace(whole, proofs=(second, first, third)))
    yield (
        "a path is one hash too long",
        world.packed(replace(whole, proofs=(replace(first, path=(*first.path, "00" * 32)), second, third))),
    )
    seal = exactly(Checkpoint, whole.seal.body)
    yield "the checkpoint is of another ledger", _sealed_by(replace(seal, ledger="another"))
    yield "the checkpoint has another root", _sealed_by(replace(seal, root="00" * 32))
    yield (
        "the checkpoint is not signed by its key",
        world.packed(replace(whole, seal=world.signed_seal(seal, world.SECOND))),
    )
    yield "the manifest is signed by a stranger", world.packed(whole, world.STRANGER)
    forged = replace(world.CHAIN[1], endorsement=world.CHAIN[1].signature)
    yield "the second key is not endorsed by the first", world.packed(replace(whole, keys=(world.CHAIN[0], forged)))
    unvouched = (world.CHAIN[0], world.SECOND.statement(world.FIRST, lost=True))
    yield "the key that signs came after the one that is trusted was lost", world.packed(replace(whole, keys=unvouched))
    yield (
        "the key that is trusted is not among the keys",
        world.packed(replace(whole, keys=(world.STRANGER.statement(),)), world.STRANGER),
    )


def _of(entries: list[dict[str, Any]], *, loose: bool = False) -> bytes:
    lines = [canonical(one) for one in entries]
    if loose:
        lines = [line.replace(b'"actor":', b'"actor": ') for line in lines]
    return world.packed(world.contents(evidence=False, lines=lines))


def _sealed_by(seal: Checkpoint) -> bytes:
    return world.packed(replace(_small(SHA256), seal=world.signed_seal(seal, world.FIRST)))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def text(content: Any) -> str:
    """A file as it is written."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(text(content), encoding="utf-8")
