"""Follow-ups as a process file says them: whose rows become items of which process, and which step issues them.

Whether the other process takes them is known beside it only: `definitions.language.families`.
"""

import re
from collections.abc import Iterable

from definitions.fields import FileMapping, listed
from definitions.source import type_of
from rules.forms.answers import Pairs
from rules.forms.form import ROW_LIMIT, AnswerKind, Form, FormField
from rules.links import ChildLink, IssueRule

ALL, NONE = "all", "none"
"""What a file says for an item that waits for every row, or for none."""
ITEM_UNIT, TALLY_ABOUT = "item.unit", "tally.about"
_TO = f"{ITEM_UNIT}，{TALLY_ABOUT}，或 row.列"
"""What a file says for the unit that has the item."""
ROW = "row."
_COLUMN = re.compile(r"row\.[a-z][a-z0-9_]*")
_FROM = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_KINDS = {
    "title": frozenset({AnswerKind.TEXT}),
    "variant": frozenset({AnswerKind.CHOICE}),
    "to": frozenset({AnswerKind.UNIT}),
    "deadline": frozenset({AnswerKind.DATE}),
    "after": frozenset({AnswerKind.NUMBERS}),
}
_WAIT = f"{ALL}，{NONE}，或 1 至 {ROW_LIMIT} 的数"


def read_issues(top: FileMapping, forms: Iterable[Form]) -> tuple[IssueRule, ...]:
    """The rules of a file; what is wrong with them is in its source."""
    if not top.has("issues"):
        return ()
    tables = {f"{form.id}.{one.id}": one for form in forms for one in form.fields if one.kind is AnswerKind.ROWS}
    return tuple(
        _rule(name, table, tables)
        for name, table in top.tables("issues", "后续事项：每种一个名字，下面写 from、process 等")
    )


def _rule(name: str, table: FileMapping, tables: dict[str, FormField]) -> IssueRule:
    source = table.word("from", _FROM, "一张表：form.field，如 plan.tasks")
    rows = tables.get(source)
    if rows is None and table.has("from") and table.source.sound((*table.path, "from")):
        table.mistake("from", f"没有“{source}”这张表", listed(tables) if tables else "某张表单里 kind: rows 的一项")
    form, _, field = source.partition(".")
    wait = _wait(table)
    after = _column(table, "after", rows)
    if after and wait is not None:
        table.mistake("after", "分先后的后续事项，前面的没有办结后面的不交办，要都等", "wait: all，或去掉 after")
    variant = table.text("variant", "走法的名字，或 row.列（一个 choice 列）")
    rule = IssueRule(
        id=name,
        form=form,
        table=field,
        process=table.word("process"),
        title_in=_title(table, rows),
        link=table.choice("link", ChildLink),
        variant="" if variant.startswith(ROW) else variant,
        variant_in=_column(table, "variant", rows) if variant.startswith(ROW) else "",
        unit_in=_unit(table, rows),
        about=_about(table),
        deadline_in=_column(table, "deadline", rows),
        after_in=after,
        matter=_matter(table),
        wait=wait,
    )
    table.done()
    return rule


def _column(table: FileMapping, key: str, rows: FormField | None) -> str:
    """The column that is named under a key, of the kind that the key takes."""
    if not table.has(key):
        return ""
    kinds = _KINDS[key]
    fit = [f"{ROW}{one.id}" for one in rows.columns if one.kind in kinds] if rows else []
    expected = listed(fit) if fit else f"表里一列 {listed(sorted(kinds))}，写作 row.列"
    text = table.word(key, _COLUMN, expected)
    column = text.removeprefix(ROW)
    if rows and table.source.sound((*table.path, key)):
        found = next((one for one in rows.columns if one.id == column), None)
        if found is None:
            table.mistake(key, f"“{rows.id}”没有“{column}”这一列", expected)
        elif found.kind not in kinds:
            table.mistake(key, f"“{text}”是 {found.kind}", expected)
        elif key in ("title", "variant") and not found.need:
            table.mistake(key, f"“{text}”可以不填，那一行就交办不了", f"列“{column}”写 need: true")
    return column


def _title(table: FileMapping, rows: FormField | None) -> str:
    if table.has("title"):
        return _column(table, "title", rows)
    found = next((one for one in rows.columns if one.kind is AnswerKind.TEXT), None) if rows else None
    if rows and found is None:
        table.source.add(table.path, "表里没有文字的列，不知道事由写什么", "一个 kind: text、need: true 的列")
    elif found and not found.need:
        table.source.add(table.path, f"事由取自“{found.id}”，它可以不填", f"列“{found.id}”写 need: true")
    return found.id if found else ""


def _about(table: FileMapping) -> bool:
    return table.has("to") and table.text("to", _TO) == TALLY_ABOUT


def _unit(table: FileMapping, rows: FormField | None) -> str:
    if table.has("to") and table.text("to", _TO) not in (ITEM_UNIT, TALLY_ABOUT):
        return _column(table, "to", rows)
    return ""


def _matter(table: FileMapping) -> Pairs:
    if not table.has("matter"):
        return ()
    said = table.table("matter", "事由的其他各项：每行“名字: 内容”，每一行后续事项都一样")
    return tuple((name, said.text(name, "内容")) for name in said)


def _wait(table: FileMapping) -> int | None:
    """How many of the rows the item waits for; None: all."""
    node = table.node("wait", _WAIT) if table.has("wait") else None
    if node is None:
        return None
    if type_of(node) == "int":
        return table.integer("wait", 1, ROW_LIMIT)
    return None if table.reference("wait", (ALL, NONE)) != NONE else 0


def read_issued(step: FileMapping, rules: Iterable[IssueRule], *, waits: bool) -> tuple[str, ...]:
    """The rules that a step issues by."""
    if not step.has("issues"):
        return ()
    if waits:
        step.mistake("issues", "等待的环节没有人办，不交办后续事项", "某个有人办的环节写 issues")
    return tuple(step.words("issues", [rule.id for rule in rules]))


def reads_none(outcome: FileMapping) -> bool:
    """Whether no row becomes an item with that outcome."""
    return outcome.has("issues") and outcome.reference("issues", (NONE,)) == NONE
