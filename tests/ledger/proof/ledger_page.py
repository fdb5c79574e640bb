"""The tables of docs/ledger.md as the code has them. `python -m tests.ledger.proof.ledger_page` writes them there."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from ledger.chain import journal
from ledger.proof.bundles import ErasableName, Manifest
from ledger.store.canonical import GENESIS, canonical
from rules.assessment.assessment import Assessment
from rules.assessment.lines import LeftLine, ScoreLine
from rules.codec import encode
from rules.figures.figure import FigureRegister
from rules.machine.commands import Actor, Command, CommandKind, Via, asked, command_hash
from rules.machine.events import EVENT_KINDS
from rules.process import Process, Role

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"
PLAIN = {str: "text", int: "integer", bool: "true or false", datetime: "instant", date: "date", time: "time"}

EXAMPLE: dict[str, Any] = {
    "stream": "ZG2026-0001",
    "seq": 1,
    "at": "2026-11-22T04:21:10.123456Z",
    "recorded_at": "2026-11-22T04:21:10.130001Z",
    "actor": "p0004",
    "role": "leader",
    "unit": None,
    "kind": "remarked",
    "command": "c-7f3a",
    "command_hash": "",
    "prev_hash": GENESIS,
    "via": "console",
    "through": "liu (1004)",
}
WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLE_BODY = {"text": "请“限期”办结\n\t1/2 \\ 🚩"}
ASKED = Command(
    kind=CommandKind.REMARK,
    id="c-7f3a",
    actor=Actor(id="p0004", role=Role.LEADER, via=Via.SITE),
    text=EXAMPLE_BODY["text"],
)
EXAMPLE["command_hash"] = command_hash(ASKED)


def tables() -> dict[str, str]:
    """What stands after each marker `<!-- name -->` of the page."""
    found: dict[type, None] = {Via: None}
    kinds = [f"| `{kind}` | {_fields(cls, found)} |" for kind, cls in EVENT_KINDS.items()]
    values, names = _inside(found)
    of_journals = {kind: cls for kind, (_, cls) in journal.JOURNAL_KINDS.items()}
    journals = [
        f"| `{journal.stream_of(kind, WHEN)}` | `{kind}` | {_fields(cls, {})} |" for kind, cls in of_journals.items()
    ]
    of_bundle: dict[type, None] = {}
    manifest = _fields(Manifest, of_bundle)
    of_bundle[ErasableName] = None
    bundle_values, bundle_names = _inside(of_bundle)
    of_process = _inside({Process: None})
    of_scores = _inside({Assessment: None, ScoreLine: None, LeftLine: None, FigureRegister: None})
    whole = canonical({**EXAMPLE, "body": EXAMPLE_BODY})
    return {
        "example": f"```json\n{whole.decode()}\n```",
        "example body": f"```\n{_hexadecimal(canonical(EXAMPLE_BODY))}\n```",
        "example hash": f"```\n{hashlib.sha256(whole).hexdigest()}\n```",
        "example asked": f"```json\n{canonical(asked(ASKED)).decode()}\n```",
        "kinds": _table("kind", "fields of the body", kinds),
        "values": _table("object", "fields", values),
        "names": _table("name", "texts", names),
        "process": _table("object", "fields", of_process[0] + of_process[1]),
        "journals": "\n".join(["| journal | kind | fields of the body |", "|---|---|---|", *journals]),
        "score values": _table("object", "fields", of_scores[0] + of_scores[1]),
        "manifest": manifest,
        "bundle values": _table("object", "fields", bundle_values + bundle_names),
    }


def _inside(found: dict[type, None]) -> tuple[list[str], list[str]]:
    """The rows of the objects and of the closed lists that are found, and of those found inside them."""
    values: list[str] = []
    names: list[str] = []
    done: set[type] = set()
    while left := [cls for cls in found if cls not in done]:
        for cls in left:
            done.add(cls)
            if issubclass(cls, StrEnum):
                names.append(f"| `{cls.__name__}` | {', '.join(f'`{member.value}`' for member in cls)} |")
            else:
                values.append(f"| `{cls.__name__}` | {_fields(cls, found)} |")
    return values, names


def _hexadecimal(data: bytes) -> str:
    return "\n".join(data[i : i + 24].hex(" ") for i in range(0, len(data), 24))


def _table(left: str, right: str, rows: Iterable[str]) -> str:
    return "\n".join([f"| {left} | {right} |", "|---|---|", *rows])


def _fields(cls: type, found: dict[type, None]) -> str:
    hints = get_type_hints(cls)
    return "; ".join(
        f"`{name}`: {_type(hints[name], found)}"
        if default is MISSING
        else f"`{name}`?: {_type(hints[name], found)} = {_default(default)}"
        for name, default in _defaults_of(cls)
    )


def _defaults_of(cls: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a dataclass or a named tuple, each with its default, if any."""
    if issubclass(cls, tuple):
        yield from ((name, cls._field_defaults.get(name, MISSING)) for name in cls._fields)
        return
    for field in fields(cls):
        yield field.name, field.default if field.default_factory is MISSING else field.default_factory()


def _type(kind: Any, found: dict[type, None]) -> str:
    if kind in PLAIN:
        return PLAIN[kind]
    if get_origin(kind) is tuple:
        return f"list of {_type(get_args(kind)[0], found)}"
    inner = [a for a in get_args(kind) if a is not NoneType]
    if inner:
        return _type(inner[0], found)
    found.setdefault(kind)
    return f"`{kind.__name__}`"


def _default(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return f"`{canonical(encode(value)).decode()}`"
    if isinstance(value, time):
        value = value.isoformat()
    return f"`{canonical(list(value) if isinstance(value, tuple) else value).decode()}`"


def section(page: str, name: str) -> str:
    """What the page has after a marker: up to the next empty line."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n(?:\n|\Z)", page, re.S)
    assert found, f"docs/ledger.md has no <!-- {name} -->"
    return found[1]


def write() -> None:
    page = PAGE.read_text()
    for name, text in tables().items():
        page = page.replace(f"<!-- {name} -->\n{section(page, name)}\n", f"<!-- {name} -->\n{text}\n")
    PAGE.write_text(page)


if __name__ == "__main__":
    write()
