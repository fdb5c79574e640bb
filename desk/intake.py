"""From a register's file to issued items: read, propose, confirm. Nothing is issued before somebody confirms."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from desk.acting import issuer
from desk.caller import Caller
from desk.cutting import Spans
from desk.gathering.dry_run import full_json
from desk.gathering.many import SINGLE, above_of, gathered, proposed, single
from desk.requests import Request, command_of
from documents.sheets.cells import printable
from documents.sheets.meanings import Meanings
from documents.sheets.names import Directory, IssuableUnit
from documents.sheets.reading import Finding, FindingState, Reading, RowsTold
from documents.sheets.register import read_register
from ledger.burden.account import check_budget
from ledger.chain import batches, lookup, pinned
from ledger.chain.batches import NewItem, Progress
from ledger.chain.family.gathering import ABOVE
from ledger.chain.matters import SAME, Matter, Standing, again_key, standings
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.spoken import code_of
from ledger.store.canonical import canonical
from ledger.store.database import Database
from rules.codec import encode
from rules.dates.calendar import local_date
from rules.errors import NOT_NOW, Code, RuleViolation
from rules.forms.answers import read
from rules.forms.form import AnswerKind
from rules.forms.lines import written_of
from rules.machine.commands import Command, CommandKind, UnitRef
from rules.machine.issuing import Order
from rules.process import AREA_KIND, Holder, Process
from workflows.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A register as understood, and the batch that would be issued from it; `drafts` in the order of their n, from 1.
    `issued_before`: items that stand for one of them already; it is left to the clerk what becomes of those."""

    batch: str
    reading: Reading
    drafts: tuple[NewItem, ...]

    @property
    def items(self) -> int:
        """How many items the rows would become, as they are written."""
        return sum(draft.way in SINGLE for draft in self.drafts)

    @property
    def issued_before(self) -> tuple[str, ...]:
        return tuple(sorted({d.standing.no for d in self.drafts if d.standing.no}))


class Intake:
    """Registers in, items out."""

    def __init__(self, gateway: Gateway | None, database: Database) -> None:
        self._gateway, self._database = gateway, database

    def over(self, database: Database) -> "Intake":
        """The same, over the database as somebody sees it."""
        return Intake(self._gateway, database)

    def read(
        self,
        data: bytes,
        filename: str,
        *,
        today: date | None = None,
        process: str = "",
        sheet: str = "",
        told: RowsTold | None = None,
    ) -> Reading:
        """What the file says, checked against the units and the items that are known. Stores nothing. `process`: of
        which the rows are to become items; else of the one whose file says how registers are headed. `sheet`, `told`:
        see read_register. Raises sheet_refused, field_invalid.
        """
        with self._database.read() as connection:
            asked, calendar = reading_process(connection, process), pinned.known_calendar(connection)
            directory = directory_of(connection, asked.holder)
            kinds = variant_names(connection, asked.id)
            meanings = Meanings(asked.matter, pinned.headings(connection).get(asked.id), kinds)
        today = today or local_date(datetime.now(UTC))
        reading = read_register(
            data,
            filename,
            directory=directory,
            today=today,
            calendar=calendar,
            meanings=meanings,
            sheet=sheet,
            told=told,
        )
        with self._database.read() as connection:
            reading = _with_variants(connection, replace(reading, process=asked.id))
            return Spans(connection, asked.id, today).checked(_with_known_numbers(connection, reading))

    def compare(self, reading: Reading) -> tuple[NewItem, ...]:
        """What would be issued, one item for each lead unit of a finding that is not wrong, and how each stands to what
        was issued before. Stores nothing."""
        with self._database.read() as connection:
            return _drafts(connection, reading)

    def propose(self, reading: Reading, *, filename: str, caller: Caller, now: datetime) -> Proposal:
        """The findings that are not wrong stand as a batch to be confirmed. The same content is the same batch.

        Raises not_confirmable when there is nothing to issue, too_many_items when it is more than one register may
        issue, already_issued when all of it has been and nothing has changed.
        """
        with self._database.read() as connection:
            actor = issuer(connection, caller)
            items = _drafts(connection, reading)
            if not items:
                raise RuleViolation(Code.NOT_CONFIRMABLE)
            if (count := single(items)) > batches.LIMIT:
                raise RuleViolation(Code.TOO_MANY_ITEMS, actual=count, limit=batches.LIMIT)
            for asked in {(i.process, i.variant, i.order.unit.kind) for i in items}:
                pinned.current_process(connection, *asked)  # a kind without a process is said now, not while issuing
        if all(item.standing.verdict == SAME for item in items if item.way in SINGLE):
            raise RuleViolation(Code.ALREADY_ISSUED, actual=_some(sorted({i.standing.no for i in items})))
        batch = _batch_id(items)
        batches.store(
            self._database,
            batch,
            items,
            filename=filename,
            title=reading.title or "",
            reading=full_json(reading, items),
            actor=actor,
            now=now,
        )
        return Proposal(batch=batch, reading=reading, drafts=items)

    async def confirm(
        self, batch: str, *, caller: Caller, rate: int = 0, choices: Mapping[int, str] | None = None
    ) -> Progress:
        """Every item of the batch is issued and has its workflow, and what was closed and is to begin again has; what
        was refused is kept with its reason. `choices`: see batches.confirm."""
        assert self._gateway is not None, "only a reading intake goes without a gateway"
        await asyncio.to_thread(self._confirm, batch, caller, choices)
        await self._gateway.issue(batch, rate=rate)
        for n, no in await asyncio.to_thread(self._reopenings, batch):
            await self._reopen(batch, n, no, caller)
        return await asyncio.to_thread(self.progress, batch)

    def _confirm(self, batch: str, caller: Caller, choices: Mapping[int, str] | None) -> None:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            state = batches.row(connection, batch)["state"]
            batches.confirm(connection, batch, issuer(connection, caller), now, choices)
            if state == "draft":  # what is being issued already goes on: it was judged when it was confirmed
                check_budget(connection, batch, now)

    def _reopenings(self, batch: str) -> list[tuple[int, str]]:
        with self._database.read() as connection:
            return batches.reopenings(connection, batch)

    async def _reopen(self, batch: str, n: int, no: str, caller: Caller) -> None:
        """The closed item begins again, by the command that a person would give; once, however often it is asked."""
        assert self._gateway is not None
        refusal = ""
        try:
            command = await asyncio.to_thread(self._reopening, batch, n, no, caller)
            await self._gateway.give(no, command)
        except RuleViolation as violation:
            if violation.code in NOT_NOW:
                raise
            refusal = str(violation)

        def mark() -> None:
            with self._database.write() as connection:
                batches.mark_reopened(connection, batch, n, no, refusal)

        await asyncio.to_thread(mark)

    def _reopening(self, batch: str, n: int, no: str, caller: Caller) -> Command:
        with self._database.read() as connection:
            reason = f"台账里又列入（{batches.row(connection, batch)['filename'] or batch}）"
            id_, kind = f"{REOPENINGS}{batch}/{n}", CommandKind.REOPEN
            return command_of(connection, Request(no=no, kind=kind, id=id_, caller=caller, reason=reason))

    def progress(self, batch: str) -> Progress:
        """How far a batch is. Raises unknown_batch."""
        with self._database.read() as connection:
            batches.row(connection, batch)
            return batches.progress(connection, batch)


