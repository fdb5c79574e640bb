"""What is offered and what must wait: never a value that nobody gave, and the day that holds with its reason."""

import re
from datetime import UTC, datetime, timedelta

import httpx2

from api.actions import NOT_NOW
from ledger import queries
from rules.calendar import local_date
from rules.errors import WORDS
from tests.product import Product

WISHED = {"actual", "days"}
"""Fields of a refusal that repeat what somebody filled in."""


def test_no_refusal_that_is_shown_beforehand_repeats_what_somebody_filled_in() -> None:
    for code in NOT_NOW:
        assert WISHED.isdisjoint(re.findall(r"{(\w+)}", WORDS[code])), code


async def test_an_item_whose_span_cuts_its_deadline_says_the_day_that_holds_and_shows_no_date_that_nobody_asked_for(
    web: httpx2.AsyncClient, product: Product
) -> None:
    far = local_date(datetime.now(UTC)) + timedelta(days=300)
    (no,) = await product.issue("总时限截短的事项", variant="staged", deadline=far)
    liaison = product.liaison(no)
    for command, person, said in (
        ("sign", liaison, {}),
        ("submit", liaison, {"text": "方案", "measures": ["一"]}),
        ("approve", None, {}),
    ):
        body = {"person": person or "p0001", **said}
        answer = await web.post(f"/api/v1/items/{no}/commands/{command}", json=body)
        assert answer.status_code == 200, answer.text
    with product.database.read() as connection:
        state = queries.item(connection, no).state
    assert state.cap is not None
    assert state.due is not None
    assert state.due.date == state.cap.date < far
    shown = (await web.get(f"/api/v1/items/{no}", params={"person": liaison})).json()
    assert "item" in shown, shown
    holds = f"以{state.cap.date.year}年{state.cap.date.month}月{state.cap.date.day}日为准"
    assert holds in shown["deadline_words"]
    (extension,) = [c for c in shown["commands"] if c["command"] == "ask_extension"]
    assert extension["code"] == "extension_no_room"
    assert "已是事项总时限的最后一天" in extension["refusal"]
    assert "申请延至" not in extension["refusal"]
    page = (await web.get(f"/items/{no}", headers={"cookie": f"duban_person={liaison}"})).text
    assert holds in page
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", extension["refusal"]))
    assert dates == {state.due.date.isoformat()}
