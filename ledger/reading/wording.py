"""What people write for what has a code: an item's number in any case, a status, a lamp, an area, a unit by name."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from ledger.chain.entries import ITEM
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.queries import Filters
from rules.errors import Code, RuleViolation
from rules.names import STATUS_NAMES

_SHOWN = select(ITEM.c.no).where(ITEM.c.lamp == bindparam("lamp")).limit(1)


def understood(connection: Connection, filters: Filters) -> Filters:
    """The filters by code, whatever they were written as. Raises field_invalid or unknown_unit, with what there is."""
    return replace(
        filters,
        unit=people.unit_ref(connection, filters.unit).id if filters.unit else None,
        area=_area(connection, filters.area) if filters.area else None,
        status=_code("状态", filters.status, STATUS_NAMES) if filters.status else None,
        lamp=_lamp(connection, filters.lamp) if filters.lamp else None,
        unit_kind=_kind(connection, filters.unit_kind) if filters.unit_kind else None,
        variant=_variant(connection, filters.variant) if filters.variant else None,
    )


def _area(connection: Connection, written: str) -> str:
    return _code("片组", written, {area["id"]: area["name"] for area in people.all_areas(connection)})


def _lamp(connection: Connection, written: str) -> str:
    lamps = {lamp.id: lamp.name for process in lists.current_processes(connection) for lamp in process.lamps}
    if written not in lamps and connection.execute(_SHOWN, {"lamp": written}).first():
        return written  # of a process that is no longer in force, and still shown
    return _code("亮灯", written, lamps, ending="灯")


def _kind(connection: Connection, written: str) -> str:
    kinds = {process.unit_kind: process.unit_kind_name for process in lists.current_processes(connection)}
    return _code("单位类型", written, kinds)


def _variant(connection: Connection, written: str) -> str:
    return _code(
        "整改类型", written, {process.variant: process.variant_name for process in lists.current_processes(connection)}
    )


def _code(field: str, written: str, names: Mapping[str, str], *, ending: str = "") -> str:
    """The code that is written or whose name is; `ending` may be missing from a name (红, 红灯)."""
    plain = spoken(written)
    for code, name in names.items():
        if plain in {spoken(code), spoken(name), spoken(name).removesuffix(ending) if ending else plain + "?"}:
            return code
    if not names:  # nothing is loaded yet, so nothing is there either
        return written
    expected = "、".join(f"{name}（{code}）" for code, name in names.items())
    raise RuleViolation(Code.FIELD_INVALID, field=field, actual=written[:40], expected=expected)


def spoken(text: str) -> str:
    """The form in which words are compared: width, case and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
