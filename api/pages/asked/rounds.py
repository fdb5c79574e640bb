"""Campaigns and rounds as pages: what is asked, of whom and when; how a round stands; what people do to it; my year."""

from datetime import date
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.forms import read_form
from api.guards import REGISTER_LIMIT, writes_an_entry
from api.pages.me import Me, me_of
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.blanks.many import FileReport, fill_many
from desk.registers.my_year import my_year
from desk.registers.reports import read_report, readers
from desk.registers.rounds import shown_campaigns
from desk.registers.rounds_kept import RoundRequest, keep, open_by_hand
from desk.registers.rounds_shown import UNIT_STATES, RoundPage, round_page, round_units, shown_rounds, to_call
from desk.showing.values import ShownPerson
from ledger.directory import people
from ledger.rounds.counted import UNITS_SHOWN, RoundFilters
from ledger.rounds.rounds import item_of
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.permitting import OfficeAct, roles_for
from rules.process import AREA_KIND
from rules.rounds.deciding import RoundVerb

router = APIRouter(include_in_schema=False)
ROUNDS_BESIDE = 3
"""Rounds of each campaign beside it."""
CALLED = 10
"""Units to call at the head of a round's page; the list has them all."""
VERBS = {
    "unlock": RoundVerb.UNLOCK,
    "stop": RoundVerb.STOP,
    "correct": RoundVerb.ASK_CORRECTION,
    "agree": RoundVerb.AGREE,
    "refuse": RoundVerb.REFUSE,
}
ROUND_DONE = {
    "opened": "已开放，各项正在交办。",
    "joined": "这一轮先前已经开放；写明的单位里还没有问的加入了这一轮，正在交办。",
    "unlock": "已解锁。",
    "stop": "已停止。",
    "correct": "已申请更正，等另一个人同意。",
    "agree": "已同意更正，通报出了新的一版。",
    "refuse": "没有同意更正，通报照旧。",
}
TOLD_LATER = "流程引擎没有应答：记下了，交办、作废等一小时以内接着办。"
_ASKED = ("state", "area", "kind", "overdue", "unlocked", "reviewing")
"""What a round's page may be narrowed by."""
_TRIED = ("verb", "unit", "days", "reason", "annul")
"""What the forms of a round's page hold."""


def may(me: ShownPerson, act: OfficeAct) -> bool:
    """Whether that person may do such a thing."""
    return me is not None and any(post.role in roles_for(act) for post in me.posts)


@router.get("/campaigns")
def campaigns(site: Here, pages: Pages, me: Me) -> Response:
    """Every campaign with its next opening and its last rounds; above them the rounds that are open."""
    return _campaigns(site, pages, me, None)


def _campaigns(site: Site, pages: Renderer, me: ShownPerson, refusal: Refusal | None) -> Response:
    with site.database.read() as connection:
        now = site.now()
        found = shown_campaigns(connection, now)
        latest = {one.id: shown_rounds(connection, now, campaign=one.id, limit=ROUNDS_BESIDE) for one in found}
        running = shown_rounds(connection, now, running=True)
        others = shown_rounds(connection, now)
    known = {one.id for one in found}
    return pages.page(
        "campaigns.html",
        me=me,
        here="/campaigns",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        campaigns=found,
        latest=latest,
        running=running,
        stopped=[one for one in others if one.campaign not in known],
        may_open=may(me, OfficeAct.ROUND),
    )


@router.post("/campaigns/{campaign}/open")
async def open_(
    caller: WhoAsks, site: Here, pages: Pages, campaign: str, units: Annotated[str, Form(max_length=20_000)] = ""
) -> Response:
    """A round is opened by hand: for the units that are named, one a line, or for all of the campaign's."""
    named = tuple(line.strip() for line in units.replace("\r", "\n").split("\n") if line.strip())
    try:
        done = await run_in_threadpool(lambda: open_by_hand(site.database, campaign, caller, site.now(), units=named))
    except RuleViolation as violation:
        me, refusal = await run_in_threadpool(me_of, caller, site), refusal_of(violation)
        return await run_in_threadpool(_campaigns, site, pages, me, refusal)
    return await _done(site, done.round, "joined" if done.joined else "opened")


