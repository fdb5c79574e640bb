"""What an item is about, as its process file says it: a title and further fields, how registers head them, and what
screens call an end and a return."""

import re
from typing import Any

from definitions.fields import FileMapping
from definitions.form_file import FIELD_COUNT, FIELD_EXPECTED, read_field
from rules.forms.form import CHOSEN, MATTER, PLAIN_MATTER, TITLE, TITLE_LENGTH, AnswerKind, Form, FormField
from rules.forms.headings import FieldHeadings, MatterHeadings
from rules.process import Words

_NOT_AT_ISSUE = frozenset({AnswerKind.EVIDENCE, AnswerKind.NUMBERS})
_COLUMNS = ("category", "source")
"""Fields that are a column of the register too."""
_IMPORT = "导入：headings 是台账里的表头写法"


def read_matter(top: FileMapping) -> dict[str, Any]:
    """What a definition holds of it: the `matter`, its title first, the `headings` and the `words`."""
    form, headings = _matter(top)
    return {"matter": form, "headings": headings, "words": _words(top)}


def _matter(top: FileMapping) -> tuple[Form, MatterHeadings]:
    if not top.has(MATTER):
        return PLAIN_MATTER, MatterHeadings()
    table = top.table(MATTER, "事由：title 和其他各项")
    titled = table.table(TITLE, "事由的名称：name、limit、import")
    title = FormField(
        id=TITLE,
        name=titled.text("name", "事由的中文名称，如 问题"),
        kind=AnswerKind.TEXT,
        need=True,
        limit=titled.integer("limit", 1, TITLE_LENGTH) if titled.has("limit") else TITLE_LENGTH,
    )
    headings = [_headings(TITLE, titled)]
    titled.done()
    fields = [title]
    for name in table:
        if name != TITLE:
            field = FileMapping(table.source, (*table.path, name), table.node(name, FIELD_EXPECTED))
            headings.append(_headings(name, field))
            fields.append(read_field(name, field))
            _check(fields[-1], field)
    if len(fields) > FIELD_COUNT:
        table.source.add(table.path, f"事由有 {len(fields)} 项", f"不超过 {FIELD_COUNT} 项")
    said = tuple(one for one in headings if one)
    if said and said[0].field != TITLE:
        table.mistake(TITLE, "别的项写了台账里的表头，title 没有写", "title: {name: …, import: {headings: […]}}")
    return Form(id=MATTER, fields=tuple(fields)), MatterHeadings(fields=said)


def _check(field: FormField, table: FileMapping) -> None:
    if field.kind in _NOT_AT_ISSUE:
        table.mistake(
            "kind", f"事由里的“{field.id}”是 {field.kind}", "交办时填得出的种类，如 text、rows、name、choice、date"
        )
    if field.derive or field.prefill:
        table.mistake("derive" if field.derive else "prefill", "交办时没有前面的填报", "由交办的人填写的一项")
    if field.id in _COLUMNS and field.kind not in CHOSEN | {AnswerKind.TEXT}:
        table.mistake("kind", f"“{field.id}”是台账的一栏，不能是 {field.kind}", "text 或 choice")


def _headings(name: str, field: FileMapping) -> FieldHeadings | None:
    if not field.has("import"):
        return None
    table = field.table("import", _IMPORT)
    found = FieldHeadings(
        field=name,
        words=table.words("headings"),
        otherwise=table.words("otherwise") if table.has("otherwise") else (),
        first=_pattern(table, "first"),
        like=_pattern(table, "like"),
        sure=_pattern(table, "sure"),
    )
    table.done()
    return found


def _pattern(table: FileMapping, key: str) -> str:
    if not table.has(key):
        return ""
    pattern = table.text(key, "一个正则式，如 措施|举措", 300)
    try:
        re.compile(pattern)
    except re.error as error:
        table.mistake(key, f"“{pattern}”读不懂（{error}）", "一个正则式，如 措施|举措")
        return ""
    return pattern


def _words(top: FileMapping) -> Words:
    if not top.has("words"):
        return Words()
    table = top.table("words", "屏幕上的说法：close、return")
    said = {
        name: table.text(key, f"一个词，如 {example}", 8)
        for key, name, example in (("close", "close", "销号"), ("return", "back", "退回整改"))
        if table.has(key)
    }
    table.done()
    return Words(**said)


def read_year(top: FileMapping, matter: Form) -> str:
    """The field of the matter that says of which year the dates of the tallies are; none where none does."""
    if not top.has("year"):
        return ""
    fit = [one.id for one in matter.fields if one.kind is AnswerKind.COUNT and _is_year(one)]
    if not fit:
        expected = f"matter 里 kind: count、least 和 most 在 {_YEARS[0]} 至 {_YEARS[1]} 之间的一项"
        top.mistake("year", f"“{top.word('year')}”不是事由里的一个年份", expected)
        return ""
    if not top.has("tallies"):
        top.mistake("year", "没有逐次记的，用不着年份", "tallies，或删去 year")
    return top.reference("year", fit)


def _is_year(field: FormField) -> bool:
    return field.least is not None and field.most is not None and _YEARS[0] <= field.least <= field.most <= _YEARS[1]


_YEARS = (2000, 2100)
"""The years of which a tally's dates may be."""
