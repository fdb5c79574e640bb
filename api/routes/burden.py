"""The burden in JSON: a month's account, the leader's yes, what should not be asked."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.site import Here
from desk.burden import keeping
from desk.burden.account_shown import ShownAccount, month_asked, show_account

router = APIRouter(prefix="/api/v1/burden", tags=["减负"])


class _Reasoned(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=100, examples=["p0001"])
    reason: str = Field(max_length=2000, examples=["县委专项部署，只此一次"])


class AllowBody(_Reasoned):
    """Who lets a batch go beyond the budget, and why."""


class ContestBody(_Reasoned):
    """Which question of which item should not be asked, and why."""

    item: str = Field(max_length=50, examples=["LS2026-0001"])
    place: str = Field(max_length=100, examples=["answer.said"])


class AnswerContestBody(_Reasoned):
    """The answer: what is asked no longer, or why it still is."""

    dropped: bool = False


class KeptBurden(BaseModel):
    """What was written down: the number of its entry, where it has one."""

    id: int | None = None


@router.get("", summary="减负月账")
def account(
    site: Here,
    month: Annotated[Word, Query(description="如 2026-11；不写是这个月")] = "",
    unit: Annotated[Word, Query(description="只看这个单位：编号、名称或简称")] = "",
) -> ShownAccount:
    """谁向谁要了多少，哪些是预填的，谁说不该要。同 `duban burden month --json`。"""
    with site.database.read() as connection:
        return show_account(connection, month_asked(month, now := site.now()), now, unit=unit)


@router.post("/batches/{batch}/allow", summary="同意超出减负预算")
def allow(site: Here, batch: str, body: AllowBody, caller: WhoAsks) -> KeptBurden:
    """分管领导同意这一批超出减负预算，理由记入留痕；此后再确认这一批。同 `duban burden allow`。"""
    keeping.allow(site.database, batch, body.reason, caller, site.now())
    return KeptBurden()


@router.post("/contests", summary="这张表不该要", status_code=201)
def contest(site: Here, body: ContestBody, caller: WhoAsks) -> KeptBurden:
    """本单位提出某一项不该要。同 `duban burden contest`。"""
    return KeptBurden(id=keeping.contest(site.database, body.item, body.place, body.reason, caller, site.now()).id)


@router.post("/contests/{contest}/answer", summary="答复不该要")
def answer(site: Here, contest: Annotated[int, Path(ge=1)], body: AnswerContestBody, caller: WhoAsks) -> KeptBurden:
    """要数的一方答复：不再要，或仍要的理由。同 `duban burden answer`。"""
    return KeptBurden(
        id=keeping.answer(site.database, contest, body.reason, caller, site.now(), dropped=body.dropped).id
    )
