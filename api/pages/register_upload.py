"""Importing a register as pages: upload, see row by row what was understood, confirm, watch it being issued."""

import secrets
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api import importing
from api.entrance.caller import WhoAsks
from api.pages.me import Me, may, need_me
from api.pages.render import Pages
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.gathering.dry_run import full_json
from desk.showing.item_rows import show_person
from desk.showing.progress import parts
from desk.showing.values import ShownPerson
from documents.sheets.files.limits import READABLE
from documents.sheets.reading import FINDING_STATE_NAMES
from ledger.burden.account import over_budget
from ledger.burden.budgets import allowed
from ledger.chain.batches import LIMIT
from ledger.reading import lists
from ledger.store.canonical import parse
from rules.errors import Code, RuleViolation
from rules.forms.form import AnswerKind
from rules.permitting import OfficeAct

router = APIRouter(prefix="/import", include_in_schema=False)


def may_issue(me: ShownPerson) -> bool:
    """Whether that person may confirm a register."""
    return may(me, OfficeAct.ISSUE)


@router.get("")
def upload(site: Here, pages: Pages, me: Me) -> Response:
    """The form for a file."""
    return _upload(site, pages, me, None)


def _upload(site: Site, pages: Pages, me: ShownPerson, refusal: Refusal | None) -> Response:
    status = refusal.status if refusal else 200
    with site.database.read() as connection:
        processes = {process.id: process.name for process in lists.current_processes(connection)}
    return pages.page(
        "import.html",
        me=me,
        here="/import",
        status=status,
        refusal=refusal,
        readable=READABLE,
        processes=processes,
        watch=secrets.token_hex(8),
    )


@router.post("")
async def read(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    file: Annotated[UploadFile, File()],
    process: Annotated[str, Form()] = "",
    sheet: Annotated[str, Form()] = "",
    watch: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """The file as understood: as a batch to confirm where there is something to issue, else only shown."""
    who = await run_in_threadpool(need_me, site, caller)
    me = show_person(who)
    if not file.filename:
        refusal = refusal_of(RuleViolation(Code.FIELD_MISSING, command="导入", field="文件"))
        return _upload(site, pages, me, refusal)
    try:
        reading = await importing.read(site, file, sheet, process=process, watch=watch)
    except RuleViolation as violation:
        return _upload(site, pages, me, refusal_of(violation))
    items = await run_in_threadpool(site.intake.compare, reading)
    shown = partial(_reading, pages, me, full_json(reading, items), filename=file.filename, found=None)
    if not may_issue(me):
        return shown(refusal=None)
    try:
        proposal = await importing.propose(site, reading, filename=file.filename, caller=caller)
    except RuleViolation as violation:
        return shown(refusal=refusal_of(violation))
    return RedirectResponse(f"/import/{proposal.batch}", 303)


@router.get("/reading/{watch}")
def reading(site: Here, watch: str) -> dict[str, int]:
    """How many rows of a register are read, and of how many; nothing of nothing when none is read under that name."""
    done, total = site.reading.get(watch, (0, 0))
    return {"done": done, "total": total}


@router.get("/{batch}")
def batch(site: Here, pages: Pages, me: Me, batch: str) -> Response:
    """The batch: its rows before confirming, its progress and numbers after."""
    return _batch(site, pages, me, batch, None)


def _batch(site: Here, pages: Pages, me: ShownPerson, batch: str, refusal: Refusal | None) -> Response:
    found = importing.batch_of(site, batch)
    plain = parse(found.row["reading"])
    if found.row["state"] == "draft" and plain:
        return _reading(pages, me, plain, filename=found.row["filename"], found=found, refusal=refusal)
    progress, now = found.progress, site.now()
    with site.database.read() as connection:
        beyond = over_budget(connection, batch, now) if allowed(connection, batch) is None else ()
    going = bool(progress.left or progress.started < progress.issued)
    return pages.page(
        "issued.html",
        me=me,
        here=f"/import/{batch}",
        status=refusal.status if refusal else 200,
        found=found,
        parts_done=parts(progress),
        going=going,
        running=batch in site.running,
        refusal=refusal,
        may_issue=may_issue(me),
        beyond=beyond,
    )


def _reading(
    pages: Pages,
    me: ShownPerson,
    plain: dict[str, Any],
    *,
    filename: str,
    found: importing.BatchView | None,
    refusal: Refusal | None,
) -> Response:
    findings = plain["findings"]
    counts = {state: sum(f["state"] == state for f in findings) for state in FINDING_STATE_NAMES}
    return pages.page(
        "reading.html",
        me=me,
        here=f"/import/{found.row['id']}" if found else "/import",
        status=refusal.status if refusal else 200,
        plain=plain,
        filename=filename,
        found=found,
        refusal=refusal,
        counts=counts,
        states=FINDING_STATE_NAMES,
        kinds=plain["kinds"],
        title_name=plain["fields"][0]["name"],
        fields=[field for field in plain["fields"][1:] if field["kind"] != AnswerKind.NAME],
        people=[field for field in plain["fields"] if field["kind"] == AnswerKind.NAME],
        may_issue=may_issue(me),
    )


@router.post("/{batch}")
async def confirm(request: Request, caller: WhoAsks, site: Here, pages: Pages, batch: str) -> Response:
    """The batch is issued as was decided item by item (`choice-N`), or goes on being issued; then its page."""
    async with request.form(max_files=0, max_fields=LIMIT + 10) as form:
        said = {name.removeprefix("choice-"): str(value) for name, value in form.items() if name.startswith("choice-")}
    choices = {int(n): value for n, value in said.items() if n.isascii() and n.isdigit() and len(n) < 8}
    who = await run_in_threadpool(need_me, site, caller)
    try:
        await importing.confirm(site, batch, caller=caller, choices=choices)
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(lambda: _batch(site, pages, show_person(who), batch, refusal))
    return RedirectResponse(f"/import/{batch}", 303)
