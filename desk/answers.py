"""What somebody answered to a step's form: from however it was sent to canonical pairs, with what it names found."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.store import evidence
from rules.errors import Code, RuleViolation
from rules.figures.asking import some_of
from rules.forms.answers import AnswerFault, AnswersRefused, Pairs, expected_of, read
from rules.forms.form import ASKS, AnswerKind, Form, Question
from rules.machine.commands import ANSWERS_LIMIT, Command, CommandKind, Status
from rules.machine.fields import FIELDS
from rules.machine.state import State
from rules.names import COMMAND_NAMES
from rules.permitting import answers_left, is_move
from rules.process import Process

ANSWERING = FIELDS["answers"].optional
"""The commands that a step's form is answered with."""


def flat(sent: Mapping[str, Any]) -> Pairs:
    """Answers as they are sent in JSON, tables as lists of objects, as pairs of texts; what is sent as a list of texts
    is said so many times. Raises answers_invalid."""
    return tuple(_flat(sent, ""))


def _flat(sent: Mapping[str, Any], head: str) -> Iterator[tuple[str, str]]:
    for name, value in sent.items():
        at = f"{head}{name}"
        match value:
            case None:
                continue
            case bool():
                yield at, "yes" if value else "no"
            case str() | int() | float():
                yield at, str(value)
            case list() if all(isinstance(row, dict) for row in value):
                for place, row in enumerate(value, 1):
                    yield from _flat(row, f"{at}.{place}.")
            case list() if all(isinstance(one, str | int) for one in value):
                yield from ((at, str(one)) for one in value)
            case _:
                fault = AnswerFault(at=at, label=at, actual="写法认不出", expected="文字、数、true、false 或表的各行")
                raise AnswersRefused([fault])


def gathered(form: Form, said: Pairs) -> dict[str, str]:
    """What was said, by place. A table's own name stands for its rows in the first column, one a line or said again and
    again; anything else that is said again is one answer more to choose."""
    found: dict[str, str] = {}
    rows: Counter[str] = Counter()
    for at, text in said:
        field = form.field(at)
        columns = field.columns if field else ()
        for line in text.split("\n") if columns else (text,):
            if not line.strip():
                continue
            rows[at] += 1
            place = f"{at}.{rows[at]}.{columns[0].id}" if columns else at
            found[place] = f"{found[place]},{line}" if place in found else line
    return found


def form_for(process: Process, step: str, kind: CommandKind, tally: str | None = None) -> Form | None:
    """The form that the command answers in that step, or what is reported for that tally; none where it answers none,
    or does not fit the step at all."""
    if kind is CommandKind.SIGN:
        return process.form(process.sign_form) if not step else None
    if kind is CommandKind.CORRECT:
        asked = process.form(ASKS)
        return some_of(asked) if asked and asked.fields else None
    if kind is CommandKind.REPORT:
        owed = next((one for one in process.tallies if one.id == tally and one.step == step), None)
        return process.form(owed.form) if owed else None
    found = next((one for one in process.steps if one.id == step), None)
    return process.form(found.form) if found and kind in ANSWERING and is_move(kind, found) else None


def form_in(process: Process, state: State, kind: CommandKind, tally: str | None = None) -> Form | None:
    """The form that the command answers as the item stands: where several have to agree, it is for the last of them."""
    endorses = kind is CommandKind.APPROVE and state.status is Status.REVIEWING and answers_left(process, state) > 1
    return None if endorses else form_for(process, state.step, kind, tally)


def form_read(
    connection: Connection, no: str, state: State, kind: CommandKind, id_: str, tally: str | None = None
) -> Form | None:
    """The form that the answers of this command are read with: that of the item's step, or, where such a command
    stands under that id already, the one it was read with. So it is the same when it is given again, wherever the item
    is by now, and is acknowledged."""
    process = pinned.process(connection, state.process)
    stands = lookup.fact_of_command(connection, no, id_) if id_ else None
    if stands is None or stands.by is not kind or kind is CommandKind.CORRECT:
        return form_in(process, state, kind, tally)
    form: str = getattr(stands, "form", "")
    return process.form(form) if form else None


def read_answers(connection: Connection, form: Form | None, written: Pairs, kind: CommandKind) -> Pairs:
    """What was written, canonical: units and options may be named, files have to be stored.

    Raises field_not_taken, answers_invalid, unknown_evidence.
    """
    if form is None:
        if written:
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=COMMAND_NAMES[kind], field=FIELDS["answers"].label)
        return ()
    return read_form(connection, form, written)


def read_form(connection: Connection, form: Form, written: Pairs) -> Pairs:
    """The same of whatever asks with a form. Raises answers_invalid, unknown_evidence."""
    said = gathered(form, written)
    if len(said) > ANSWERS_LIMIT:
        fault = AnswerFault(at="", label=form.id, actual=f"有 {len(said)} 处", expected=f"{ANSWERS_LIMIT} 处以内")
        raise AnswersRefused([fault])
    pairs = read(form, {at: _found(connection, form.question(at), at, text) for at, text in said.items()})
    files = [text for at, text in pairs if (one := form.question(at)) and one.kind is AnswerKind.EVIDENCE]
    if files:
        evidence.known(connection, tuple(id_ for text in files for id_ in text.split(",")))
    return pairs


def named_in(form: Form | None, command: Command) -> frozenset[str]:
    """The places of the command's answers to that form at which names of people stand."""
    places = (pair[0] for pair in command.answers)
    return frozenset(at for at in places if form and (one := form.question(at)) and one.kind is AnswerKind.NAME)


def _found(connection: Connection, question: Question | None, at: str, text: str) -> str:
    """The id of a unit that was named otherwise; anything else as it is."""
    if question is None or question.kind is not AnswerKind.UNIT or not text.strip():
        return text
    try:
        return people.unit_ref(connection, text).id
    except RuleViolation as unknown:
        label = question.name
        fault = AnswerFault(at=at, label=label, actual=f"写的是“{text[:40]}”", expected=expected_of(question))
        raise AnswersRefused([fault]) from unknown
