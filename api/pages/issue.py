"""Issuing items by hand as pages: choose a process, fill in what they are about and to whom, see the dates, confirm."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api import importing
from api.entrance.caller import WhoAsks
from api.forms import read_form
from api.pages.me import Me, need_me
from api.pages.register_upload import may_issue
from api.pages.render import Pages, Renderer
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from definitions.directory import CONDITIONS, SIZES, UNIT_KINDS
from desk.acting import issuer
from desk.caller import Caller
from desk.issuing import IssuePlan, ToIssue, UnitChoice, plan, propose, variants_of
from desk.showing.item_rows import show_person
from desk.showing.questions import questions_of
from desk.showing.values import ShownPerson
from ledger.directory import people
from ledger.reading import lists
from rules.errors import Code, RuleViolation
from rules.process import Process

router = APIRouter(prefix="/issue", include_in_schema=False)
ANSWER = "answer."
UNITS_LISTED = 300
"""Units whose dates the preview lists; of more it says how many."""
_SEVERAL = ("kind", "size", "condition", "area", "unit")
_SINGLE = ("except", "co", "deadline", "variant", "together", "on")


@router.get("")
def choose(site: Here, pages: Pages, me: Me, process: str = "", variant: str = "") -> Response:
    """The form of the process; without one, the processes to choose from, where there are several."""
    return _page(site, pages, me, {"process": process, "variant": variant})


@router.post("")
async def fill_in(request: Request, caller: WhoAsks, site: Here, pages: Pages) -> Response:
    """What was filled in, as it would be issued; or, confirmed, being issued."""
    form, _ = await read_form(request)
    values = _values(form)
    who = await run_in_threadpool(need_me, site, caller)
    me = show_person(who)
    if values.get("act") not in ("plan", "confirm"):
        return await run_in_threadpool(_page, site, pages, me, values)
    try:
        asked = _asked(values)
        if values["act"] == "confirm":
            batch = await run_in_threadpool(propose, site.database, asked, caller, site.now())
            with suppress_over_budget():
                await importing.confirm(site, batch, caller=caller)
            return RedirectResponse(f"/import/{batch}", 303)
        found = await run_in_threadpool(_planned, site, asked, caller)
    except RuleViolation as violation:
        return await run_in_threadpool(_page, site, pages, me, values, refusal=refusal_of(violation))
    return await run_in_threadpool(_page, site, pages, me, values, found=found)


@contextmanager
def suppress_over_budget() -> Iterator[None]:
    """What goes beyond the budget waits on the batch's own page, where the leader says yes to it."""
    try:
        yield
    except RuleViolation as violation:
        if violation.code is not Code.OVER_BUDGET:
            raise


def _planned(site: Site, asked: ToIssue, caller: Caller) -> IssuePlan:
    with site.database.read() as connection:
        return plan(connection, asked, issuer(connection, caller), site.now())


def _values(form: FormData) -> dict[str, Any]:
    """The form's texts; of what may be chosen several times a tuple."""
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and value]
    several = {name: tuple(value for of, value in texts if of == name) for name in _SEVERAL}
    found: dict[str, Any] = {}
    for name, value in texts:
        if name not in _SEVERAL:
            ticked = name.startswith(ANSWER) and name in found
            found[name] = f"{found[name]},{value}" if ticked else value.replace("\r\n", "\n")
    return found | several


def _asked(values: dict[str, Any]) -> ToIssue:
    """The form as what is to be issued. Raises field_invalid."""
    to = UnitChoice(
        kinds=values["kind"],
        sizes=values["size"],
        conditions=values["condition"],
        areas=values["area"],
        units=values["unit"],
        excepted=_names(values.get("except", "")),
        on=_day("按哪天的名录", values.get("on", "")),
    )
    answers = tuple((name.removeprefix(ANSWER), text) for name, text in values.items() if name.startswith(ANSWER))
    return ToIssue(
        process=values.get("process", ""),
        variant=values.get("variant", ""),
        to=to,
        answers=answers,
        deadline=_day("完成时限", values.get("deadline", "")),
        co_units=_names(values.get("co", "")),
        id=values.get("id", "")[:60],
        together=bool(values.get("together")),
    )


def _day(label: str, written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        expected = "日期，形如 2026-12-31"
        raise RuleViolation(Code.FIELD_INVALID, field=label, actual=written[:40], expected=expected) from None


def _names(written: str) -> tuple[str, ...]:
    """What stands between the commas, of whichever sort."""
    return tuple(one for name in re.split("[、，,；;\n]", written) if (one := name.strip()))


def _page(
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    values: dict[str, Any],
    *,
    found: IssuePlan | None = None,
    refusal: Refusal | None = None,
) -> Response:
    with site.database.read() as connection:
        every = {p.id: p.name for p in lists.current_processes(connection)}
        wanted = values.get("process") or (next(iter(every)) if len(every) == 1 else "")
        ways: dict[str, Process] = {}
        if wanted:
            try:
                ways = variants_of(connection, wanted)
            except RuleViolation as violation:
                refusal = refusal or refusal_of(violation)
        process = next(iter(ways.values()), None)
        areas = {a["id"]: a["name"] for a in people.all_areas(connection)}
        units = people.all_units(connection)
    given = {name.removeprefix(ANSWER): text for name, text in values.items() if name.startswith(ANSWER)}
    groups = [(name, [(u["id"], u["name"]) for u in units if u["area"] == id_]) for id_, name in areas.items()]
    others = [(u["id"], u["name"]) for u in units if u["area"] not in areas]
    return pages.page(
        "issue.html",
        me=me,
        here="/issue",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        faults=refusal.at if refusal else {},
        processes=every,
        process=process,
        over=every.get(process.together, "") if process else "",
        variants={variant: p.variant_name for variant, p in ways.items()},
        kinds=UNIT_KINDS,
        sizes=SIZES,
        conditions=CONDITIONS,
        several=_SEVERAL,
        areas=areas,
        units=[*groups, ("其他", others)] if others else groups,
        questions=questions_of(process, process.matter, (), given) if process else (),
        values=dict.fromkeys(_SEVERAL, ()) | dict.fromkeys(_SINGLE, "") | values,
        key=values.get("id") or str(uuid4()),
        plan=found,
        listed=UNITS_LISTED,
        may_issue=may_issue(me),
    )