@router.get("/rounds/{campaign}/{period}")
def round_(
    site: Here,
    pages: Pages,
    me: Me,
    campaign: Word,
    period: Word,
    state: Word = "",
    area: Word = "",
    kind: Word = "",
    overdue: bool = False,
    unlocked: bool = False,
    reviewing: bool = False,
    after: Word = "",
    unlock: Word = "",
    done: Word = "",
    later: Word = "",
) -> Response:
    """How the round stands; its units narrowed by how they stand, area, kind, or to those who are to be called.
    `unlock`: the unit that is about to be unlocked."""
    asked = {"state": state, "area": area, "kind": kind, "unlocked": "1" if unlocked else ""}
    asked |= {"reviewing": "1"} if reviewing else {}
    if overdue:  # those have a list of their own
        asked = {"overdue": "1", "area": area}
    tried = {**dict.fromkeys(_TRIED, ""), "verb": "unlock", "unit": unlock} if unlock else None
    name, said = f"{campaign}/{period}", ROUND_DONE.get(done, "") + (TOLD_LATER if done and later else "")
    return _round(site, pages, me, name, asked, after=after, done=said, tried=tried)


def _round(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    name: str,
    asked: dict[str, str],
    *,
    after: str = "",
    done: str = "",
    refusal: Refusal | None = None,
    tried: dict[str, str] | None = None,
    reports: list[FileReport] | None = None,
) -> Response:
    states = (asked["state"],) if asked.get("state") in UNIT_STATES else ()
    filters = RoundFilters(
        states=states,
        area=asked.get("area", ""),
        kind=asked.get("kind", ""),
        unlocked=bool(asked.get("unlocked")),
        reviewing=bool(asked.get("reviewing")),
    )
    with site.database.read() as connection:
        now = site.now()
        page = round_page(connection, name, now)
        areas = {post.area for post in me.posts if post.area}
        own = [part for part in page.areas if part.id in areas]
        calls = to_call(connection, name, now, area=own[0].id if own else "", limit=CALLED)
        item = item_of(connection, name, me.unit) if me.unit else None
        if asked.get("overdue"):
            units = to_call(connection, name, now, area=filters.area, after=after, limit=UNITS_SHOWN)
        else:
            units = round_units(connection, name, filters, now, after=after, limit=UNITS_SHOWN)
        seen = readers(connection, name) if page.reports else []
    more = units[-1].unit if len(units) == UNITS_SHOWN else ""
    here = f"/rounds/{name}"
    return pages.page(
        "round.html",
        me=me,
        here=link(here, **asked),
        status=refusal.status if refusal else 200,
        page=page,
        round=page.round,
        calls=calls,
        own=own,
        own_item=item["no"] if item else "",
        units=units,
        asked={**dict.fromkeys(_ASKED, ""), **asked},
        narrowed=any(asked.values()),
        states=UNIT_STATES,
        address=lambda **query: link(here, **query),
        next=link(here, **asked, after=more) + "#units" if more else "",
        after=after,
        done=done,
        refusal=refusal,
        tried=tried or dict.fromkeys(_TRIED, ""),
        readers=seen,
        reports=reports,
        may_act=may(me, OfficeAct.ROUND),
        may_correct=may(me, OfficeAct.CORRECT_ROUND),
        may_take=may(me, OfficeAct.EXPORT) and (may(me, OfficeAct.ROUND) or _may_fill(me, page)),
        may_fill=_may_fill(me, page),
        new_key=lambda: str(uuid4()),
    )


def _may_fill(me: ShownPerson, page: RoundPage) -> bool:
    """Whether that person hands in anything of the round: for a unit, or for an area where areas are asked."""
    of_areas = any(part.id == AREA_KIND for part in page.kinds)
    return me is not None and any(post.area if of_areas else post.unit for post in me.posts)


@router.get("/rounds/{campaign}/{period}/reports/{revision}", dependencies=[Depends(writes_an_entry)])
def report(caller: WhoAsks, site: Here, pages: Pages, me: Me, campaign: Word, period: Word, revision: int) -> Response:
    """A revision of the report; who looks at it is noted before it is shown."""
    name = f"{campaign}/{period}"
    try:
        found = read_report(site.database, name, revision, caller, site.now())
    except RuleViolation as violation:
        return pages.error(refusal_of(violation))
    return pages.page("round_report.html", me=me, here=f"/rounds/{name}/reports/{revision}", page=found)


