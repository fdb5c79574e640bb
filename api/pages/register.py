"""The register as a page: filters, lamps as chips with their counts, rows, and paging by key in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.bodies import RegisterQuery
from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import PRINTED, Here
from desk.exporting import Format
from desk.showing.item_rows import show_page
from desk.showing.values import ShownPage, ShownPerson
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.queries import PAGE, Filters
from ledger.reading.wording import understood
from rules.errors import RuleViolation
from rules.names import STATUS_NAMES

router = APIRouter(include_in_schema=False)
FILTERS = ("text", "area", "unit", "unit_kind", "status", "variant", "late", "batch")
UNITS_LISTED = 300
"""Beyond that many units the filter is no list: the unit's own link, or its area, narrows."""
TRAIL_LIMIT = 40
_YES = ("1", "true", "是")
_SEPARATOR = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAddress:
    """What the address asks for. `trail`: the keys of the pages before this one, so that there is a way back.
    `unread`: what was asked and is not understood, in words; the register is not narrowed by it."""

    filters: Mapping[str, str]
    lamp: str
    after: str
    trail: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "RegisterAddress":
        """What is asked; parts that are too long are left out, and named if they would have narrowed."""
        query = {name: value.strip() for name, value in request.query_params.items() if len(value) <= 200 * 40}
        short = {name: value for name, value in query.items() if len(value) <= 200}
        trail = tuple(part for part in query.get("trail", "").split(_SEPARATOR) if part)[-TRAIL_LIMIT:]
        names = dict(CONDITIONS) | {"lamp": "亮灯", "late": "是否逾期"}
        long = [name for name in request.query_params if name in names and name not in short]
        return cls(
            unread=tuple(f"“{names[name]}”太长，最多 200 字，没有按它筛选。" for name in long),
            filters={name: short[name] for name in FILTERS if short.get(name)},
            lamp=short.get("lamp", ""),
            after=short.get("after", ""),
            trail=trail,
        )

    def narrowed(self) -> RegisterQuery:
        """As the JSON routes take it."""
        named: dict[str, Any] = {name: value for name, value in self.filters.items() if name != "late"}
        late = True if self.filters.get("late") else None
        return RegisterQuery(**named, late=late, lamp=self.lamp, after=self.after)

    def link(self, *, lamp: str | None = None, after: str = "", trail: tuple[str, ...] = (), **changed: str) -> str:
        """The address with something changed; from the first page on, unless `after` says otherwise."""
        lit = self.lamp if lamp is None else lamp
        return link("/items", **{**self.filters, **changed}, lamp=lit, after=after, trail=_SEPARATOR.join(trail))

    def following(self, key: str) -> str:
        """The address of the next page."""
        trail = (*self.trail, self.after or "0")[-TRAIL_LIMIT:]
        return self.link(after=key, trail=trail)

    @property
    def preceding(self) -> str:
        """The address of the page before; empty on the first."""
        if not self.after:
            return ""
        if not self.trail:
            return self.link()
        key = self.trail[-1]
        return self.link() if key == "0" else self.link(after=key, trail=self.trail[:-1])


