"""The application: routes, pages, guards and refusals over the parts that it is given. Composition is runtime's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from api.answers import Compressed, Heads
from api.entrance.noting import noted
from api.forms import read_form
from api.guards import Guards, headers_of
from api.pages import audit as audit_page
from api.pages import bulk as bulk_page
from api.pages import burden as burden_page
from api.pages import clocks as clocks_page
from api.pages import definitions as definitions_page
from api.pages import draws as draws_page
from api.pages import inbox as inbox_page
from api.pages import issue as issue_page
from api.pages import item as item_page
from api.pages import publications as publications_page
from api.pages import register, register_upload
from api.pages import todo as todo_page
from api.pages.asked import halves as halves_page
from api.pages.asked import rounds as rounds_page
from api.pages.entrance import account, accounts, invited, others, security_key, sign_in
from api.pages.figures import series as figures_page
from api.pages.item import values_in, written_in
from api.pages.joint import confirmations
from api.pages.render import STATIC, Renderer, link
from api.pages.scores import deciding as scores_decided
from api.pages.scores import own as scores_own
from api.pages.scores import sheets as scores_page
from api.pages.units import history as history_page
from api.reached import THIS_MACHINE, Reached
from api.refusals import MEDIA_TYPE, ProblemBody, Refusal, WebRefused, problem_response, refusal_of
from api.routes import (
    audit,
    bulks,
    burden,
    clocks,
    definitions,
    directory,
    draws,
    evidence,
    exports,
    health,
    inbox,
    issue,
    items,
    publications,
    registers,
)
from api.routes.asked import blanks, rounds
from api.routes.figures import series as figures
from api.routes.scores import sheets as scores
from api.site import LastComparison, Ready, Site
from api.static_files import Static
from definitions.accounts.sign_in_file import WaysIn
from desk.accounts.entrance import Entrance, KeyAsked
from desk.accounts.ways.coming import OtherWays
from desk.intake import Intake
from desk.requests import Desk
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.errors import LEDGER_AWAY, Code, RuleViolation

_REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "被拒绝；code 说明原因", "model": ProblemBody, "content": {MEDIA_TYPE: {}}},
    "5XX": {"description": "暂时不能办理，或系统出错", "model": ProblemBody, "content": {MEDIA_TYPE: {}}},
}


def create_app(
    *,
    desk: Desk,
    intake: Intake,
    database: Database,
    files: EvidenceStore,
    entrance: Entrance,
    ready: Ready | None = None,
    compared: LastComparison | None = None,
    ways: OtherWays | None = None,
    reached: Reached = THIS_MACHINE,
    demo: bool = False,
) -> FastAPI:
    """The site over these parts. It reads no setting and opens nothing; whoever made the parts closes them. `demo`: its
    people are invented, and whoever comes may be any of them; on this machine only."""
    site = Site(
        desk=desk,
        intake=intake,
        database=database,
        files=files,
        entrance=entrance,
        ways=ways or OtherWays(entrance, WaysIn()),
        ready=ready,
        compared=compared,
        reached=reached,
        demo=demo and reached.loopback,
    )
    app = FastAPI(
        title="督办",
        description="整改事项与党建项目的全程督办。程序用令牌（Authorization: Bearer duban_…），权限不超过发令牌的人。",
        version="1",
        openapi_url=None,  # a route of ours, for whoever is in
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.site, app.state.renderer = site, Renderer()
    for routes in (
        items,
        blanks,
        bulks,
        evidence,
        exports,
        registers,
        publications,
        rounds,
        draws,
        burden,
        figures,
        scores,
        issue,
        directory,
        definitions,
        inbox,
        clocks,
        audit,
        health,
    ):
        app.include_router(routes.router, responses=_REFUSALS)
    pages = (register, issue_page, item_page, bulk_page, register_upload, inbox_page, clocks_page, audit_page)
    rounds_pages = (halves_page, rounds_page)
    for page in (
        todo_page,
        *rounds_pages,
        *pages,
        publications_page,
        draws_page,
        burden_page,
        figures_page,
        scores_page,
        scores_own,
        scores_decided,
        definitions_page,
        history_page,
        sign_in,
        others,
        security_key,
        invited,
        account,
        accounts,
        confirmations,
    ):
        app.include_router(page.router)
    app.include_router(health.interface)
    app.mount("/static", Static(directory=STATIC))
    for kind in (RuleViolation, WebRefused, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _refuse)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(KeyAsked, security_key.ask_for_key)
    app.add_middleware(Compressed)
    app.add_middleware(Guards, reached=reached, show=lambda scope, refusal: _show(app.state.renderer, scope, refusal))
    app.add_middleware(Heads)  # outermost: what guards a GET guards its HEAD
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Templates are compiled from the start on. Issuing that still runs when the site stops is let go: its workflow
    goes on without us."""
    app.state.compiling = asyncio.create_task(app.state.renderer.compile_all())
    yield
    app.state.compiling.cancel()
    for task in tuple(app.state.site.running.values()):
        task.cancel()


async def _refuse(request: Request, failure: Exception) -> Response:
    refusal = refusal_of(failure)
    if refusal.code is Code.SIGNED_OUT and request.method in ("GET", "HEAD") and not _for_programs(request.scope):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response: Response = RedirectResponse(link("/sign-in", back="" if asked == "/" else asked), 303)
    else:
        written = await _written(request) if refusal.code in (Code.SIGNED_OUT, *LEDGER_AWAY) else ""
        response = _show(request.app.state.renderer, request.scope, refusal, written)
    response.background = noted(request, refusal)
    # Not by the guards alone: the answer to what nobody foresaw is made outside them.
    response.headers.update(headers_of(request.app.state.site.reached))
    return response


async def _written(request: Request) -> str:
    """What somebody wrote in a form that found nobody to take it, because they are out or the ledger is away."""
    if request.method != "POST" or _for_programs(request.scope):
        return ""
    try:
        form, _ = await read_form(request)
    except (RuntimeError, HTTPException, ClientDisconnect):  # it has been read already, or is none
        return ""
    try:
        return written_in(values_in(form))
    finally:
        await form.close()


async def _gone(request: Request, failure: Exception) -> Response:
    """Whoever sent this has gone on, as where a form is handed in while it is kept: nobody reads the answer."""
    return Response(status_code=499)


def _for_programs(scope: Scope) -> bool:
    return bool(scope["path"].startswith(("/api/", "/openapi.json")))


def _show(renderer: Renderer, scope: Scope, refusal: Refusal, written: str = "") -> Response:
    """Programs get a problem, people a page with the same words."""
    return problem_response(refusal) if _for_programs(scope) else renderer.error(refusal, written)
