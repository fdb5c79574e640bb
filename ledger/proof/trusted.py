"""The key that somebody trusts, as they have it: a PEM file, 64 hexadecimal digits, or the id off a paper. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.proof.statements import fingerprint, key_id

_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s(.+?)\s-----END PUBLIC KEY-----", re.S)
_MOST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """Known by its id, and as a whole where more than the id is known."""

    id: str
    public: bytes | None = None

    def __str__(self) -> str:
        return fingerprint(self.id)

    def is_among(self, chain: Mapping[str, bytes]) -> bool:
        """Whether it is one of these keys, given by id."""
        return self.id in chain and self.public in (None, chain[self.id])


def trusted_key(given: str) -> TrustedKey:
    """The key in that file, or that is written so: PEM, 64 hexadecimal digits, or an id of 16 (spaces do not count).

    Raises ValueError, saying in Chinese what it is instead.
    """
    text = given
    try:
        path = Path(given)
        if path.is_file():
            with path.open("rb") as file:
                text = file.read(_MOST).decode("ascii", "replace")
    except (OSError, ValueError):  # a name that is too long, or holds NUL: no file then
        pass
    if "PRIVATE KEY" in text:
        raise ValueError("这是私钥；核对证明包只要公钥，私钥不要交给任何人")
    if found := _PEM.search(text):
        try:
            data = base64.b64decode("".join(found[1].split()), validate=True)
        except binascii.Error:
            data = b""
        if len(data) != 44 or not data.startswith(_SPKI):
            raise ValueError("PEM 文件里不是 Ed25519 公钥")
        public = data[12:]
        return TrustedKey(id=key_id(public), public=public)
    digits = "".join(text.split()).lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits):
        public = bytes.fromhex(digits)
        return TrustedKey(id=key_id(public), public=public)
    if re.fullmatch(r"[0-9a-f]{16}", digits):
        return TrustedKey(id=digits)
    raise ValueError("既不是公钥文件，也不是 64 位十六进制公钥或 16 位密钥编号")
