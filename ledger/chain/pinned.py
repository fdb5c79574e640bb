"""Processes and calendars by ref: written once, never changed, so reading them through a memory is safe."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from definitions.process import ref_of
from ledger.chain import journal
from ledger.store.aside_tables import ProcessHeadings
from ledger.store.canonical import canonical, parse
from ledger.store.tables import CalendarVersion, ProcessVersion, table_of
from rules.codec import decode, encode
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.figures.asking import with_questions
from rules.forms.form import ASKS, Form
from rules.forms.headings import MatterHeadings
from rules.machine.commands import SYSTEM
from rules.office.facts import PutInForce
from rules.process import Process

PROCESS = table_of(ProcessVersion)
PROCESS_HEADINGS = table_of(ProcessHeadings)
CALENDAR = table_of(CalendarVersion)
T = TypeVar("T", Process, Calendar)

MEMORY_LIMIT = 1024
_processes: dict[str, Process] = {}
_calendars: dict[str, Calendar] = {}
"""A ref holds a hash of its content, so one memory per interpreter serves every database."""


def process(connection: Connection, ref: str) -> Process:
    """The process of that ref. Raises unknown_process."""
    if ref not in _processes:
        body = connection.execute(select(PROCESS.c.body).where(PROCESS.c.ref == ref)).scalar()
        _remember(_processes, ref, Process, body)
    return _processes[ref]


def calendar(connection: Connection, ref: str) -> Calendar:
    """The calendar snapshot of that version. Raises unknown_process with that version as its name."""
    if ref not in _calendars:
        body = connection.execute(select(CALENDAR.c.body).where(CALENDAR.c.ref == ref)).scalar()
        _remember(_calendars, ref, Calendar, body)
    return _calendars[ref]


def _remember(memory: dict[str, T], ref: str, kind: type[T], body: str | None) -> None:
    if body is None:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=ref)
    if len(memory) >= MEMORY_LIMIT:
        memory.clear()
    memory[ref] = decode(kind, parse(body))


def current_process(connection: Connection, process_id: str, variant: str, unit_kind: str) -> Process:
    """What a new item of that type, for that kind of unit, is pinned to. Raises unknown_process."""
    where = (
        PROCESS.c.process == process_id,
        PROCESS.c.variant == variant,
        PROCESS.c.unit_kind == unit_kind,
        PROCESS.c.current,
    )
    ref = connection.execute(select(PROCESS.c.ref).where(*where)).scalar()
    if ref is None:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=f"{process_id}/{variant}", unit_kind=unit_kind)
    return process(connection, ref)


def versions_of(connection: Connection, process_id: str) -> tuple[Process, ...]:
    """Every version of that process, for each variant and kind of unit, also those with the questions of a round."""
    refs = connection.execute(select(PROCESS.c.ref).where(PROCESS.c.process == process_id).order_by(PROCESS.c.ref))
    return tuple(process(connection, ref) for ref in refs.scalars().all())


def outcome_names(connection: Connection) -> dict[str, str]:
    """Outcome id to Chinese name, over all current processes."""
    refs = connection.execute(select(PROCESS.c.ref).where(PROCESS.c.current)).scalars().all()
    return {outcome.id: outcome.name for ref in refs for outcome in process(connection, ref).outcomes}


def current_calendar(connection: Connection) -> Calendar:
    """The calendar that new items are pinned to. Raises unknown_process when none is loaded."""
    known = known_calendar(connection)
    if known is None:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual="工作日历", unit_kind="任何单位")
    return known


def known_calendar(connection: Connection) -> Calendar | None:
    """The calendar of new items; None when none is loaded yet."""
    ref = current_calendar_version(connection)
    return calendar(connection, ref) if ref else None


def any_current(connection: Connection) -> bool:
    """Whether new items could be issued: a process and a calendar are loaded."""
    queries = (select(PROCESS.c.ref).where(PROCESS.c.current), select(CALENDAR.c.ref).where(CALENDAR.c.current))
    return all(connection.execute(query.limit(1)).first() for query in queries)


def load_processes(connection: Connection, processes: Iterable[Process], now: datetime | None = None) -> int:
    """These are now the current ones, and where they were not, an entry says so; earlier refs stay for the items pinned
    to them. Returns how many are new."""
    processes, before = tuple(processes), in_force(connection)
    for process_id in {p.id for p in processes}:
        connection.execute(update(PROCESS).where(PROCESS.c.process == process_id).values(current=False))
    known = set(connection.execute(select(PROCESS.c.ref)).scalars())
    new = [p for p in processes if p.ref not in known]
    if new:
        connection.execute(insert(PROCESS), [_process_row(p, current=True) for p in new])
    again = [p.ref for p in processes]
    connection.execute(update(PROCESS).where(PROCESS.c.ref.in_(again)).values(current=True))
    _note_change(connection, before, now or datetime.now(UTC))
    return len(new)


def pin_asked(connection: Connection, base: Process, form: Form) -> Process:
    """The process with the questions of a round, stored for every kind of unit that the base is for, none of them
    current: an item that a round asks can be given to a unit of another kind."""
    found = None
    for one in _siblings(connection, base):
        asked = with_questions(one, form)
        asked = replace(asked, ref=ref_of(asked))
        if connection.execute(select(PROCESS.c.ref).where(PROCESS.c.ref == asked.ref)).first() is None:
            connection.execute(insert(PROCESS).values(**_process_row(asked, current=False)))
        found = asked if one.unit_kind == base.unit_kind else found
    assert found is not None, "the base is one of its siblings"
    return found


def _siblings(connection: Connection, base: Process) -> tuple[Process, ...]:
    """The same version and variant for each kind of unit, as its file says it."""
    where = (PROCESS.c.process == base.id, PROCESS.c.variant == base.variant, PROCESS.c.current)
    refs = connection.execute(select(PROCESS.c.ref).where(*where).order_by(PROCESS.c.ref)).scalars().all()
    return tuple(one for one in (process(connection, ref) for ref in refs) if one.version == base.version)


def asked_like(connection: Connection, asked: Process, unit_kind: str) -> Process:
    """The process with the same questions for another kind of unit. Raises unknown_process."""
    where = (PROCESS.c.process == asked.id, PROCESS.c.variant == asked.variant, PROCESS.c.unit_kind == unit_kind)
    for ref in connection.execute(select(PROCESS.c.ref).where(*where).order_by(PROCESS.c.ref)).scalars().all():
        one = process(connection, ref)
        if one.version == asked.version and one.form(ASKS) == asked.form(ASKS):
            return one
    raise RuleViolation(Code.UNKNOWN_PROCESS, actual=f"{asked.id}/{asked.variant}", unit_kind=unit_kind)


def _process_row(process: Process, *, current: bool) -> dict[str, Any]:
    return {
        "ref": process.ref,
        "process": process.id,
        "variant": process.variant,
        "unit_kind": process.unit_kind,
        "current": current,
        "body": canonical(encode(process)).decode(),
    }


def load_headings(connection: Connection, headings: Mapping[str, MatterHeadings]) -> None:
    """Registers are read by these headings from now on, for the processes of those ids."""
    for process_id, found in headings.items():
        connection.execute(delete(PROCESS_HEADINGS).where(PROCESS_HEADINGS.c.process == process_id))
        connection.execute(insert(PROCESS_HEADINGS).values(process=process_id, body=canonical(encode(found)).decode()))


def headings(connection: Connection) -> dict[str, MatterHeadings]:
    """By which headings a register says what an item is about, for each process whose file tells it."""
    rows = connection.execute(
        select(PROCESS_HEADINGS.c.process, PROCESS_HEADINGS.c.body).order_by(PROCESS_HEADINGS.c.process)
    )
    found = {process_id: decode(MatterHeadings, parse(body)) for process_id, body in rows}
    return {process_id: of for process_id, of in found.items() if of.fields}


def in_force(connection: Connection) -> PutInForce:
    """By what new items are made."""
    refs = connection.execute(select(PROCESS.c.ref).where(PROCESS.c.current).order_by(PROCESS.c.ref)).scalars()
    return PutInForce(processes=tuple(refs), calendar=current_calendar_version(connection))


def _note_change(connection: Connection, before: PutInForce, now: datetime, joint: int = 0) -> None:
    after = in_force(connection)
    if after != before:
        journal.note(connection, replace(after, joint=joint), SYSTEM, now)


def current_calendar_version(connection: Connection) -> str:
    """The version of the calendar of new items; empty when there is none yet."""
    return connection.execute(select(CALENDAR.c.ref).where(CALENDAR.c.current)).scalar() or ""


def load_calendar(connection: Connection, snapshot: Calendar, now: datetime | None = None, *, joint: int = 0) -> bool:
    """This is the calendar of new items, and where it was not, an entry says so, with the number of the joint act by
    which it takes another's place. Returns whether it is a new one."""
    before = in_force(connection)
    known = connection.execute(select(CALENDAR.c.ref).where(CALENDAR.c.ref == snapshot.version)).first()
    connection.execute(update(CALENDAR).values(current=False))
    if known:
        connection.execute(update(CALENDAR).where(CALENDAR.c.ref == snapshot.version).values(current=True))
    else:
        body = canonical(encode(snapshot)).decode()
        connection.execute(insert(CALENDAR).values(ref=snapshot.version, current=True, body=body))
    _note_change(connection, before, now or datetime.now(UTC), joint)
    return known is None


