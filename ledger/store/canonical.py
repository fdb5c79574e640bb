"""Canonical JSON (RFC 8785), the entry hash, and how an actor stands in an entry. The exact bytes are described in
docs/ledger.md for other languages.

With ASCII keys and no floats a dump sorted by key is RFC 8785 to the byte, which the tests prove against `rfc8785`.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from ledger.store.hashing import SHA256, Hashing
from rules.codec import Plain
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Actor, Via
from rules.process import Role

if TYPE_CHECKING:  # who checks a bundle needs these bytes, and no database
    from sqlalchemy import RowMapping

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
    via: str,
    behalf: str | None = None,
    told: str | None = None,
    command_hash: str | None = None,
    through: str | None = None,
) -> bytes:
    """The canonical JSON of an entry, which its hash is over. `body` (or its bytes) and `told` are canonical JSON
    already, and stand in the object as the values they are. `behalf`, `command_hash`, `through` and `told` are
    members only where they are given."""
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
    if through:
        members["through"] = through
    if told is not None:
        members["told"] = orjson.Fragment(told)
    members["unit"] = unit
    members["via"] = via
    return orjson.dumps(members, option=orjson.OPT_STRICT_INTEGER)


def entry_hash(hashing: Hashing = SHA256, **columns: Any) -> str:
    """The entry's hash, lower-case hexadecimal, over `entry_bytes` of these columns."""
    return hashing.hexdigest(entry_bytes(**columns))


WHICH_ONE = frozenset({Via.TOKEN, Via.CONSOLE})
"""What there is more than one of, so that an entry says which."""
_BY_NOBODY = frozenset({Via.SYSTEM, Via.CONSOLE})
_BY_SOMEBODY = frozenset(Via) - {Via.SYSTEM}
"""What nobody has put their name to may have come through, and what somebody has."""


def acting_columns(actor: Actor) -> Plain:
    """The columns of an entry that say who made it, as what, and how it came to the program.

    Raises no_via for an actor of whom nobody has said what they act through, or who contradicts that: a person's word
    does not come about by itself (but what is written of somebody may), and what came by a token or at the console says
    by which, and as whom.
    """
    via = actor.via
    said = _BY_NOBODY if actor.id == SYSTEM.id else frozenset(Via) if actor.role is Role.SYSTEM else _BY_SOMEBODY
    if via is None or via not in said or (via in WHICH_ONE and not actor.through):
        raise RuleViolation(Code.NO_VIA)
    return {
        "actor": actor.id,
        "role": str(actor.role),
        "unit": actor.unit,
        "via": str(via),
        "through": actor.through or None,
        "behalf": actor.behalf or None,
    }


def actor_of(row: "RowMapping") -> Actor:
    """The actor whom these columns of an entry name."""
    return acted_by(row["actor"], row["role"], row["unit"], row["via"], row["through"] or "", row["behalf"] or "")


@lru_cache(maxsize=4096)
def acted_by(person: str, role: str, unit: str | None, via: str, through: str, behalf: str) -> Actor:
    """The actor of whom an entry says this."""
    return Actor(id=person, role=Role(role), unit=unit, via=Via(via), through=through, behalf=behalf)
