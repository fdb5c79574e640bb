"""Canonical JSON (RFC 8785) and the entry hash. The exact bytes are described in docs/ledger.md for other languages.

With ASCII keys and no floats a dump sorted by key is RFC 8785 to the byte, which the tests prove against `rfc8785`.
"""

import hashlib
from typing import Any

import orjson

GENESIS = "0" * 64
"""The `prev_hash` of a stream's first entry."""


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of dicts with ASCII string keys, lists, strings, booleans, None and integers below 2^53."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def parse(text: str | bytes) -> Any:
    """The JSON value that `text` holds."""
    return orjson.loads(text)


def entry_hash(
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
) -> str:
    """SHA-256, lower-case hexadecimal, over the canonical JSON of an entry. `body` is canonical JSON text already, and
    stands in the hashed object as the value it is, so it is spliced in between its neighbours. `behalf` is a member of
    the object only where there is one, so that entries made before there was such a thing keep their hashes."""
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
            "unit": unit,
        }
    )[1:]
    return hashlib.sha256(b"".join((head, b',"body":', body.encode(), b",", tail))).hexdigest()
