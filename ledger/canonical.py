"""Canonical JSON (RFC 8785) and the entry hash. The exact bytes are described in docs/ledger.md for other languages.

With ASCII keys and no floats a dump sorted by key is RFC 8785 to the byte, which the tests prove against `rfc8785`.
"""

from typing import Any

import orjson

from ledger.hashing import SHA256, Hashing

GENESIS = "0" * 64
"""The `prev_hash` of a stream's first entry."""


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of dicts with ASCII string keys, lists, strings, booleans, None and integers below 2^53."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def parse(text: str | bytes) -> Any:
    """The JSON value that `text` holds."""
    return orjson.loads(text)


def entry_bytes(
    *,
    stream: str,
    seq: int,
    at: str,
    recorded_at: str,
    actor: str,
    role: str,
    unit: str | None,
    kind: str,
    command: str,
    body: str,
    prev_hash: str,
    behalf: str | None = None,
    told: str | None = None,
) -> bytes:
    """The canonical JSON of an entry, which its hash is over. `body` and `told` are canonical JSON text already, and
    stand in the object as the values they are, so they are spliced in between their neighbours. `behalf` and `told` are
    members only where they are given, so that entries made before there were such things keep their hashes."""
    head = canonical({"actor": actor, "at": at, **({"behalf": behalf} if behalf else {})})[:-1]
    tail = canonical(
        {
            "command": command,
            "kind": kind,
            "prev_hash": prev_hash,
            "recorded_at": recorded_at,
            "role": role,
            "seq": seq,
            "stream": stream,
        }
    )[1:-1]
    heard = b"" if told is None else b',"told":' + told.encode()
    return b"".join((head, b',"body":', body.encode(), b",", tail, heard, b',"unit":', canonical(unit), b"}"))


def entry_hash(hashing: Hashing = SHA256, **columns: Any) -> str:
    """The entry's hash, lower-case hexadecimal, over `entry_bytes` of these columns."""
    return hashing.hexdigest(entry_bytes(**columns))
