"""Windows as a file writes them: `10`, `5-15`, `12 months`, one for all kinds of unit or a row with one for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from definitions.fields import ID, FileMapping, listed, suggestion
from definitions.source import Keys, Source, type_of
from rules.process import Window, WindowUnit

LONGEST = 1000
"""The largest amount of a window, in its own unit: a typing error beyond."""

LEAST_DAYS_A_MONTH, MOST_DAYS_A_MONTH = 15, 23
"""Working days that a month has at least (a February with Spring Festival) and at most."""

_UNITS = {
    "": WindowUnit.WORKING_DAYS,
    "working_days": WindowUnit.WORKING_DAYS,
    "working days": WindowUnit.WORKING_DAYS,
    "个工作日": WindowUnit.WORKING_DAYS,
    "calendar_days": WindowUnit.CALENDAR_DAYS,
    "calendar days": WindowUnit.CALENDAR_DAYS,
    "个自然日": WindowUnit.CALENDAR_DAYS,
    "month": WindowUnit.MONTHS,
    "months": WindowUnit.MONTHS,
    "个月": WindowUnit.MONTHS,
}
_FORM = re.compile(r"([0-9]{1,6})(?:\s*[-~至]\s*([0-9]{1,6}))?\s*([a-z_个作工自然日月 ]*)")
_EXPECTED = "时限，形如 10（工作日）、5-15、12 months 或 {min: 5, max: 15, unit: working_days}"
_PARTS = frozenset({"amount", "min", "max", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """One window for every kind of unit; `cells` are (kind, window) in the order of the process's kinds."""

    cells: tuple[tuple[str, Window], ...]

    def of(self, kind: str) -> Window:
        """The window of that kind of unit."""
        return next(window for k, window in self.cells if k == kind)

    @property
    def elastic(self) -> bool:
        """Whether some kind of unit may choose its length."""
        return any(window.minimum is not None for _, window in self.cells)


STAND_IN = Window(amount=1)


def read_rows(top: FileMapping, kinds: tuple[str, ...]) -> dict[str, WindowRow]:
    """The named rows of the `windows` table."""
    table = top.table("windows", "时限表：每行一个名字，按单位类别写时限")
    rows = {}
    for name in table:
        if not ID.fullmatch(name):
            table.mistake(name, f"名字“{name}”", "小写英文字母开头的名字")
        rows[name] = read_row(table, name, kinds, {})
    return rows


def read_row(table: FileMapping, key: str, kinds: tuple[str, ...], named: Mapping[str, WindowRow]) -> WindowRow:
    """The window under a key, for every kind: a named row, one window for all, or one for each kind."""
    path = (*table.path, key)
    node = table.node(key, f"{_EXPECTED}{'，或时限表中的一行：' + listed(named) if named else ''}")
    if isinstance(node, ScalarNode) and named and ID.fullmatch(node.value):
        if node.value in named:
            return named[node.value]
        table.mistake(key, f"时限表中没有“{node.value}”{suggestion(node.value, named)}", listed(named))
    elif isinstance(node, MappingNode) and not _PARTS & {k.value for k, _ in node.value if isinstance(k, ScalarNode)}:
        return _by_kind(FileMapping(table.source, path, node), kinds)
    elif node is not None:
        window = read_window(table.source, path, node)
        return WindowRow(cells=tuple((kind, window) for kind in kinds))
    return WindowRow(cells=tuple((kind, STAND_IN) for kind in kinds))


def read_one(table: FileMapping, key: str) -> Window:
    """The window under a key that is the same for every kind of unit."""
    node = table.node(key, _EXPECTED)
    return read_window(table.source, (*table.path, key), node) if node is not None else STAND_IN


def read_window(source: Source, path: Keys, node: Node) -> Window:
    """One window."""
    if isinstance(node, MappingNode):
        return _parts(FileMapping(source, path, node))
    found = _FORM.fullmatch(node.value.strip()) if isinstance(node, ScalarNode) and type_of(node) != "bool" else None
    unit = _UNITS.get(found[3].strip()) if found else None
    if found is None or unit is None:
        shown = f"“{node.value}”" if isinstance(node, ScalarNode) else "一个列表"
        source.add(path, f"写的是{shown}", _EXPECTED)
        return STAND_IN
    first, second = int(found[1]), found[2]
    return _window(source, path, first if second else None, int(second) if second else first, unit)


def _by_kind(table: FileMapping, kinds: tuple[str, ...]) -> WindowRow:
    cells = []
    missing = [kind for kind in kinds if not table.has(kind)]
    if missing:
        table.source.add(table.path, f"缺少单位类别 {listed(missing)}", f"每类单位一个时限：{listed(kinds)}")
    for kind in kinds:
        node = table.node(kind, _EXPECTED) if table.has(kind) else None
        window = read_window(table.source, (*table.path, kind), node) if node is not None else STAND_IN
        cells.append((kind, window))
    table.done()
    return WindowRow(cells=tuple(cells))


def _parts(table: FileMapping) -> Window:
    unit = table.choice("unit", WindowUnit) if table.has("unit") else WindowUnit.WORKING_DAYS
    if table.has("amount"):
        minimum, amount = None, table.integer("amount", 1, LONGEST)
    else:
        minimum, amount = table.integer("min", 1, LONGEST), table.integer("max", 1, LONGEST)
    table.done()
    return _window(table.source, table.path, minimum, amount, unit)


def _window(source: Source, path: Keys, minimum: int | None, amount: int, unit: WindowUnit) -> Window:
    if not 1 <= amount <= LONGEST:
        source.add(path, f"时限是 {amount}", f"1 至 {LONGEST}")
    if minimum is not None and not 1 <= minimum <= amount and source.sound(path):
        source.add(path, f"最短 {minimum}、最长 {amount}", "最短不大于最长，且至少为 1")
    return Window(amount=amount, minimum=minimum, unit=unit)


def least_days(window: Window) -> int:
    """The working days that a window has at least when its shortest length is chosen."""
    amount = window.minimum if window.minimum is not None else window.amount
    match window.unit:
        case WindowUnit.WORKING_DAYS:
            return amount
        case WindowUnit.CALENDAR_DAYS:
            return max(amount * LEAST_DAYS_A_MONTH // 31, 1)
        case WindowUnit.MONTHS:
            return amount * LEAST_DAYS_A_MONTH


def most_days(window: Window) -> int:
    """The working days that a window has at most."""
    match window.unit:
        case WindowUnit.WORKING_DAYS | WindowUnit.CALENDAR_DAYS:
            return window.amount
        case WindowUnit.MONTHS:
            return window.amount * MOST_DAYS_A_MONTH
