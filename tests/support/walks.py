"""Ways through the shipped process: what has to be said, by whom, until an item stands somewhere. For tests that need
items in many states. Ends nowhere that time has to pass for; `closed` and everything late come by fast-forwarding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from desk.caller import on_site
from desk.requests import Request
from ledger.chain import lookup
from rules.dates.calendar import local_date
from tests.support.product import LEADER, SUPERVISOR, Started
from workflows.gateway import Receipt

OWN = "liaison of the item's unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One command by one person (OWN: whoever is the liaison of the item's unit then)."""

    kind: str
    person: str = SUPERVISOR
    fields: dict[str, Any] = field(default_factory=dict)

    async def give(self, product: Started, no: str, **more: Any) -> Receipt:
        """It is handed in at the desk. `more` may hold an id, or another person."""
        return await product.desk.give(self.request(product, no, **more))

    def request(self, product: Started, no: str, **more: Any) -> Request:
        """What would be handed in."""
        person = more.pop("person", product.liaison(no) if self.person == OWN else self.person)
        fields = {**self.fields, **more}
        if self.kind == "ask_extension" and "to" not in fields:
            fields["to"] = later(product, no)
        return Request(no=no, kind=self.kind, caller=on_site(person), **fields)


def later(product: Started, no: str, days: int = 7) -> date:
    """That many days after the item is due now."""
    with product.database.read() as connection:
        due = lookup.item_row(connection, no)["due"]
    return date.fromisoformat(due) + timedelta(days=days)


def pause(days: int = 3) -> Said:
    """The clocks stand still for so many days from today."""
    to = local_date(datetime.now(UTC)) + timedelta(days=days)
    return Said(kind="pause", fields={"reason": "等候上级批复", "to": to})


SIGN = Said(kind="sign", person=OWN)
DECLINE = Said(kind="decline", person=OWN, fields={"reason": "不属本单位职责"})
REASSIGN = Said(kind="reassign", fields={"reason": "职责在该单位", "unit": "县审计局"})
PLAN = Said(kind="submit", person=OWN, fields={"text": "整改方案", "answers": (("measures", "补记录\n定制度"),)})
APPROVE = Said(kind="approve", fields={"text": "同意"})
RETURN = Said(kind="return", fields={"reason": "措施不具体"})
REPORT = Said(kind="report", person=OWN, fields={"text": "已完成一半"})
SUBMIT = Said(kind="submit", person=OWN, fields={"text": "已整改到位"})
ASK = Said(kind="ask_extension", person=OWN, fields={"reason": "雨季停工", "text": "已完成七成"})
GRANT = Said(kind="decide_extension", fields={"grant": True})
REFUSE = Said(kind="decide_extension", fields={"grant": False, "reason": "仍可按期完成"})
CORRECT = Said(kind="correct", fields={"entry": 1, "text": "问题有两处", "reason": "笔误"})
ALLOW = Said(kind="decide_correction", person=LEADER, fields={"grant": True})
DISALLOW = Said(kind="decide_correction", person=LEADER, fields={"grant": False, "reason": "原记录无误"})
HAND_OVER = Said(kind="hand_over", fields={"successor": "p0002", "reason": "分工调整"})
URGE = Said(kind="urge", fields={"text": "请抓紧"})
REMARK = Said(kind="remark", person=LEADER, fields={"text": "按期整改到位"})
CLOSE = Said(kind="close", fields={"outcome": "rectified", "text": "属实"})
CONTINUE = Said(kind="close", fields={"outcome": "continuing", "text": "尚需巩固"})
WATCH = Said(kind="watch", fields={"result": "held", "text": "未反弹"})
REOPEN = Said(kind="reopen", fields={"reason": "问题反弹"})
RESUME = Said(kind="resume", fields={"text": "批复已到"})
ANNUL = Said(kind="annul", fields={"reason": "重复立项"})

EXECUTING = (SIGN, PLAN, APPROVE)
WALKS: dict[str, tuple[Said, ...]] = {
    "unsigned": (),
    "declined": (DECLINE,),
    "reassigned": (DECLINE, REASSIGN),
    "planning": (SIGN,),
    "paused": (SIGN, pause()),
    "plan_review": (SIGN, PLAN),
    "planning_again": (SIGN, PLAN, RETURN),
    "executing": EXECUTING,
    "extension_asked": (*EXECUTING, ASK),
    "extended": (*EXECUTING, ASK, GRANT),
    "inspecting": (*EXECUTING, SUBMIT),
    "adjusting": (*EXECUTING, SUBMIT, RETURN),
    "second_cycle": (*EXECUTING, SUBMIT, CONTINUE),
    "watching": (*EXECUTING, SUBMIT, CLOSE),
    "reopened": (*EXECUTING, SUBMIT, CLOSE, REOPEN),
    "annulled": (ANNUL,),
    "correction_asked": (SIGN, CORRECT),
}
"""Where an item ends, of the variant `staged` and of an organ, and how it gets there."""


async def walk(product: Started, no: str, where: str) -> None:
    """The item stands there."""
    for said in WALKS[where]:
        await said.give(product, no)
