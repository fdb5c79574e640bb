"""What a proof bundle is: its manifest, which files in which order, how large each may be; and packing one. Pure.

docs/ledger.md says the same for strangers. What goes into one is ledger/proof/proving.py, checking one
ledger/proof/checking.py.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from ledger.proof import container
from ledger.proof.container import Member
from ledger.proof.statements import BUNDLE_TAG, SignedKey, SignedSeal
from ledger.store.apart import ref_of
from ledger.store.canonical import canonical
from ledger.store.hashing import Hashing
from rules.codec import encode

FORMAT = "duban proof 1"

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
"""The first two members. Every other member is in the manifest's list of files, in that order."""

ENTRIES, PROOFS, NAMES, HTML, PDF = "entries.jsonl", "proofs.jsonl", "names.jsonl", "timeline.html", "timeline.pdf"
BASIS, BASIS_PROOFS, PROCESS_BODIES = "basis.jsonl", "basis-proofs.jsonl", "processes.jsonl"
"""Of a unit's scores only: the entries of other streams that they rest on, where these stand, and the processes by
which was asked."""

MIB = 1 << 20
MANIFEST_MOST = 2 * MIB
LINE_MOST = MIB
"""The longest entry that the rules let through has 160 KB."""
ENTRIES_MOST = 100_000
EVIDENCE_MOST = 50 * MIB
"""As large as evidence can be when it is stored (ledger/store/evidence.py)."""
FILE_MOST = {ENTRIES: 1024 * MIB, PROOFS: 512 * MIB, NAMES: 64 * MIB, HTML: 256 * MIB, PDF: 256 * MIB}
BASIS_FILE_MOST = {BASIS: 256 * MIB, BASIS_PROOFS: 128 * MIB, PROCESS_BODIES: 64 * MIB}

_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})\Z")


