"""Templates into answers: one environment, the words that every page needs, who is chosen. No routes here."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.entrance.caller import WhoAsks
from api.entrance.policy import shows
from api.guards import EVIDENCE_LIMIT
from api.refusals import Refusal, WebCode, web_refusal
from desk.inbox import unread_of
from desk.personal.todo import count_todo
from desk.showing.values import ShownPerson
from ledger.chain.lookup import NUMBER
from ledger.chain.past import nudges
from ledger.directory.sight import seen_by
from rules.dates.calendar import LOCAL
from rules.dates.explain import long_day
from rules.errors import LEDGER_AWAY, RuleViolation
from rules.machine.fields import FIELDS
from rules.permitting import OfficeAct, roles_named
from rules.telling.item_words import current_step, cycle
from rules.telling.posts import in_post
from rules.telling.story import cut_short

_COMMAND = re.compile("请?(?:运行|用)(?:命令)? ?duban ((?:-*[a-z]+[ -]?)+)")
_DONE_BY_IT = {"audit verify": "核验留痕库", "recover": "恢复流程", "doctor": "检查", "doctor --clocks": "核对时钟"}
_FIRST = ("plain.html", "sign_in.html", "base.html", "parts.html", "todo.html", "register.html", "item.html")
"""What the first request of the day most likely needs."""
API_FOLDER = Path(__file__).parents[1]
STATIC = API_FOLDER / "static"


class Renderer:
    """Makes pages. Every name that a template uses must be given: one that is not is an error, not a blank."""

    behind = 0
    """So many items' workflows are to be told of what was decided while the engine did not answer."""
    waits, unread = "", 0
    """What waits for whoever is in, in words ("12", "100+"), and how many notices they have not seen."""
    demo = False

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(API_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "day": day,
            "moment": moment,
            "clock": clock,
            "size": size,
            "number": number,
            "on_page": on_page,
        }
        self._jinja.tests["item_number"] = NUMBER.fullmatch
        self._jinja.globals |= {
            "current_step": current_step,
            "cut_short": cut_short,
            "in_post": in_post,
            "cycle": cycle,
            "fields": FIELDS,
            "issuers": roles_named(OfficeAct.ISSUE),
            "files_limit": EVIDENCE_LIMIT,
            "asset": asset,
            "shows": shows,
            "has_script": (STATIC / "vendor" / "htmx.min.js").is_file(),
        }

    async def compile_all(self) -> None:
        """Every template is compiled, so that no request waits for that. One by one beside the requests: all of them
        take longer than the site may take to start."""
        others = [name for name in self._jinja.list_templates() if name not in _FIRST]
        for name in (*_FIRST, *others):
            await asyncio.to_thread(self._jinja.get_template, name)

    def page(
        self,
        template: str,
        *,
        me: ShownPerson,
        here: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """The page. `here` is its own address, to come back to; kept by no cache, so that none shows it to whoever
        comes after."""
        made_at = f"{datetime.now(LOCAL):%Y-%m-%d %H:%M}"
        text = self._jinja.get_template(template).render(
            me=me,
            here=here,
            made_at=made_at,
            behind=self.behind,
            waits=self.waits,
            unread=self.unread,
            demo=self.demo,
            **context,
        )
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store", **(headers or {})})

    def plain(self, template: str, *, refusal: Refusal | None, **context: Any) -> Response:
        """A page for somebody who is not in, with what was refused to them."""
        text = self._jinja.get_template(template).render(refusal=refusal, demo=self.demo, **context)
        headers = {**(refusal.headers if refusal else {}), "Cache-Control": "no-store"}
        return HTMLResponse(text, refusal.status if refusal else 200, headers=headers)

    def nowhere(self) -> Response:
        """There is no such address."""
        return self.error(web_refusal(WebCode.UNKNOWN_PAGE))

    def error(self, refusal: Refusal, written: str = "") -> Response:
        """A refusal as a page, with what had been written; asks no database, which may be what is missing."""
        headers = {**refusal.headers, "Cache-Control": "no-store"}
        text = self._jinja.get_template("error.html").render(refusal=refusal, written=written)
        return HTMLResponse(text.encode("utf-8", "replace"), refusal.status, headers=headers)


def renderer_of(request: Request, caller: WhoAsks) -> Renderer:
    """The application's renderer, for one request: what waits for the engine now, and for whoever is in, every page
    says."""
    renderer = plain_renderer_of(request)
    site = request.app.state.site
    try:
        with site.database.read() as connection:
            renderer.behind = nudges.waits(connection, away=True).items
        with site.database.seen(seen_by((caller.person,))).read() as connection:
            now = site.now()
            count, more = count_todo(connection, caller.person, now)
            renderer.waits = f"{count}+" if more else str(count or "")
            renderer.unread = unread_of(connection, caller.person, now)
    except RuleViolation as refusal:
        if refusal.code not in LEDGER_AWAY:  # whoever needs the ledger says it better
            raise
    return renderer


def plain_renderer_of(request: Request) -> Renderer:
    """The application's renderer, for pages that say nothing of anybody."""
    renderer: Renderer = copy(request.app.state.renderer)
    renderer.demo = request.app.state.site.demo
    return renderer


PlainPages = Annotated[Renderer, Depends(plain_renderer_of)]
Pages = Annotated[Renderer, Depends(renderer_of)]


@cache
def asset(path: str) -> str:
    """The address of a static file, with its content's hash, so that it can be kept for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def day(value: date | str | None) -> str:
    """2026年12月31日."""
    if not value:
        return ""
    return long_day(date.fromisoformat(value) if isinstance(value, str) else value)


def moment(value: str) -> str:
    """An instant of the ledger in local time, to the minute."""
    return f"{datetime.fromisoformat(value).astimezone(LOCAL):%Y-%m-%d %H:%M}"


def clock(value: str) -> str:
    """The local time of day of an instant of the ledger."""
    return f"{datetime.fromisoformat(value).astimezone(LOCAL):%H:%M}"


def size(value: int) -> str:
    """A file's size as people say it."""
    return f"{value / 1048576:.1f} MB" if value >= 1048576 else f"{max(1, round(value / 1024))} KB"


def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"


def on_page(words: str) -> str:
    """The words without a command of the console, which nobody can give on a page: whom to ask for it instead."""
    return _COMMAND.sub(lambda m: f"请管理员{_DONE_BY_IT.get(m[1].strip(), '在主机上处理')}", words)


def link(path: str, **query: str | None) -> str:
    """The path with what of the query is not empty."""
    kept = {name: value for name, value in query.items() if value}
    return f"{quote(path)}?{urlencode(kept)}" if kept else quote(path)


def safe_back(back: str) -> str:
    """A place on this site to go back to; the first page for anything else."""
    plain = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and len(back) <= 2000
    return back if plain and "\\" not in back else "/"
