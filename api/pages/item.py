"""An item as a page, and its forms: what somebody may do now, in words that stay after a refusal."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.forms import as_filled, line_ends, read_form
from api.guards import EVIDENCE_LIMIT
from api.pages.me import need_me
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from api.uploads import attach
from desk import unfinished
from desk.answers import form_in
from desk.caller import Caller
from desk.exporting import Format
from desk.figures.asked import still_old
from desk.registers.rounds_shown import title_of
from desk.requests import Request as DeskRequest
from desk.requests import command_kind
from desk.showing.detail import ShownDetail, detail
from desk.showing.entries import show_file
from desk.showing.item_rows import show_person
from desk.showing.item_view import about_of, show_notices
from desk.showing.parts.follow_ups import family_picture
from desk.showing.parts.tallies import ShownTally
from desk.showing.questions import questions_of
from desk.showing.values import ShownCommand, ShownEvidence
from ledger.chain import pinned
from ledger.directory import people
from ledger.reading import lists, queries
from ledger.reading.queries import ItemView
from ledger.rounds.of_items import round_of_item
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind
from rules.machine.fields import ASKED, FIELDS, FieldKind
from rules.process import Process

router = APIRouter(include_in_schema=False)
ANSWER = "answer."
"""How the names of a step's answers begin in its form."""
_CLOCK = re.compile("[0-9]{2}:[0-9]{2}:[0-9]{2}")
MAINS = ("sign", "submit", "decide_extension", "approve", "close", "watch")
"""Commands that move the item on: the first of them stands open; but where something is still owed in the step, to
report it comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A form that was refused: what it held, so that nothing has to be written twice, and why."""

    command: str
    refusal: Refusal
    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """What somebody wrote, to be copied where the form itself is not offered any more."""
        return written_in(self.values)


@router.get("/items/{no}")
def item(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    no: str,
    done: str = "",
    order: str = "",
    correct: str = "",
    over: Word = "",
    filled: int = 0,
    contested: Word = "",
) -> Response:
    """The item's page. `done`: the entry that the person has just made; `correct`: the one said to be wrong; `over`:
    the time at which the half was kept that the last one took the place of; `filled`: so many answers a file gave;
    `contested`: the question of which the person has just said that it should not be asked."""
    return _show(
        caller,
        site,
        pages,
        no,
        done=done,
        correct=correct,
        over=over,
        filled=filled,
        contested=contested,
        oldest_first=order == "old",
    )


def _show(
    caller: Caller,
    site: Site,
    pages: Renderer,
    no: str,
    *,
    done: str = "",
    correct: str = "",
    over: str = "",
    filled: int = 0,
    contested: str = "",
    oldest_first: bool = False,
    tried: Tried | None = None,
) -> Response:
    with site.database.read() as connection:
        who = people.somebody(connection, caller.person)
        view = queries.item(connection, no)
        shown = detail(connection, view, site.now(), caller=caller)
        tried = _as_labelled(tried, shown) if tried else None
        process = pinned.process(connection, view.state.process)
        halves = unfinished.kept(connection, process, view.state, who.id)
        of_round = round_of_item(connection, no)
        round_name = title_of(connection, of_round.round) if of_round else ""
        given = {key: found.half.answers for key, found in halves.items()}
        shown = _refilled(shown, view, process, given, tried)
        about = about_of(connection, view, process)
        told = show_notices(connection, queries.notices_of(connection, no=no))
        units = _units(connection) if _asks_for_unit(shown) else []
        kept = _kept(connection, tried.evidence if tried else ())
    entries = shown.entries
    mine = [e for e in entries if done == str(e.seq) and e.actor == who.id]
    return pages.page(
        "item.html",
        me=show_person(who),
        here=f"/items/{no}",
        status=tried.refusal.status if tried else 200,
        headers=tried.refusal.headers if tried else None,
        shown=shown,
        about=about,
        entries=entries if oldest_first else tuple(reversed(entries)),
        oldest_first=oldest_first,
        done=mine[0] if mine else None,
        tried=tried,
        correct=correct,
        filled=filled,
        contested=_contested(process, contested),
        of_round=of_round,
        round_name=round_name,
        today=local_date(site.now()),
        over=over if _CLOCK.fullmatch(over) else "",
        correctable=_correctable(shown),
        first=entries[0],
        kept=kept,
        units=units,
        mains=[name for name in MAINS if name != "submit" or not _owes(shown)],
        told=told,
        family_picture=family_picture(shown.family),
        halves=halves,
        exports=[(f.upper(), link(f"/api/v1/items/{no}/export.{f}")) for f in Format],
        rung_names={rung.id: rung.name for rung in process.rungs},
        new_key=lambda: str(uuid4()),
    )