class Absent(StrEnum):
    """Why an evidence file or a name is not in the bundle, so that only its hash is."""

    LEFT_OUT = "left_out"
    ERASED = "erased"
    TOO_LARGE = "too_large"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that an entry names. `id` is its hash; name, size and media type are as the ledger's index calls it."""

    id: str
    name: str
    size: int
    media_type: str
    absent: Absent | None = None

    @property
    def file(self) -> str:
        """Its name in the bundle: by hash, with the extension of its own name, so that it can be opened."""
        extension = _EXTENSION.search(self.name)
        return f"evidence/{self.id}" + (f".{extension[1].lower()}" if extension else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestMember:
    """A member: its size, and its hash by the ledger's algorithm."""

    name: str
    size: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Where an entry stands in the ledger, and the hashes that lead from it to the checkpoint's root, leaf first."""

    path: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasableName:
    """A name that an entry holds only as `ref`, the hash over `salt` (hexadecimal in here) and the name in UTF-8. Where
    it is `absent`, erased as a rule, it has neither."""

    ref: str
    salt: str | None = None
    value: str | None = None
    absent: Absent | None = None


def erasable_refs(body: Mapping[str, Any]) -> set[str]:
    """The hashes of the names that stand apart from this body of an entry."""
    pairs = [pair for held in ("matter", "answers") if isinstance(found := body.get(held), list) for pair in found]
    texts = [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return {ref for text in texts if isinstance(text, str) and (ref := ref_of(text))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything about a bundle but the contents. `key` signed the manifest; `keys` are all that the ledger has had."""

    format: str
    algorithm: str
    ledger: str
    item: str
    made_at: datetime
    entries: int
    checkpoint: SignedSeal
    key: str
    keys: tuple[SignedKey, ...]
    evidence: tuple[Attached, ...]
    files: tuple[ManifestMember, ...]


def most_of(name: str) -> int:
    """The most bytes that the member may have."""
    return FILE_MOST.get(name) or BASIS_FILE_MOST.get(name, EVIDENCE_MOST)


def order(present: Sequence[str], evidence: Sequence[Attached]) -> list[str]:
    """The members that a bundle has behind the first two, in order: what must be there, what is `present` of what may
    be, and the evidence that is not absent."""
    whole = [ENTRIES, PROOFS, *(name for name in (NAMES, *BASIS_FILE_MOST, HTML, PDF) if name in present)]
    return whole + [one.file for one in evidence if one.absent is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBasis:
    """What a unit's scores rest on: `entries` of other streams in order of position, where they stand, and the bodies
    of `processes` in order of ref."""

    entries: Sequence[bytes]
    proofs: Sequence[Proof]
    processes: Sequence[bytes] = ()

    def texts(self) -> dict[str, bytes]:
        """The members by their names; without processes there is none of them."""
        found = {
            BASIS: b"".join(line + b"\n" for line in self.entries),
            BASIS_PROOFS: b"".join(canonical(encode(one)) + b"\n" for one in self.proofs),
        }
        return found | ({PROCESS_BODIES: b"".join(line + b"\n" for line in self.processes)} if self.processes else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a bundle is made of. `entries`: the bytes that are hashed, in order of seq; `names`: in order
    of ref; `evidence`: in order of id; `timeline`: HTML and PDF by the names of their files; `basis`: of a unit's
    scores only."""

    hashing: Hashing
    ledger: str
    item: str
    made_at: datetime
    seal: SignedSeal
    keys: tuple[SignedKey, ...]
    entries: Sequence[bytes]
    proofs: Sequence[Proof]
    names: Sequence[ErasableName] = ()
    evidence: tuple[Attached, ...] = ()
    timeline: Mapping[str, bytes]
    basis: ScoreBasis | None = None


class Signing(Protocol):
    """A private key in use."""

    @property
    def id(self) -> str:
        """The key's id."""

    def sign(self, domain: bytes, body: str) -> str:
        """The signature over domain and body, in hexadecimal."""


def pack(file: BinaryIO, contents: Contents, read: Callable[[str], bytes], signer: Signing) -> None:
    """The bundle stands in the file. `read` gives an evidence file by its id; one at a time is held in memory.

    Raises ValueError when it would be more than a bundle holds.
    """
    texts = {
        ENTRIES: b"".join(line + b"\n" for line in contents.entries),
        PROOFS: b"".join(canonical(encode(one)) + b"\n" for one in contents.proofs),
        **contents.timeline,
        **(contents.basis.texts() if contents.basis else {}),
    }
    if contents.names:
        texts[NAMES] = b"".join(canonical(encode(one)) + b"\n" for one in contents.names)
    ids = {one.file: one.id for one in contents.evidence if one.absent is None}

    def content(name: str) -> bytes:
        return texts[name] if name in texts else read(ids[name])

    listed, members = [], []
    for name in order(list(texts), contents.evidence):
        data = content(name)
        if len(data) > most_of(name):
            raise ValueError(f"{name}: {len(data)} bytes are more than a bundle holds")
        listed.append(ManifestMember(name=name, size=len(data), hash=contents.hashing.hexdigest(data)))
        members.append(Member(name=name, size=len(data), crc=zlib.crc32(data)))
    manifest = Manifest(
        format=FORMAT,
        algorithm=contents.hashing.name,
        ledger=contents.ledger,
        item=contents.item,
        made_at=contents.made_at,
        entries=len(contents.entries),
        checkpoint=contents.seal,
        key=signer.id,
        keys=contents.keys,
        evidence=contents.evidence,
        files=tuple(listed),
    )
    data = canonical(encode(manifest))
    if len(data) > MANIFEST_MOST:
        raise ValueError(f"{MANIFEST}: {len(data)} bytes are more than a bundle holds")

    def all_members() -> Iterable[tuple[Member, Iterable[bytes]]]:
        for name, first in ((MANIFEST, data), (SIGNATURE, signer.sign(BUNDLE_TAG, data.decode()).encode())):
            yield Member(name=name, size=len(first), crc=zlib.crc32(first)), (first,)
        for member in members:
            yield member, (content(member.name),)

    container.write(file, all_members())