SOURCE = "source"
"""The field of a matter that says where it comes from."""
REOPENINGS = "import/"
"""How the ids of the commands begin by which a register makes closed items begin again."""
_OF_THE_PAST = ("date_in_past", "already_done")
"""Notes that are no fault of a row whose item is known by its number: its date may well have passed."""


def _with_known_numbers(connection: Connection, reading: Reading) -> Reading:
    """The reading, in which a row that carries the number of a known item is known by it."""
    numbers = {f.number for f in reading.findings if f.number}
    known = {row["no"] for row in lookup.item_rows(connection, sorted(numbers))} if numbers else set()
    return replace(reading, findings=tuple(_known(f) if f.number in known else _unknown(f) for f in reading.findings))


def _known(finding: Finding) -> Finding:
    notes = tuple(replace(n, level="info") if n.code in _OF_THE_PAST else n for n in finding.notes)
    levels = {note.level for note in notes}
    state: FindingState = "wrong" if "wrong" in levels else "guessed" if "guess" in levels else "understood"
    return replace(finding, notes=notes, state=state)


def _unknown(finding: Finding) -> Finding:
    return replace(finding, number="") if finding.number else finding


def _drafts(connection: Connection, reading: Reading) -> tuple[NewItem, ...]:
    """What would be issued, in the order of the rows. A matter that stands in several rows stands the same in each."""
    units = {
        u["id"]: UnitRef(id=u["id"], name=u["name"], kind=u["kind"], area=u["area"])
        for u in people.all_units(connection)
    }
    units |= {a["id"]: people.area_ref(a) for a in people.all_areas(connection)}
    above = above_of(connection, reading.process)
    below = next(iter(p for p in lists.current_processes(connection) if p.id == reading.process), None)
    drafts: list[NewItem] = []
    for place, finding in enumerate(reading.findings):
        items = _items(finding, reading, units, place) if finding.state != "wrong" else []
        if items and above and below and not finding.number:
            items = gathered(below, above, items, [units[one] for one in finding.co_unit_ids])
        drafts += items
    if len(drafts) > batches.LIMIT:  # what each way needs beside the others is more than may be stored
        drafts = [replace(draft, way="") for draft in drafts if draft.way in SINGLE]
    matters: dict[str, Matter] = {}
    for item in drafts:
        if item.way != ABOVE:
            matters.setdefault(item.import_key, _matter(item, reading))
    found = dict(zip(matters, standings(connection, tuple(matters.values())), strict=True))
    return proposed(connection, [_standing(i, found[i.import_key]) if i.way != ABOVE else i for i in drafts])


