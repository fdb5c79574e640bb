"""What is known of units by figure and period: rows that follow from entries, written in their transaction. A value in
place of another is a row more; the one before stays as it was."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ledger.store.aside_tables import FigureValueRow
from ledger.store.driver import insert_many
from ledger.store.tables import table_of
from rules.codec import Plain, instant_text
from rules.figures.facts import FiguresImported
from rules.figures.figure import FigureSource
from rules.figures.values import values_in
from rules.machine.events import Event
from rules.machine.state import State
from rules.process import Process

FIGURE_VALUE = table_of(FigureValueRow)
VALUE_KEY = ("figure", "unit", "period")
_REPLACED = update(FIGURE_VALUE).where(
    *(FIGURE_VALUE.c[name] == bindparam(f"of_{name}") for name in (*VALUE_KEY, "revision"))
)
_REPLACED = _REPLACED.values(current=False)


def given_by(process: Process, state: State, event: Event) -> list[Plain]:
    """The values that the event gives, of the unit of whom they are asked: to be `put`."""
    found = values_in(process, event.fact)
    if not found:
        return []
    origin = {"stream": state.no, "seq": event.seq, "at": instant_text(event.at)}
    said = {"unit": state.answers_for, "source": str(FigureSource.ASKED)}
    return [{"figure": one.figure, "period": one.period, "value": one.value, **said, **origin} for one in found]


def imported_by(fact: FiguresImported, stream: str, seq: int, at: str) -> list[Plain]:
    """The same of an import."""
    origin = {"source": str(FigureSource.IMPORTED), "stream": stream, "seq": seq, "at": at}
    return [
        {"figure": one.figure, "unit": one.unit, "period": one.period, "value": one.value, **origin}
        for one in fact.values
    ]


def put(connection: Connection, given: Sequence[Plain]) -> None:
    """The values stand as the latest, those that say something new."""
    if not given:
        return
    latest = latest_of(connection, given)
    rows, replaced = next_rows(latest, given)
    if replaced:
        connection.execute(
            _REPLACED, [{f"of_{name}": row[name] for name in (*VALUE_KEY, "revision")} for row in replaced]
        )
    if rows:
        insert_many(connection, FIGURE_VALUE, rows)


def latest_of(connection: Connection, given: Iterable[Plain]) -> dict[tuple[str, str, str], Plain]:
    """The values that stand, of the figures, units and periods that are named."""
    named = {name: {row[name] for row in given} for name in VALUE_KEY}
    query = select(FIGURE_VALUE).where(
        *(FIGURE_VALUE.c[name].in_(found) for name, found in named.items()), FIGURE_VALUE.c.current
    )
    return {_key(row): dict(row) for row in connection.execute(query).mappings()}


def next_rows(latest: dict[tuple[str, str, str], Plain], given: Iterable[Plain]) -> tuple[list[Plain], list[Plain]]:
    """The rows that these values, in the order in which they were given, become beside the `latest`, which they are
    from then on; and which of the latest are so no more. The same value again is no row."""
    rows: list[Plain] = []
    replaced: list[Plain] = []
    for one in given:
        before = latest.get(_key(one))
        if before is not None and before["value"] == one["value"]:
            continue
        if before is not None:
            before["current"] = False
            if not any(before is row for row in rows):
                replaced.append(before)
        row = {**one, "revision": before["revision"] + 1 if before else 1, "current": True}
        latest[_key(one)] = row
        rows.append(row)
    return rows, replaced


def _key(row: Any) -> tuple[str, str, str]:
    return row["figure"], row["unit"], row["period"]