def _contested(process: Process, place: str) -> str:
    """What the question at that place (form.field) is called; empty for none."""
    form_id, _, field = place.partition(".")
    form = process.form(form_id) if field else None
    asked = form.field(field) if form else None
    return asked.name if asked else ""


def _owes(shown: ShownDetail) -> bool:
    return any(not row.met for tally in shown.tallies for row in tally.rows)


def _refilled(
    shown: ShownDetail,
    view: ItemView,
    process: Process,
    halves: Mapping[str, Mapping[str, str]],
    tried: Tried | None,
) -> ShownDetail:
    """The step's form as somebody has filled it in already: just now, or when they kept it."""
    given = dict(halves)
    if tried:
        slot = unfinished.slot_of(tried.command, tried.values.get("tally", ""))
        given[slot.key] = answers_in(tried.values)
    if not given:
        return shown

    def of(command: ShownCommand) -> ShownCommand:
        filled, form = given.get(command.command), None
        if filled is not None:
            form = form_in(process, view.state, command_kind(command.command))
        if form is None:
            return command
        questions = questions_of(process, form, view.events, filled, no=view.state.no)
        fields = (
            f.model_copy(update={"questions": still_old(f.questions, questions)}) if f.questions else f
            for f in command.fields
        )
        return command.model_copy(update={"fields": tuple(fields)})

    shown = shown.model_copy(update={"commands": tuple(of(command) for command in shown.commands)})
    tallies = tuple(_refilled_tally(one, view, process, given) for one in shown.tallies)
    return shown.model_copy(update={"tallies": tallies})


def _refilled_tally(
    one: ShownTally, view: ItemView, process: Process, given: Mapping[str, Mapping[str, str]]
) -> ShownTally:
    """The form of a tally as somebody has filled it in already."""
    slot = unfinished.Slot(kind=CommandKind.REPORT, tally=one.id)
    form = form_in(process, view.state, slot.kind, one.id)
    if slot.key not in given or form is None:
        return one
    questions = questions_of(process, form, (), given[slot.key])
    fields = (f.model_copy(update={"questions": questions}) if f.questions else f for f in one.fields)
    return one.model_copy(update={"fields": tuple(fields)})


def answers_in(values: Mapping[str, str]) -> dict[str, str]:
    """What a form holds of the step's form, by field."""
    return {name.removeprefix(ANSWER): text for name, text in values.items() if name.startswith(ANSWER)}


def _asks_for_unit(shown: ShownDetail) -> bool:
    fields = [*(f for c in shown.commands for f in c.fields), *(f for t in shown.tallies for f in t.fields)]
    cells = [cell for f in fields for q in f.questions for cell in (q, *(c for row in q.rows for c in row))]
    return "unit" in {f.kind for f in fields} | {cell.kind for cell in cells}


def _correctable(shown: ShownDetail) -> tuple[str, ...]:
    """The entries that the person may say are wrong now."""
    fields = (f for c in shown.commands if c.command == "correct" and not c.refusal for f in c.fields)
    return tuple(code for f in fields if f.name == "entry" for code, _ in f.choices)


def _units(connection: Connection) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every unit to reassign to, by area."""
    units = people.all_units(connection)
    groups = [
        (a["name"], [(u["id"], u["name"]) for u in units if u["area"] == a["id"]]) for a in people.all_areas(connection)
    ]
    others = [(u["id"], u["name"]) for u in units if not u["area"]]
    return [*groups, ("其他", others)] if others else groups


def _kept(connection: Connection, ids: tuple[str, ...]) -> tuple[ShownEvidence, ...]:
    found = lists.files(connection, ids)
    return tuple(show_file(i, found[i]) for i in ids if i in found)


@router.get("/items/{no}/{command}")
def item_again(caller: WhoAsks, no: str, command: str) -> Response:
    """After a refusal the browser stands at the form's address; asked for, that is the item's page."""
    return RedirectResponse(link(f"/items/{no}"), 303)


def values_in(form: FormData) -> dict[str, str]:
    """The form's texts; of an answer that was ticked several times, all in one."""
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            several = name.startswith(ANSWER) and found.get(name)
            found[name] = f"{found[name]},{line_ends(value)}" if several and value else line_ends(value)
    return found


