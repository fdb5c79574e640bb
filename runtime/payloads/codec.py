"""What workflows carry, encrypted before it leaves this process (AES-256-GCM): Temporal's server, its database, its
backups and its screens hold no word of it.

A payload becomes one whose metadata say so and name the key, as Temporal's own examples do, so that its tools know what
they see. What was stored before encryption was switched on is read as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from runtime.payloads.ring import KeyRing
from workflows.converter import ENCODING, ENCRYPTED, REASON

KEY_ID = "encryption-key-id"
_NONCE = 12
"""Bytes, chosen at random each time: a key is good for some 2^32 payloads (NIST SP 800-38D, 8.3)."""
_DOMAIN = b"duban payload 1 "


class EncryptedPayloads(PayloadCodec):
    """Encrypts with the ring's newest key where it is to (`encrypts`), and decrypts with all of them."""

    def __init__(self, ring: KeyRing, *, encrypts: bool) -> None:
        self._ring, self._encrypts = ring, encrypts

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See the base class."""
        return [self._locked(one) for one in payloads] if self._encrypts else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See the base class. What cannot be decrypted stays as it is, with the reason: whoever wants to know what is
        in it is told so (workflows.converter). Were it refused here, a command that one process encrypted with a key
        of its own would hold up the item's whole workflow; so it alone is refused."""
        return [self._opened(one) if one.metadata.get(ENCODING) == ENCRYPTED else one for one in payloads]

    def _locked(self, plain: Payload) -> Payload:
        key, nonce = self._ring.encrypting(datetime.now(UTC)), os.urandom(_NONCE)
        named = key.id.encode()
        data = nonce + key.cipher.encrypt(nonce, plain.SerializeToString(), _DOMAIN + named)
        return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: named}, data=data)

    def _opened(self, locked: Payload) -> Payload:
        named = locked.metadata.get(KEY_ID, b"")
        key = self._ring.opening(named.decode("ascii", "replace"))
        if key is None:
            shown = named.decode("ascii", "replace")[:32]
            return _because(
                locked,
                f"流程内容是用密钥 {shown} 加密的，{self._ring.path} 里没有这一把："
                "把配套的密钥文件放回来，流程会自己接着办",
            )
        try:
            plain = key.cipher.decrypt(locked.data[:_NONCE], locked.data[_NONCE:], _DOMAIN + named)
            return Payload.FromString(plain)
        except (InvalidTag, ValueError, DecodeError):
            return _because(locked, f"流程内容用密钥 {key.id} 解不开：它在流程引擎里被改动过")


def _because(locked: Payload, reason: str) -> Payload:
    return Payload(metadata={**locked.metadata, REASON: reason.encode()}, data=locked.data)
