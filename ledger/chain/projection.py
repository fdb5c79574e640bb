"""From a state to the row that the register shows. Pure: the same for appending, rebuilding and verifying."""

from ledger.store.canonical import canonical
from rules.codec import Plain, encode, instant_text
from rules.dates.calendar import Calendar
from rules.family import ChildStatus
from rules.forms.wording import text_words
from rules.machine.commands import Status
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.item import alarm, shown_lamp
from rules.machine.state import State
from rules.process import Lamp, Process
from rules.waiting import awaited_text

MATTER_COLUMNS = ("category", "source")
"""Fields of a matter by which the register is told apart, in whichever process they stand."""
NO_DUE = "9999-12-31"
_GROUPS = {Status.WATCHING: 1, Status.CLOSED: 2, Status.ANNULLED: 3}


def moving_columns(process: Process, calendar: Calendar, state: State, head: str) -> Plain:
    """The columns that change with events."""
    lamp = shown_lamp(process, calendar, state)
    owed = state.next_due
    due = owed.due
    rings = alarm(process, calendar, state)
    counted = [child for child in state.children if child.status is not ChildStatus.ANNULLED]
    return {
        "seq": state.seq,
        "head": head,
        "process_ref": state.process,
        "calendar_ref": state.calendar,
        "variant": process.variant,
        "unit": state.unit.id,
        "unit_name": state.unit.name,
        "unit_kind": state.unit.kind,
        "area": state.unit.area,
        "supervisor": state.supervisor,
        "status": str(state.status),
        "step": state.step,
        "step_name": state.step_name,
        "stage": str(state.stage),
        "party": str(state.party),
        "waits": awaited_text(process, state),
        "cycle": state.cycle,
        "lamp": lamp.id,
        "due": due.date.isoformat() if due else None,
        "due_of": owed.what,
        "provisional": bool(due and due.provisional),
        "late": owed.late,
        "late_count": state.late_count,
        "late_reviews": state.late_reviews,
        "paused": state.pause is not None,
        "veiled": state.veiled,
        "points": state.points,
        "extension_to": state.extension.to.isoformat() if state.extension else None,
        "outcome": state.outcome,
        "alarm_at": instant_text(rings) if rings else None,
        "updated_at": instant_text(state.at),
        "acted_at": instant_text(state.last.at if state.last else state.at),
        "children": len(counted),
        "children_ended": sum(not child.to_come for child in counted),
        "sort": sort_key(state, lamp),
        "state": canonical(encode(state)).decode(),
    }


def item_row(
    process: Process, calendar: Calendar, state: State, head: str, event: Event, fact: Issued, import_key: str | None
) -> Plain:
    """The whole row of an item that has just been issued."""
    said: dict[str, str] = {pair[0]: pair[1] for pair in fact.matter}
    return {
        "no": fact.no,
        "process": process.id,
        "title": fact.title,
        **{name: _column(process, name, said.get(name, "")) for name in MATTER_COLUMNS},
        "issued_at": instant_text(event.at),
        "batch": fact.batch,
        "import_key": import_key,
        "parent": fact.parent or None,
        "link": str(fact.link) if fact.link else None,
        **moving_columns(process, calendar, state, head),
    }


def _column(process: Process, name: str, text: str) -> str:
    field = process.matter.field(name) if text else None
    return text_words(field, text) if field else ""


def co_unit_rows(state: State, item: Plain) -> list[Plain]:
    """The rows of the units that help with an item, whose own row is `item`."""
    return [{"no": state.no, "unit": unit, **moving_of_co_units(item)} for unit in dict.fromkeys(state.co_units)]


def moving_of_co_units(item: Plain) -> Plain:
    """Of an item's row, what the rows of the units that help with it repeat."""
    return {"status": item["status"], "sort": item["sort"]}


def sort_key(state: State, lamp: Lamp) -> str:
    """Open, watched, closed, annulled; in each the higher lamp, the earlier of the next dates, the number. Unique by
    number."""
    group = _GROUPS.get(state.status, 0)
    due = state.next_due.due
    return f"{group}{9 - lamp.rank}{due.date.isoformat() if due else NO_DUE}{state.no}"
