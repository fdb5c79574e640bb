"""Checkpoints and the keys that sign them, as auditors note them down: number, time, size, fingerprint."""

from pydantic import Field
from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.proof import checkpoints, keys
from rules.codec import instant_text

_LISTED = 200
"""The latest checkpoints on one page; `duban audit checkpoints` has all."""


class ShownCheckpoint(Shown):
    """A seal over everything up to an entry."""

    number: int
    at: str
    size: int = Field(description="盖住全库的前多少条记录")
    fingerprint: str = Field(description="内容哈希的前 16 位，供人核对", examples=["a1b2 c3d4 e5f6 0718"])
    hash: str
    root: str
    key: str
    body: str = Field(description="签名所及的规范 JSON")
    signature: str


class ShownKey(Shown):
    """A public key that seals, or has."""

    id: str
    public: str = Field(description="32 字节的 Ed25519 公钥，十六进制")
    made_at: str
    previous: str


class ShownSeals(Shown):
    """The latest checkpoints and all keys, the newest first. `unsealed`: entries that came since."""

    checkpoints: tuple[ShownCheckpoint, ...]
    keys: tuple[ShownKey, ...]
    unsealed: int


def show_seals(connection: Connection) -> ShownSeals:
    """What is sealed, by which key, and how much is not yet."""
    last = checkpoints.latest(connection)
    found = list(checkpoints.listed(connection, max(0, last.number - _LISTED) if last else 0))[::-1]
    return ShownSeals(
        checkpoints=tuple(
            ShownCheckpoint(
                number=one.number,
                at=instant_text(one.at),
                size=one.size,
                fingerprint=one.fingerprint,
                hash=one.hash,
                root=one.root,
                key=one.key,
                body=one.body,
                signature=one.signature,
            )
            for one in found
        ),
        keys=tuple(
            ShownKey(id=said.id, public=said.public, made_at=instant_text(said.made_at), previous=said.previous)
            for one, said in keys.presented(connection)[::-1]
        ),
        unsealed=checkpoints.size_now(connection) - (last.size if last else 0),
    )
