"""Assessments as pages: all units side by side, and the sheet of one with its reasons."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.pages.me import Me, may
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.caller import Caller
from desk.scores import keeping, leading
from desk.scores.choosing import assessments_shown
from desk.scores.honours_shown import honours
from desk.scores.overview_shown import EVERY_AREA, overview
from desk.scores.sheet_read import read_sheet
from desk.showing.values import ShownPerson
from ledger.scores.in_force import assessments_in_force
from rules.errors import Code, RuleViolation
from rules.permitting import OfficeAct

router = APIRouter(prefix="/scores", include_in_schema=False)
Written = Annotated[str, Form(max_length=2000)]
_COMPARED = {"compared": "单位之间从现在起可以比较，每张得分表上都写明。", "apart": "单位之间不再比较。"}
_DONE = {
    "credit": "已记入，得分已随之更新。",
    "withdraw": "已撤回，得分已随之更新。",
    "excuse": "已记为不计入，其余按比例折算。",
    "use": "已记下这次运用。",
}


@router.get("")
def scores(
    site: Here, pages: Pages, me: Me, period: Word = "", area: Word = "", assessment: Word = "", done: Word = ""
) -> Response:
    """Areas against indicators, or the units of an area."""
    return _scores(site, pages, me, period, area, assessment, done=_COMPARED.get(done, ""))


def _scores(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    period: str,
    area: str,
    assessment: str,
    *,
    done: str = "",
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        known = assessments_in_force(connection)
        found = overview(connection, site.now(), period=period, area=area, assessment=assessment) if known else None
        assessments = assessments_shown(connection, found.assessment if found else "")
    here = link("/scores", period=period, area=area, assessment=assessment)
    return pages.page(
        "scores.html",
        me=me,
        here=here,
        status=refusal.status if refusal else 200,
        shown=found,
        assessments=assessments,
        judges=may(me, OfficeAct.JUDGE),
        reviews=may(me, OfficeAct.REVIEW_DECLARED) and found and known[found.assessment].individual is not None,
        compares=may(me, OfficeAct.COMPARE),
        every_area=EVERY_AREA,
        done=done,
        refusal=refusal,
    )


@router.get("/honours")
def proposals(site: Here, pages: Pages, me: Me, assessment: Word = "") -> Response:
    """Which units meet the standards by which they are proposed for honours."""
    with site.database.read() as connection:
        found = honours(connection, site.now(), assessment=assessment)
        assessments = assessments_shown(connection, found.assessment)
    here = link("/scores/honours", assessment=assessment)
    may_use = may(me, OfficeAct.USE_RESULT)
    return pages.page("honours.html", me=me, here=here, shown=found, assessments=assessments, may_use=may_use)


@router.post("/compare")
def compare(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    period: Written = "",
    assessment: Written = "",
    agreed: Written = "",
    document: Written = "",
    reason: Written = "",
) -> Response:
    """Units are compared with each other from now on (`agreed` yes), or no longer."""
    says = agreed == "yes"
    try:
        leading.compare(
            site.database, caller, site.now(), agreed=says, document=document, reason=reason, assessment=assessment
        )
    except RuleViolation as violation:
        return _scores(site, pages, me, period, "", assessment, refusal=refusal_of(violation))
    done = "compared" if says else "apart"
    return RedirectResponse(f"{link('/scores', period=period, assessment=assessment, done=done)}#result", 303)


@router.get("/units/{unit}", dependencies=[Depends(writes_an_entry)])
def unit_sheet(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    unit: str,
    period: Word = "",
    assessment: Word = "",
    done: str = "",
) -> Response:
    """The sheet of one unit over a period."""
    return _sheet(caller, site, pages, me, unit, period, assessment, done=_DONE.get(done, ""))


def _sheet(
    caller: Caller,
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    unit: str,
    period: str,
    assessment: str,
    *,
    done: str = "",
    refusal: Refusal | None = None,
) -> Response:
    found = read_sheet(site.database, caller, unit, site.now(), period=period, assessment=assessment)
    with site.database.read() as connection:
        known = assessments_in_force(connection)[found.assessment]
        assessments = assessments_shown(connection, found.assessment)
    return pages.page(
        "score.html",
        me=me,
        here=link(f"/scores/units/{found.unit}", period=found.period, assessment=assessment),
        status=refusal.status if refusal else 200,
        shown=found,
        of=known,
        assessments=assessments,
        merits=[one for one in known.indicators if one.merits],
        uses=keeping.USES,
        may_credit=may(me, OfficeAct.CREDIT),
        may_use=may(me, OfficeAct.USE_RESULT),
        may_appeal=known.appeal is not None and any(post.unit == found.unit for post in me.posts),
        done=done,
        refusal=refusal,
    )


@router.post("/units/{unit}/{verb}")
def keep(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    unit: str,
    verb: str,
    period: Written = "",
    assessment: Written = "",
    indicator: Written = "",
    of_period: Written = "",
    merit: Written = "",
    day: Written = "",
    document: Written = "",
    evidence: Written = "",
    reason: Written = "",
    use: Written = "",
    what: Written = "",
    seq: Annotated[int, Form()] = 0,
) -> Response:
    """A merit or a fault is entered (`credit`) or taken back (`withdraw`), an indicator left out of a period
    (`excuse`), a line appealed against (`appeal`), a result used (`use`)."""
    now, database = site.now(), site.database
    try:
        match verb:
            case "credit":
                of, _, kind = merit.partition("/")
                on = _day(day)
                keeping.credit(
                    database, caller, unit, of, kind, on, document, now, evidence=evidence, assessment=assessment
                )
            case "withdraw":
                keeping.withdraw(database, caller, unit, seq, reason, now, assessment=assessment)
            case "excuse":
                keeping.excuse(database, caller, unit, indicator, of_period, reason, now, assessment=assessment)
            case "appeal":
                no = keeping.appeal(database, caller, unit, indicator, of_period, now, assessment=assessment)
                return RedirectResponse(f"/items/{no}", 303)
            case "use":
                keeping.use_result(database, caller, unit, use, what, document, now, assessment=assessment)
            case _:
                raise RuleViolation(
                    Code.UNKNOWN_COMMAND, actual=verb[:40], expected="credit、withdraw、excuse、appeal、use"
                )
    except RuleViolation as violation:
        return _sheet(caller, site, pages, me, unit, period, assessment, refusal=refusal_of(violation))
    return RedirectResponse(
        f"{link(f'/scores/units/{unit}', period=period, assessment=assessment, done=verb)}#result", 303
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleViolation(Code.FIELD_INVALID, field="日期", actual=text[:20], expected="如 2026-03-05") from None
