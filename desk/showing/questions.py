"""A step's form as it is asked for: each question with what it begins with, tables with as many rows as are needed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from desk.showing.values import ShownQuestion
from rules.forms.answers import Pairs, expected_of
from rules.forms.form import MATTER, NUMERIC, ROW_LIMIT, TITLE, AnswerKind, Form, FormField, Question
from rules.forms.lines import lines_of
from rules.forms.wording import condition_words
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.process import Process

SPARE_ROWS = 3
"""Empty rows of a table beyond those that are filled in; saving a draft brings as many again."""
_INPUTS = {
    AnswerKind.TEXT: "text",
    AnswerKind.YES_NO: "choice",
    AnswerKind.CHOICE: "choice",
    AnswerKind.CHOICES: "choices",
    AnswerKind.DATE: "date",
    AnswerKind.MONTH: "month",
    AnswerKind.UNIT: "unit",
    AnswerKind.EVIDENCE: "files",
    AnswerKind.ROWS: "rows",
}
"""How a question is asked; any other on one line."""
LINE_LENGTH = 60
"""A text of at most so many characters is asked on one line."""


def answered_in(events: Sequence[Event], form: str) -> Pairs:
    """What that form was answered with last, or the item's matter; nothing where it never was."""
    found = (event.fact for event in reversed(events))
    if form == MATTER:
        return next((((TITLE, fact.title), *fact.matter) for fact in found if isinstance(fact, Issued)), ())
    return next((fact.answers for fact in found if getattr(fact, "form", "") == form), ())  # type: ignore[union-attr]


def asks_for(form: Form | None, kind: AnswerKind) -> bool:
    """Whether the form itself, beside its tables, has a field of that kind."""
    return form is not None and any(one.kind is kind for one in form.fields)


def questions_of(
    process: Process, form: Form, events: Sequence[Event], given: Mapping[str, str] | None = None, *, no: str = ""
) -> tuple[ShownQuestion, ...]:
    """The questions of the form. `given`: what somebody has filled in already, by field; otherwise each begins with
    what it was answered with before, or with the old answer that it takes over. `no`: of the item, of whose questions
    a unit may say that they should not be asked."""
    before = {pair[0]: pair[1] for pair in answered_in(events, form.id)}
    asked = (one for one in form.fields if not one.derive)
    questions = tuple(_question(process, form, one, events, before, given) for one in asked)
    if not (no and process.burden):
        return questions
    return tuple(one.model_copy(update={"contest": f"{no}?place={form.id}.{one.at}"}) for one in questions)


def _question(
    process: Process,
    form: Form,
    one: FormField,
    events: Sequence[Event],
    before: Mapping[str, str],
    given: Mapping[str, str] | None,
) -> ShownQuestion:
    old, old_words = _old(process, one, events)
    answered = any(at.partition(".")[0] == one.id for at in before)
    filled = given if given is not None else {**({} if one.confirm or answered else old), **before}
    shown = _shown(one, one.id, filled)
    hints = [f"{old_words}，请核对" if old_words else "", one.because, shown.hint]
    more: dict[str, Any] = {"hint": "；".join(hint for hint in hints if hint)}
    if one.listed:
        rows = (text for at, text in filled.items() if at.startswith(f"{one.id}."))
        more |= {"kind": "lines", "value": shown.value or "\n".join(rows), "required": one.needed}
    elif one.columns:
        more |= {"rows": _rows(one, filled), "columns": tuple(_column(c) for c in one.columns)}
    return shown.model_copy(update=more)


def _old(process: Process, one: FormField, events: Sequence[Event]) -> tuple[dict[str, str], str]:
    """The answer that the question takes over, by place, and whose words it is."""
    form_id, _, name = one.prefill.partition(".")
    form = process.matter if form_id == MATTER else process.form(form_id)
    if form is None:
        return {}, ""
    pairs = tuple(pair for pair in answered_in(events, form_id) if pair[0].partition(".")[0] == name)
    lines = next((lines for _, lines in lines_of(form, pairs)), ())
    if not lines:
        return {}, ""
    said = f"{len(lines)} 行" if one.columns and not one.confirm else "；".join(lines)
    whence = "交办时" if form_id == MATTER else "上次"
    if one.kind is AnswerKind.UNIT:  # which one, the choice itself says by its name
        return {one.id: pairs[0][1]}, f"{whence}填过"
    return {one.id + at.removeprefix(name): text for at, text in pairs}, f"{whence}填的是 {said}"


def _rows(table: FormField, filled: Mapping[str, str]) -> tuple[tuple[ShownQuestion, ...], ...]:
    most = min(table.most or ROW_LIMIT, ROW_LIMIT)
    numbers = [int(at.split(".")[1]) for at, text in filled.items() if at.startswith(f"{table.id}.") and text]
    count = min(max(max(numbers, default=0) + SPARE_ROWS, table.least or 0), most)
    return tuple(
        tuple(_shown(column, f"{table.id}.{row}.{column.id}", filled) for column in table.columns)
        for row in range(1, count + 1)
    )


def _column(column: Question) -> str:
    return f"{column.name}（必填）" if column.need else column.name


def _shown(one: Question, at: str, filled: Mapping[str, str]) -> ShownQuestion:
    how = _INPUTS.get(one.kind, "line")
    return ShownQuestion(
        at=at,
        label=one.name,
        kind="line" if how == "text" and one.longest <= LINE_LENGTH else how,
        required=one.need,
        hint="" if one.kind in _SELF_EVIDENT else expected_of(one),
        choices=(("yes", "是"), ("no", "否"))
        if one.kind is AnswerKind.YES_NO
        else tuple((option.id, option.name) for option in one.options),
        limit=one.longest if one.kind in (AnswerKind.TEXT, AnswerKind.NAME) else 200,
        numeric=one.kind in NUMERIC,
        value=filled.get(at, ""),
    )


_SELF_EVIDENT = frozenset(
    {AnswerKind.YES_NO, AnswerKind.CHOICE, AnswerKind.CHOICES, AnswerKind.DATE, AnswerKind.UNIT, AnswerKind.TEXT}
)


def checks_of(process: Process, step: str) -> tuple[str, ...]:
    """What the answers of that step must not contradict, in words: said before anybody is refused."""
    found: Iterable[str] = (
        condition_words(check.that, process.forms) for one in process.steps if one.id == step for check in one.checks
    )
    return tuple(found)
