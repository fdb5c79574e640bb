"""Answers as they stand in one cell of a register, and back: what was answered comes back the same. Pure.

A table stands in its cell row by row: 〔1〕, then what the row says, a line for each of several columns (名称：内容). A
line that goes on with what the one above it said begins with a wide space more, so nothing that somebody wrote is taken
for the beginning of a row or a column.
"""

import re
from collections.abc import Iterator, Mapping

from rules.forms.form import AnswerKind, FormField, Question
from rules.forms.wording import text_words

_MARK = re.compile(r"〔([1-9][0-9]{0,2})〕")
_GOES_ON = "\u3000"
_PLAIN = frozenset({AnswerKind.MONEY, AnswerKind.PERCENT, AnswerKind.NUMBERS, AnswerKind.EVIDENCE})
"""Kinds whose words say more than was filled in: a unit of measure, a count."""


def cell_of(field: FormField, answers: Mapping[str, str], units: Mapping[str, str]) -> str:
    """The field's answer in one cell; empty where there is none. `units`: what units are called, by id."""
    if field.kind is not AnswerKind.ROWS:
        return _words(field, answers.get(field.id, ""), units)
    return "\n".join(f"〔{n}〕{_on(row)}" for n, row in enumerate(_rows(field, answers, units), 1))


def rows_in(text: str) -> tuple[str, ...]:
    """What each row says of a cell that holds a table; none where it was not written here."""
    rows: list[list[str]] = []
    for line in text.split("\n"):
        mark = _MARK.match(line)
        if mark and int(mark[1]) == len(rows) + 1:
            rows.append([line[mark.end() :]])
        elif rows and line.startswith(_GOES_ON):
            rows[-1].append(line.removeprefix(_GOES_ON))
        else:
            return ()
    return tuple("\n".join(lines) for lines in rows)


def columns_in(table: FormField, row: str) -> dict[str, str]:
    """What a row says, column by column: all of it in the first one, unless it names each of them."""
    names = {one.name: one.id for one in table.columns}
    said: dict[str, list[str]] = {}
    last = ""
    for line in row.split("\n") if len(names) > 1 else ():
        name, colon, text = line.partition("：")
        if last and line.startswith(_GOES_ON):
            said[last].append(line.removeprefix(_GOES_ON))
        elif colon and name in names and names[name] not in said:
            last = names[name]
            said[last] = [text]
        else:
            said.clear()
            break
    return {at: "\n".join(lines) for at, lines in said.items()} or {table.columns[0].id: row}


def _rows(table: FormField, answers: Mapping[str, str], units: Mapping[str, str]) -> Iterator[str]:
    number = 1
    while said := [(one, answers[at]) for one in table.columns if (at := f"{table.id}.{number}.{one.id}") in answers]:
        named = len(table.columns) > 1
        words = ((one, _words(one, text, units)) for one, text in said)
        yield "\n".join(f"{one.name}：{_on(text)}" if named else text for one, text in words)
        number += 1


def _on(text: str) -> str:
    """The text, where its further lines are known to go on with it."""
    return text.replace("\n", f"\n{_GOES_ON}")


def _words(column: Question, text: str, units: Mapping[str, str]) -> str:
    if not text or column.kind in _PLAIN:
        return text
    return units.get(text, text) if column.kind is AnswerKind.UNIT else text_words(column, text)
