"""The application: routes, pages, guards and refusals over the parts that it is given. Composition is runtime's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Scope

from api.answers import Compressed, Heads
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
from api.pages import me, register, register_upload
from api.pages import publications as publications_page
from api.pages import todo as todo_page
from api.pages.asked import halves as halves_page
from api.pages.asked import rounds as rounds_page
from api.pages.figures import series as figures_page
from api.pages.render import STATIC, Renderer
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
from api.site import LastComparison, Ready, Site
from api.static_files import Static
from desk.intake import Intake
from desk.requests import Desk
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.errors import RuleViolation

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
    ready: Ready | None = None,
    compared: LastComparison | None = None,
    reached: Reached = THIS_MACHINE,
) -> FastAPI:
    """The site over these parts. It reads no setting and opens nothing; whoever made the parts closes them."""
    site = Site(
        desk=desk, intake=intake, database=database, files=files, ready=ready, compared=compared, reached=reached
    )
    app = FastAPI(
        title="督办",
        description="整改事项与党建项目的全程督办。还没有登录，只在本机使用；`person` 说明以谁的身份。",
        version="1",
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
        issue,
        directory,
        definitions,
        inbox,
        clocks,
        audit,
        health,
    ):
        app.include_router(routes.router, responses=_REFUSALS)
    pages = (register, issue_page, item_page, bulk_page, register_upload, inbox_page, clocks_page, audit_page, me)
    rounds_pages = (halves_page, rounds_page)
    for page in (
        todo_page,
        *rounds_pages,
        *pages,
        publications_page,
        draws_page,
        burden_page,
        figures_page,
        definitions_page,
        history_page,
    ):
        app.include_router(page.router)
    app.mount("/static", Static(directory=STATIC))
    for kind in (RuleViolation, WebRefused, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _refuse)
    app.add_exception_handler(ClientDisconnect, _gone)
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
    response = _show(request.app.state.renderer, request.scope, refusal_of(failure))
    # Not by the guards alone: the answer to what nobody foresaw is made outside them.
    response.headers.update(headers_of(request.app.state.site.reached))
    return response


async def _gone(request: Request, failure: Exception) -> Response:
    """Whoever sent this has gone on, as where a form is handed in while it is kept: nobody reads the answer."""
    return Response(status_code=499)


def _show(renderer: Renderer, scope: Scope, refusal: Refusal) -> Response:
    """Programs get a problem, people a page with the same words."""
    for_programs = scope["path"].startswith(("/api/", "/openapi.json"))
    return problem_response(refusal) if for_programs else renderer.error(refusal)
