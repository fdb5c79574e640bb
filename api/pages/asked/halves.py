"""A form that is not finished: kept as one types, by a script or a button, and dropped by hand; as a file to fill in
elsewhere, which comes back into the draft."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.blanks import blank_response, filled_from
from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.forms import read_form
from api.pages.item import answers_in, uploaded, values_in, written_in
from api.pages.me import me_of, need_me
from api.pages.render import Pages
from api.refusals import refusal_of
from api.site import Here, Site
from desk import unfinished
from desk.blanks.many import cells_of
from desk.blanks.one import blank_for
from desk.caller import Caller
from desk.unfinished import KeptHalf, Slot
from rules.dates.calendar import LOCAL
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from rules.machine.fields import ASKED, FieldKind

router = APIRouter(include_in_schema=False)
_SAID = frozenset(
    field.name for field in ASKED if field.kind not in (FieldKind.FILES, FieldKind.ANSWERS) and field.name != "tally"
)
"""What else than answers is kept of a form: not the files, which are stored as evidence when they are chosen."""


@router.post("/items/{no}/draft")
async def draft(
    request: Request, caller: WhoAsks, site: Here, pages: Pages, no: str, command: str = "", quiet: bool = False
) -> Response:
    """What is filled in so far is kept for the person; then the page again, with a few rows more. `quiet`: a script
    asks, and is told only when that was."""
    form, _ = await read_form(request)
    values = values_in(form)
    try:
        slot = unfinished.slot_of(command, values.get("tally", ""))
        person = await _person(site, caller)
        values |= await uploaded(site, form, caller, values)
        kept = await run_in_threadpool(_keep, site, no, person, slot, values)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        if quiet:
            return JSONResponse({"words": f"草稿没有存：{refusal.words}"}, refusal.status)
        return pages.error(refusal, written_in(values))
    finally:
        await form.close()
    if quiet:
        return JSONResponse(_told(kept) if kept else {"words": ""})
    over = f"?over={_clock(kept.over)}" if kept and kept.over else ""
    return RedirectResponse(f"/items/{no}{over}#do-{_anchor(slot)}", 303)


@router.post("/items/{no}/draft/drop")
async def drop(caller: WhoAsks, site: Here, pages: Pages, no: str, command: str = "", tally: str = "") -> Response:
    """What was kept is not wanted any more; then the page with the form as it is asked for."""
    try:
        slot = unfinished.slot_of(command, tally)
        person = await _person(site, caller)
        await run_in_threadpool(lambda: unfinished.drop(site.database, no=no, person=person, slot=slot))
    except RuleViolation as violation:
        return pages.error(refusal_of(violation))
    return RedirectResponse(f"/items/{no}#do-{_anchor(slot)}", 303)


@router.get("/items/{no}/blank.xlsx")
def blank(caller: WhoAsks, site: Here, pages: Pages, no: str, command: Word = "submit") -> Response:
    """The form as a file, for whoever may hand it in."""
    try:
        with site.database.read() as connection:
            made = blank_for(connection, no, caller.person, unfinished.slot_of(command), site.now())
    except RuleViolation as violation:
        return pages.error(refusal_of(violation))
    return blank_response(made)


@router.post("/items/{no}/blank")
async def fill_blank(request: Request, caller: WhoAsks, site: Here, pages: Pages, no: str) -> Response:
    """The file's answers are the draft; or every cell that cannot be taken."""
    form, _ = await read_form(request)
    try:
        person = await _person(site, caller)
        upload = form.get("sheet")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise RuleViolation(Code.FIELD_MISSING, command="填入草稿", field="填好的表格")
        filled = await filled_from(site, no, upload, person)
    except RuleViolation as violation:
        cells = cells_of(violation) if isinstance(violation, AnswersRefused) else ()
        me = await run_in_threadpool(me_of, caller, site)
        refusal = refusal_of(violation)
        return pages.page(
            "blank_refused.html", me=me, here=f"/items/{no}", status=refusal.status, no=no, refusal=refusal, cells=cells
        )
    finally:
        await form.close()
    over = f"&over={_clock(filled.over)}" if filled.over else ""
    return RedirectResponse(f"/items/{no}?filled={filled.answers}{over}#do-{filled.command}", 303)


async def _person(site: Site, caller: Caller) -> str:
    return (await run_in_threadpool(need_me, site, caller)).id


def _anchor(slot: Slot) -> str:
    return slot.key.replace(".", "-")


def _keep(site: Site, no: str, person: str, slot: Slot, values: Mapping[str, str]) -> KeptHalf | None:
    now = site.now()
    with site.database.read() as connection:
        asked = unfinished.asked_for(connection, no, person, slot, now)
    return unfinished.keep(
        site.database,
        asked,
        answers_in(values),
        now,
        said={name: text for name, text in values.items() if name in _SAID},
        seen=values.get("seen"),
        command_id=values.get("id", ""),
    )


def _told(kept: KeptHalf) -> dict[str, str]:
    over = f"；另一个窗口 {_clock(kept.over)} 存的被它盖掉了" if kept.over else ""
    return {"at": kept.at, "words": f"{_clock(kept.at)} 已存草稿{over}"}


def _clock(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(LOCAL):%H:%M:%S}"