async def uploaded(site: Site, form: FormData, caller: Caller, values: Mapping[str, str]) -> dict[str, str]:
    """The files that were chosen for answers, stored: their ids beside those that stand there already."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(form):
        for upload in form.getlist(name) if name.startswith(ANSWER) else ():
            if isinstance(upload, UploadFile) and upload.filename:
                stored = await attach(site, upload, caller)
                found[name] = ",".join(one for one in (found.get(name, values.get(name, "")), stored) if one)
    return found


@router.post("/items/{no}/{command}")
async def act(request: Request, caller: WhoAsks, site: Here, pages: Pages, no: str, command: str) -> Response:
    """The form's command is given; then the page again, with the result in words."""
    form, small = await read_form(request)
    values = values_in(form)
    try:
        return await _act(caller, site, pages, no, command, form, values, small=small)
    except RuleViolation as violation:  # not even the item can be shown
        return pages.error(refusal_of(violation), written_in(values))
    finally:
        await form.close()


async def _act(
    caller: Caller,
    site: Site,
    pages: Renderer,
    no: str,
    command: str,
    form: FormData,
    values: Mapping[str, str],
    *,
    small: bool,
) -> Response:
    who = await run_in_threadpool(need_me, site, caller)
    evidence = [value for value in form.getlist("evidence") if isinstance(value, str)]
    key = values.get("id", "")[:60] or str(uuid4())
    try:
        if not small:
            limit = f"合计 {EVIDENCE_LIMIT >> 20} MB"
            raise RuleViolation(Code.FIELD_TOO_LONG, field=FIELDS["evidence"].label, limit=limit, actual="更大")
        evidence += await _stored(site, form, caller)
        values = {**values, **await uploaded(site, form, caller, values)}
        asked = _request(no, command, caller, key, values, tuple(dict.fromkeys(evidence)))
        receipt = await site.desk.give(asked)
        slot = unfinished.slot_of(command, values.get("tally", ""))
        await run_in_threadpool(lambda: unfinished.drop(site.database, no=no, person=who.id, slot=slot))
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        again = key if refusal.unknown_result else str(uuid4())
        tried = Tried(command=command, refusal=refusal, key=again, values=values, evidence=tuple(evidence))
        return await run_in_threadpool(lambda: _show(caller, site, pages, no, tried=tried))
    return RedirectResponse(f"/items/{no}?done={receipt.seq}", 303)


def _as_labelled(tried: Tried, shown: ShownDetail) -> Tried:
    """The refusal names a field as the form does."""
    fields = (f for c in shown.commands if c.command == tried.command for f in c.fields)
    labels = {FIELDS[f.name].label: f.label for f in fields}
    label, code = labels.get(tried.refusal.fields.get("field", "")), tried.refusal.code
    if label is None or not isinstance(code, Code):
        return tried
    violation = RuleViolation(code, **{**tried.refusal.fields, "field": label})
    return replace(tried, refusal=refusal_of(violation))


def written_in(values: Mapping[str, str]) -> str:
    """What somebody wrote, to be copied where the form itself cannot come back."""
    kinds = {name: FIELDS[name].kind for name, value in values.items() if value and name in FIELDS}
    texts = [values[name] for name, kind in kinds.items() if kind is FieldKind.TEXT]
    return "\n".join([*texts, *(text for text in answers_in(values).values() if text)])


async def _stored(site: Site, form: FormData, caller: Caller) -> list[str]:
    uploads = [value for value in form.getlist("file") if isinstance(value, UploadFile) and value.filename]
    return [await attach(site, upload, caller) for upload in uploads]


def _request(
    no: str, command: str, caller: Caller, key: str, values: Mapping[str, str], evidence: tuple[str, ...]
) -> DeskRequest:
    """The form as a request. Its id is the form's key with a hash of what it says: sent twice it is one command, sent
    again with other words (by way of the browser's "back") it is another one."""
    filled = [f for f in ASKED if f.kind is not FieldKind.FILES and values.get(f.name)]
    said: dict[str, Any] = {f.name: as_filled(f, values[f.name]) for f in filled}
    said["answers"] = tuple(answers_in(values).items())
    content = json.dumps([no, command, caller.person, said, evidence], default=str, sort_keys=True)
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return DeskRequest(no=no, kind=command, caller=caller, id=f"{key}-{digest}", evidence=evidence, **said)