def _matter(item: NewItem, reading: Reading) -> Matter:
    finding = reading.findings[item.finding]
    return Matter(
        unit=item.order.unit.id,
        unit_name=item.order.unit.name,
        text=finding.title,
        key=item.import_key,
        number=finding.number,
        matter=item.order.matter,
        variant=finding.kind,
        variant_name=reading.kinds.get(finding.kind, finding.kind),
        deadline=finding.due,
    )


def _standing(item: NewItem, standing: Standing) -> NewItem:
    key = again_key(item.import_key, standing.annulled) if standing.annulled else item.import_key
    return replace(item, standing=standing, import_key=key)


def reading_process(connection: Connection, asked: str = "") -> Process:
    """The process, in force for whichever unit, that a register's rows become items of: the one of that id or name,
    else the only one whose file says how registers are headed. Raises field_invalid."""
    current = {p.id: p for p in lists.current_processes(connection)}
    if not current:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=asked or "任何流程", unit_kind="任何单位")
    headed = [p for p in pinned.headings(connection) if p in current] or list(current)
    names = {p.id: p.name for p in current.values()}
    if not asked and len(headed) != 1:
        expected = f"其中一个：{'、'.join(f'{name}（{id_}）' for id_, name in names.items())}"
        raise RuleViolation(Code.FIELD_INVALID, field="流程", actual="没有写", expected=expected)
    return current[code_of("流程", asked, names) if asked else headed[0]]


def variant_names(connection: Connection, process: str) -> dict[str, str]:
    """The ways in which the process in force can go, id to name."""
    return {p.variant: p.variant_name for p in lists.current_processes(connection) if p.id == process}


def _with_variants(connection: Connection, reading: Reading) -> Reading:
    """The reading, in which a row goes the first way of its process where that has none as the row says."""
    kinds = variant_names(connection, reading.process)
    first = next(iter(kinds))
    findings = tuple(f if f.kind in kinds else replace(f, kind=first) for f in reading.findings)
    return replace(reading, findings=findings, kinds=kinds)


def directory_of(connection: Connection, holder: Holder) -> Directory:
    """What a register may name: units, and the areas too where they have the items."""
    units = tuple(
        IssuableUnit(
            id=u["id"], name=u["name"], aliases=tuple(a for a in u["aliases"].split("\n") if a), kind=u["kind"]
        )
        for u in people.all_units(connection)
    )
    areas = people.all_areas(connection) if holder is Holder.AREA else ()
    return Directory(
        units=(*units, *(IssuableUnit(id=a["id"], name=a["name"], aliases=(), kind=AREA_KIND) for a in areas))
    )


def _items(finding: Finding, reading: Reading, units: dict[str, UnitRef], place: int) -> list[NewItem]:
    """One item for each lead unit: one finding may go to many. Where the row does not say its source, the title of the
    register does."""
    form, lines = reading.form, dict(finding.answers)
    source, above = form.field(SOURCE), printable(reading.title or "").strip()
    if source and source.kind is AnswerKind.TEXT and above and SOURCE not in lines:
        lines[SOURCE] = (above[: min(200, source.longest)],)
    title, *matter = read(form, written_of(form, finding.title, lines))
    items = []
    for unit_id in dict.fromkeys(finding.lead_unit_ids):
        order = Order(
            no="",
            unit=units[unit_id],
            title=title[1],
            matter=tuple(matter),
            co_units=tuple(u for u in finding.co_unit_ids if u != unit_id),
            deadline=finding.due,
        )
        items.append(
            NewItem(
                process=reading.process,
                variant=finding.kind,
                import_key=_import_key(finding, unit_id),
                order=order,
                finding=place,
            )
        )
    return items


def _import_key(finding: Finding, unit: str) -> str:
    """Names the matter: what was found where, to be done how by when. Spaces and line breaks make no difference,
    nor does the day on which it is read."""
    matter = ("".join(finding.title.split()), unit, finding.kind, finding.limit)
    return hashlib.sha256("\x1f".join(matter).encode()).hexdigest()


def _batch_id(items: Sequence[NewItem]) -> str:
    """Names what would be issued: the same items, standing the same way, in the same order, are the same batch."""
    digest = hashlib.sha256()
    for item in items:
        standing = [item.standing.verdict, item.standing.no]
        digest.update(canonical({"key": item.import_key, "order": encode(item.order), "standing": standing}))
    return digest.hexdigest()[:24]


def _some(numbers: Sequence[str]) -> str:
    shown = "、".join(numbers[:3])
    return f"{shown} 等 {len(numbers)} 项" if len(numbers) > 3 else shown
