"""A unit chooses by when it does what it is asked, on the page and by the API: only its own people, only within."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx2

from ledger.chain import lookup, pinned
from rules.dates.calendar import local_date
from rules.dates.explain import long_day
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_


def between(product: Started) -> tuple[date, date, date]:
    """The first day that may be chosen, one in the middle, and the last."""
    today = local_date(datetime.now(UTC))
    with product.database.read() as connection:
        calendar = pinned.current_calendar(connection)
    return calendar.add(today, 5), calendar.add(today, 7), calendar.add(today, 9)


async def test_a_liaison_chooses_the_day_on_the_items_page_and_nobody_else_is_asked(
    web: httpx2.AsyncClient, product: Started
) -> None:
    first, middle, last = between(product)
    (no,) = await product.issue("自定到期日的任务", process="task", variant="plain", earliest=first, deadline=last)
    liaison = product.liaison(no)
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
    (offered,) = [c for c in shown["commands"] if c["command"] == "set_due"]
    (field,) = [f for f in offered["fields"] if f["name"] == "to"]
    assert (field["minimum"], field["maximum"]) == (first.isoformat(), last.isoformat())
    others = (await web.get(f"/api/v1/items/{no}", headers=as_(SUPERVISOR))).json()["commands"]
    assert "set_due" not in {c["command"] for c in others}
    cookie = {**as_(liaison), "Sec-Fetch-Site": "same-origin"}
    page = (await web.get(f"/items/{no}", headers=cookie)).text
    assert f"/items/{no}/set_due" in page
    assert f"{long_day(first)}至{long_day(last)}之间的一个工作日" in page
    sent = await web.post(f"/items/{no}/set_due", data={"to": middle.isoformat()}, headers=cookie)
    assert sent.status_code == 303, sent.text
    page = (await web.get(f"/items/{no}", headers=cookie)).text
    assert f"日期由单位在{long_day(first)}至{long_day(last)}之间定为{long_day(middle)}" in page
    assert f"单位自定，到期日由{long_day(last)}改为{long_day(middle)}" in page
    with product.database.read() as connection:
        assert lookup.item_row(connection, no)["due"] == middle.isoformat()


async def test_any_other_day_and_anybody_else_is_refused_and_the_workflow_goes_on(
    web: httpx2.AsyncClient, product: Started
) -> None:
    first, _, last = between(product)
    (no,) = await product.issue("自定到期日的任务", process="task", variant="plain", earliest=first, deadline=last)
    (fixed,) = await product.issue("定好日期的任务", process="task", variant="plain", deadline=last)
    liaison, today = product.liaison(no), local_date(datetime.now(UTC))

    async def chosen(no: str, person: str, day: date) -> httpx2.Response:
        body = {"to": day.isoformat()}
        return await web.post(f"/api/v1/items/{no}/commands/set_due", json=body, headers=as_(person))

    refused = await chosen(no, liaison, today)
    assert refused.json()["code"] == "field_invalid"
    assert f"应为{first} 至 {last} 之间的工作日" in refused.text
    assert (await chosen(no, SUPERVISOR, first)).json()["code"] == "wrong_role"
    assert (await chosen(fixed, liaison, first)).json()["code"] == "due_not_open"
    for day in (first, last, first):
        answer = await chosen(no, liaison, day)
        assert answer.status_code == 200, answer.text
    answer = await web.post(f"/api/v1/items/{no}/commands/report", json={"text": "已过半"}, headers=as_(liaison))
    assert answer.status_code == 200, answer.text