@router.post("/rounds/{campaign}/{period}/sheets")
async def sheets(request: Request, caller: WhoAsks, site: Here, pages: Pages, campaign: str, period: str) -> Response:
    """A zip of filled-in forms fills the drafts of whoever brings it; then the page with a report for each file."""
    name = f"{campaign}/{period}"
    me = await run_in_threadpool(me_of, caller, site)
    form, small = await read_form(request)
    refusal, reports = None, None
    try:
        upload = form.get("zip")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise RuleViolation(Code.FIELD_MISSING, command="填入草稿", field="填好的一批表（zip）")
        if not small or (upload.size or 0) > REGISTER_LIMIT:
            limit = f"{REGISTER_LIMIT >> 20} MB"
            raise RuleViolation(Code.FIELD_TOO_LONG, field="填好的一批表", limit=limit, actual="更大")
        async with site.uploads:
            reports = await run_in_threadpool(
                lambda: list(fill_many(site.database, upload.file, caller.person, site.now(), name))
            )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
    finally:
        await form.close()
    return await run_in_threadpool(lambda: _round(site, pages, me, name, {}, refusal=refusal, reports=reports))


@router.post("/rounds/{campaign}/{period}/{verb}")
async def act(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    campaign: str,
    period: str,
    verb: str,
    id: Annotated[str, Form(max_length=60)] = "",
    unit: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[str, Form(max_length=5)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
    annul: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """What somebody does to the round; then its page with what came of it."""
    name, tried = f"{campaign}/{period}", {"verb": verb, "unit": unit, "days": days, "reason": reason, "annul": annul}
    try:
        if verb not in VERBS:
            raise RuleViolation(Code.UNKNOWN_COMMAND, actual=verb[:40], expected="、".join(VERBS))
        if verb in ("unlock", "stop", "correct", "refuse") and not reason.strip():
            raise RuleViolation(Code.FIELD_MISSING, command="这一步", field="理由")
        if verb == "unlock" and not unit.strip():
            raise RuleViolation(Code.FIELD_MISSING, command="解锁", field="单位")
        if days and not (days.isascii() and days.isdigit()):
            raise RuleViolation(Code.FIELD_INVALID, field="工作日", actual=days, expected="整数")
        asked = RoundRequest(
            round=name,
            verb=VERBS[verb],
            id=id or str(uuid4()),
            unit=unit.strip(),
            reason=reason.strip(),
            days=int(days or 0),
            annul=bool(annul),
        )
        await run_in_threadpool(keep, site.database, asked, caller, site.now())
    except RuleViolation as violation:
        me, refusal = await run_in_threadpool(me_of, caller, site), refusal_of(violation)
        return await run_in_threadpool(lambda: _round(site, pages, me, name, {}, refusal=refusal, tried=tried))
    return await _done(site, name, verb)


async def _done(site: Site, name: str, verb: str) -> Response:
    """Back to the round, whose workflow has been told, or will be."""
    later = "" if await site.desk.gateway.tell_round(name) else "&later=1"
    return RedirectResponse(f"/rounds/{name}?done={verb}{later}", 303)


@router.get("/units/{unit}/year")
def year(site: Here, pages: Pages, me: Me, unit: Word, year: int | None = None) -> Response:
    """What is asked of a unit in a year, and when."""
    with site.database.read() as connection:
        now = site.now()
        of = people.unit_ref(connection, unit)
        wanted = year if year and 2000 <= year <= 2100 else local_date(now).year
        found = my_year(connection, of.id, wanted, now)
        name = _name_of(connection, of.id)
    months = {n: [one for one in found if date.fromisoformat(one.due).month == n] for n in range(1, 13)}
    return pages.page(
        "year.html",
        me=me,
        here=f"/units/{of.id}/year",
        unit=of.id,
        name=name,
        year=wanted,
        months=months,
        count=len(found),
    )


def _name_of(connection: Connection, unit: str) -> str:
    return people.names_of_units(connection, [unit]).get(unit, unit)
