"""Exports: the register as a workbook, by `duban audit export` as people run it; a long life as a PDF."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, cycle, islice
from pathlib import Path
from time import perf_counter, process_time

import xlsxwriter

from definitions.catalogue import EXAMPLE
from desk.register_extract import register_extract
from desk.timeline import timeline_of
from documents.reports.timeline import as_pdf
from ledger.chain import entries, lookup, pinned
from ledger.directory import people
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.machine.commands import Actor, Command, CommandKind, UnitRef, Via
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Role
from runtime.bench import child
from runtime.bench.figures import Runs
from runtime.bench.place import FINDING, SUPERVISOR, planned
from runtime.settings import Settings

_PERSON = "p0005"
"""The county's auditor."""
_NUMBER = "BP2026-0001"
STEP = timedelta(hours=20)
_PLAIN = 20_000
"""Rows that XlsxWriter writes alone."""
K = CommandKind


def measure(database: Database, settings: Settings, runs: Runs) -> None:
    """One run, on a register that has been filled and the item that has `lived`."""
    _workbook(database, settings, runs)
    begun = perf_counter()
    with database.read() as connection:
        data = timeline_of(connection, _NUMBER)
    read = perf_counter() - begun
    pdf = as_pdf(data)
    runs.add("pdf_s", perf_counter() - begun)
    runs.measured(timeline_read_s=read, pdf_mb=len(pdf) / (1 << 20))


def live(database: Database, length: int) -> None:
    """An item stands in the ledger whose plan was handed in and returned day after day, until it had `length` entries
    with what fell due in between."""
    now = datetime.now(UTC) - length * STEP
    with database.read() as connection:
        unit = people.all_units(connection)[0]
        ref = UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
        process = pinned.current_process(connection, EXAMPLE, "long_term", ref.kind)
        calendar = pinned.current_calendar(connection)
    order = Order(no=_NUMBER, unit=ref, title=FINDING.format(n=0), matter=(("category", "组织建设"),))
    (first,) = issue(process, calendar, order, command="issue", actor=SUPERVISOR, now=now).events
    start = state = evolve(None, first)
    liaison = Actor(id="p2001", role=Role.LIAISON, unit=ref.id, via=Via.SITE)
    events: list[Event] = []
    for n, kind in enumerate(chain((K.SIGN,), cycle((K.SUBMIT, K.RETURN)))):
        if state.seq >= length:
            break
        now += STEP
        command = _command(kind, n, SUPERVISOR if kind is K.RETURN else liaison)
        for event in decide(process, calendar, state, command, now).events[: length - state.seq]:
            state = evolve(state, event)
            events.append(event)
    _store(database, first, start, events)


def _command(kind: CommandKind, n: int, actor: Actor) -> Command:
    said = f"第 {n} 次：逐项对照问题清单核对，补齐会议记录、学习计划和佐证材料，并请分管负责人审阅"
    match kind:
        case K.SUBMIT:
            return Command(kind=kind, id=f"c{n}", actor=actor, text=said, answers=planned("补齐记录", "每季度抽查一次"))
        case K.RETURN:
            return Command(kind=kind, id=f"c{n}", actor=actor, reason=said)
        case _:
            return Command(kind=kind, id=f"c{n}", actor=actor)


def _store(database: Database, first: Event, state: State, events: list[Event]) -> None:
    with database.write() as connection:
        entries.store_issued(connection, [(first, None)])
        head = lookup.item_row(connection, _NUMBER)["head"]
        change = entries.Change(state=state, head=head, events=events)
        entries.store(connection, entries.rows_of(connection, (change,)))


def _workbook(database: Database, settings: Settings, runs: Runs) -> None:
    path = settings.data / "register.xlsx"
    arguments = ["audit", "export", "register", "--format", "xlsx", "--out", str(path), "--as", _PERSON, "--force"]
    used = child.run(settings, *arguments)
    plain = _plain_workbook(database, path.with_name("plain.xlsx"))
    runs.add("export_xlsx_ratio", used.processor_s / plain)
    runs.add("export_rss_mb", used.rss_mb)
    runs.measured(
        export_xlsx_s=used.seconds,
        export_processor_s=used.processor_s,
        export_plain_processor_s=plain,
        export_file_mb=path.stat().st_size / (1 << 20),
    )


def _plain_workbook(database: Database, path: Path) -> float:
    """Seconds of a processor for the same rows written by XlsxWriter alone, reckoned from some of them."""
    with database.read() as connection:
        extract = register_extract(connection, Filters())
        rows = [row.values for row in islice(extract.rows, _PLAIN)]
    begun = process_time()
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "in_memory": False})
    sheet = book.add_worksheet()
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)
    book.close()
    return (process_time() - begun) * extract.total / len(rows)
