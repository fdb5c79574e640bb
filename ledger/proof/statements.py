"""What is signed, and whether a signature holds: checkpoints, key statements, manifests. Pure: no database, no file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.store.canonical import canonical, parse
from rules.codec import decode, encode

CHECKPOINT_TAG = b"duban checkpoint 1\n"
KEY_TAG = b"duban key 1\n"
BUNDLE_TAG = b"duban bundle 1\n"
"""What stands before the bytes that are signed, so that no signature of one kind passes for one of another."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The body of a checkpoint. `previous`: hash of the body before it; `root`: of the Merkle tree over the first
    `size` entries; `ledger`: which ledger; `key`: whose signature it bears."""

    algorithm: str
    at: datetime
    key: str
    ledger: str
    number: int
    previous: str
    root: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatement:
    """A key presents itself. `public`: its 32 bytes, hexadecimal; `previous`: the id of the key before, or empty."""

    id: str
    made_at: datetime
    previous: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedSeal:
    """A checkpoint as it is kept: the body's canonical JSON text and the signature."""

    body: str
    signature: str


def exactly(cls: type[T], text: str | bytes) -> T:
    """The value of which `text` is the canonical JSON, to the byte. Raises ValueError for any other text."""
    try:
        plain: Any = parse(text)
        value = decode(cls, plain)
        same = canonical(encode(value))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"no {cls.__name__}: {error}") from error
    if same != (text.encode() if isinstance(text, str) else text):
        raise ValueError(f"not the canonical form of a {cls.__name__}")
    return value


def is_hash(text: str) -> bool:
    """Whether it is 32 bytes in lower-case hexadecimal."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def key_id(public: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256 of the 32 bytes."""
    return hashlib.sha256(public).hexdigest()[:16]


def fingerprint(digest: str) -> str:
    """What people compare: the first 16 digits in groups of four."""
    return " ".join(digest[n : n + 4] for n in range(0, 16, 4))


def is_signed(public: bytes, prefix: bytes, text: bytes, signature: str) -> bool:
    """Whether it is the Ed25519 signature by that key, in 128 lower-case hexadecimal digits, over prefix and text."""
    if len(signature) != 128 or set(signature) - set("0123456789abcdef"):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), prefix + text)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedKey:
    """A key statement as it is kept: its canonical JSON text, signed by the key itself and (`endorsement`) by the key
    before; empty for the first."""

    statement: str
    signature: str
    endorsement: str

    @property
    def said(self) -> KeyStatement:
        """What the statement says. Raises ValueError for what is none, as all that follows."""
        said = exactly(KeyStatement, self.statement)
        if not is_hash(said.public):
            raise ValueError("公钥不是 64 位十六进制")
        return said

    @property
    def id(self) -> str:
        """The key's id."""
        return self.said.id

    @property
    def public(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return bytes.fromhex(self.said.public)

    @property
    def is_own(self) -> bool:
        """Whether the id is the key's, and the key itself has signed."""
        return key_id(self.public) == self.id and self._is_signed_by(self.public, self.signature)

    def is_endorsed_by(self, public: bytes) -> bool:
        """Whether that key, the one before, has signed too."""
        return self._is_signed_by(public, self.endorsement)

    def _is_signed_by(self, public: bytes, signature: str) -> bool:
        return is_signed(public, KEY_TAG, self.statement.encode(), signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChain:
    """The public keys that a ledger has had, by id, the first first. `unvouched`: those that the key before did not
    endorse, since it had been lost."""

    keys: Mapping[str, bytes]
    unvouched: frozenset[str]

    def trusted_with(self, id_: str) -> dict[str, bytes]:
        """The keys to trust for whoever trusts that one: those before it, which it continues, and those after it as
        long as each is endorsed by the one before."""
        found: dict[str, bytes] = {}
        behind = False
        for other, public in self.keys.items():
            if behind and other in self.unvouched:
                break
            found[other] = public
            behind = behind or other == id_
        return found if behind else {}


def key_chain(signed: Sequence[SignedKey]) -> KeyChain:
    """The keys, when each presents itself, names the one before, and has its endorsement or none.

    Raises ValueError, saying which does not.
    """
    keys: dict[str, bytes] = {}
    unvouched: set[str] = set()
    before = ""
    for n, one in enumerate(signed, 1):
        said = one.said
        if key_id(one.public) != said.id:
            raise ValueError(f"第 {n} 把密钥的编号与公钥不符")
        if not one.is_own:
            raise ValueError(f"第 {n} 把密钥没有签过自己的声明")
        if said.previous != before or said.id in keys:
            raise ValueError(f"第 {n} 把密钥没有接着上一把")
        if not one.endorsement:
            unvouched.add(said.id)
        elif not before or not one.is_endorsed_by(keys[before]):
            raise ValueError(f"第 {n} 把密钥上没有上一把的真签名")
        keys[said.id] = one.public
        before = said.id
    return KeyChain(keys=keys, unvouched=frozenset(unvouched))


def seal_of(signed: SignedSeal, keys: Mapping[str, bytes]) -> Seal:
    """The checkpoint, when its form is right and one of the keys signed it. Raises ValueError with what is not."""
    seal = exactly(Seal, signed.body)
    if seal.number < 1 or seal.size < 0 or not is_hash(seal.previous) or not is_hash(seal.root):
        raise ValueError("封存点的内容不合规定")
    if seal.key not in keys:
        raise ValueError(f"封存点由密钥 {seal.key!r:.20} 签名，这把密钥不在可信的密钥里")
    if not is_signed(keys[seal.key], CHECKPOINT_TAG, signed.body.encode(), signed.signature):
        raise ValueError(f"第 {seal.number} 个封存点的签名不成立")
    return seal
