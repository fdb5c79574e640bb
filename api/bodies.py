"""What is sent to the JSON routes: bodies and queries, bounded. What the fields mean, the rules say."""

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Header, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    create_model,
)
from pydantic_core import PydanticCustomError

from desk.answers import flat
from desk.bulk.asking import bulk_fields
from desk.bulk.giving import BulkRequest
from desk.caller import Caller
from desk.requests import FIELD_LIMIT, Request
from desk.showing.register import SORT_HELP, sorting
from ledger.chain.batches import LIMIT as CHOICES_LIMIT
from ledger.chain.bulk_commands import BULK_COMMANDS, BULK_LIMIT
from ledger.reading.filters import FILTERS, Filter, Filters
from ledger.reading.queries import PAGE, PAGE_LIMIT
from ledger.reading.sorting import Sorting
from rules.errors import Code, RuleViolation
from rules.machine.commands import ANSWERS_LIMIT, ID_LIMIT
from rules.machine.fields import ASKED, FieldKind
from rules.machine.fields import Field as CommandField
from rules.names import FIELD_NAMES

Text = Annotated[str, StringConstraints(max_length=FIELD_LIMIT)]
Word = Annotated[str, StringConstraints(max_length=200)]
SENT_FILES = 200
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def iso_date(value: Any) -> Any:
    """A date is written 2026-12-31 and in no other way."""
    if value is None or isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and _ISO.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("date_form", "not a date")


IsoDate = Annotated[date, BeforeValidator(iso_date)]


class CommandBase(BaseModel):
    """A command. Which fields it takes, the item's `commands` say."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"id": "7f0c2f3e-4b1a-4f57-9d53-3a1f0a2b9c11"},
                {
                    "text": "方案已经党组会审定",
                    "answers": {"measures": ["修订制度", "开展自查"]},
                    "days": 45,
                },
                {"reason": "措施没有责任人"},
                {"to": "2026-12-31", "reason": "经费下达较晚", "text": "已完成三分之二"},
                {"grant": True},
                {"entry": 5, "text": "走访三次", "reason": "笔误"},
                {"answers": {"present": 30, "votes": [{"who": "张三", "yes": 28}]}},
                {"outcome": "rectified", "text": "逐条核对，佐证齐全"},
            ]
        },
    )

    id: Annotated[str, StringConstraints(max_length=ID_LIMIT)] = Field(
        default="", description="操作编号（幂等键）；也可放在 Idempotency-Key 头里。同一编号只办一次"
    )
    behalf: Word = Field(default="", description="代谁办理：受其委托的人员；留空时，本人没有相应职务才按委托办理")

    def request(self, caller: Caller, no: str, command: str, key: str) -> Request:
        """The request as the desk takes it. Raises field_invalid when header and body name different ids."""
        if key and self.id and key != self.id:
            field, expected = FIELD_NAMES["id"], "与 Idempotency-Key 头一致，或只写一处"
            raise RuleViolation(Code.FIELD_INVALID, field=field, actual="两处不一致", expected=expected)
        sent = self.model_dump(exclude={"behalf"}) | {"id": self.id or key}
        several = {name: tuple(value) for name, value in sent.items() if isinstance(value, list)}
        answers = flat(sent["answers"])
        return Request(
            no=no, kind=command, caller=caller.standing_in_for(self.behalf), **sent | several | {"answers": answers}
        )


def _sent(field: CommandField) -> Any:
    """A command's field as it is sent: its type with what bounds it, what holds when it is left out, what it is."""
    whole = Annotated[StrictInt, Field(ge=1, le=field.limit)]
    types: dict[FieldKind, Any] = {
        FieldKind.ENTRY: whole,
        FieldKind.YES_NO: StrictBool,
        FieldKind.CHOICE: Word,
        FieldKind.UNIT: Word,
        FieldKind.PERSON: Word,
        FieldKind.DATE: IsoDate,
        FieldKind.NUMBER: whole,
        FieldKind.TEXT: Text,
        FieldKind.FILES: list[Word],
        FieldKind.ANSWERS: dict[Word, Any],
    }
    taken = types[field.kind]
    if field.kind is FieldKind.FILES:
        return Annotated[taken, Field(max_length=SENT_FILES)], Field(default=[], description=field.about)
    if field.kind is FieldKind.ANSWERS:
        return Annotated[taken, Field(max_length=ANSWERS_LIMIT)], Field(default={}, description=field.about)
    return taken | None, Field(default=None, description=field.about)


