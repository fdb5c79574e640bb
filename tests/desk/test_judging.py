"""Nobody judges their own work: what is offered and what is refused while a liaison stands in for the supervisor."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from ledger.chain import lookup
from ledger.directory import people
from rules.dates.calendar import local_date
from rules.process import Role
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_

OTHER_SUPERVISOR = "p0002"
JUDGED = ("approve", "return", "close", "decide_extension", "pause", "annul", "reassign")


async def give(web: httpx2.AsyncClient, no: str, command: str, person: str, **fields: Any) -> httpx2.Response:
    return await web.post(f"/api/v1/items/{no}/commands/{command}", json={**fields}, headers=as_(person))


async def offered(web: httpx2.AsyncClient, no: str, person: str) -> dict[str, dict[str, Any]]:
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(person))).json()
    return {c["command"]: c for c in shown["commands"]}


@pytest.fixture
async def no(web: httpx2.AsyncClient, product: Started) -> Any:
    """An item whose liaison stands in for the supervisor while the test lasts."""
    (no,) = await product.issue("联络员代督查员的事项")
    today = local_date(datetime.now(UTC))
    period = {"first": today.isoformat(), "last": (today + timedelta(days=2)).isoformat()}
    named = await web.post(
        f"/api/v1/people/{SUPERVISOR}/substitute",
        json={"stand_in": product.liaison(no), **period},
        headers=as_(SUPERVISOR),
    )
    assert named.status_code in (200, 201), named.text
    yield no
    await web.delete(f"/api/v1/people/{SUPERVISOR}/substitute", params={"by": SUPERVISOR})


async def test_a_liaison_who_stands_in_for_the_supervisor_approves_closes_and_extends_nothing_of_the_own_unit(
    web: httpx2.AsyncClient, product: Started, no: str
) -> None:
    liaison = product.liaison(no)
    assert (await give(web, no, "sign", liaison)).status_code == 200
    due = (await web.get(f"/api/v1/items/{no}")).json()["due"]["date"]
    later = (datetime.fromisoformat(due) + timedelta(days=1)).date().isoformat()
    asked = await give(web, no, "ask_extension", liaison, to=later, reason="人手不足", text="已开会")
    assert asked.status_code == 200, asked.text
    refused = await give(web, no, "decide_extension", liaison, grant=True)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_matter")
    assert "请由另一位督查员" in refused.json()["detail"]
    assert (await give(web, no, "submit", liaison, text="方案", answers={"measures": ["一"]})).status_code == 200
    for command, said in (("approve", {}), ("return", {"reason": "不实"}), ("annul", {"reason": "不办了"})):
        refused = await give(web, no, command, liaison, **said)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_matter"), command
    shown = await offered(web, no, liaison)
    for command in JUDGED:
        assert command not in shown or shown[command]["code"] == "own_matter", command
    assert (await give(web, no, "approve", OTHER_SUPERVISOR)).status_code == 200


async def test_nor_does_the_liaison_judge_what_the_head_of_the_unit_did(
    web: httpx2.AsyncClient, product: Started, no: str
) -> None:
    with product.database.read() as connection:
        unit = lookup.item_row(connection, no)["unit"]
        (head,) = people.holders(connection, Role.UNIT_HEAD, unit=unit)
    for command, said in (("sign", {}), ("submit", {"text": "方案", "answers": {"measures": ["一"]}})):
        assert (await give(web, no, command, head, **said)).status_code == 200
    refused = await give(web, no, "approve", product.liaison(no))
    assert (refused.status_code, refused.json()["code"]) == (403, "own_matter")
    assert "单位承办" in refused.json()["detail"]
