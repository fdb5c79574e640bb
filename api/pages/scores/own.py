"""Indicators of units' own as pages: a unit declares them, the assessor reviews them."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.forms import line_ends, read_form
from api.pages.me import Me, may
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.scores import keeping
from desk.scores.choosing import assessments_shown
from desk.scores.own_shown import WRITTEN, declared_now, own_indicators
from desk.showing.values import ShownPerson
from rules.assessment.declaring import WrittenIndicator
from rules.errors import RuleViolation
from rules.permitting import OfficeAct

router = APIRouter(prefix="/scores/own", include_in_schema=False)
Written = Annotated[str, Form(max_length=2000)]
_MOST = 12
_DONE = {
    "declared": "已申报，等考核主体审定。",
    "agreed": "已审定，本年不变。",
    "returned": "已退回，单位可以改了再报。",
}


@router.get("")
def queue(site: Here, pages: Pages, me: Me, assessment: Word = "", done: Word = "", unit: Word = "") -> Response:
    """Whose indicators wait to be reviewed."""
    with site.database.read() as connection:
        found = declared_now(connection, site.now(), assessment=assessment)
        assessments = assessments_shown(connection, found.assessment)
    here = link("/scores/own", assessment=assessment)
    return pages.page("declared.html", me=me, here=here, shown=found, assessments=assessments, done=_DONE.get(done, ""))


@router.get("/{unit}")
def own(site: Here, pages: Pages, me: Me, unit: str, assessment: Word = "", done: Word = "") -> Response:
    """What the unit has declared, and how it stands."""
    return _own(site, pages, me, unit, assessment, done=_DONE.get(done, ""))


def _own(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    unit: str,
    assessment: str,
    *,
    done: str = "",
    tried: list[WrittenIndicator] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        found = own_indicators(connection, unit, site.now(), assessment=assessment)
        assessments = assessments_shown(connection, found.assessment)
    written = [asdict(one) for one in tried] if tried is not None else list(found.written)
    written += [asdict(WrittenIndicator()) for _ in range(found.count - len(written))]
    mine = any(post.unit == found.unit for post in me.posts)
    return pages.page(
        "own.html",
        me=me,
        here=link(f"/scores/own/{found.unit}", assessment=assessment),
        status=refusal.status if refusal else 200,
        shown=found,
        assessments=assessments,
        written=written,
        declares=mine and may(me, OfficeAct.DECLARE) and not found.pinned and not found.over,
        reviews=may(me, OfficeAct.REVIEW_DECLARED),
        done=done,
        refusal=refusal,
    )


@router.post("/{unit}")
async def declare(caller: WhoAsks, site: Here, pages: Pages, me: Me, request: Request, unit: str) -> Response:
    """The unit proposes what was filled in. Nothing of it is lost where it is refused."""
    form, _ = await read_form(request)
    assessment, written = str(form.get("assessment") or "")[:100], _written(form)
    try:
        await run_in_threadpool(
            keeping.declare_written, site.database, caller, unit, written, site.now(), assessment=assessment
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_own, site, pages, me, unit, assessment, tried=written, refusal=refusal)
    return RedirectResponse(f"{link(f'/scores/own/{unit}', assessment=assessment, done='declared')}#result", 303)


def _written(form: FormData) -> list[WrittenIndicator]:
    found = [
        WrittenIndicator(**{name: line_ends(str(form.get(f"{n}.{name}") or ""))[:500] for name in WRITTEN})
        for n in range(1, _MOST + 1)
        if f"{n}.name" in form
    ]
    while found and found[-1].empty:
        found.pop()
    return found


@router.post("/{unit}/review")
def review(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    unit: str,
    answer: Written = "",
    reason: Written = "",
    assessment: Written = "",
) -> Response:
    """What the unit proposed is pinned for the year (`answer` yes), or goes back."""
    agreed = answer == "yes"
    try:
        keeping.review_declared(
            site.database, caller, unit, site.now(), agreed=agreed, reason=reason, assessment=assessment
        )
    except RuleViolation as violation:
        return _own(site, pages, me, unit, assessment, refusal=refusal_of(violation))
    done = "agreed" if agreed else "returned"
    return RedirectResponse(f"{link(f'/scores/own/{unit}', assessment=assessment, done=done)}#result", 303)
