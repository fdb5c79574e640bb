"""Coming in by another way: sent to whoever vouches, taken in when they come back, led out there too."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.entrance.cookies import JOURNEY_COOKIE, drop_kept, keep, kept_in
from api.pages.entrance.sign_in import come_in, coming_from, form
from api.pages.render import PlainPages, safe_back
from api.refusals import refusal_of
from api.site import Open, origin_of
from desk.accounts.ways.journey import JOURNEY_LIFE
from rules.errors import RuleViolation

router = APIRouter(prefix="/sign-in/with", include_in_schema=False)


@router.get("/{way}")
async def depart(request: Request, site: Open, pages: PlainPages, way: str, back: str = "/") -> Response:
    """To whoever vouches for people by that way. What this browser is to bring back stands in a cookie of its own."""
    address = coming_from(request, site)["address"]
    try:
        gone = await site.ways.depart(
            way, safe_back(back), origin=origin_of(request, site), address=address, now=site.now()
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(lambda: form(site, pages, safe_back(back), refusal))
    answer = RedirectResponse(gone.url, 303, headers={"Cache-Control": "no-store"})
    keep(answer, JOURNEY_COOKIE, gone.journey.cookie, site.reached.secure, JOURNEY_LIFE)
    return answer


@router.get("/{way}/back")
async def arrive(request: Request, site: Open, pages: PlainPages, way: str) -> Response:
    """Whoever comes back with an answer to this browser's question is in. Another site sends them here, so that no
    origin is looked at: what they bring fits this browser's cookie, or is refused."""
    if request.scope.get("head"):
        raise HTTPException(405)  # it would use the answer up
    cookie, secure = kept_in(request, JOURNEY_COOKIE, site.reached.secure), site.reached.secure
    back = site.ways.back_of(way, cookie, site.now())
    request.state.back = back  # for a security key that is asked for besides
    coming = coming_from(request, site)
    origin = origin_of(request, site)
    try:
        came = await site.ways.arrive(way, _said(request), cookie, origin=origin, now=site.now(), **coming)
        answer = come_in(site, came.admitted, came.back)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        answer = await run_in_threadpool(lambda: form(site, pages, back, refusal))
    drop_kept(answer, JOURNEY_COOKIE, secure)
    return answer


@router.get("/{way}/out")
async def leave(request: Request, site: Open, way: str) -> Response:
    """To where somebody who came in by that way is signed out there too; to the sign-in page where there is no such
    place."""
    url = await site.ways.farewell(way, origin=origin_of(request, site), now=site.now())
    return RedirectResponse(url or "/sign-in", 303, headers={"Cache-Control": "no-store"})


def _said(request: Request) -> Mapping[str, str]:
    """What the address says, where it says each thing once: of two answers nobody knows which is meant."""
    said = request.query_params.multi_items()
    return dict(said) if len({name for name, _ in said}) == len(said) else {}
