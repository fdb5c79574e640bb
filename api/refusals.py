"""Refusals as HTTP: one table from code to status, one body (RFC 9457) for the API, the same words on a page.

The rules' codes say what was refused; the few codes here say what the web itself refuses. Nobody branches on words.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ledger.store.trouble import of_disk
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswerFault, AnswersRefused
from rules.names import FIELD_NAMES

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = {429: 1, 503: 5}
"""When to come again, by status."""


class WebCode(StrEnum):
    """What the web refuses before anybody looks at the matter itself."""

    UNKNOWN_PAGE = "unknown_page"
    WRONG_METHOD = "wrong_method"
    BODY_TOO_LARGE = "body_too_large"
    FOREIGN_ORIGIN = "foreign_origin"
    FOREIGN_HOST = "foreign_host"
    INTERNAL = "internal"


WEB_WORDS: dict[WebCode, str] = {
    WebCode.UNKNOWN_PAGE: "没有这个地址；请从台账进入。",
    WebCode.WRONG_METHOD: "这个地址不接受这样的操作。",
    WebCode.BODY_TOO_LARGE: "提交的内容太大：最多 {limit}，请精简或拆开后再提交。",
    WebCode.FOREIGN_ORIGIN: "这次请求来自别的网站，没有办理；请在本系统的页面上操作。",
    WebCode.FOREIGN_HOST: "请用 {address} 打开本系统。",
    WebCode.INTERNAL: "系统出错了，操作可能没有记录；请刷新后核对，再把出错的时间告诉管理员。",
}

STATUS: dict[Code | WebCode, int] = {
    Code.WRONG_STATUS: 409,
    Code.WRONG_ROLE: 403,
    Code.WRONG_UNIT: 403,
    Code.WRONG_AREA: 403,
    Code.OWN_MATTER: 403,
    Code.POST_NOT_HELD: 403,
    Code.NO_VIA: 403,
    Code.WRONG_STEP: 409,
    Code.FIELD_MISSING: 422,
    Code.FIELD_NOT_TAKEN: 422,
    Code.FIELD_TOO_LONG: 413,
    Code.FIELD_INVALID: 422,
    Code.CONTROL_CHARACTERS: 422,
    Code.ANSWERS_INVALID: 422,
    Code.ANSWERS_CONTRADICT: 422,
    Code.DATE_IN_PAST: 422,
    Code.DATE_NOT_LATER: 422,
    Code.DATE_OUT_OF_CALENDAR: 422,
    Code.WINDOW_FIXED: 422,
    Code.WINDOW_OUT_OF_RANGE: 422,
    Code.EXTENSION_PENDING: 409,
    Code.EXTENSION_NONE: 409,
    Code.EXTENSION_SPENT: 409,
    Code.EXTENSION_NO_ROOM: 409,
    Code.EXTENSION_TOO_LONG: 422,
    Code.EXTENSION_PAST_CAP: 422,
    Code.DUE_NOT_OPEN: 409,
    Code.EXTENSION_AFTER_DUE: 409,
    Code.EXTENSION_NEEDS_LEADER: 403,
    Code.CORRECTION_PENDING: 409,
    Code.CORRECTION_NONE: 409,
    Code.CORRECTION_NEEDS_LEADER: 403,
    Code.ENTRY_UNKNOWN: 404,
    Code.ENTRY_NOT_OWN: 403,
    Code.PAUSED: 409,
    Code.PAUSE_NONE: 409,
    Code.PAUSE_NOT_TAKEN: 409,
    Code.WATCH_NOT_TAKEN: 409,
    Code.PAUSE_SPENT: 409,
    Code.PAUSE_TOO_LONG: 422,
    Code.URGE_TOO_SOON: 409,
    Code.URGE_SPENT: 409,
    Code.OUTCOME_UNKNOWN: 422,
    Code.OUTCOME_CONTRADICTED: 409,
    Code.CYCLES_SPENT: 409,
    Code.NODES_TOO_MANY: 422,
    Code.COUNTS_SPENT: 409,
    Code.TALLIES_UNMET: 409,
    Code.CHILDREN_OPEN: 409,
    Code.FOLLOW_UP_REFUSED: 409,
    Code.PARENT_ENDED: 409,
    Code.NOT_PUBLISHED: 409,
    Code.PUBLICITY_LASTS: 409,
    Code.OBJECTION_OPEN: 409,
    Code.OBJECTION_NONE: 409,
    Code.TOO_MANY_OBJECTIONS: 409,
    Code.DRAW_REFUSED: 409,
    Code.UNKNOWN_DRAW: 404,
    Code.ROUND_REFUSED: 409,
    Code.UNITS_REFUSED: 409,
    Code.ASKED_BY_ROUNDS: 409,
    Code.FIGURES_REFUSED: 422,
    Code.ROUND_LOCKED: 409,
    Code.UNKNOWN_ROUND: 404,
    Code.UNKNOWN_CAMPAIGN: 404,
    Code.UNKNOWN_FIGURE: 404,
    Code.UNKNOWN_ASSESSMENT: 404,
    Code.SCORE_REFUSED: 409,
    Code.OVER_BUDGET: 409,
    Code.WITHIN_BUDGET: 409,
    Code.CONTEST_REFUSED: 409,
    Code.SAME_UNIT: 409,
    Code.SAME_SUPERVISOR: 409,
    Code.ANSWERED: 409,
    Code.NOT_ENDORSED: 409,
    Code.UNKNOWN_COMMAND: 404,
    Code.UNKNOWN_ITEM: 404,
    Code.UNKNOWN_UNIT: 404,
    Code.UNKNOWN_PERSON: 404,
    Code.PERSON_RENAMED: 409,
    Code.ADMINISTRATORS_TOGETHER: 409,
    Code.OVERLAYS_MISSING: 409,
    Code.MIGRATION_REFUSED: 409,
    Code.UNKNOWN_PROCESS: 404,
    Code.UNKNOWN_BATCH: 404,
    Code.UNKNOWN_EVIDENCE: 404,
    Code.UNKNOWN_CHECKPOINT: 404,
    Code.ALREADY_ISSUED: 409,
    Code.TOO_MANY_ITEMS: 422,
    Code.NOT_CONFIRMABLE: 409,
    Code.COMMAND_REUSED: 409,
    Code.REFUSED_BEFORE: 409,
    Code.NOT_IN_BULK: 422,
    Code.UNKNOWN_BULK: 404,
    Code.BULK_EMPTY: 422,
    Code.BULK_TOO_LARGE: 422,
    Code.BULK_NOT_OWN: 403,
    Code.BULK_STILL_GOING: 503,
    Code.NOT_STAND_IN: 403,
    Code.STAND_IN_CYCLE: 409,
    Code.STAND_IN_CHAIN: 409,
    Code.STAND_IN_OVERLAP: 409,
    Code.ITEM_BUSY: 429,
    Code.SERVER_BUSY: 429,
    Code.STILL_ISSUING: 503,
    Code.BAD_REQUEST: 400,
    Code.DEFINITION_INVALID: 422,
    Code.SHEET_REFUSED: 422,
    Code.LEDGER_UNAVAILABLE: 503,
    Code.LEDGER_LOCKED: 503,
    Code.READ_ONLY: 503,
    Code.DISK_FULL: 503,
    Code.DISK_FAILED: 503,
    Code.ENGINE_UNAVAILABLE: 503,
    Code.WORKER_SILENT: 503,
    Code.PRINT_TOO_LONG: 413,
    Code.PRINT_FAILED: 500,
    Code.LEDGER_BROKEN: 500,
    Code.ERASED: 410,
    Code.NOT_ERASABLE: 409,
    Code.SIGN_IN_REFUSED: 401,
    Code.SIGN_IN_HELD: 429,
    Code.SIGN_IN_BUSY: 503,
    Code.WAY_REFUSED: 401,
    Code.WAY_AWAY: 503,
    Code.UNKNOWN_WAY: 404,
    Code.KEY_REFUSED: 401,
    Code.SIGNED_OUT: 401,
    Code.PASSWORD_REFUSED: 422,
    Code.ACCOUNT_REFUSED: 409,
    Code.UNKNOWN_ACCOUNT: 404,
    Code.UNKNOWN_SESSION: 404,
    Code.TOKEN_REFUSED: 401,
    Code.UNKNOWN_TOKEN: 404,
    Code.SECOND_NEEDED: 409,
    Code.JOINT_REFUSED: 409,
    Code.UNKNOWN_JOINT: 404,
    WebCode.UNKNOWN_PAGE: 404,
    WebCode.WRONG_METHOD: 405,
    WebCode.BODY_TOO_LARGE: 413,
    WebCode.FOREIGN_ORIGIN: 403,
    WebCode.FOREIGN_HOST: 421,
    WebCode.INTERNAL: 500,
}
TITLES = {
    400: "请求有误",
    401: "没有登录",
    403: "没有权限",
    404: "没有找到",
    405: "不能这样操作",
    409: "现在不能这样办",
    410: "已依规删除",
    413: "内容太大",
    421: "地址不对",
    422: "填写有误",
    429: "现在太忙",
    500: "系统出错",
    503: "暂时不能办理",
}


class ProblemBody(BaseModel):
    """The one body of every refusal (RFC 9457). `detail` is for people, `code` and `fields` for programs."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "field_missing",
                "title": "填写有误",
                "status": 422,
                "detail": "退回必须填写“理由”。",
                "code": "field_missing",
                "fields": {"command": "退回", "field": "理由"},
            }
        }
    )

    type: str = Field(description="与 code 相同")
    title: str
    status: int
    detail: str = Field(description="给人看的中文说明")
    code: str
    fields: dict[str, str] = Field(default_factory=dict, description="说明里用到的事实")
    faults: list[dict[str, str]] = Field(
        default_factory=list, description="表单有误的各处：at、label、actual、expected"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal, ready to be shown on either side."""

    code: Code | WebCode
    words: str
    fields: Mapping[str, str]
    faults: tuple[AnswerFault, ...] = ()

    @property
    def at(self) -> Mapping[str, str]:
        """What is wrong with each answer, by its field."""
        return {fault.at: f"{fault.actual}；应为{fault.expected}" for fault in self.faults}

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return STATUS[self.code]

    @property
    def title(self) -> str:
        """Its status in two or three words."""
        return TITLES[self.status]

    @property
    def unknown_result(self) -> bool:
        """Whether it may have happened all the same, so that the same idempotency key has to be used again."""
        return self.status in RETRY_AFTER_SECONDS

    @property
    def headers(self) -> dict[str, str]:
        """What goes with it."""
        seconds = RETRY_AFTER_SECONDS.get(self.status)
        return {"Retry-After": str(seconds)} if seconds else {}


def problem_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The refusal as problem+json. Halves of surrogate pairs that somebody sent do not break the answer."""
    body = ProblemBody(
        type=str(refusal.code),
        title=refusal.title,
        status=refusal.status,
        detail=refusal.words,
        code=str(refusal.code),
        fields=dict(refusal.fields),
        faults=[asdict(fault) for fault in refusal.faults],
    )
    text = json.dumps({name: getattr(body, name) for name in ProblemBody.model_fields}, ensure_ascii=False)
    return Response(
        text.encode("utf-8", "replace"),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers={**refusal.headers, **(headers or {}), "Cache-Control": "no-store"},
    )


def web_refusal(code: WebCode, **fields: str) -> Refusal:
    """One of the web's own refusals."""
    return Refusal(code=code, words=WEB_WORDS[code].format_map(fields), fields=fields)


class WebRefused(Exception):
    """The web refuses a request that has come as far as its route."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def refusal_of(failure: Exception) -> Refusal:
    """What any failure of a request is called. What nobody foresaw is logged and named internal, without its text."""
    match failure:
        case WebRefused():
            return failure.refusal
        case AnswersRefused():
            return Refusal(code=failure.code, words=str(failure), fields=failure.fields, faults=failure.faults)
        case RuleViolation():
            return Refusal(code=failure.code, words=str(failure), fields=failure.fields)
        case RequestValidationError():
            return _invalid(failure)
        # An upload or a print on its way. What may not be written is a fault of the set-up, to be seen in the log.
        case OSError() if (found := of_disk(failure, "临时文件")) and found.code is not Code.READ_ONLY:
            return Refusal(code=found.code, words=str(found), fields=found.fields)
        case HTTPException(status_code=404):
            return web_refusal(WebCode.UNKNOWN_PAGE)
        case HTTPException(status_code=405):
            return web_refusal(WebCode.WRONG_METHOD)
        case HTTPException(status_code=413):
            return web_refusal(WebCode.BODY_TOO_LARGE, limit=str(failure.detail))
        case HTTPException():
            return _refused(Code.BAD_REQUEST, detail="无法读懂提交的内容")
        case _:
            log.error("a request failed", exc_info=failure)
            return web_refusal(WebCode.INTERNAL)


def _refused(code: Code, **fields: object) -> Refusal:
    violation = RuleViolation(code, **fields)
    return Refusal(code=code, words=str(violation), fields=violation.fields)


def _invalid(failure: RequestValidationError) -> Refusal:
    """The first fault of a request's form, in words; what was sent is not repeated."""
    error: dict[str, Any] = dict(failure.errors()[0])
    kind, place = error["type"], [str(part) for part in error["loc"]]
    if kind == "json_invalid" or place[1:] == []:
        return _refused(Code.BAD_REQUEST, detail="内容应当是一个 JSON 对象（Content-Type: application/json）")
    name = FIELD_NAMES.get(place[1], place[1])[:40]
    ctx = error.get("ctx", {})
    match kind:
        case "missing":
            return _refused(Code.FIELD_MISSING, command="请求", field=name)
        case "extra_forbidden":
            return _refused(Code.FIELD_NOT_TAKEN, command="请求", field=name)
        case "string_too_long":
            return _refused(Code.FIELD_TOO_LONG, field=name, limit=f"{ctx['max_length']} 字", actual="更长")
        case "too_long":
            return _refused(Code.FIELD_TOO_LONG, field=name, limit=f"{ctx['max_length']} 项", actual="更多")
        case _:
            expected = _EXPECTED.get(kind, "接口说明里写的形式").format_map(ctx)
            return _refused(Code.FIELD_INVALID, field=name, actual="形式不对", expected=expected)


_EXPECTED = {
    "string_type": "文字",
    "int_type": "整数",
    "int_parsing": "整数",
    "int_from_float": "整数",
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "list_type": "一组文字",
    "date_form": "日期，如 2026-12-31",
    "greater_than_equal": "不小于 {ge} 的数",
    "less_than_equal": "不大于 {le} 的数",
    "string_too_short": "至少一个字",
    "string_unicode": "完整的字符",
    "value_error": "一个文件",
}
"""What pydantic expects, in words, by the kind of its error."""
