"""When the engine or the ledger does not answer: said in words, to be tried again with the same key, nothing lost."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest_asyncio
from sqlalchemy import create_engine
from temporalio.client import Client

from api.app import create_app
from desk.intake import Intake
from desk.requests import Desk
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_, browsing, entrance_of
from workflows.gateway import Gateway

ACTING = {"Sec-Fetch-Site": "same-origin", **as_(LEADER)}


@pytest_asyncio.fixture(loop_scope="session")
async def deserted(product: Started, client: Client) -> AsyncIterator[httpx2.AsyncClient]:
    """The site with a gateway that has no patience: what no worker takes up at once has not been answered."""
    gateway = Gateway(client, product.database, task_queue="nobody-listens", timeout=timedelta(milliseconds=1))
    desk = Desk(gateway, product.database, product.files)
    intake = Intake(gateway, product.database)
    app = create_app(
        desk=desk, intake=intake, database=product.database, files=product.files, entrance=entrance_of(product.database)
    )
    async with browsing(app) as web:
        yield web


async def test_an_engine_that_does_not_answer_is_no_failure(deserted: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("引擎不应答")
    body = {"text": "抓紧", "id": f"{no}-patience"}
    answer = await deserted.post(f"/api/v1/items/{no}/commands/remark", json=body, headers=as_(LEADER))
    assert answer.status_code == 503
    assert answer.json()["code"] in ("engine_unavailable", "worker_silent")  # as busy as this machine is
    assert int(answer.headers["retry-after"]) > 0


async def test_the_same_key_brings_it_home_once(
    deserted: httpx2.AsyncClient, web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("再试一次")
    body = {"text": "抓紧", "id": f"{no}-again"}
    assert (
        await deserted.post(f"/api/v1/items/{no}/commands/remark", json=body, headers=as_(LEADER))
    ).status_code == 503
    assert (await web.post(f"/api/v1/items/{no}/commands/remark", json=body, headers=as_(LEADER))).status_code == 200
    kinds = [entry["kind"] for entry in (await web.get(f"/api/v1/items/{no}/timeline")).json()]
    assert kinds == ["issued", "remarked"]


async def test_a_form_keeps_its_words_and_its_key(deserted: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("表单留着")
    form = {"id": "the-key-of-this-form", "text": "写了很久的批示"}
    answer = await deserted.post(f"/items/{no}/remark", data=form, headers=ACTING)
    assert answer.status_code == 503
    assert "写了很久的批示</textarea>" in answer.text
    assert 'name="id" value="the-key-of-this-form"' in answer.text
    assert "不会重复" in answer.text


async def test_after_a_plain_refusal_the_form_has_a_new_key(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("换一个编号")
    answer = await web.post(f"/items/{no}/remark", data={"id": "old-key", "text": " "}, headers=ACTING)
    assert answer.status_code == 422
    keys = re.findall(r'name="id" value="([^"]+)"', answer.text)
    assert keys
    assert "old-key" not in keys


async def test_a_ledger_that_cannot_be_written_is_said_in_words(web: httpx2.AsyncClient, product: Started) -> None:
    other = create_engine(product.database.url)
    with other.connect() as locked:
        locked.exec_driver_sql("BEGIN IMMEDIATE")
        answer = await web.post("/api/v1/evidence", files={"file": ("x.txt", b"locked out")}, headers=as_(SUPERVISOR))
        assert (await web.get("/api/v1/items")).status_code == 200  # reading goes on
    other.dispose()
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_locked")
