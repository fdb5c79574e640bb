"""The register as a page: filters, lamps as chips with their counts, rows, and paging by key in both directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, RowMapping
from starlette.responses import Response

from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import PRINTED, Here
from desk.bulk.asking import offered
from desk.exporting import Format
from desk.showing.item_rows import sheet
from desk.showing.register import ON_PAGE, headed, sorting
from desk.showing.values import ShownPerson
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.filters import FILTERS, Filters, in_words, understood
from ledger.reading.queries import PAGE
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.names import LINK_NAMES, names_of

router = APIRouter(include_in_schema=False)
UNITS_LISTED = 300
"""Beyond that many units the filter is no list: the unit's own link, or its area, narrows."""
TRAIL_LIMIT = 40
_YES = ("1", "true", "是")
_SEPARATOR = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAddress:
    """What the address asks for: its filters that are not empty, by name. `sort`: its order, as it is written. `trail`:
    the keys of the pages before this one, so that there is a way back. `unfolded`: under whose rows the follow-ups
    stand. `unread`: what was asked and is not understood, in words; the register is not narrowed by it."""

    filters: Mapping[str, str]
    after: str
    trail: tuple[str, ...]
    sort: str = ""
    unfolded: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "RegisterAddress":
        """What is asked; parts that are too long are left out, and named if they would have narrowed."""
        query = {name: value.strip() for name, value in request.query_params.items() if len(value) <= 200 * 40}
        short = {name: value for name, value in query.items() if len(value) <= 200}
        trail = tuple(part for part in query.get("trail", "").split(_SEPARATOR) if part)[-TRAIL_LIMIT:]
        long = [one for one in FILTERS if one.name in request.query_params and one.name not in short]
        return cls(
            unread=tuple(f"“{one.asks}”太长，最多 200 字，没有按它筛选。" for one in long),
            filters={one.name: short[one.name] for one in FILTERS if short.get(one.name)},
            after=short.get("after", ""),
            sort=short.get("sort", ""),
            unfolded=tuple(part for part in query.get("unfold", "").split(_SEPARATOR) if part)[:PAGE],
            trail=trail,
        )

    def narrowed(self) -> Filters:
        """As the ledger's queries take them."""
        given = (one for one in FILTERS if one.name in self.filters)
        asked: dict[str, Any] = {one.name: one.yes_no or self.filters[one.name] for one in given}
        return Filters(**asked)

    def link(self, *, after: str = "", trail: tuple[str, ...] = (), **changed: str) -> str:
        """The address with something changed; from the first page on, unless `after` says otherwise."""
        asked = {**self.filters, "sort": self.sort, **changed}
        return link("/items", **asked, after=after, trail=_SEPARATOR.join(trail))

    def folded(self, no: str) -> str:
        """The address of this very page with the follow-ups of that item unfolded, or folded again where they are;
        the window stays at its row."""
        others = tuple(one for one in self.unfolded if one != no)
        unfolded = others if no in self.unfolded else (*others, no)[-PAGE:]
        here = self.link(after=self.after, trail=self.trail, unfold=_SEPARATOR.join(unfolded))
        return f"{here}#{no}"

    def goes(self, column: str) -> str:
        """How the register is sorted by that column, as aria-sort says it; empty where it is not."""
        order = sorting(self.sort)
        return "" if order.by != column else "descending" if order.down else "ascending"

    def turned(self, column: str) -> str:
        """The address of the register sorted by that column: first up, then down, then in its own order again."""
        return self.link(sort={"": column, "ascending": f"-{column}"}.get(self.goes(column), ""))

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


