"""Judging and tiers as pages: one indicator over all units, and what the leader confirms."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.pages.me import Me, need_me
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.caller import Caller
from desk.scores import keeping, leading
from desk.scores.choosing import assessments_shown
from desk.scores.judging_shown import OWN_QUEUE, judging
from desk.scores.tiers_shown import tiers_now
from desk.showing.values import ShownPerson
from ledger.scores.in_force import assessment_named
from rules.assessment.deciding import read_points_said
from rules.errors import RuleViolation

router = APIRouter(prefix="/scores", include_in_schema=False)
Written = Annotated[str, Form(max_length=2000)]


@router.get("/judging")
def queue(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    indicator: Word = "",
    period: Word = "",
    assessment: Word = "",
    done: Word = "",
) -> Response:
    """One judged indicator over all units side by side; those that wait first."""
    return _queue(caller, site, pages, me, indicator, period, assessment, done=done)


def _queue(
    caller: Caller,
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    indicator: str,
    period: str,
    assessment: str,
    *,
    done: str = "",
    tried: tuple[str, str] = ("", ""),
    points: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    posts = need_me(site, caller).posts
    with site.database.read() as connection:
        found = judging(connection, tuple(posts), site.now(), indicator=indicator, period=period, assessment=assessment)
        assessments = assessments_shown(connection, found.assessment)
    return pages.page(
        "judging.html",
        me=me,
        here=link("/scores/judging", indicator=found.indicator, period=found.period, assessment=assessment),
        assessments=assessments,
        status=refusal.status if refusal else 200,
        shown=found,
        done=next((one.unit_name for one in found.units if one.unit == done), ""),
        tried=tried,
        tried_points=points,
        tried_reason=reason,
        refusal=refusal,
    )


@router.post("/judging/{indicator}/{unit}")
def judge(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    indicator: str,
    unit: str,
    period: Written = "",
    assessment: Written = "",
    points: Written = "",
    reason: Written = "",
    back: Written = "",
) -> Response:
    """The unit's points for the indicator; then the next that waits. `back`: to the queue of units' own indicators."""
    queued, over = (OWN_QUEUE, "") if back == OWN_QUEUE else (indicator, period)
    try:
        given = read_points_said(points)
        keeping.judge(site.database, caller, unit, indicator, period, given, reason, site.now(), assessment=assessment)
    except RuleViolation as violation:
        return _queue(
            caller,
            site,
            pages,
            me,
            queued,
            over,
            assessment,
            tried=(unit, indicator if queued == OWN_QUEUE else ""),
            points=points,
            reason=reason,
            refusal=refusal_of(violation),
        )
    to = link("/scores/judging", indicator=queued, period=over, assessment=assessment, done=unit)
    return RedirectResponse(f"{to}#result", 303)


@router.get("/tiers")
def tiers(site: Here, pages: Pages, me: Me, assessment: Word = "", done: Word = "", every: int = 0) -> Response:
    """In which tiers the units stand, and what is proposed."""
    return _tiers(site, pages, me, assessment, done=done, every=every)


def _tiers(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    assessment: str,
    *,
    done: str = "",
    every: int = 0,
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        found = tiers_now(connection, site.now(), assessment=assessment)
        known = assessment_named(connection, assessment, site.now())
        assessments = assessments_shown(connection, known.id)
    named = next((one for one in found.units if one.unit == done), None) if found else None
    return pages.page(
        "tiers.html",
        me=me,
        here=link("/scores/tiers", assessment=assessment),
        assessments=assessments,
        status=refusal.status if refusal else 200,
        shown=found,
        decides=found is not None and any(post.role == found.confirm_role for post in me.posts),
        done=named,
        all=every,
        refusal=refusal,
    )


@router.post("/tiers")
async def decide_all(
    caller: WhoAsks, site: Here, pages: Pages, me: Me, assessment: Written = "", count: Annotated[int, Form()] = 0
) -> Response:
    """Everything that is proposed is agreed to, if it is still so many as were looked at."""
    try:
        done, batch = await run_in_threadpool(
            leading.decide_all, site.database, caller, site.now(), count=count, assessment=assessment
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_tiers, site, pages, me, assessment, refusal=refusal)
    if batch:
        await site.desk.gateway.begin_batch(batch)
    return RedirectResponse(f"{link('/scores/tiers', assessment=assessment, every=str(done))}#result", 303)


@router.post("/tiers/{unit}")
async def decide(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    unit: str,
    tier: Written = "",
    answer: Written = "",
    reason: Written = "",
    assessment: Written = "",
) -> Response:
    """The unit is in that tier, or (`answer` no) is not."""
    agreed = answer != "no"
    try:
        batch = await run_in_threadpool(
            leading.decide_tier,
            site.database,
            caller,
            unit,
            tier,
            site.now(),
            agreed=agreed,
            reason=reason,
            assessment=assessment,
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_tiers, site, pages, me, assessment, refusal=refusal)
    if batch:
        await site.desk.gateway.begin_batch(batch)
    return RedirectResponse(f"{link('/scores/tiers', assessment=assessment, done=unit)}#result", 303)
