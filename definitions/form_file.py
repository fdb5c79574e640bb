"""Reading forms: tables of typed fields, the same for what a step asks and for what an item is about.

Names and kinds are checked here; expressions, which name answers of other forms too, in `definitions.form_checks`.
"""

import re
from collections.abc import Callable
from typing import Any

from definitions.fields import ID, ID_EXPECTED, FileMapping, listed
from rules.burden.budget import WATCHED_WORDS
from rules.forms.expressions import Function
from rules.forms.form import (
    ASKS,
    CHOSEN,
    COLUMN_LIMIT,
    MATTER,
    NUMERIC,
    PLACES_LIMIT,
    ROW_LIMIT,
    AnswerKind,
    Form,
    FormField,
    Option,
    Question,
)
from rules.forms.parsing import LENGTH_LIMIT

FIELD_COUNT = 60
"""The most fields of a form: nobody fills in more."""
_OPTION_LIMIT = 40
_LONGEST_TEXT = 4000
_BOUND = 10**9 - 1
_ROWS = re.compile(r"([0-9]{1,2})\s*[-~至]\s*([0-9]{1,2})")
PATH = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

RESERVED_FORMS = {MATTER: "事由", ASKS: "轮次问的表"}
"""Forms that no file gives: what an item is about, and what a round asks."""
_RESERVED = ("and", "or", "not", *Function)
"""What an expression reads as something else than an answer's name."""

_ANY = frozenset(AnswerKind)
_ASKED = _ANY - {AnswerKind.ROWS}
_NEW = frozenset({AnswerKind.EVIDENCE, AnswerKind.NAME, AnswerKind.NUMBERS})
"""What is said anew each time: an old one does not fit."""
_KINDS_WITH: dict[str, frozenset[AnswerKind]] = {
    "places": frozenset({AnswerKind.NUMBER, AnswerKind.PERCENT}),
    "least": NUMERIC,
    "most": NUMERIC,
    "limit": frozenset({AnswerKind.TEXT, AnswerKind.NAME}),
    "options": CHOSEN,
    "rows": frozenset({AnswerKind.ROWS}),
    "columns": frozenset({AnswerKind.ROWS}),
    "derive": NUMERIC | {AnswerKind.YES_NO},
    "because": frozenset({AnswerKind.EVIDENCE}),
    "need": _ASKED,
    "prefill": _ANY - _NEW,
}
"""Which kinds of field a key makes sense for."""


def read_forms(top: FileMapping, key: str = "forms") -> tuple[Form, ...]:
    """The forms of a file's table, in its order; none where the file has none."""
    if not top.has(key):
        return ()
    for name, what in RESERVED_FORMS.items():
        if top.table(key).has(name):
            top.source.add((key, name), f"表单不能叫“{name}”，那是{what}", f"{name} 以外的名字")
    return tuple(read_form(form_id, table) for form_id, table in top.tables(key, "表单：每张一个名字"))


def read_form(form_id: str, table: FileMapping) -> Form:
    """One form: a table of fields by their names."""
    fields = [
        read_field(name, FileMapping(table.source, (*table.path, name), table.node(name, FIELD_EXPECTED)))
        for name in table
    ]
    if table.source.sound(table.path):
        if not fields:
            table.source.add(table.path, f"表单“{form_id}”没有填报项", "至少一项")
        elif len(fields) > FIELD_COUNT:
            table.source.add(table.path, f"表单“{form_id}”有 {len(fields)} 项", f"不超过 {FIELD_COUNT} 项")
    return Form(id=form_id, fields=tuple(fields))


FIELD_EXPECTED = "填报项：name、kind 等"


def read_field(name: str, table: FileMapping) -> FormField:
    """One field of a form, or of what an item is about."""
    said = read_said(name, table)
    kind: AnswerKind = said["kind"]
    if kind is AnswerKind.ROWS:
        said["least"], said["most"] = _rows(table)
        said["columns"] = _columns(table)
    if table.has("derive"):
        said["derive"] = table.text("derive", "一个式子，如 count(votes.yes > 3)", LENGTH_LIMIT)
        for key in ("need", "prefill"):
            if table.has(key):
                table.mistake(key, f"“{name}”由式子算出，没有人填", f"去掉 {key}，或去掉 derive")
    if table.has("because"):
        said["because"] = table.text("because", "为什么必须附材料", 200)
    elif kind is AnswerKind.EVIDENCE and said.get("need"):
        table.mistake("need", f"“{name}”要求必附材料，没有写理由", "because: 理由（印在表上），或去掉 need")
    if table.has("prefill"):
        said["prefill"] = table.word("prefill", PATH, "带入哪一项：form.field，如 check.after")
        said["confirm"] = table.flag("confirm")
        named = [column.id for column in said.get("columns", ()) if column.kind in _NEW]
        if named:
            table.mistake("prefill", f"表里有姓名或行号（{listed(named)}），旧的不带入", "去掉 prefill，或去掉这些列")
    elif table.has("confirm"):
        table.mistake("confirm", f"“{name}”没有带入的旧数，无从确认", "与 prefill 一起写，否则删去")
    check_keys(name, kind, table)
    table.done()
    return FormField(**said)


