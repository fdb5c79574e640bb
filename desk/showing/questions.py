"""A step's form as it is asked for: each question with what it begins with, tables with as many rows as are needed."""

from collections.abc import Iterable, Mapping, Sequence

from desk.showing.values import ShownQuestion
from rules.forms.answers import Pairs, expected_of
from rules.forms.form import NUMERIC, ROW_LIMIT, AnswerKind, Form, FormField, Question
from rules.forms.wording import condition_words, text_words
from rules.machine.events import Event
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
    """What that form was answered with last; nothing where it never was."""
    found = (event.fact for event in reversed(events))
    return next((fact.answers for fact in found if getattr(fact, "form", "") == form), ())  # type: ignore[union-attr]


def questions_of(
    process: Process, form: Form, events: Sequence[Event], given: Mapping[str, str] | None = None
) -> tuple[ShownQuestion, ...]:
    """The questions of the form. `given`: what somebody has filled in already, by field; otherwise each begins with
    what it was answered with before, or with the old answer that it takes over."""
    before = {pair[0]: pair[1] for pair in answered_in(events, form.id)}
    asked = (one for one in form.fields if not one.derive)
    return tuple(_question(process, form, one, events, before, given) for one in asked)


def _question(
    process: Process,
    form: Form,
    one: FormField,
    events: Sequence[Event],
    before: Mapping[str, str],
    given: Mapping[str, str] | None,
) -> ShownQuestion:
    old, old_words = _old(process, one, events)
    filled = given if given is not None else {**({one.id: old} if old and not one.confirm else {}), **before}
    shown = _shown(one, one.id, filled)
    if one.kind is AnswerKind.ROWS:
        return shown.model_copy(update={"rows": _rows(one, filled), "columns": tuple(_column(c) for c in one.columns)})
    hints = [f"上次填的是 {old_words}，请核对" if old_words else "", one.because, shown.hint]
    return shown.model_copy(update={"hint": "；".join(hint for hint in hints if hint)})


def _old(process: Process, one: FormField, events: Sequence[Event]) -> tuple[str, str]:
    """The answer that the question takes over, as text and in words."""
    if not one.prefill:
        return "", ""
    form_id, _, name = one.prefill.partition(".")
    form = process.form(form_id)
    found = form.field(name) if form else None
    text = next((pair[1] for pair in answered_in(events, form_id) if pair[0] == name), "")
    return (text, text_words(found, text)) if found and text else ("", "")


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
