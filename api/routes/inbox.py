"""The inbox in JSON, and who stands in for whom."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import IsoDate, Word
from api.entrance.caller import WhoAsks
from api.site import Here
from desk.caller import WHO
from desk.inbox import call_off, mark_read, substitute
from desk.personal.inbox import ShownInbox, ShownSubstitute, show_inbox, show_substitutes
from desk.personal.todo import ShownTodo, show_todo
from desk.showing.values import Shown

router = APIRouter(prefix="/api/v1", tags=["通知"])
IDS_AT_ONCE = 500


class ReadBody(BaseModel):
    """Which notices were seen; all of them when the list is left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": ["ZG2026-0001/1/p2001"]}, {}]})

    ids: Annotated[list[Word], Field(max_length=IDS_AT_ONCE)] | None = None


class SubstituteBody(BaseModel):
    """Who stands in, from when to when (both days included)."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"stand_in": "p1001", "from": "2026-12-01", "to": "2026-12-11"}]},
    )

    stand_in: Word = Field(description=f"由谁代理：{WHO}")
    first: IsoDate = Field(alias="from")
    last: IsoDate = Field(alias="to")


class Changed(Shown):
    """How many were changed."""

    count: int


@router.get("/me/todo", summary="待办：现在等着我办的，逾期的在前")
def todo(site: Here, caller: WhoAsks) -> ShownTodo:
    """What waits for the person, and, of a supervisor, what was asked of others."""
    with site.database.read() as connection:
        return show_todo(connection, caller, site.now())


@router.get("/me/inbox", summary="收件箱")
def inbox(site: Here, caller: WhoAsks) -> ShownInbox:
    """我和我所代的人的通知：未读的在前，新的在前，最多 200 条。"""
    with site.database.read() as connection:
        return show_inbox(connection, caller, site.now())


@router.post("/me/inbox/read", summary="标为已读")
def read(site: Here, caller: WhoAsks, body: ReadBody) -> Changed:
    """标为已读；不给 ids 则全部。再标一次不改变第一次读的时间。"""
    ids = None if body.ids is None else tuple(body.ids)
    return Changed(count=mark_read(site.database, caller, ids, site.now()))


@router.get("/substitutes", summary="代理安排")
def substitutes(site: Here) -> tuple[ShownSubstitute, ...]:
    """今天和以后有效的代理安排。"""
    with site.database.read() as connection:
        return show_substitutes(connection, site.now())


@router.post("/people/{person}/substitute", summary="安排代理")
def name(site: Here, person: str, body: SubstituteBody, caller: WhoAsks) -> ShownSubstitute:
    """此人请假期间由另一人代收通知、代办事项；最多接连三次，绕回来的会被拒绝。"""
    return substitute(
        site.database,
        person=person,
        stand_in=body.stand_in,
        first=body.first,
        last=body.last,
        caller=caller,
        now=site.now(),
    )


@router.delete("/people/{person}/substitute", summary="撤销代理")
def back(site: Here, person: str, caller: WhoAsks) -> Changed:
    """此人的代理安排全部撤销；办过的事仍记着代理人。"""
    return Changed(count=call_off(site.database, person=person, caller=caller, now=site.now()))
