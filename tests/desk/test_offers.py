"""What is offered and what must wait: never a value that nobody gave, and the day that holds with its reason."""

import re
from datetime import UTC, datetime, timedelta

import httpx2

from desk.actions import SAID_BEFORE
from ledger.reading import queries
from rules.dates.calendar import local_date
from rules.errors import WORDS
from tests.support.product import Started
from tests.support.signed import as_

WISHED = {"actual", "days"}
"""Fields of a refusal that repeat what somebody filled in."""


def test_no_refusal_that_is_shown_beforehand_repeats_what_somebody_filled_in() -> None:
    for code in SAID_BEFORE:
        assert WISHED.isdisjoint(re.findall(r"{(\w+)}", WORDS[code])), code


async def test_an_item_whose_span_cuts_its_deadline_says_the_day_that_holds_and_shows_no_date_that_nobody_asked_for(
    web: httpx2.AsyncClient, product: Started
) -> None:
    far = local_date(datetime.now(UTC)) + timedelta(days=300)
    (no,) = await product.issue("总时限截短的事项", variant="staged", deadline=far)
    liaison = product.liaison(no)
    for command, person, said in (
        ("sign", liaison, {}),
        ("submit", liaison, {"text": "方案", "answers": {"measures": ["一"]}}),
        ("approve", None, {}),
    ):
        headers = as_(person or "p0001")
        answer = await web.post(f"/api/v1/items/{no}/commands/{command}", json=said, headers=headers)
        assert answer.status_code == 200, answer.text
    with product.database.read() as connection:
        state = queries.item(connection, no).state
    assert state.cap is not None
    assert state.due is not None
    assert state.due.date == state.cap.date < far
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
    assert "item" in shown, shown
    holds = f"以{state.cap.date.year}年{state.cap.date.month}月{state.cap.date.day}日为准"
    assert holds in shown["deadline_words"]
    (extension,) = [c for c in shown["commands"] if c["command"] == "ask_extension"]
    assert extension["code"] == "extension_no_room"
    assert "已是事项总时限的最后一天" in extension["refusal"]
    assert "申请延至" not in extension["refusal"]
    page = (await web.get(f"/items/{no}", headers=as_(liaison))).text
    assert holds in page
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", extension["refusal"]))
    assert dates == {state.due.date.isoformat()}


async def test_an_annulled_item_has_its_own_lamp_picture_and_count_and_is_not_among_the_closed(
    web: httpx2.AsyncClient, product: Started
) -> None:
    batch = ("立项有误的事项", "照常办理的事项")
    no, other = await product.issue(*batch)
    answer = await web.post(f"/api/v1/items/{no}/commands/annul", json={"reason": "重复立项"}, headers=as_("p0001"))
    assert answer.status_code == 200, answer.text
    item = (await web.get(f"/api/v1/items/{no}")).json()
    assert (item["item"]["lamp"]["id"], item["item"]["lamp"]["name"]) == ("void", "作废")
    assert (item["steps"][-1]["name"], item["steps"][-1]["state"]) == ("作废", "void")
    assert "done" not in {step["state"] for step in item["steps"]}
    counts = {one["lamp"]["id"]: one["count"] for one in (await web.get("/api/v1/items")).json()["lamps"]}
    assert counts["void"] >= 1
    for query, found in (({"ended": "true"}, False), ({"status": "annulled"}, True), ({"lamp": "void"}, True)):
        page = (await web.get("/api/v1/items", params=query)).json()
        assert (no in [one["no"] for one in page["items"]]) is found, query
    page = (await web.get("/api/v1/items", params={"ended": "false", "size": "500"})).json()
    assert {no, other} & {one["no"] for one in page["items"]} == {other}
