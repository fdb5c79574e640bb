"""One command for many items as pages: chosen in the register, said once, looked at item by item, confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import WhoAsks
from api.forms import as_filled, line_ends, read_form
from api.going_on import going_name, within_patience
from api.pages.me import Me, need_me
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.bulk.asking import bulk_fields, form_of, offered
from desk.bulk.giving import BulkRequest, bulk_kind, chosen
from desk.caller import Caller
from desk.showing.item_rows import show_person
from desk.showing.progress import giving
from desk.showing.values import ShownField, ShownPerson
from ledger.chain import bulk_commands, lookup
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.filters import FILTERS, Filters
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind
from rules.names import names_of

router = APIRouter(prefix="/bulk", include_in_schema=False)
ALL = "all"
"""What stands in the address where all items under the filters are meant, and not those that were ticked."""
BY = "by-"
"""How the filters' names begin there: a field of a command may be called like one."""
_SHOWN = 50
_LATEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which items, and which command: what the register's form says, and what goes on from page to page."""

    command: str = ""
    numbers: tuple[str, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def of(cls, said: QueryParams | FormData) -> "Choice":
        """What an address or a form says. Numbers may stand together in one field, with blanks between."""
        numbers = [no for value in said.getlist("no") if isinstance(value, str) for no in value.split()]
        plain = {name: value for name, value in said.items() if isinstance(value, str)}
        return cls(
            command=plain.get("command", ""),
            numbers=tuple(numbers),
            filters={one.name: plain[BY + one.name][:200] for one in FILTERS if plain.get(BY + one.name)},
            whole=plain.get("which") == ALL,
        )

    @property
    def back(self) -> str:
        """The address of the register from which was chosen."""
        return link("/items", **self.filters)

    def narrowed(self) -> Filters | None:
        """The filters, where they choose; None where ticks do."""
        if not self.whole:
            return None
        given = (one for one in FILTERS if one.name in self.filters)
        asked: dict[str, Any] = {one.name: one.yes_no or self.filters[one.name] for one in given}
        return Filters(**asked)

    def meant(self, connection: Connection) -> tuple[tuple[str, ...], str]:
        """The numbers of the items, and how they were chosen. Raises as `chosen`."""
        return chosen(connection, () if self.whole else self.numbers, self.narrowed())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saying:
    """What the page shows of a choice: the command, the items, and what is to be said of them."""

    kind: CommandKind
    numbers: tuple[str, ...]
    words: str
    rows: list[Any]
    fields: tuple[ShownField, ...]


@router.get("")
def say(request: Request, caller: WhoAsks, site: Here, pages: Pages) -> Response:
    """The form of the command that was chosen; without one, what the person has given to many items lately."""
    choice = Choice.of(request.query_params)
    if not choice.command:
        return _latest(caller, site, pages)
    return _say(caller, site, pages, choice)


def _latest(caller: Caller, site: Site, pages: Renderer) -> Response:
    with site.database.read() as connection:
        who = people.somebody(connection, caller.person)
        rows = bulk_commands.of_person(connection, who.id, _LATEST)
        lately = [(row, bulk_commands.counts(connection, row["id"])) for row in rows]
        names = names_of(lists.current_words(connection)).command
    return pages.page("bulks.html", me=show_person(who), here="/bulk", lately=lately, names=names)


def _say(
    caller: Caller,
    site: Site,
    pages: Renderer,
    choice: Choice,
    refusal: Refusal | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    asked: _Saying | None = None
    with site.database.read() as connection:
        who = people.somebody(connection, caller.person)
        try:
            asked = _asked(connection, choice, site)
        except RuleViolation as violation:
            refusal = refusal or refusal_of(violation)
        rows = lookup.rows_of(connection, asked.numbers) if asked else iter(())
        may = offered(connection, who, rows, local_date(site.now()))
        names = names_of(lists.current_words(connection)).command
    return pages.page(
        "bulk_say.html",
        me=show_person(who),
        here=choice.back,
        status=refusal.status if refusal else 200,
        choice=choice,
        asked=asked,
        name=names.get(asked.kind, "") if asked else "成批办理",
        may=bool(asked and asked.kind in may),
        refusal=refusal,
        values=values or {},
    )


def _asked(connection: Connection, choice: Choice, site: Site) -> _Saying:
    kind = bulk_kind(choice.command)
    numbers, words = choice.meant(connection)
    fields = form_of(connection, kind, numbers, local_date(site.now()))
    rows = lookup.item_rows(connection, numbers[:_SHOWN])
    return _Saying(kind=kind, numbers=numbers, words=words, rows=rows, fields=fields)


@router.post("")
async def preview(request: Request, caller: WhoAsks, site: Here, pages: Pages) -> Response:
    """What was said is looked at item by item; then the page that shows it."""
    form, _ = await read_form(request)
    choice = Choice.of(form)
    values = {name: line_ends(value) for name, value in form.multi_items() if isinstance(value, str)}
    try:
        bulk = await run_in_threadpool(_preview, caller, site, choice, values)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_say, caller, site, pages, choice, refusal, values)
    return RedirectResponse(f"/bulk/{bulk}", 303)


def _preview(caller: Caller, site: Site, choice: Choice, values: Mapping[str, str]) -> str:
    kind = bulk_kind(choice.command)
    said: dict[str, Any] = {f.name: as_filled(f, values[f.name]) for f in bulk_fields(kind) if values.get(f.name)}
    numbers = () if choice.whole else choice.numbers
    request = BulkRequest(kind=kind, caller=caller, numbers=numbers, filters=choice.narrowed(), **said)
    return site.bulks.preview(request, site.now())


@router.get("/{bulk}")
def bulk(caller: WhoAsks, site: Here, pages: Pages, me: Me, bulk: str) -> Response:
    """What is foreseen before it is confirmed; how far it is, and what came of it, afterwards."""
    return _bulk(caller, site, pages, me, bulk, None)


def _bulk(caller: Caller, site: Site, pages: Renderer, me: ShownPerson, bulk: str, refusal: Refusal | None) -> Response:
    shown = site.bulks.shown(bulk)
    return pages.page(
        "bulk.html",
        me=me,
        here=f"/bulk/{bulk}",
        status=refusal.status if refusal else 200,
        shown=shown,
        part=giving(site.bulks.counts(bulk)),
        running=going_name(bulk, caller) in site.running,
        mine=me.id == shown.person,
        refusal=refusal,
    )


@router.post("/{bulk}")
async def confirm(caller: WhoAsks, site: Here, pages: Pages, bulk: str) -> Response:
    """It is given to each item, or goes on being given; then its page."""
    who = await run_in_threadpool(need_me, site, caller)
    try:
        await within_patience(site, going_name(bulk, caller), lambda: site.bulks.confirm(bulk, caller, site.now()))
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_bulk, caller, site, pages, show_person(who), bulk, refusal)
    return RedirectResponse(f"/bulk/{bulk}", 303)