@router.get("/items")
def register(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """A page of the register."""
    asked = RegisterAddress.of(request)
    with site.database.read() as connection:
        asked, choices = _choices(connection, _understood(connection, asked))
        filters = asked.narrowed()
        after, order = asked.after or None, sorting(asked.sort)
        page = sheet(connection, filters, after=after, size=PAGE, now=site.now(), order=order, unfolded=asked.unfolded)
        conditions = [" ".join(said) for said in in_words(connection, filters)]
        columns = headed(connection, ON_PAGE)
        offers = _offers(connection, me, [of.row for of in page.rows], site.now())
    everything = sum(count.count for count in page.lamps)
    return pages.page(
        "register.html",
        me=me,
        here=asked.link(after=asked.after, trail=asked.trail),
        asked=asked,
        page=page,
        filters=FILTERS,
        links={str(code): name for code, name in LINK_NAMES.items()},
        columns=columns,
        choices=choices,
        conditions=conditions,
        everything=everything,
        own=_own(me, asked),
        offers=offers,
        exports=_exports(asked, page.total),
        sheet_number=len(asked.trail) + 1,
        exact=len(asked.trail) < TRAIL_LIMIT,
    )


def _understood(connection: Connection, asked: RegisterAddress) -> RegisterAddress:
    """What is asked, by code however it was written; what nobody knows is said, and the rest holds."""
    filters, unread = dict[str, str](), list(asked.unread)
    for one in FILTERS:
        written = asked.filters.get(one.name, "")
        if one.yes_no and written and written not in _YES:
            expected = f"1（{one.only or one.heading}），或不写"
            unread.append(f"“{one.asks}”填写有误：{written[:40]}；应为 {expected}。没有按它筛选。")
        elif one.yes_no and written:
            filters[one.name] = "1"
        elif written:
            narrowed: dict[str, Any] = {one.name: written}
            try:
                filters[one.name] = getattr(understood(connection, Filters(**narrowed)), one.name)
            except RuleViolation as refusal:
                unread.append(f"{refusal}没有按它筛选。")
    order = ""
    try:
        order = sorting(asked.sort).written
    except RuleViolation as refusal:
        unread.append(f"{refusal}没有按它排序。")
    return replace(asked, filters=filters, sort=order, unread=tuple(unread))


def _choices(
    connection: Connection, asked: RegisterAddress
) -> tuple[RegisterAddress, dict[str, list[tuple[str, str]]]]:
    """What each filter offers, as (value, words), and what is asked: of a chosen area only its own units."""
    units, area = people.all_units(connection), asked.filters.get("area")
    if area:
        units = [u for u in units if u["area"] == area]
        if asked.filters.get("unit") not in {u["id"] for u in units}:
            asked = replace(asked, filters={k: v for k, v in asked.filters.items() if k != "unit"})
    choices = {one.name: list(one.names(connection).items()) for one in FILTERS if one.names}
    choices |= {one.name: [("1", one.only)] for one in FILTERS if one.only}
    return asked, choices | {"unit": [(u["id"], u["name"]) for u in units] if len(units) <= UNITS_LISTED else []}


def _exports(asked: RegisterAddress, total: int) -> list[tuple[str, str]]:
    """The register under these filters as a file: (words, address)."""
    narrowed = {**asked.filters, "sort": asked.sort}
    forms = [form for form in Format if form is not Format.PDF or total <= PRINTED]
    return [(form.upper(), link(f"/api/v1/export/register.{form}", **narrowed)) for form in forms]


def _offers(
    connection: Connection, me: ShownPerson, rows: Sequence[RowMapping], now: datetime
) -> list[tuple[str, str]]:
    """What the person may give to some of the items on the page: (command, words)."""
    kinds = offered(connection, people.somebody(connection, me.id), rows, local_date(now))
    called = names_of(lists.current_words(connection)).command
    return [(str(kind), called[kind]) for kind in kinds]


def _own(me: ShownPerson, asked: RegisterAddress) -> list[tuple[str, str]]:
    """Short ways to what is the person's own: (words, address)."""
    units = {post.unit: "本单位" for post in me.posts if post.unit}
    areas = {post.area: "我的片组" for post in me.posts if post.area}
    found = [(words, asked.link(unit=unit or "")) for unit, words in units.items()]
    return found + [(words, asked.link(area=area or "")) for area, words in areas.items()]