@router.get("/")
@router.get("/items")
def register(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """A page of the register."""
    asked = RegisterAddress.of(request)
    with site.database.read() as connection:
        asked, choices = _choices(connection, _understood(connection, asked))
        query = asked.narrowed()
        page = show_page(connection, query.filters(), after=query.after or None, size=PAGE, now=site.now())
    everything = sum(count.count for count in page.lamps)
    return pages.page(
        "register.html",
        me=me,
        here=asked.link(after=asked.after, trail=asked.trail),
        asked=asked,
        page=page,
        choices=choices,
        conditions=_conditions(asked, choices, page),
        everything=everything,
        own=_own(me, asked),
        exports=_exports(me, asked, page.total),
        sheet_number=len(asked.trail) + 1,
        exact=len(asked.trail) < TRAIL_LIMIT,
    )


def _understood(connection: Connection, asked: RegisterAddress) -> RegisterAddress:
    """What is asked, by code however it was written; what nobody knows is said, and the rest holds."""
    filters, unread, lamp = dict(asked.filters), list(asked.unread), asked.lamp
    for name in ("area", "unit", "unit_kind", "status", "variant", "lamp"):
        value = lamp if name == "lamp" else filters.pop(name, "")
        if not value:
            continue
        one: dict[str, Any] = {name: value}
        try:
            code = getattr(understood(connection, Filters(**one)), name)
        except RuleViolation as refusal:
            code = ""
            unread.append(f"{refusal}没有按它筛选。")
        if name == "lamp":
            lamp = code
        elif code:
            filters[name] = code
    late = filters.pop("late", "")
    if late in _YES:
        filters["late"] = "1"
    elif late:
        unread.append(f"“是否逾期”填写有误：{late[:40]}；应为 1（只看逾期），或不写。没有按它筛选。")
    in_order = {name: filters[name] for name in FILTERS if name in filters}
    return replace(asked, filters=in_order, lamp=lamp, unread=tuple(unread))


def _choices(
    connection: Connection, asked: RegisterAddress
) -> tuple[RegisterAddress, dict[str, list[tuple[str, str]]]]:
    """What each filter offers, as (value, words), and what is asked: of a chosen area only its own units."""
    processes = lists.current_processes(connection)
    units, area = people.all_units(connection), asked.filters.get("area")
    if area:
        units = [u for u in units if u["area"] == area]
        if asked.filters.get("unit") not in {u["id"] for u in units}:
            asked = replace(asked, filters={k: v for k, v in asked.filters.items() if k != "unit"})
    return asked, {
        "area": [(a["id"], a["name"]) for a in people.all_areas(connection)],
        "unit": [(u["id"], u["name"]) for u in units] if len(units) <= UNITS_LISTED else [],
        "unit_kind": list({p.unit_kind: p.unit_kind_name for p in processes}.items()),
        "status": list(STATUS_NAMES.items()),
        "variant": list({p.variant: p.variant_name for p in processes}.items()),
    }


CONDITIONS = (
    ("text", "编号或问题"),
    ("area", "片组"),
    ("unit", "单位"),
    ("unit_kind", "单位类型"),
    ("status", "状态"),
    ("variant", "整改类型"),
    ("batch", "批次"),
)


def _conditions(asked: RegisterAddress, choices: Mapping[str, list[tuple[str, str]]], page: ShownPage) -> list[str]:
    """What the register is narrowed to, in words, for paper."""
    said = [
        f"{label} {dict(choices.get(name, ())).get(value, value)}"
        for name, label in CONDITIONS
        if (value := asked.filters.get(name))
    ]
    if asked.filters.get("late"):
        said.append("只看逾期")
    return said + [f"亮灯 {one.lamp.name}" for one in page.lamps if one.lamp.id == asked.lamp]


def _exports(me: ShownPerson | None, asked: RegisterAddress, total: int) -> list[tuple[str, str]]:
    """The register under these filters as a file, for whom somebody has chosen to be: (words, address)."""
    if me is None:
        return []
    forms = [form for form in Format if form is not Format.PDF or total <= PRINTED]
    return [
        (form.upper(), link(f"/api/v1/export/register.{form}", **asked.filters, lamp=asked.lamp, person=me.id))
        for form in forms
    ]


def _own(me: ShownPerson | None, asked: RegisterAddress) -> list[tuple[str, str]]:
    """Short ways to what is the person's own: (words, address)."""
    if me is None:
        return []
    units = {post.unit: "本单位" for post in me.posts if post.unit}
    areas = {post.area: "我的片组" for post in me.posts if post.area}
    found = [(words, asked.link(unit=unit or "")) for unit, words in units.items()]
    return found + [(words, asked.link(area=area or "")) for area, words in areas.items()]
