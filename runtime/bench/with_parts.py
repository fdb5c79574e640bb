"""The example process with parts: each row of its first form becomes an item, or is owed by a day of its own.

Nothing here knows what the process asks for: form, table, column and steps are taken from it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from definitions.catalogue import EXAMPLE
from definitions.process import ref_of
from ledger.chain import pinned
from ledger.chain.family.chunk import UNIT
from rules.forms.answers import Pairs
from rules.forms.form import ROW_LIMIT, AnswerKind, Form, FormField, Question
from rules.forms.tally import Tally
from rules.links import ChildLink, IssueRule
from rules.process import Process
from runtime.bench.place import FINDING

PARTS_VARIANT = "staged"
"""In which a plan is made and approved before it is carried out."""
_ROWS, _DAY = "rows", "day"


def first_table(process: Process) -> tuple[Form, FormField]:
    """The form of the first step, and its table."""
    form = process.form(process.first_step.form)
    assert form is not None
    return form, next(field for field in form.fields if field.kind is AnswerKind.ROWS)


def answered(process: Process, rows: int, day: date | None = None) -> Pairs:
    """The first step's form with so many rows; each with its `day`, where it has one."""
    _, table = first_table(process)
    found = list[tuple[str, str]]()
    for n in range(1, rows + 1):
        found.append((f"{table.id}.{n}.{table.columns[0].id}", FINDING.format(n=n)))
        found += [(f"{table.id}.{n}.{_DAY}", day.isoformat())] if day else []
    return tuple(found)


def issuing(process: Process) -> Process:
    """The same process, in which each row becomes an item of it with the approval, and it waits for all of them."""
    form, table = first_table(process)
    rule = IssueRule(
        id=_ROWS,
        form=form.id,
        table=table.id,
        process=process.id,
        variant=process.variant,
        title_in=table.columns[0].id,
        link=ChildLink.PART_OF,
    )
    steps = tuple(replace(one, issues=(rule.id,)) if one.id == _approving(process) else one for one in process.steps)
    return _named(replace(process, steps=steps, issues=(rule,), forms=_with_table(process, table)))


def owing(process: Process, **changes: Any) -> Process:
    """The same process, in which each row is owed by its own day in the step after the approval; `changes` beside."""
    form, table = first_table(process)
    dated = replace(table, columns=(*table.columns, Question(id=_DAY, name="日期", kind=AnswerKind.DATE)))
    step = process.step(_approving(process)).approve_to
    assert step is not None
    tally = Tally(id=_ROWS, name=table.name, step=step, each=f"{form.id}.{table.id}", column=_DAY)
    return _named(replace(process, tallies=(tally,), forms=_with_table(process, dated), **changes))


def _approving(process: Process) -> str:
    return process.first_step.submit_to[0].to


def _with_table(process: Process, table: FormField) -> tuple[Form, ...]:
    first = process.first_step.form
    wide = replace(table, most=ROW_LIMIT)
    fields = {form.id: tuple(wide if one.id == table.id else one for one in form.fields) for form in process.forms}
    return tuple(replace(one, fields=fields[one.id]) if one.id == first else one for one in process.forms)


def _named(process: Process) -> Process:
    nameless = replace(process, ref="")
    return replace(nameless, ref=ref_of(nameless))


def load(connection: Connection, change: Callable[[Process], Process]) -> Process:
    """The example is in force as `change` makes it, for every kind of unit; returns one of them."""
    kinds = {row["kind"] for row in connection.execute(UNIT.select()).mappings()}
    shipped = [pinned.current_process(connection, EXAMPLE, PARTS_VARIANT, kind) for kind in sorted(kinds)]
    changed = [change(process) for process in shipped]
    pinned.load_processes(connection, changed)
    return changed[0]
