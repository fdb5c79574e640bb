"""One form as a file: as it goes out to somebody who may hand it in, and back into their draft. It submits nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from desk import unfinished
from desk.answers import form_for, gathered
from desk.figures.asked import with_old
from desk.showing.questions import questions_of
from desk.showing.values import ShownQuestion
from desk.unfinished import FormAsked, Slot
from documents.blanks.layout import BlankSheet
from documents.blanks.reading import read_blank, read_mark
from documents.blanks.writing import written_blank
from documents.sheets.files.workbook import ReadWorkbook
from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.queries import ItemView
from ledger.rounds.of_items import former_unit
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.forms.answers import canonical
from rules.forms.form import AnswerKind, Form
from rules.machine.commands import CommandKind, Status
from rules.machine.state import State
from rules.names import names_of
from rules.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankFile:
    """A blank as a file."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDraft:
    """A draft that was filled from a file: of which item and command, with so many answers, in place of a draft that
    was kept at `over`."""

    no: str
    command: str
    command_name: str
    answers: int
    over: str = ""


def blank_for(connection: Connection, no: str, person: str, slot: Slot, now: datetime) -> BlankFile:
    """The form for whoever may hand it in, with what they have kept, or what is known from before. Raises as
    unfinished.asked_for."""
    asked = unfinished.asked_for(connection, no, person, slot, now)
    view = queries.item(connection, no)
    halves = unfinished.kept(connection, asked.process, asked.state, asked.person)
    half = halves.get(slot.key)
    given = half.half.answers if half else None
    blank = _blank(connection, asked.process, asked.state, view.row["title"], asked.form, slot, asked.mark)
    return _file(connection, asked.process, blank, view, given)


def blank_to_come(connection: Connection, no: str) -> BlankFile | None:
    """The form that the unit of the item hands in next, for whoever that will be, without anybody's draft; None where
    it hands in none. Raises unknown_item."""
    view = queries.item(connection, no)
    process, state = pinned.process(connection, view.state.process), view.state
    if state.status not in (Status.UNSIGNED, Status.WORKING):
        return None
    slot = Slot(kind=CommandKind.SUBMIT)
    if state.status is Status.UNSIGNED and process.sign_form:
        slot = Slot(kind=CommandKind.SIGN)
    elif state.status is Status.UNSIGNED:
        state = replace(state, step=process.first_step.id)
    form = form_for(process, state.step, slot.kind)
    if form is None:
        return None
    mark = unfinished.mark_of(form, state, slot)
    blank = _blank(connection, process, state, view.row["title"], form, slot, mark)
    return _file(connection, process, blank, view)


def _blank(
    connection: Connection, process: Process, state: State, title: str, form: Form, slot: Slot, mark: str
) -> BlankSheet:
    names = people.names_of_units(connection, [state.unit.id])
    names = names or {row["id"]: row["name"] for row in people.all_areas(connection)}
    unit = names.get(state.unit.id, state.unit.id)
    if former := former_unit(connection, state):
        unit = f"{unit}（原{former}的一份）"
    name = names_of(process.words).command[slot.kind]
    step = state.step_name or process.first_step.name
    due = state.clock.due.date.isoformat() if state.clock else ""
    return BlankSheet(no=state.no, title=title, unit=unit, step=f"{step}（{name}）", due=due, mark=mark, form=form)


def _file(
    connection: Connection,
    process: Process,
    blank: BlankSheet,
    view: ItemView,
    given: Mapping[str, str] | None = None,
) -> BlankFile:
    questions = questions_of(process, blank.form, view.events, given)
    questions = with_old(connection, view.row["batch"], view.state.answers_for, blank.form, questions)
    units = {row["id"]: row["name"] for row in people.all_units(connection)} if _asks_unit(blank.form) else {}
    filled = _canonical(blank.form, _values(questions))
    hints = {one.at: "；".join(words for words in (one.hint, _old(one)) if words) for one in questions}
    return BlankFile(name=f"{blank.no} {blank.unit}.xlsx", data=written_blank(blank, filled, hints, units))


def _old(question: ShownQuestion) -> str:
    """What was answered for the period before."""
    return f"上次是 {question.old_words}" if question.old_words else ""


def _asks_unit(form: Form) -> bool:
    every = (*form.fields, *(column for one in form.fields for column in one.columns))
    return any(one.kind is AnswerKind.UNIT for one in every)


def _values(questions: Iterable[ShownQuestion]) -> dict[str, str]:
    found = {}
    for one in questions:
        for cell in (one, *(cell for row in one.rows for cell in row)):
            if cell.value:
                found[cell.at] = cell.value
    return found


def _canonical(form: Form, values: Mapping[str, str]) -> dict[str, str]:
    """What of it is an answer already: a draft may hold anything."""
    found = {}
    for at, text in gathered(form, tuple(values.items())).items():
        question = form.question(at)
        if question is None or question.kind in (AnswerKind.EVIDENCE, AnswerKind.ROWS) or not text.strip():
            continue
        try:
            found[at] = canonical(question, text)
        except ValueError:
            continue
    return found


def fill(database: Database, no: str, book: ReadWorkbook, source: str, person: str, now: datetime) -> FilledDraft:
    """The answers of the file are the person's draft, in place of what was; files that were stored for it stay. Raises
    answers_invalid with every cell, unknown_item, unknown_person, wrong_step."""
    with database.read() as connection:
        forms = unfinished.forms_for(connection, no, person, now)
        if not forms:
            raise RuleViolation(Code.BAD_REQUEST, detail=f"事项 {lookup.number(no)} 现在没有要您填的表")
        asked = next((one for one in forms if read_mark(book) == one.mark), forms[0])
        blank = _blank(connection, asked.process, asked.state, "", asked.form, asked.slot, asked.mark)
        answers = read_blank(book, blank, lambda name: _unit_id(connection, name))
        before = unfinished.kept(connection, asked.process, asked.state, asked.person).get(asked.slot.key)
    files = _files(asked, before.half.answers) if before else {}
    said = before.half.said if before else {}
    kept = unfinished.keep(database, asked, {**files, **answers}, now, said=said, seen="", source=source)
    assert kept, "no command was named that could stand already"
    name = names_of(asked.process.words).command[asked.slot.kind]
    return FilledDraft(no=asked.no, command=asked.slot.key, command_name=name, answers=len(answers), over=kept.over)


def _unit_id(connection: Connection, name: str) -> str:
    try:
        return people.unit_ref(connection, name).id
    except RuleViolation:
        return ""


def _files(asked: FormAsked, answers: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for at, text in answers.items():
        question = asked.form.question(at)
        if question is not None and question.kind is AnswerKind.EVIDENCE:
            found[at] = text
    return found