if TYPE_CHECKING:
    CommandBody = CommandBase
else:
    CommandBody = create_model(
        "CommandBody", __base__=CommandBase, __doc__=CommandBase.__doc__, **{f.name: _sent(f) for f in ASKED}
    )


class ConfirmBody(BaseModel):
    """That a register is issued. `choices`: what becomes of single drafts, by their n, otherwise than
    proposed: issue, leave, reopen; and of a finding for many units, by the n that its `many` names, which way it goes:
    together, helped, each."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"choices": {"3": "issue"}}]})

    choices: dict[int, Literal["issue", "leave", "reopen", "together", "helped", "each"]] = Field(
        default_factory=dict, max_length=CHOICES_LIMIT
    )


def _asked(one: Filter) -> Any:
    """The filter as a field: a bounded word, or yes, no and neither."""
    if one.yes_no:
        return Annotated[bool | None, Field(default=None, description=one.help)]
    return Annotated[Word, Field(default="", description=one.help)]


class RegisterFilters(BaseModel):
    """What the register is narrowed to: the filters of the ledger, each bounded."""

    model_config = ConfigDict(extra="forbid")
    __annotations__ = {one.name: _asked(one) for one in FILTERS}

    def filters(self) -> Filters:
        """As the ledger's queries take them."""
        return Filters(**{one.name: getattr(self, one.name) for one in FILTERS})


class BulkBase(BaseModel):
    """One command for many items: those of these `numbers`, or all that the `filters` of the register let through."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"command": "approve", "numbers": ["ZG2026-0001"], "text": "同意"},
                {"command": "urge", "filters": {"lamp": "red"}, "text": "请抓紧"},
            ]
        },
    )

    behalf: Word = Field(default="", description="代谁办理：同单个事项的操作")
    command: Word = Field(description=f"操作：{'、'.join(BULK_COMMANDS)}")
    numbers: Annotated[list[Word], Field(max_length=10 * BULK_LIMIT)] = Field(default=[], description="事项编号")
    filters: RegisterFilters | None = Field(default=None, description="按条件选；写了 numbers 就不看")
    id: Word = Field(default="", description="操作编号（幂等键）；也可放在 Idempotency-Key 头里")

    def request(self, caller: Caller, key: str) -> BulkRequest:
        """The request as the desk takes it."""
        sent = self.model_dump(exclude=set(BulkBase.model_fields))
        several = {name: tuple(value) for name, value in sent.items() if isinstance(value, list)}
        return BulkRequest(
            kind=self.command,
            caller=caller.standing_in_for(self.behalf),
            numbers=tuple(self.numbers),
            filters=self.filters.filters() if self.filters else None,
            id=self.id or key,
            **sent | several,
        )


_BULK_FIELDS = {f.name: f for kind in BULK_COMMANDS for f in bulk_fields(kind)}
if TYPE_CHECKING:
    BulkBody = BulkBase
else:
    BulkBody = create_model(
        "BulkBody", __base__=BulkBase, __doc__=BulkBase.__doc__, **{n: _sent(f) for n, f in _BULK_FIELDS.items()}
    )


class BulkConfirmBody(BaseModel):
    """That it is given; by whoever chose the items. Nothing is to be said."""

    model_config = ConfigDict(extra="forbid")


class _SortedRegister(RegisterFilters):
    sort: Word = Field(default="", description=SORT_HELP)

    def order(self) -> Sorting:
        """As the ledger's queries take it. Raises field_invalid."""
        return sorting(self.sort)


class RegisterQuery(_SortedRegister):
    """What the register is narrowed to, in which order, and which page of it."""

    after: Word = Field(default="", description="上一页答复里的 next")
    size: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = PAGE


class ExportQuery(_SortedRegister):
    """What the register is narrowed to, in which order, as it is taken away."""


class WithdrawBody(BaseModel):
    """Why a merit or a fault counts no more, and in which assessment, where there are several."""

    model_config = ConfigDict(extra="forbid")

    reason: Word = Field(default="", description="理由，必须写")
    assessment: Word = Field(default="", description="考核的编号或名称；只有一份时不用写")


Narrowed = Annotated[RegisterQuery, Query()]
ExportWanted = Annotated[ExportQuery, Query()]
IdempotencyKey = Annotated[
    str, Header(alias="Idempotency-Key", max_length=ID_LIMIT, description="操作编号；与 body 的 id 二选一")
]
