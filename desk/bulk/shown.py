"""A command for many items as it is shown: before it is confirmed what is foreseen, afterwards what came of it."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from desk.requests import naming, people_in
from desk.showing.values import Shown
from ledger.chain import bulk_commands
from ledger.directory import people
from ledger.reading import lists
from ledger.store.canonical import parse
from rules.machine.fields import ASKED, FieldKind
from rules.machine.fields import Field as CommandField
from rules.names import names_of


class ShownBulkItem(Shown):
    """One item of it. `result`: empty while there is none; `refusal` says why it is refused, or would be."""

    no: str = Field(examples=["ZG2026-0001"])
    unit_name: str
    title: str
    result: str = Field(default="", examples=["done", "refused"])
    code: str = Field(default="", examples=["wrong_status"])
    refusal: str = ""


class ShownBulk(Shown):
    """One command for many items. `said`: its fields as (label, words); `chosen`: how the items were chosen. `able`: so
    many will get it once it is confirmed; then `done`, `refused` and `left` say how far it is."""

    bulk: str
    command: str = Field(examples=["approve"])
    command_name: str = Field(examples=["审核通过"])
    said: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    person: str
    person_name: str
    behalf_name: str = ""
    confirmed: bool = False
    total: int
    able: int = 0
    done: int = 0
    refused: int = 0
    left: int = 0
    items: tuple[ShownBulkItem, ...] = Field(default=(), description="拒绝的在前")

    @property
    def refusals(self) -> tuple[ShownBulkItem, ...]:
        """What is refused, or would be."""
        return tuple(item for item in self.items if item.refusal)


def show_bulk(connection: Connection, bulk: str) -> ShownBulk:
    """The command for many items as it stands. Raises unknown_bulk."""
    row, rows = bulk_commands.row(connection, bulk), bulk_commands.items(connection, bulk)
    counts, confirmed = bulk_commands.counts(connection, bulk), bulk_commands.is_confirmed(row)
    refusals = [bulk_commands.refusal_of(one["refusal"]) for one in rows]
    said = parse(row["said"])
    ids = {row["person"], row["behalf"], *_people_said(said)}
    names = people.names_of(connection, ids.union(*(people_in(refusal) for refusal in refusals if refusal)))
    items = []
    for one, refusal in zip(rows, refusals, strict=True):
        why = {"code": str(refusal.code), "refusal": str(naming(refusal, names))} if refusal else {}
        items.append(ShownBulkItem(**{name: one[name] for name in ("no", "unit_name", "title", "result")}, **why))
    foreseen = sum(1 for refusal in refusals if refusal)
    return ShownBulk(
        bulk=bulk,
        command=row["command"],
        command_name=names_of(lists.current_words(connection)).command[row["command"]],
        said=said_words(row["command"], said, names),
        chosen=row["words"],
        person=row["person"],
        person_name=names.get(row["person"], row["person"]),
        behalf_name=names.get(row["behalf"], row["behalf"]),
        confirmed=confirmed,
        total=counts.total,
        able=0 if confirmed else counts.total - foreseen,
        done=counts.done,
        refused=counts.refused if confirmed else foreseen,
        left=counts.left if confirmed else 0,
        items=tuple(items),
    )


def _people_said(said: Mapping[str, Any]) -> set[str]:
    return {said[f.attribute]["id"] for f in ASKED if f.kind is FieldKind.PERSON and f.attribute in said}


def said_words(command: str, said: Mapping[str, Any], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was filled in, field by field, as (label, words); people by their `names`."""
    filled = (field for field in ASKED if field.attribute in said)
    return tuple((f.labels.get(command, f.label), _words(f, said[f.attribute], names)) for f in filled)


def _words(field: CommandField, value: Any, names: Mapping[str, str]) -> str:
    match field.kind:
        case FieldKind.YES_NO:
            return "同意" if value else "不同意"
        case FieldKind.CHOICE:
            return field.choices.get(value, value)
        case FieldKind.PERSON:
            return names.get(value["id"], value["id"])
    return str(value)
