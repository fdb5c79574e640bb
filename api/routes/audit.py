"""What an auditor looks up, in JSON: entries of the whole ledger, an item as it stood, who saw it, what came again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import IsoDate, Word
from api.site import Here
from desk.showing.audit import (
    FINDINGS_LIMIT,
    Measure,
    ShownFinds,
    ShownRepeats,
    ShownStood,
    find,
    find_access,
    find_reads,
    find_repeats,
    stood,
)
from desk.showing.seals import ShownSeals, show_seals
from ledger.reading.entry_filters import ACCESS_FILTERS, ENTRY_FILTERS, READ_FILTERS, EntryFilter, EntrySearch, Takes
from ledger.reading.queries import PAGE, PAGE_LIMIT
from rules.telling.repeats import MONTHS, MONTHS_LIMIT, UNITS, UNITS_LIMIT

router = APIRouter(prefix="/api/v1/audit", tags=["审计"])


def _asked(one: EntryFilter) -> Any:
    """The filter as a field: bounded words, a day."""
    said: dict[str, Any] = {"alias": one.key, "description": one.help}
    match one.takes:
        case Takes.DAY:
            return Annotated[IsoDate | None, Field(default=None, **said)]
        case Takes.KINDS:
            return Annotated[list[Word], Field(default=[], max_length=40, **said)]
    return Annotated[Word, Field(default="", **said)]


class Page(BaseModel):
    """Which page of what was found."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    after: Word = Field(default="", description="上一页答复里的 next")
    size: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = PAGE


class EntriesQuery(Page):
    """What entries are narrowed to, and which page of them."""

    __annotations__ = {one.name: _asked(one) for one in ENTRY_FILTERS}


class ReadsQuery(Page):
    """The same for who saw or took away what."""

    __annotations__ = {one.name: _asked(one) for one in READ_FILTERS}


class AccessQuery(Page):
    """The same for who came in, and who let whom in."""

    __annotations__ = {one.name: _asked(one) for one in ACCESS_FILTERS}


def _search(query: Page) -> EntrySearch:
    return EntrySearch.of(query.model_dump(exclude={"after", "size"}))


@router.get("/entries", summary="检索留痕")
def entries(site: Here, query: Annotated[EntriesQuery, Query()]) -> ShownFinds:
    """整个留痕链上的记录，新的在前；`item` 也可以是一本日志的名称，如 `~access/2026-11`。

    按内容找时一页最多翻查 50,000 条；没有翻完的，`back_to` 说明翻到哪一刻，用 `next` 接着找。
    """
    with site.database.read() as connection:
        return find(connection, _search(query), after=query.after, size=query.size)


@router.get("/access", summary="进出日志")
def access(site: Here, query: Annotated[AccessQuery, Query()]) -> ShownFinds:
    """谁进来过、谁没能进来，谁让谁进来，谁被拒绝、查阅和导出了什么；新的在前。同 `duban audit access`。"""
    with site.database.read() as connection:
        return find_access(connection, _search(query), after=query.after, size=query.size)


@router.get("/items/{no}/at", summary="某一时点的事项")
def item_at(
    site: Here,
    no: str,
    moment: Annotated[Word, Query(description="日期或时刻：2026-03-31、2026-03-31 14:30，或一条记录的 at")],
    other: Annotated[Word, Query(description="再给一个时点，就比较两者")] = "",
) -> ShownStood:
    """到这一时点结束时已经发生的（按记录的 `at`），事项是什么样子；给两个时点，列出差别和其间的记录。"""
    with site.database.read() as connection:
        return stood(connection, no, moment, other)


@router.get("/reads", summary="查阅与导出")
def reads(site: Here, query: Annotated[ReadsQuery, Query()]) -> ShownFinds:
    """谁查阅了哪份佐证材料，谁导出了什么，新的在前；`item` 是查阅、证明所针对的事项。"""
    with site.database.read() as connection:
        return find_reads(connection, _search(query), after=query.after, size=query.size)


@router.get("/repeats", summary="重复问题")
def repeated(
    site: Here,
    months: Annotated[int, Query(ge=1, le=MONTHS_LIMIT, description="办结后几个月内再出现算重复")] = MONTHS,
    units: Annotated[int, Query(ge=2, le=UNITS_LIMIT, description="在几个单位出现算共性")] = UNITS,
    since: Annotated[IsoDate | None, Query(description="只看这一天以后交办的")] = None,
    unit: Annotated[Word, Query(description="只看这个单位：编号、名称或简称")] = "",
) -> ShownRepeats:
    """同一单位同一类问题办结后再次出现；同一问题出现在多个单位。每一组都说明依据，最多各列 200 组。"""
    measure = Measure(months=months, units=units, since=since, unit=unit.strip())
    with site.database.read() as connection:
        return find_repeats(connection, measure, limit=FINDINGS_LIMIT)


@router.get("/checkpoints", summary="封存点")
def seals(site: Here) -> ShownSeals:
    """最近的封存点和全部公钥，新的在前。核对证明所用的公钥请从可靠的途径取得，不要只从这里取。"""
    with site.database.read() as connection:
        return show_seals(connection)