_HASHED = re.compile("[0-9a-f]{12}")
"""How a ref ends that the loaders made; only tests make others."""


def altered(connection: Connection) -> Iterator[tuple[str, str]]:
    """(ref, what it is) of the processes and calendars whose content is not the one that their ref is a hash of."""
    from definitions.calendars import digest_of  # here: it brings along the whole library of holidays

    for ref, body in connection.execute(select(PROCESS.c.ref, PROCESS.c.body)):
        if _HASHED.fullmatch(ref.rpartition("@")[2]) and _named(body, lambda b: ref_of(decode(Process, b))) != ref:
            yield ref, "流程"
    for ref, body in connection.execute(select(CALENDAR.c.ref, CALENDAR.c.body)):
        digest = ref.rpartition("#")[2]
        if _HASHED.fullmatch(digest):
            found = _named(body, lambda b: _calendar_digest(decode(Calendar, b), digest_of))
            if found != digest:
                yield ref, "日历"


def _named(body: str, name: Callable[[Any], str]) -> str:
    """What the content would be called; nothing for a content that cannot be read."""
    try:
        return name(parse(body))
    except (LookupError, TypeError, ValueError):
        return ""


def _calendar_digest(calendar: Calendar, digest_of: Callable[..., str]) -> str:
    return digest_of(calendar.first_year, calendar.last_year, calendar.exceptions)
