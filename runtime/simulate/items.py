"""The imagined items of a file, YAML or CSV: for which unit or kind of unit, since when, how the parties act."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from definitions.fields import FileMapping
from definitions.source import Source
from rules.telling.simulation import Behaviour
from runtime.ending import Problem
from runtime.simulate.behaviour import BEHAVIOUR_EXPECTED, read_behaviour

COUNT_LIMIT = 1_000_000
HEADINGS = {
    "单位": "unit",
    "单位类别": "unit_kind",
    "走法": "variant",
    "交办日期": "issued",
    "完成时限": "deadline",
    "数量": "count",
    "表现": "behaviour",
}
"""The columns of a CSV file, by either name."""
_SHOWN_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedItems:
    """`count` imagined items alike. Either `unit` (id, name or alias) or `unit_kind` is given. `where`: file, line."""

    where: str
    unit: str
    unit_kind: str
    variant: str
    issued: date
    behaviour: Behaviour
    deadline: date | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What stands where an item does not say otherwise, and what it may name."""

    issued: date
    behaviour: Behaviour
    variants: Collection[str]
    kinds: Collection[str]
    steps: Collection[str]


def read_items(path: Path, usual: Usual) -> list[ImaginedItems]:
    """The items that the file describes. Raises definition_invalid, or Problem, with everything that is wrong."""
    if path.suffix.lower() == ".csv":
        return _read_csv(path, usual)
    source = Source(path)
    if source.root is None:
        source.refuse()
    top = FileMapping(source, (), source.root)
    found = [_row(row, usual) for row in top.rows("items", "事项的列表")]
    top.done()
    source.refuse()
    return found


def _row(row: FileMapping, usual: Usual) -> ImaginedItems:
    unit = row.text("unit", "单位的编号、名称或简称") if row.has("unit") else ""
    kind = row.reference("unit_kind", usual.kinds) if not unit else ""
    behaviour = usual.behaviour
    if row.has("behaviour"):
        written = row.scalar("behaviour", BEHAVIOUR_EXPECTED, ("str", "int")) or ""
        try:
            behaviour = read_behaviour(written, usual.steps)
        except ValueError as wrong:
            row.mistake("behaviour", str(wrong), BEHAVIOUR_EXPECTED)
    wanted = ImaginedItems(
        where=f"{row.source.file}:{row.source.line(row.path)}",
        unit=unit,
        unit_kind=kind,
        variant=row.reference("variant", usual.variants),
        issued=row.day("issued") if row.has("issued") else usual.issued,
        deadline=row.day("deadline") if row.has("deadline") else None,
        count=row.integer("count", 1, COUNT_LIMIT) if row.has("count") else 1,
        behaviour=behaviour,
    )
    row.done()
    return wanted


def _read_csv(path: Path, usual: Usual) -> list[ImaginedItems]:
    wrong: list[str] = []
    found: list[ImaginedItems] = []
    for number, row in _records(path):
        where = f"{path}:{number}"
        try:
            found.append(_record(where, row, usual))
        except ValueError as failure:
            wrong.append(f"{where}：{failure}")
    if wrong:
        more = f"\n……共 {len(wrong)} 处" if len(wrong) > _SHOWN_AT_MOST else ""
        raise Problem("\n".join(wrong[:_SHOWN_AT_MOST]) + more, "改好这些行再试；写法见 docs/simulate.md。")
    return found


def _records(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, values by column) of every row that is not blank. Raises Problem."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            names = [HEADINGS.get(name.strip(), name.strip()) for name in next(reader, [])]
            unknown = [name for name in names if name not in HEADINGS.values()]
            if unknown or not names:
                columns = "、".join(f"{chinese}（{name}）" for chinese, name in HEADINGS.items())
                raise Problem(f"{path}:1：不认识的列“{'、'.join(unknown)}”。", f"可用的列：{columns}。")
            for row in reader:
                values = dict(zip(names, (value.strip() for value in row), strict=False))
                if any(values.values()):
                    yield reader.line_num, values
    except OSError as failure:
        raise Problem(f"读不到 {path}（{failure.strerror}）。", "检查文件名。") from failure
    except (UnicodeDecodeError, csv.Error) as failure:
        raise Problem(f"{path} 不是 UTF-8 的 CSV 文件。", "另存为“CSV UTF-8”再试。") from failure


def _record(where: str, row: dict[str, str], usual: Usual) -> ImaginedItems:
    unit, kind = row.get("unit", ""), row.get("unit_kind", "")
    if not unit:
        _known("单位类别", kind, usual.kinds)
    return ImaginedItems(
        where=where,
        unit=unit,
        unit_kind="" if unit else kind,
        variant=_known("走法", row.get("variant", ""), usual.variants),
        issued=_day("交办日期", row.get("issued", "")) or usual.issued,
        deadline=_day("完成时限", row.get("deadline", "")),
        count=_count(row.get("count", "")),
        behaviour=read_behaviour(row["behaviour"], usual.steps) if row.get("behaviour") else usual.behaviour,
    )


def _known(name: str, value: str, known: Collection[str]) -> str:
    if value not in known:
        raise ValueError(f"“{name}”写的是“{value}”，应为 {'、'.join(known)} 之一")
    return value


def _converted(name: str, value: str, expected: str, convert: Callable[[str], date]) -> date:
    try:
        return convert(value)
    except ValueError:
        raise ValueError(f"“{name}”写的是“{value}”，应为{expected}") from None


def _day(name: str, value: str) -> date | None:
    return _converted(name, value, "形如 2026-03-02 的日期", date.fromisoformat) if value else None


def _count(value: str) -> int:
    if not value:
        return 1
    if not value.isdecimal() or not 1 <= int(value) <= COUNT_LIMIT:
        raise ValueError(f"“数量”写的是“{value}”，应为 1 至 {COUNT_LIMIT} 的整数")
    return int(value)
