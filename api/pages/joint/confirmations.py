"""What takes two people, as a page: what waits for a second, what exactly would be done, and one's word on it."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import WhoAsks
from api.pages.me import Me
from api.pages.render import Pages, Renderer
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.caller import Caller
from desk.joint import confirming
from desk.joint.joint_shown import joint_acts_shown
from desk.showing.values import ShownPerson
from ledger.directory import people
from rules.errors import RuleViolation

router = APIRouter(prefix="/confirmations", include_in_schema=False)
_Words = Annotated[str, Form(max_length=2000)]
_DONE = {"confirm": "已同意，请提请的人照原样办理。", "refuse": "已记下不同意，不会办。", "withdraw": "已撤回。"}
"""What has just been done, in words."""
_LISTED = 200
"""So many acts are shown at once, those first that wait; `duban confirm --all` has all of them."""


@router.get("")
def listed(caller: WhoAsks, site: Here, pages: Pages, me: Me, every: bool = False, done: str = "") -> Response:
    """What waits; with `every` also what was carried out, refused, taken back or became void."""
    return _page(caller, site, pages, me, every=every, done=_DONE.get(done, ""))


def _page(
    caller: Caller,
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    *,
    every: bool = False,
    done: str = "",
    tried: int = 0,
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        who = people.somebody(connection, caller.person)
        shown = joint_acts_shown(connection, site.now(), who, waiting=not every)
    shown.sort(key=lambda one: (not one.may_confirm, not one.is_open, -one.number))
    return pages.page(
        "confirmations.html",
        me=me,
        here="/confirmations",
        status=refusal.status if refusal else 200,
        acts=shown[:_LISTED],
        every=every,
        done=done,
        tried=tried,
        refusal=refusal,
    )


@router.post("/{joint}")
async def decide(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    joint: int,
    answer: _Words = "",
    digest: _Words = "",
    reason: _Words = "",
) -> Response:
    """The person's own word: `confirm` what has that `digest`, `refuse` it with a `reason`, or `withdraw` what they
    asked for."""

    def said() -> str:
        now = site.now()
        match answer:
            case "refuse":
                confirming.refuse(site.database, caller, joint, reason, now)
            case "withdraw":
                confirming.withdraw(site.database, caller, joint, now)
            case _:
                confirming.confirm(site.database, caller, joint, digest, now)
        return answer if answer in _DONE else "confirm"

    try:
        done = await run_in_threadpool(said)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(lambda: _page(caller, site, pages, me, tried=joint, refusal=refusal))
    return RedirectResponse(f"/confirmations?done={done}", 303)
