"""Reading the tallies of a process file: how often what is owed, about what, by when."""

import re
from collections.abc import Collection
from datetime import date

from ruamel.yaml.nodes import MappingNode, ScalarNode

from definitions.fields import FileMapping, listed, suggestion
from definitions.parts.tally import TallyDefinition
from rules.forms.parsing import LENGTH_LIMIT
from rules.forms.tally import AREA_UNITS, OwedBy, Tally

TALLY_LIMIT = 40
"""So many tallies has a process at most."""
MOST_OWED = 10**6
_DAY = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_ROW = re.compile(r"row\.([a-z][a-z0-9_]*)")
_EACH = re.compile(rf"{AREA_UNITS}|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_BY = "日期，形如 12-10；自报的写 02-10..03-31；累计的写 {06-30: 1, 12-10: 2}；每行的日期写 row.列"


def read_tallies(top: FileMapping, kinds: tuple[str, ...], forms: Collection[str]) -> tuple[TallyDefinition, ...]:
    """The tallies of a file, in its order; none where it has none."""
    if not top.has("tallies"):
        return ()
    tables = top.tables("tallies", "要逐次记的：每项一个名字")
    if len(tables) > TALLY_LIMIT:
        top.mistake("tallies", f"有 {len(tables)} 项", f"不超过 {TALLY_LIMIT} 项")
    names = [name for name, _ in tables]
    return tuple(_tally(name, table, names, kinds, forms) for name, table in tables)


def _tally(
    name: str, table: FileMapping, names: list[str], kinds: tuple[str, ...], forms: Collection[str]
) -> TallyDefinition:
    least = table.integer("least", 1, MOST_OWED) if table.has("least") else None
    by, by_kind, column = _by(table, least, kinds)
    tally = Tally(
        id=name,
        name=table.text("name", "要记的这一项的中文名称"),
        step=table.word("step"),
        form=table.reference("form", forms) if table.has("form") else "",
        each=table.word("each", _EACH, f"表单.表，形如 plan.households，或 {AREA_UNITS}") if table.has("each") else "",
        least=by[-1].count if by else least or 1,
        sum=table.word("sum") if table.has("sum") else "",
        of=table.reference("of", [one for one in names if one != name]) if table.has("of") else "",
        by=by,
        column=column,
        apart=table.integer("apart", 1, 250) if table.has("apart") else 0,
        when=table.text("when", '一个条件，如 how == "site"', LENGTH_LIMIT) if table.has("when") else "",
    )
    table.done()
    return TallyDefinition(tally=tally, by=by_kind)


_ByKind = tuple[tuple[str, tuple[OwedBy, ...]], ...]


def _by(
    table: FileMapping, least: int | None, kinds: tuple[str, ...]
) -> tuple[tuple[OwedBy, ...], _ByKind | None, str]:
    """The dates for every kind, or those of each kind, or the column in which they stand."""
    node = table.node("by", _BY) if table.has("by") else None
    if node is None:
        return (), None, ""
    if isinstance(node, ScalarNode) and (found := _ROW.fullmatch(node.value)):
        return (), None, found[1]
    if isinstance(node, MappingNode) and not _is_steps(node):
        inner = FileMapping(table.source, (*table.path, "by"), node)
        cells = []
        for kind in inner:
            if kind not in kinds:
                inner.mistake(kind, f"没有单位类别“{kind}”{suggestion(kind, kinds)}", f"{listed(kinds)}，或日期")
            cells.append((kind, _dates(inner, kind, least)))
        return (), tuple(cells), ""
    return _dates(table, "by", least), None, ""


def _is_steps(node: MappingNode) -> bool:
    return any(isinstance(key, ScalarNode) and key.value[:1].isdigit() for key, _ in node.value)


def _dates(table: FileMapping, key: str, least: int | None) -> tuple[OwedBy, ...]:
    """One date, a range of them, or how much in all by which of them."""
    node = table.node(key, _BY)
    if isinstance(node, MappingNode):
        return _steps(FileMapping(table.source, (*table.path, key), node), least)
    written = table.scalar(key, _BY, ("str",)) or ""
    first, _, last = written.partition("..")
    days = [first, last] if last else [first]
    if not all(_is_day(day) for day in days):
        if written:
            table.mistake(key, f"写的是“{written}”", _BY)
        return (OwedBy(count=least or 1, by="12-31"),)
    if last and first >= last:
        table.mistake(key, f"从 {first} 到 {last} 没有可选的日子", "前面的日期早于后面的，在同一年里")
    return (OwedBy(count=least or 1, by=last or first, first=first if last else ""),)


def _steps(table: FileMapping, least: int | None) -> tuple[OwedBy, ...]:
    found: list[OwedBy] = []
    for day in table:
        count = table.integer(day, 1, MOST_OWED)
        if not _is_day(day):
            table.mistake(day, f"日期“{day}”", "月-日，形如 06-30（不能是 02-29）")
        elif found and (day <= found[-1].by or count <= found[-1].count):
            what = f"{day} 前共 {count}，而 {found[-1].by} 前已是 {found[-1].count}"
            table.mistake(day, what, "日期一个比一个晚，累计一个比一个多")
        found.append(OwedBy(count=count, by=day))
    table.done()
    if least is not None and found and found[-1].count != least:
        table.source.add(table.path, f"最后累计 {found[-1].count}，而 least 是 {least}", "两个相同，或不写 least")
    return tuple(found) or (OwedBy(count=1, by="12-31"),)


def _is_day(text: str) -> bool:
    """Whether it is a day of every year."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"2026-{text}")
    except ValueError:
        return False
    return True
