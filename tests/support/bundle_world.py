"""A small ledger made by hand, and bundles of it: nothing here needs a database. Keys are made from fixed seeds."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.proof import bundles
from ledger.proof.bundles import Absent, Attached, Contents, ErasableName, Proof, Signing
from ledger.proof.merkle import Frontier, Tree, grow
from ledger.proof.statements import CHECKPOINT_TAG, KEY_TAG, KeyStatement, Seal, SignedKey, SignedSeal, key_id
from ledger.store.canonical import GENESIS, canonical
from ledger.store.hashing import SHA256, Hashing
from rules.codec import encode

ITEM = "ZG2026-0001"
LEDGER = "6f1c2a52-3d0e-4d7c-9a53-0d5f0a8f7b11"
AT = datetime(2026, 11, 22, 4, 21, 10, 123456, tzinfo=UTC)
NAMES = ("王主任", "李某某")
FILES = {"会议记录.PDF": b"%PDF-1.7 minutes\n", "no extension": b"\x00\xff" * 40}


class Key:
    """An Ed25519 key out of one byte."""

    def __init__(self, seed: int) -> None:
        self.seed = bytes([seed]) * 32
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes_raw()
        self.id = key_id(self.public)

    def sign(self, domain: bytes, body: str) -> str:
        return self.private.sign(domain + body.encode()).hex()

    def statement(self, before: "Key | None" = None, *, lost: bool = False, **change: Any) -> SignedKey:
        """The key presents itself, and the one before, unless it is lost, vouches for it."""
        said = KeyStatement(id=self.id, made_at=AT, previous=before.id if before else "", public=self.public.hex())
        text = canonical(encode(replace(said, **change))).decode()
        endorsement = before.sign(KEY_TAG, text) if before and not lost else ""
        return SignedKey(statement=text, signature=self.sign(KEY_TAG, text), endorsement=endorsement)


FIRST, SECOND, THIRD, STRANGER = Key(1), Key(2), Key(3), Key(4)
CHAIN = (FIRST.statement(), SECOND.statement(FIRST))


def names_of(hashing: Hashing) -> list[ErasableName]:
    """A name and one that was erased, as they stand apart from the first entry; by ref."""
    salts = {name: hashing.digest(name.encode()) for name in NAMES}
    refs = {name: hashing.hexdigest(salt + name.encode()) for name, salt in salts.items()}
    here, gone = NAMES
    names = [
        ErasableName(ref=refs[here], salt=salts[here].hex(), value=here),
        ErasableName(ref=refs[gone], absent=Absent.ERASED),
    ]
    return sorted(names, key=lambda one: one.ref)


def entries_of(
    hashing: Hashing, item: str = ITEM, evidence: Sequence[str] = (), names: Sequence[ErasableName] = ()
) -> list[bytes]:
    """Three entries of an item, as the bytes that are hashed; the first holds names sealed, the second names the
    evidence."""
    bodies: list[dict[str, Any]] = [
        {"text": "请“限期”办结\n\t1/2 \\ 🚩"},
        {"evidence": list(evidence), "text": "已完成"} if evidence else {"text": "已完成"},
        {"reason": "未见成效"},
    ]
    if names:
        leader, person = (f"erasable:{one.ref}" for one in names)
        bodies[0] |= {"title": "记录不全", "matter": [["leader", leader], ["person", person]]}
    lines: list[bytes] = []
    head = GENESIS
    for seq, body in enumerate(bodies, 1):
        entry: dict[str, Any] = {
            "actor": f"p000{seq}",
            "at": f"2026-11-22T0{seq}:21:10.123456Z",
            "body": body,
            "command": f"c-{seq}",
            "kind": "remarked",
            "prev_hash": head,
            "recorded_at": f"2026-11-22T0{seq}:21:10.130001Z",
            "role": "leader",
            "seq": seq,
            "stream": item,
            "unit": None if seq == 1 else "u1",
            "via": "site" if seq == 1 else "console",
        }
        if seq == 2:
            told = [["p0004", "leader"], ["p0007", "liaison"]]
            entry |= {"behalf": "p0009", "command_hash": "c0" * 32, "told": told}
        if seq > 1:
            entry |= {"through": "刘 (1004)"}
        lines.append(canonical(entry))
        head = hashing.hexdigest(lines[-1])
    return lines


def signed_seal(seal: Seal, key: Key) -> SignedSeal:
    body = canonical(encode(seal)).decode()
    return SignedSeal(body=body, signature=key.sign(CHECKPOINT_TAG, body))


def seal_over(hashing: Hashing, leaves: Sequence[bytes], key: Key, **change: Any) -> SignedSeal:
    """A checkpoint over these entries' hashes."""
    seal = Seal(
        algorithm=hashing.name,
        at=AT,
        key=key.id,
        ledger=LEDGER,
        number=7,
        previous="ab" * 32,
        root=grow(Frontier(hashing=hashing), leaves)[0].root().hex(),
        size=len(leaves),
    )
    return signed_seal(replace(seal, **change), key)


def tree_of(hashing: Hashing, leaves: Sequence[bytes]) -> Tree:
    """A tree that reads everything from these leaves."""

    def nodes(level: int, first: int, count: int) -> list[bytes]:
        width = 1 << level
        return [
            grow(Frontier(hashing=hashing), leaves[n * width : (n + 1) * width])[0].root()
            for n in range(first, first + count)
        ]

    return Tree(
        hashing=hashing, size=len(leaves), nodes=nodes, leaves=lambda first, count: leaves[first : first + count]
    )


def contents(
    hashing: Hashing = SHA256, *, evidence: bool = True, lines: Sequence[bytes] | None = None, **change: Any
) -> Contents:
    """What a bundle of the item holds; its entries stand at 3, 5 and 11 of a ledger of 12."""
    files = {hashing.hexdigest(data): (name, data) for name, data in FILES.items()} if evidence else {}
    names = names_of(hashing) if evidence and lines is None else []
    entries = list(lines) if lines is not None else entries_of(hashing, evidence=list(files), names=names)
    places = [3, 5, 11, *range(13, 10 + len(entries))]
    places = places[: len(entries)]
    leaves = [hashing.digest(b"other %d" % n) for n in range(max(12, *places))]
    for place, entry in zip(places, entries, strict=True):
        leaves[place - 1] = hashing.digest(entry)
    tree = tree_of(hashing, leaves)
    proofs = [Proof(position=p, path=tuple(one.hex() for one in tree.inclusion(p - 1))) for p in places]
    attached = [
        Attached(id=id_, name=name, size=len(data), media_type="application/octet-stream")
        for id_, (name, data) in sorted(files.items())
    ]
    whole = Contents(
        hashing=hashing,
        ledger=LEDGER,
        item=ITEM,
        made_at=AT,
        seal=seal_over(hashing, leaves, FIRST),
        keys=CHAIN,
        entries=entries,
        proofs=proofs,
        names=names,
        evidence=tuple(attached),
        timeline={bundles.HTML: "<!doctype html>经过".encode(), bundles.PDF: b"%PDF-1.7\n"},
    )
    return replace(whole, **change)


def reader(hashing: Hashing) -> Callable[[str], bytes]:
    files = {hashing.hexdigest(data): data for data in FILES.values()}
    return files.__getitem__


def packed(what: Contents | None = None, signer: Signing = SECOND) -> bytes:
    """The bundle as a file's bytes."""
    what = what or contents()
    file = io.BytesIO()
    bundles.pack(file, what, reader(what.hashing), signer)
    return file.getvalue()
