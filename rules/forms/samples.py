"""Answers that fill a form without fault, where nothing is known of the matter: for what is offered and simulated."""

from collections.abc import Iterator

from rules.forms.answers import Pairs, canonical, number_text
from rules.forms.form import NUMERIC, ROW_LIMIT, AnswerKind, Form, Question

_LEVELS = ((1, 0), (1, 1), (60, -1), (0, 0), (10, 0), (100, 0), (1000, 0))
"""What is tried for the numbers of a form, one after the other: the first one's, and by how much each is more than the
one before. Most checks hold for the first, others where numbers rise or fall."""
_TEXTS = {
    AnswerKind.TEXT: "-",
    AnswerKind.NAME: "-",
    AnswerKind.DATE: "2026-01-05",
    AnswerKind.MONTH: "2026-01",
    AnswerKind.YES_NO: "yes",
    AnswerKind.UNIT: "unit",
    AnswerKind.NUMBERS: "1",
    AnswerKind.EVIDENCE: "0" * 64,
}


def samples(form: Form | None) -> Iterator[Pairs]:
    """Everything answered, once for each way of choosing numbers; without a form one empty answer."""
    for first, more in _LEVELS if form else ((0, 0),):
        yield tuple(_pairs(form, first, more)) if form else ()


def _pairs(form: Form, first: int, more: int) -> Iterator[tuple[str, str]]:
    for place, one in enumerate(form.fields):
        level = max(first + more * place, 0)
        if one.kind is AnswerKind.ROWS:
            for row in range(1, min(max(one.least or 0, 1), one.most or ROW_LIMIT) + 1):
                for column in one.columns:
                    yield f"{one.id}.{row}.{column.id}", sample(column, level)
        elif not one.derive:
            yield one.id, sample(one, level)


def sample(question: Question, level: int = 1) -> str:
    """An answer to one question; of a number the level, or the nearest that may be."""
    if question.kind in NUMERIC:
        least, most = question.least, question.most
        number = max(level, least) if least is not None else level
        number = min(number, most) if most is not None else number
        if question.kind is AnswerKind.PERCENT:
            number = min(number, 100)
        return number_text(number, question.decimals)
    if question.options:
        return canonical(question, question.options[0].id)
    return _TEXTS[question.kind]
