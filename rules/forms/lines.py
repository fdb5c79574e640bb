"""Answers field by field, as lines in the order of the form: a table has a line for each row. Pure."""

from collections.abc import Iterator, Mapping

from rules.forms.answers import Pairs
from rules.forms.cells import columns_in
from rules.forms.form import TITLE, AnswerKind, Form, FormField, Question
from rules.forms.wording import text_words


def lines_of(
    form: Form, pairs: Pairs, units: Mapping[str, str] | None = None
) -> Iterator[tuple[FormField, tuple[str, ...]]]:
    """Every field that was answered with its lines: a table has one for each row, anything else one. `units`: what
    units are called, by id."""
    answers = dict(_pair(pair) for pair in pairs)
    for field in form.fields:
        if field.kind is AnswerKind.ROWS:
            lines = tuple(_rows(field, answers, units or {}))
        else:
            lines = (_words(field, answers[field.id], units or {}),) if field.id in answers else ()
        if lines:
            yield field, lines


def written_of(form: Form, title: str, lines: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """A matter as somebody fills it in, of its title and each field's lines: each of a table's is a row, and stands in
    its first column, unless it names the columns."""
    written = {TITLE: title}
    for name, said in lines.items():
        field = form.field(name)
        if field is not None and field.kind is AnswerKind.ROWS:
            rows = ((n, columns_in(field, line)) for n, line in enumerate(said, 1))
            written |= {f"{name}.{n}.{column}": text for n, row in rows for column, text in row.items()}
        else:
            written[name] = "\n".join(said)
    return written


def label_of(form: Form, at: str) -> str:
    """What the place of an answer is called: 责任人, 整改措施第 2 行措施; the place itself where nothing is asked."""
    asked, name = form.question(at), at.partition(".")[0]
    if asked is None:
        return at
    field = form.field(name)
    return asked.name if field is asked or field is None else f"{field.name}第 {at.split('.')[1]} 行{asked.name}"


def _pair(pair: tuple[str, ...]) -> tuple[str, str]:
    at, text = pair
    return at, text


def _rows(table: FormField, answers: Mapping[str, str], units: Mapping[str, str]) -> Iterator[str]:
    number = 1
    while True:
        row = [(one, answers.get(f"{table.id}.{number}.{one.id}", "")) for one in table.columns]
        said = [(one, _words(one, text, units)) for one, text in row if text]
        if not said:
            return
        alone = len(table.columns) == 1
        yield said[0][1] if alone else "；".join(f"{one.name}：{words}" for one, words in said)
        number += 1


def _words(column: Question, text: str, units: Mapping[str, str]) -> str:
    return units.get(text, text) if column.kind is AnswerKind.UNIT else text_words(column, text)
