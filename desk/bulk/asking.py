"""What is offered for many items at once: which commands, and which of their fields, said once for all of them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from desk.showing.values import ShownField
from ledger.chain import lookup, pinned
from ledger.chain.bulk_commands import BULK_COMMANDS
from ledger.chain.entries import ITEM
from ledger.directory import people, substitutes
from ledger.directory.people import Somebody
from rules.machine.commands import CommandKind
from rules.machine.fields import ASKED, Field, FieldKind
from rules.permitting import PERMITTED
from rules.process import Role

_OF_ONE = (FieldKind.ENTRY, FieldKind.NUMBER, FieldKind.FILES, FieldKind.ANSWERS)
"""Fields that mean something for one item only: an entry of it, its window's length, its own evidence and answers."""


def bulk_fields(kind: CommandKind) -> tuple[Field, ...]:
    """What is said once for all items that are given such a command."""
    return tuple(f for f in ASKED if f.taken_by(kind) and f.kind not in _OF_ONE)


def offered(connection: Connection, who: Somebody, rows: Iterable[RowMapping], day: date) -> tuple[CommandKind, ...]:
    """What that person may give to one of these items at least, in posts of their own or of whom they stand in for on
    that day: where it stands there now, whether it takes it or not."""
    away = substitutes.represented(substitutes.standing_in(connection, day), who.id)
    posts = (*who.posts, *(post for one in away for post in people.somebody(connection, one).posts))
    roles = {post.role for post in posts}
    left = {kind for kind in BULK_COMMANDS if PERMITTED[kind] & roles}
    found = set[CommandKind]()
    for row in rows:
        if not left:
            break
        process, state = pinned.process(connection, row["process_ref"]), lookup.standing_of(row)
        found |= substitutes.may_give(connection, posts, left, process, state)
        left -= found
    return tuple(kind for kind in BULK_COMMANDS if kind in found)


def form_of(connection: Connection, kind: CommandKind, numbers: tuple[str, ...], day: date) -> tuple[ShownField, ...]:
    """The fields of that command as they are asked for once for all of these items."""
    shown = []
    for field in bulk_fields(kind):
        said: dict[str, Any] = {"kind": str(field.kind)}
        if field.kind is FieldKind.DATE:
            said["minimum"] = (day + timedelta(days=1)).isoformat()
        elif field.kind is FieldKind.PERSON:
            names = people.names_of(connection, set(people.holders(connection, Role.SUPERVISOR)))
            said |= {"kind": "select", "choices": tuple(sorted(names.items()))}
        elif field.kind is FieldKind.YES_NO:
            said |= {"kind": "choice", "choices": (("yes", "同意"), ("no", "不同意"))}
        elif field.name == "step":
            ways = _ways_back(connection, numbers)
            if len(ways) < 2:
                continue
            said |= {"kind": "select", "choices": ways, "hint": "不选是各流程列出的第一个"}
        label = field.labels.get(kind, field.label)
        shown.append(ShownField(name=field.name, label=label, required=kind in field.needed, **said))
    return tuple(shown)


def _ways_back(connection: Connection, numbers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """To which steps these items may be returned, by name: processes may call a step alike, and code it otherwise."""
    query = select(ITEM.c.process_ref, ITEM.c.step).where(ITEM.c.no.in_(numbers)).distinct()
    names: dict[str, str] = {}
    for ref, id_ in connection.execute(query):
        process = pinned.process(connection, ref)
        step = next((one for one in process.steps if one.id == id_), None)
        names |= {process.step(to).name: process.step(to).name for to in (step.return_to if step else ())}
    return tuple(names.items())
