"""The register as an extract: every row under its filters, in the order of the register, with names in place of ids."""

from collections.abc import Iterator
from dataclasses import fields, replace

from sqlalchemy import Connection, RowMapping

from ledger.chain import pinned
from ledger.directory import people
from ledger.reading import lists, queries
from ledger.reading.extracts import CHUNK, Cell, Column, Extract, ExtractRow, Kind, clean, colour, moment
from ledger.reading.queries import Filters
from rules.dates.distance import whose
from rules.names import PARTY_NAMES, STATUS_NAMES
from rules.process import Party

COLUMNS = (
    Column(name="no", heading="编号", width=15, share=11),
    Column(name="lamp", heading="灯", width=8, share=6),
    Column(name="status", heading="状态", width=9, share=7),
    Column(name="step", heading="环节", width=12, share=9),
    Column(name="party", heading="现由谁办", width=10),
    Column(name="cycle", heading="轮次", kind=Kind.NUMBER, width=6),
    Column(name="unit", heading="牵头单位", width=24, share=16),
    Column(name="unit_kind", heading="单位类型", width=10),
    Column(name="area", heading="片组", width=12),
    Column(name="finding", heading="问题", width=60, share=38),
    Column(name="category", heading="类别", width=12),
    Column(name="source", heading="来源", width=12),
    Column(name="variant", heading="整改类型", width=12),
    Column(name="due", heading="到期日", kind=Kind.DAY, width=12, share=10),
    Column(name="provisional", heading="暂定", width=7),
    Column(name="late", heading="逾期", width=11, share=5),
    Column(name="late_count", heading="累计逾期次数", kind=Kind.NUMBER, width=13),
    Column(name="late_reviews", heading="审核方累计逾期次数", kind=Kind.NUMBER, width=18),
    Column(name="paused", heading="暂停", width=8),
    Column(name="points", heading="扣分", kind=Kind.NUMBER, width=6),
    Column(name="extension_to", heading="申请延期至", kind=Kind.DAY, width=12),
    Column(name="outcome", heading="认定", width=10),
    Column(name="supervisor", heading="督查员", width=10),
    Column(name="issued_at", heading="交办时间", kind=Kind.MOMENT, width=20),
    Column(name="acted_at", heading="最近办理", kind=Kind.MOMENT, width=20, share=10),
)
HELPS = Column(name="helps", heading="牵头或协办", width=12, share=7)
"""The last column where the register is narrowed to a unit: whether that one leads or helps."""
_FILTER_HEADINGS = {
    "unit": "单位",
    "area": "片组",
    "status": "状态",
    "lamp": "灯",
    "unit_kind": "单位类型",
    "variant": "整改类型",
    "batch": "批次",
    "late": "逾期",
    "text": "编号或问题",
    "ended": "已办结",
}


def register_extract(connection: Connection, filters: Filters) -> Extract:
    """The register under these filters."""
    return Extract(
        what="register",
        title="督办台账",
        scope=_scope(connection, filters),
        columns=(*COLUMNS, HELPS) if filters.unit else COLUMNS,
        total=sum(queries.lamp_counts(connection, filters).values()),
        rows=_rows(connection, filters),
        marked="lamp",
    )


def _rows(connection: Connection, filters: Filters) -> Iterator[ExtractRow]:
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    names: dict[str, str] = {}
    for chunk in queries.register_chunks(connection, filters, CHUNK):
        unknown = {row["supervisor"] for row in chunk} - names.keys()
        names |= {person: person for person in unknown} | people.names_of(connection, unknown)
        for row in chunk:
            made = _row(connection, row, areas, names)
            yield replace(made, values=(*made.values, "协办" if row["helps"] else "牵头")) if filters.unit else made


def _row(connection: Connection, row: RowMapping, areas: dict[str, str], names: dict[str, str]) -> ExtractRow:
    process = pinned.process(connection, row["process_ref"])
    lamp = process.lamp(row["lamp"])
    outcome = row["outcome"] and next((o.name for o in process.outcomes if o.id == row["outcome"]), row["outcome"])
    values: tuple[Cell, ...] = (
        row["no"],
        clean(lamp.name),
        STATUS_NAMES[row["status"]],
        clean(row["step_name"]),
        PARTY_NAMES[Party(row["party"])],
        row["cycle"],
        clean(row["unit_name"]),
        clean(process.unit_kind_name),
        clean(areas.get(row["area"], row["area"])),
        clean(row["finding"]),
        clean(row["category"]),
        clean(row["source"]),
        clean(process.variant_name),
        row["due"] or "",
        "暂定" if row["provisional"] else "",
        whose(Party(row["party"])) + "逾期" if row["late"] else "",
        row["late_count"],
        row["late_reviews"],
        "已暂停" if row["paused"] else "",
        row["points"],
        row["extension_to"] or "",
        clean(outcome),
        clean(names[row["supervisor"]]),
        moment(row["issued_at"]),
        moment(row["acted_at"]),
    )
    return ExtractRow(values, colour(lamp.colour))


def _scope(connection: Connection, filters: Filters) -> tuple[tuple[str, str], ...]:
    """The filters that narrow, in words."""
    chosen = {f.name: getattr(filters, f.name) for f in fields(filters) if getattr(filters, f.name) not in (None, "")}
    if not chosen:
        return ()
    processes = lists.current_processes(connection)
    words = {
        "unit": {filters.unit or "": _unit_name(connection, filters.unit or "")},
        "area": {row["id"]: row["name"] for row in people.all_areas(connection)},
        "status": STATUS_NAMES,
        "lamp": {lamp.id: lamp.name for process in processes for lamp in process.lamps},
        "unit_kind": {process.unit_kind: process.unit_kind_name for process in processes},
        "variant": {process.variant: process.variant_name for process in processes},
    }

    def said(name: str, value: object) -> str:
        if isinstance(value, bool):
            return "是" if value else "否"
        return clean(words.get(name, {}).get(str(value), str(value)))

    return tuple((_FILTER_HEADINGS[name], said(name, value)) for name, value in chosen.items())


def _unit_name(connection: Connection, unit: str) -> str:
    row = lists.units_named(connection, [unit]).get(unit)
    return row["name"] if row else unit
