"""The burden as pages: a month's account, what should not be asked, and the leader's yes beyond the budget."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.pages.me import Me, may, need_me
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.burden import keeping
from desk.burden.account_shown import ACCOUNT_LISTED, month_asked, show_account
from desk.showing.item_rows import show_person
from desk.showing.values import ShownPerson
from ledger.burden.account import month_of
from ledger.burden.contests import Contest
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.directory import people
from rules.errors import RuleViolation
from rules.permitting import OfficeAct

router = APIRouter(prefix="/burden", include_in_schema=False)
Written = Annotated[str, Form(max_length=2000)]
Ticked = Annotated[bool, Form()]


@router.get("")
def account(site: Here, pages: Pages, me: Me, month: Word = "", unit: Word = "", done: int = 0) -> Response:
    """The account of a month, of one unit where it is named. `done`: what the person has just answered."""
    return _account(site, pages, me, month, unit, done=done)


def _account(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    month: str,
    unit: str = "",
    refusal: Refusal | None = None,
    done: int = 0,
) -> Response:
    with site.database.read() as connection:
        of = month_asked(month, now := site.now())
        found = show_account(connection, of, now, unit=unit)
        unit_name = people.unit_ref(connection, unit).name if unit.strip() else ""
    return pages.page(
        "burden.html",
        me=me,
        here=link("/burden", month=found.month, unit=unit),
        status=refusal.status if refusal else 200,
        account=found,
        unit=unit,
        unit_name=unit_name,
        done=next((one for one in found.contests if one.id == done and one.answered_at), None),
        before=link("/burden", month=of.moved(-1).id, unit=unit),
        after=link("/burden", month=of.moved(1).id, unit=unit),
        listed=ACCOUNT_LISTED,
        may_answer=may(me, OfficeAct.ANSWER_CONTEST),
        may_allow=may(me, OfficeAct.ALLOW_OVER_BUDGET),
        refusal=refusal,
    )


@router.get("/contest/{no}")
def ask(site: Here, pages: Pages, me: Me, no: str, place: Word = "") -> Response:
    """What of the item should not be asked: choose it and say why."""
    return _contest(site, pages, me, no, place)


def _contest(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    no: str,
    place: str,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        row, questions = keeping.contestable(connection, no)
    return pages.page(
        "contest.html",
        me=me,
        here=link(f"/burden/contest/{row['no']}", place=place),
        status=refusal.status if refusal else 200,
        no=row["no"],
        title=row["title"],
        questions=questions,
        place=place,
        reason=reason,
        limit=keeping.CONTEST_LIMIT,
        refusal=refusal,
    )


@router.post("/contest/{no}")
async def contest(
    caller: WhoAsks, site: Here, pages: Pages, no: str, place: Written = "", reason: Written = ""
) -> Response:
    """It is written down; then the item, whose form is to be filled in all the same."""
    who = await run_in_threadpool(need_me, site, caller)
    try:
        await run_in_threadpool(keeping.contest, site.database, no, place, reason, caller, site.now())
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_contest, site, pages, show_person(who), no, place, reason, refusal)
    return RedirectResponse(f"{link(f'/items/{no}', contested=place)}#result", 303)


@router.post("/contests/{contest}")
async def answer(
    caller: WhoAsks, site: Here, pages: Pages, contest: int, reason: Written = "", dropped: Ticked = False
) -> Response:
    """What was contested is answered; then the account of the month in which it was contested."""
    who = await run_in_threadpool(need_me, site, caller)

    def answered() -> Contest:
        return keeping.answer(site.database, contest, reason, caller, site.now(), dropped=dropped)

    try:
        said = await run_in_threadpool(answered)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_account, site, pages, show_person(who), "", "", refusal)
    month = month_of(datetime.fromisoformat(said.at)).id
    return RedirectResponse(f"{link('/burden', month=month, done=str(said.id))}#contest-{said.id}", 303)


@router.post("/allow/{batch:path}")
async def allow(caller: WhoAsks, site: Here, pages: Pages, batch: str, reason: Written = "") -> Response:
    """The batch may go beyond the budget; then the batch, to be confirmed. A round opens now, or within the hour."""
    who = await run_in_threadpool(need_me, site, caller)
    try:
        await run_in_threadpool(keeping.allow, site.database, batch, reason, caller, site.now())
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(_account, site, pages, show_person(who), "", "", refusal)
    if batch.startswith(ROUND_PREFIX):
        await site.desk.gateway.tell_round(batch.removeprefix(ROUND_PREFIX))
        return RedirectResponse("/campaigns", 303)
    return RedirectResponse(f"/import/{batch}", 303)
