"""Items in JSON: the register, one item with its dates and timeline, and every command."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection

from api.bodies import CommandBody, IdempotencyKey, Narrowed, Word
from api.site import Here, Site
from desk.actions import commands_for, takes
from desk.showing.entries import pending_correction, timeline
from desk.showing.item_rows import RowNames, show_page
from desk.showing.item_view import extension_of, pause_of, show_notices, subject_of, units_of, why
from desk.showing.steps import steps_of
from desk.showing.values import Shown, ShownDetail, ShownEntry, ShownNotice, ShownPage, ShownWhy
from ledger.chain import lookup
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.queries import ItemView
from ledger.reading.wording import understood
from rules.machine.turns import deadline_words

router = APIRouter(prefix="/api/v1/items", tags=["事项"])


class ShownReceipt(Shown):
    """A command that stands in the ledger, and what the item is now."""

    no: str = Field(examples=["ZG2026-0001"])
    seq: int = Field(description="留痕链的序号")
    status: str
    step: str = ""
    step_name: str = ""
    party: str = ""
    due: str | None = None
    provisional: bool = False
    lamp: str = ""


def detail(connection: Connection, site: Site, view: ItemView, person: str | None) -> ShownDetail:
    """Everything about an item but its timeline; with the commands that `person` may give."""
    now = site.now()
    words = RowNames(connection, now)
    process = words.process(view.row)
    dates = why(connection, view.state, now)
    commands = takes(view)
    if person:
        commands = commands_for(connection, view, process, people.somebody(connection, person), now)
    state = view.state
    return ShownDetail(
        item=words.item(view.row),
        subject=subject_of(view),
        co_units=units_of(connection, words, process, state.co_units),
        deadline=state.deadline,
        deadline_words=deadline_words(state.deadline, state.cap),
        steps=steps_of(process, state, view.events),
        due=dates.clocks[0] if dates.clocks else dates.watch,
        why=dates,
        extension=extension_of(connection, view, process, now),
        pause=pause_of(view),
        correction=pending_correction(connection, view),
        seq=state.seq,
        reopened=state.reopened,
        urges=state.urges,
        commands=commands,
    )


@router.get("", summary="台账")
def register(site: Here, query: Narrowed) -> ShownPage:
    """一页台账：未办结的在前，灯重的在前，到期早的在前。翻页把 `next` 放进 `after`。"""
    with site.database.read() as connection:
        filters = understood(connection, query.filters())
        return show_page(connection, filters, after=query.after or None, size=query.size, now=site.now())


@router.get("/{no}", summary="一个事项")
def item(site: Here, no: str, person: Annotated[Word, Query(description="给出此人现在能办的")] = "") -> ShownDetail:
    """事项的现状、日期、环节，以及现在能办的操作。"""
    with site.database.read() as connection:
        return detail(connection, site, queries.item(connection, no), person or None)


@router.get("/{no}/timeline", summary="办理过程")
def item_timeline(site: Here, no: str) -> tuple[ShownEntry, ...]:
    """留痕链上的每一条记录，从交办开始。"""
    with site.database.read() as connection:
        view = queries.item(connection, no)
        return timeline(connection, view, RowNames(connection, site.now()).process(view.row))


@router.get("/{no}/why", summary="为何是这一天")
def item_why(site: Here, no: str) -> ShownWhy:
    """现在的每个日期是怎样推算出来的。"""
    with site.database.read() as connection:
        return why(connection, queries.item(connection, no).state, site.now())


@router.get("/{no}/notices", summary="谁听到了什么")
def item_notices(site: Here, no: str) -> tuple[ShownNotice, ...]:
    """由这个事项产生的通知，新的在前，最多 500 条。"""
    with site.database.read() as connection:
        lookup.item_row(connection, no)
        return show_notices(connection, queries.notices_of(connection, no=no))


@router.post("/{no}/commands/{command}", summary="办理")
async def command(
    site: Here, no: str, command: str, body: CommandBody, idempotency_key: IdempotencyKey = ""
) -> ShownReceipt:
    """签收、上报、审核……：答复时已经留痕。

    用同一操作编号重发不会重复办理；503 时结果未知，请用同一编号重试；被拒绝之后再办，请换一个编号。
    """
    receipt = await site.desk.give(body.request(no, command, idempotency_key))
    return ShownReceipt(**{name: getattr(receipt, name) for name in ShownReceipt.model_fields})