def _columns(table: FileMapping) -> tuple[Question, ...]:
    outer = table.table("columns", f"各列：1 至 {COLUMN_LIMIT} 列，每列一个名字")
    columns = []
    for name in outer:
        column = FileMapping(outer.source, (*outer.path, name), outer.node(name, FIELD_EXPECTED))
        said = read_said(name, column)
        if said["kind"] in (AnswerKind.ROWS, AnswerKind.EVIDENCE):
            column.mistake("kind", f"表里的一列是 {said['kind']}", "rows、evidence 以外的种类")
        check_keys(name, said["kind"], column)
        column.done()
        columns.append(Question(**said))
    if table.source.sound(outer.path) and not 1 <= len(columns) <= COLUMN_LIMIT:
        table.mistake("columns", f"有 {len(columns)} 列", f"1 至 {COLUMN_LIMIT} 列")
    return tuple(columns)


def read_said(name: str, table: FileMapping) -> dict[str, Any]:
    """What a field, a column and a figure say alike."""
    check_words(name, table)
    if not ID.fullmatch(name) or name in _RESERVED:
        table.source.add(table.path, f"填报项不能叫“{name}”", f"{ID_EXPECTED}，不是 {listed(_RESERVED)}")
    said: dict[str, Any] = {
        "id": name,
        "name": table.text("name", "填报项的中文名称"),
        "kind": table.choice("kind", AnswerKind),
        "need": table.flag("need"),
    }
    readers: dict[str, Callable[[], Any]] = {
        "places": lambda: table.integer("places", 0, PLACES_LIMIT),
        "least": lambda: table.integer("least", -_BOUND, _BOUND),
        "most": lambda: table.integer("most", -_BOUND, _BOUND),
        "limit": lambda: table.integer("limit", 1, _LONGEST_TEXT),
        "options": lambda: _options(table),
    }
    said |= {key: reader() for key, reader in readers.items() if table.has(key)}
    if said["kind"] in CHOSEN and not table.has("options"):
        table.source.add(table.path, f"“{name}”是选择，没有写选项", "options: {名字: 中文名称}")
    least, most = said.get("least"), said.get("most")
    if least is not None and most is not None and least > most and table.source.sound(table.path):
        table.mistake("least", f"最小 {least} 大于最大 {most}", f"不大于 {most} 的数")
    return said


_DOCUMENT = "依据的文件，如 县委办〔2026〕3号"


def check_words(name: str, table: FileMapping) -> None:
    """What is asked for by one of those words is allowed by a document, which is named; nothing else needs one."""
    allowed = table.has("allowed_by") and table.text("allowed_by", _DOCUMENT, 100) != ""
    node = table.node("name", "名称") if table.has("name") else None
    called = str(node.value) if node is not None and isinstance(node.value, str) else ""
    found = next((word for word in WATCHED_WORDS if word in called), "")
    if found and not allowed:
        table.mistake("name", f"“{called}”要的是“{found}”", "另一个数；确有文件要求的，写 allowed_by: 文件")
    elif allowed and not found:
        table.mistake("allowed_by", f"“{name}”不必有文件依据", "删去 allowed_by")


def _options(table: FileMapping) -> tuple[Option, ...]:
    options = table.table("options", "选项：每行“名字: 中文名称”")
    found = tuple(Option(id=name, name=options.text(name, "选项的中文名称")) for name in options)
    if table.source.sound(options.path):
        if not 2 <= len(found) <= _OPTION_LIMIT:
            table.mistake("options", f"有 {len(found)} 个选项", f"2 至 {_OPTION_LIMIT} 个")
        names = [option.name for option in found]
        for name in {one for one in names if names.count(one) > 1}:
            table.mistake("options", f"两个选项都叫“{name}”", "每个选项不同的名称")
    return found


def _rows(table: FileMapping) -> tuple[int, int]:
    expected = f"至少几行和至多几行，形如 1-8，{ROW_LIMIT} 以内"
    written = table.scalar("rows", expected, ("str", "int"))
    found = _ROWS.fullmatch(written.strip()) if written else None
    least, most = (int(found[1]), int(found[2])) if found else (0, 0)
    if written is not None and not (found and least <= most and 1 <= most <= ROW_LIMIT):
        table.mistake("rows", f"“rows”写的是“{written}”", expected)
    return least, most or 1


def check_keys(name: str, kind: AnswerKind, table: FileMapping) -> None:
    """No key stands that plays no part for a field of that kind."""
    for key, kinds in _KINDS_WITH.items():
        if table.has(key) and kind not in kinds and table.source.sound((*table.path, "kind")):
            sorts = "、".join(one for one in AnswerKind if one in kinds)
            table.mistake(key, f"“{name}”是 {kind}，不能写“{key}”", f"kind: {sorts}，或去掉 {key}")
