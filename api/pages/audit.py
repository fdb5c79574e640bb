"""The auditor's pages: entries of the whole ledger, an item as it stood, who saw what, what came again. They only read.

What cannot be understood in a question is said above it, with everything that was filled in still there.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages.me import Me
from api.pages.register import UNITS_LISTED
from api.pages.render import Pages, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.showing.audit import (
    ACCESS_KINDS,
    ENTRANCE_KINDS,
    FINDINGS_LIMIT,
    Measure,
    ShownFinds,
    ShownStanding,
    find,
    find_access,
    find_reads,
    find_repeats,
    stood,
)
from desk.showing.seals import show_seals
from ledger.chain import journal
from ledger.directory import people
from ledger.reading import audit, queries
from ledger.reading.entry_filters import ACCESS_FILTERS, ENTRY_FILTERS, READ_FILTERS, EntryFilter, EntrySearch, Takes
from ledger.reading.entry_words import ENTRY_NAMES
from rules.dates.calendar import local_date
from rules.dates.explain import long_day
from rules.dates.moments import to_the_second
from rules.errors import LEDGER_AWAY, Code, RuleViolation
from rules.names import EVENT_NAMES
from rules.telling.repeats import MONTHS, MONTHS_LIMIT, UNITS, UNITS_LIMIT

router = APIRouter(include_in_schema=False)
Finder = Callable[..., ShownFinds]
_NOTHING = ShownFinds(entries=(), next=None)
QUERY_LIMIT = 200
MEMBERS = 20
"""Findings of one group on the page; the register shows them all."""
_NAMES_OF_JOURNALS = {journal.ACCESS: "进出与查阅日志", journal.ACCOUNTS: "账号日志", journal.OFFICE: "管理日志"}
OF_ITEMS = ("事项", tuple(EVENT_NAMES.items()))
OF_ACCESS = ("查阅与导出", tuple((kind, ENTRY_NAMES[kind]) for kind in ACCESS_KINDS))
OF_ENTRANCE = ("账号和登录", tuple((kind, ENTRY_NAMES[kind]) for kind in ENTRANCE_KINDS))
_ELSEWHERE = frozenset({*ACCESS_KINDS, *ENTRANCE_KINDS})
OF_OFFICE = ("管理", tuple((kind, ENTRY_NAMES[kind]) for kind in journal.JOURNAL_KINDS if kind not in _ELSEWHERE))


@router.get("/audit")
def entries(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """Search over all entries."""
    query = _query(request, (*(one.key for one in ENTRY_FILTERS), "after"))
    found, refusal = _searched(site, query, ENTRY_FILTERS, find)
    with site.database.read() as connection:
        total, units = audit.size(connection), _unit_names(connection)
    return pages.page(
        "audit.html",
        me=me,
        status=refusal.status if refusal else 200,
        total=total,
        units=units,
        filters=ENTRY_FILTERS,
        kinds=(OF_ITEMS, OF_ACCESS, OF_ENTRANCE, OF_OFFICE),
        journal_name=journal_name,
        refusal=refusal,
        **_pager("/audit", query, found),
    )


@router.get("/audit/reads")
def reads(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """Who saw or took away what."""
    query = _query(request, (*(one.key for one in READ_FILTERS), "after"))
    found, refusal = _searched(site, query, READ_FILTERS, find_reads)
    status = refusal.status if refusal else 200
    found_pages = _pager("/audit/reads", query, found)
    return pages.page(
        "audit_reads.html",
        me=me,
        status=status,
        filters=READ_FILTERS,
        kinds=(OF_ACCESS,),
        refusal=refusal,
        **found_pages,
    )


@router.get("/audit/access")
def access(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """Who came in or was not let in, who let whom in, who was refused what."""
    query = _query(request, (*(one.key for one in ACCESS_FILTERS), "after"))
    found, refusal = _searched(site, query, ACCESS_FILTERS, find_access)
    return pages.page(
        "audit_access.html",
        me=me,
        status=refusal.status if refusal else 200,
        filters=ACCESS_FILTERS,
        kinds=(OF_ENTRANCE, OF_ACCESS),
        refusal=refusal,
        **_pager("/audit/access", query, found),
    )


@router.get("/audit/seals")
def seals(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """What is sealed, for whoever compares it with a copy kept elsewhere."""
    with site.database.read() as connection:
        shown = show_seals(connection)
    return pages.page("audit_seals.html", me=me, here="/audit/seals", seals=shown)


@router.get("/audit/repeats")
def repeated(request: Request, site: Here, pages: Pages, me: Me) -> Response:
    """Findings that came again."""
    query = _query(request, ("months", "units", "since", "unit"))
    found, refusal, measure = None, None, Measure()
    with site.database.read() as connection:
        units = _unit_names(connection)
        try:
            measure = Measure(
                months=_number(query, "months", "几个月内", MONTHS, 1, MONTHS_LIMIT),
                units=_number(query, "units", "几个单位", UNITS, 2, UNITS_LIMIT),
                since=_day(query, "since"),
                unit=query.get("unit", ""),
            )
            found = find_repeats(connection, measure, limit=FINDINGS_LIMIT, members=MEMBERS)
        except RuleViolation as violation:
            refusal = refusal_of(violation)
    return pages.page(
        "audit_repeats.html",
        me=me,
        here=link("/audit/repeats", **query),
        status=refusal.status if refusal else 200,
        asked=measure,
        found=found,
        members=MEMBERS,
        in_register=lambda text: link("/items", text=text[:100]),
        refusal=refusal,
        units=units,
    )


@router.get("/audit/items/{no}")
def item_at(request: Request, site: Here, pages: Pages, me: Me, no: str) -> Response:
    """The item as it stood at a moment (today, if none is named), or at two and what differs."""
    query = _query(request, ("at", "to"))
    at, to = query.get("at") or local_date(site.now()).isoformat(), query.get("to", "")
    shown, refusal = None, None
    with site.database.read() as connection:
        view = queries.item(connection, no)
        try:
            shown = stood(connection, no, at, to)
        except RuleViolation as violation:
            refusal = refusal_of(violation)
    moments = [
        (to_the_second(e.at), f"#{e.seq} {EVENT_NAMES[e.kind]}") for e in sorted(view.events, key=lambda e: -e.seq)
    ]
    sides = [shown.before, shown.after] if shown else []
    return pages.page(
        "audit_item.html",
        me=me,
        here=link(f"/audit/items/{no}", **query),
        status=refusal.status if refusal else 200,
        no=view.state.no,
        subject=view.row["title"],
        at=at,
        to=to,
        moments=dict(moments).items(),
        names=[_called(side) for side in sides if side],
        shown=shown,
        refusal=refusal,
    )


def journal_name(stream: str) -> str:
    """~access/2026-11 in words."""
    name, _, period = stream.removeprefix(journal.MARK).partition("/")
    return f"{_NAMES_OF_JOURNALS.get(name, name)} {period}"


def _called(standing: ShownStanding) -> str:
    """The moment as a heading: a day by its name, anything finer to the second."""
    if len(standing.moment) == len("2026-03-31"):
        return f"{long_day(date.fromisoformat(standing.moment))}结束时"
    return to_the_second(datetime.fromisoformat(standing.at))


def _query(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """What of these was filled in; what is too long for anything is left out."""
    given = {name: request.query_params.get(name, "").strip() for name in names}
    return {name: value for name, value in given.items() if value and len(value) <= QUERY_LIMIT}


def _searched(
    site: Site, query: Mapping[str, str], filters: Sequence[EntryFilter], finder: Finder
) -> tuple[ShownFinds, Refusal | None]:
    try:
        asked = EntrySearch.of({one.name: _filled(query, one) for one in filters if one.key in query})
        with site.database.read() as connection:
            return finder(connection, asked, after=query.get("after", "")), None
    except RuleViolation as violation:
        if violation.code in LEDGER_AWAY:
            raise
        return _NOTHING, refusal_of(violation)


def _filled(query: Mapping[str, str], one: EntryFilter) -> object:
    match one.takes:
        case Takes.DAY:
            return _day(query, one.key)
        case Takes.KINDS:
            return (query[one.key],)
    return query[one.key]


def _pager(path: str, query: Mapping[str, str], found: ShownFinds) -> dict[str, Any]:
    """What a page of entries needs to lead on: its own address, the first page's, the next one's."""
    asked = {name: value for name, value in query.items() if name != "after"}
    return {
        "here": link(path, **query),
        "asked": asked,
        "found": found,
        "first": link(path, **asked),
        "next": link(path, **asked, after=found.next) if found.next else "",
        "after": query.get("after", ""),
        "looked": audit.LOOKED_THROUGH,
    }


def _unit_names(connection: Connection) -> list[str]:
    """To choose from while typing; too many help nobody."""
    units = people.all_units(connection)
    return [unit["name"] for unit in units] if len(units) <= UNITS_LISTED else []


def _day(query: Mapping[str, str], name: str) -> date | None:
    if name not in query:
        return None
    try:
        return iso_day(query[name])
    except ValueError:
        expected, actual = "日期，如 2026-12-31", query[name][:20]
        raise RuleViolation(Code.FIELD_INVALID, field="日期", actual=actual, expected=expected) from None


def iso_day(text: str) -> date:
    """2026-12-31 and no other way to write a date. Raises ValueError."""
    if len(text) != len("2026-12-31"):
        raise ValueError(text)
    return date.fromisoformat(text)


def _number(query: Mapping[str, str], name: str, field: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most:
        return int(text)
    expected = f"{least} 至 {most} 的整数"
    raise RuleViolation(Code.FIELD_INVALID, field=field, actual=text[:20], expected=expected)
