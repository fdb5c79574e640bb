"""Processes of other kinds, on the real server: what the page offers and shows of an election and of a check-in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from temporalio.client import Client

from api.app import create_app
from ledger.chain import pinned
from tests.support import witness
from tests.support.processes import EVERY
from tests.support.product import SUPERVISOR, Started, started


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    """A product that knows these processes too; the shared one's register stays as it is."""
    async with started(client, tmp_path) as product:
        with product.database.write() as connection:
            pinned.load_processes(connection, EVERY, datetime.now(UTC))
        yield product


@pytest.fixture
async def site(own: Started) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(desk=own.desk, intake=own.intake, database=own.database, files=own.files)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


async def test_a_reviewer_of_an_election_chooses_where_it_goes_back_to_and_it_ends_with_its_announcement(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("机关党支部换届", process="election", variant="direct")
    liaison = own.liaison(no)
    shown = (await site.get(f"/api/v1/items/{no}", params={"person": liaison})).json()
    assert [step["id"] for step in shown["steps"]][:2] == ["publicity", "appraisal"], "nothing is signed"
    assert shown["steps"][0]["state"] == "now"
    assert (shown["steps"][-1]["name"], shown["steps"][-1]["party_name"]) == ("办结", "承办单位")
    for _ in range(4):
        await own.give(no, "submit", liaison, text="已办")
    shown = (await site.get(f"/api/v1/items/{no}", params={"person": SUPERVISOR})).json()
    (back,) = [command for command in shown["commands"] if command["command"] == "return"]
    (step,) = [field for field in back["fields"] if field["name"] == "step"]
    assert step["choices"] == [
        ["shortlist", "候选人预备人选报批（不选也是）"],
        ["recommend", "民主推荐"],
        ["appraisal", "述职评议"],
    ]
    page = (await site.get(f"/items/{no}", headers={"cookie": f"duban_person={SUPERVISOR}"})).text
    assert "退回到" in page
    body = {"person": SUPERVISOR, "reason": "票数不清", "step": "民主推荐"}
    answer = await site.post(f"/api/v1/items/{no}/commands/return", json=body)
    assert (answer.status_code, answer.json()["step"]) == (200, "recommend"), answer.text
    for kind, person in (("submit", liaison), ("submit", liaison), ("approve", SUPERVISOR), ("submit", liaison)):
        await own.give(no, kind, person, **({"text": "已办"} if kind == "submit" else {}))
    await own.give(no, "approve", SUPERVISOR)
    await own.give(no, "submit", liaison, text="已公布")
    state = witness.state(own.database, no)
    assert (state.status, state.outcome) == ("closed", "approved")
    assert witness.wrong(own.database) == []


async def test_a_check_in_ends_when_it_is_submitted_and_is_told_so(own: Started, site: httpx2.AsyncClient) -> None:
    (no,) = await own.issue("三月党建月报", process="checkin", variant="report")
    await own.give(no, "submit", own.liaison(no), text="已填报")
    shown = (await site.get(f"/api/v1/items/{no}", params={"person": SUPERVISOR})).json()
    assert [(step["name"], step["state"]) for step in shown["steps"]] == [("填报", "done"), ("已销号", "done")]
    assert "watch" not in {command["command"] for command in shown["commands"]}, "it has no watch"
    assert "上报即办结，认定为“已收”" in shown["entries"][-1]["sentence"]
    assert witness.kinds(own.database, no) == ["issued", "completed"]
    assert witness.wrong(own.database) == []
