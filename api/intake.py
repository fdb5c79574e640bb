"""From a register's file to issued items: read, propose, confirm. Nothing is issued before somebody confirms."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, RowMapping

from activities.sheets.names import Directory, KnownUnit
from activities.sheets.reading import Finding, Reading, Told, to_json
from activities.sheets.register import read_register
from api.cutting import Spans
from api.desk import issuer
from ledger import batches, people, pinned
from ledger.batches import NewItem, Progress
from ledger.canonical import canonical
from ledger.database import Database
from rules.calendar import local_date
from rules.codec import encode
from rules.commands import UnitRef
from rules.errors import Code, RuleViolation
from rules.events import Subject
from rules.issuing import Order
from workflows.gateway import Gateway

PROCESS = "rectification"
"""The process that a register's findings become items of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A register as understood, and the batch that would be issued from it. `issued_before`: items that stand
    in the register already; they are not issued again."""

    batch: str
    reading: Reading
    items: int
    issued_before: tuple[str, ...]


class Intake:
    """Registers in, items out."""

    def __init__(self, gateway: Gateway | None, database: Database) -> None:
        self._gateway, self._database = gateway, database

    def read(
        self, data: bytes, filename: str, *, today: date | None = None, sheet: str = "", told: Told | None = None
    ) -> Reading:
        """What the file says, checked against the units that are known. Stores nothing. `sheet`, `told`: see
        read_register.

        Raises sheet_refused.
        """
        with self._database.read() as connection:
            directory = directory_of(connection)
        today = today or local_date(datetime.now(UTC))
        reading = read_register(data, filename, directory=directory, today=today, sheet=sheet, told=told)
        with self._database.read() as connection:
            return Spans(connection, PROCESS, today).checked(reading)

    def propose(self, reading: Reading, *, filename: str, person: str, now: datetime) -> Proposal:
        """The findings that are not wrong stand as a batch to be confirmed. The same content is the same batch.

        Raises not_confirmable when there is nothing to issue, already_issued when all of it has been.
        """
        with self._database.write() as connection:
            actor = issuer(connection, person)
            units = {u["id"]: u for u in people.all_units(connection)}
            items = [item for f in reading.findings if f.state != "wrong" for item in _items(f, reading, units)]
            if not items:
                raise RuleViolation(Code.NOT_CONFIRMABLE)
            for item in items:  # a kind of unit without a process is said now, not while issuing
                pinned.current_process(connection, item.process, item.variant, item.order.unit.kind)
            batch = _batch_id(items)
            before = batches.issued_before(connection, [item.import_key for item in items])
            if len(before) == len({item.import_key for item in items}):
                raise RuleViolation(Code.ALREADY_ISSUED, actual=_some(before))
            batches.save(
                connection,
                batch,
                items,
                filename=filename,
                title=reading.title or "",
                reading=full_json(reading),
                actor=actor,
                now=now,
            )
        return Proposal(batch=batch, reading=reading, items=len(items), issued_before=before)

    async def confirm(self, batch: str, *, person: str, rate: int = 0) -> Progress:
        """Every item of the batch is issued and has its workflow; what was refused is kept with its reason."""
        assert self._gateway is not None, "only a reading intake goes without a gateway"
        await asyncio.to_thread(self._confirm, batch, person)
        await self._gateway.issue(batch, rate=rate)
        return await asyncio.to_thread(self.progress, batch)

    def _confirm(self, batch: str, person: str) -> None:
        with self._database.write() as connection:
            batches.confirm(connection, batch, issuer(connection, person), datetime.now(UTC))

    def progress(self, batch: str) -> Progress:
        """How far a batch is. Raises unknown_batch."""
        with self._database.read() as connection:
            batches.row(connection, batch)
            return batches.progress(connection, batch)


def directory_of(connection: Connection) -> Directory:
    """The units that a register may name."""
    return Directory(
        units=tuple(
            KnownUnit(
                id=u["id"], name=u["name"], aliases=tuple(a for a in u["aliases"].split("\n") if a), kind=u["kind"]
            )
            for u in people.all_units(connection)
        )
    )


def _items(finding: Finding, reading: Reading, units: dict[str, RowMapping]) -> list[NewItem]:
    """One item for each lead unit: one finding may go to many."""
    subject = Subject(
        finding=finding.finding,
        measures=finding.measures,
        goal=finding.goal,
        source=finding.source or (reading.title or "")[:200],
        basis=finding.basis,
        category=finding.category,
        leader=finding.leader,
        person=finding.person,
    )
    items = []
    for unit_id in dict.fromkeys(finding.lead_unit_ids):
        unit = units[unit_id]
        order = Order(
            no="",
            unit=UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"]),
            subject=subject,
            co_units=tuple(u for u in finding.co_unit_ids if u != unit_id),
            deadline=finding.due,
        )
        items.append(
            NewItem(process=PROCESS, variant=finding.kind, import_key=_import_key(finding, unit_id), order=order)
        )
    return items


def _import_key(finding: Finding, unit: str) -> str:
    """Names the matter: what was found where, to be done how by when. Spaces and line breaks make no difference,
    nor does the day on which it is read."""
    matter = ("".join(finding.finding.split()), unit, finding.kind, finding.limit)
    return hashlib.sha256("\x1f".join(matter).encode()).hexdigest()


def _batch_id(items: list[NewItem]) -> str:
    """Names what would be issued: the same items, in the same order, are the same batch."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(canonical({"key": item.import_key, "order": encode(item.order)}))
    return digest.hexdigest()[:24]


def _some(numbers: tuple[str, ...]) -> str:
    shown = "、".join(numbers[:3])
    return f"{shown} 等 {len(numbers)} 项" if len(numbers) > 3 else shown


def full_json(reading: Reading) -> dict[str, object]:
    """The dry run's JSON, with what a person wants to see beside it: title, columns, and how much each note weighs
    (guess, wrong, info)."""
    notes = [[{"cell": n.cell, "text": n.text, "level": n.level} for n in f.notes] for f in reading.findings]
    return to_json(reading) | {
        "title": reading.title or "",
        "columns": [
            {"column": letter, "heading": column.heading, "meaning": column.meaning}
            for letter, column in reading.columns.items()
        ],
        "all_notes": notes,
    }
