"""Canonical JSON (RFC 8785) and the entry hash. The exact bytes are described in docs/ledger.md for other languages.

With ASCII keys and no floats a dump sorted by key is RFC 8785 to the byte, which the tests prove against `rfc8785`.
"""

from typing import Any

import orjson

from ledger.store.hashing import SHA256, Hashing

GENESIS = "0" * 64
"""The `prev_hash` of a stream's first entry."""


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of dicts with ASCII string keys, lists, strings, booleans, None and integers below 2^53."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def parse(text: str | bytes) -> Any:
    """The JSON value that `text` holds."""
    return orjson.loads(text)


def entry_bytes(
    stream: str,
    seq: int,
    at: str,
    recorded_at: str,
    actor: str,
    role: str,
    unit: str | None,
    kind: str,
    command: str,
    body: str | bytes,
    prev_hash: str,
    behalf: str | None = None,
    told: str | None = None,
    command_hash: str | None = None,
) -> bytes:
    """The canonical JSON of an entry, which its hash is over. `body` (or its bytes) and `told` are canonical JSON
    already, and stand in the object as the values they are. `behalf`, `command_hash` and `told` are members only where
    they are given."""
    members: dict[str, Any] = {"actor": actor, "at": at}  # written in the order of their names: nothing is left to sort
    if behalf:
        members["behalf"] = behalf
    members["body"] = orjson.Fragment(body)
    members["command"] = command
    if command_hash:
        members["command_hash"] = command_hash
    members["kind"] = kind
    members["prev_hash"] = prev_hash
    members["recorded_at"] = recorded_at
    members["role"] = role
    members["seq"] = seq
    members["stream"] = stream
    if told is not None:
        members["told"] = orjson.Fragment(told)
    members["unit"] = unit
    return orjson.dumps(members, option=orjson.OPT_STRICT_INTEGER)


def entry_hash(hashing: Hashing = SHA256, **columns: Any) -> str:
    """The entry's hash, lower-case hexadecimal, over `entry_bytes` of these columns."""
    return hashing.hexdigest(entry_bytes(**columns))
