"""Issuing in JSON: items of any process to chosen units; looked at first, then issued as one batch."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import importing
from api.bodies import IsoDate, Word
from api.entrance.caller import WhoAsks
from api.routes.registers import ShownBatch, shown_batch
from api.site import Here, Site
from desk.acting import issuer
from desk.answers import flat
from desk.caller import Caller
from desk.issuing import ToIssue, UnitChoice, plain, plan, propose
from desk.showing.values import Shown
from ledger.chain.batches import LIMIT
from rules.forms.form import TITLE_LENGTH
from rules.machine.commands import ANSWERS_LIMIT, ID_LIMIT

router = APIRouter(prefix="/api/v1/issue", tags=["交办"])
_SeveralWords = Annotated[list[Word], Field(max_length=LIMIT)]


class IssueBody(BaseModel):
    """What is to be issued to whom. `answers`: the matter's other fields, tables as lists of objects."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "person": "p0001",
                    "process": "整改事项",
                    "variant": "staged",
                    "title": "学习制度落实不到位",
                    "kinds": ["organ"],
                }
            ]
        },
    )

    process: Word
    variant: Word = ""
    title: Annotated[str, StringConstraints(max_length=TITLE_LENGTH + 1)]
    answers: dict[Word, Any] = Field(default_factory=dict, max_length=ANSWERS_LIMIT)
    kinds: _SeveralWords = Field(default_factory=list, description="这几类单位")
    sizes: _SeveralWords = Field(default_factory=list, description="这几种规模的单位：党委、党总支、党支部")
    conditions: _SeveralWords = Field(default_factory=list, description="这几种状况的单位：先进、中间、薄弱、软弱涣散")
    areas: _SeveralWords = Field(
        default_factory=list,
        description="这几个片组的单位；类型、规模、状况、片组写了几样，就是样样都符合的。由片组承办的流程，就是交办给哪些片组",
    )
    units: _SeveralWords = Field(default_factory=list, description="另加的单个单位：编号、名称或简称")
    excepted: _SeveralWords = Field(default_factory=list, description="除外的单位")
    co_units: _SeveralWords = Field(default_factory=list, description="协办单位：编号、名称或简称")
    on: IsoDate | None = Field(default=None, description="按哪天的名录选；不写是今天，已撤销的不在内")
    deadline: IsoDate | None = None
    together: bool = Field(default=False, description="合为一项：另有一个父项，每个单位的是它的子项；2 至 60 个单位")
    id: Annotated[str, StringConstraints(max_length=ID_LIMIT)] = Field(
        default="", description="交办编号：同一编号只办一次；不写是同样的内容一天一次"
    )

    def asked(self) -> ToIssue:
        """The same as the desk takes it. Raises answers_invalid."""
        names = ("kinds", "sizes", "conditions", "areas", "units", "excepted")
        to = UnitChoice(on=self.on, **{name: tuple(getattr(self, name)) for name in names})
        answers = (("title", self.title), *flat(self.answers))
        return ToIssue(
            process=self.process,
            variant=self.variant,
            to=to,
            answers=answers,
            deadline=self.deadline,
            together=self.together,
            co_units=tuple(self.co_units),
            id=self.id,
        )


class ShownPlan(Shown):
    """What would be issued: for each unit its first date and why, or why it is refused. Nothing is stored."""

    process: str
    variant: str
    title: str
    matter: list[list[str]]
    co_units: list[str]
    over: str = Field(default="", description="合为一项的，父项是哪一种事项")
    units: list[dict[str, Any]]


@router.post("/plan", summary="预览交办")
async def look(site: Here, body: IssueBody, caller: WhoAsks) -> ShownPlan:
    """逐个单位说明第一个到期日和原因，或为什么不能交办；什么也不存。"""
    return ShownPlan.model_validate(await importing.in_thread(_look, site, body.asked(), caller))


def _look(site: Site, asked: ToIssue, caller: Caller) -> dict[str, object]:
    with site.database.read() as connection:
        return plain(plan(connection, asked, issuer(connection, caller), site.now()))


@router.post("", summary="交办")
async def issue(site: Here, body: IssueBody, caller: WhoAsks, response: Response) -> ShownBatch:
    """作为一批交办；有一个单位不能交办就都不办。几秒内办完的答 200，还在办的答 202；再提交一次等于接着办，不会重复。"""
    batch = await importing.in_thread(propose, site.database, body.asked(), caller, site.now())
    finished = await importing.confirm(site, batch, caller=caller)
    response.status_code = 200 if finished else 202
    return await importing.in_thread(shown_batch, site, batch)
