"""A row of a register that names many units, from the sheet to the end: one item over them that ends by itself."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from temporalio.client import WorkflowExecutionStatus

from desk.acting import issuer
from desk.caller import on_site
from desk.issuing import ToIssue, UnitChoice, plan
from ledger.directory import people
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from tests.desk.test_registers import sheet
from tests.support import witness
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_
from tests.support.waiting import until

THREE = "1,三家都有的同类问题,整改一下,县财政局、县审计局、县教育局,立行立改"


async def read(web: httpx2.AsyncClient, *rows: str) -> dict[str, Any]:
    answer = (await web.post("/api/v1/registers", files=sheet(*rows), headers=as_(SUPERVISOR))).json()
    return dict(answer)


async def listed(web: httpx2.AsyncClient, batch: str) -> list[dict[str, Any]]:
    return list((await web.get("/api/v1/items", params={"batch": batch, "sort": "编号"})).json()["items"])


async def test_a_row_for_three_units_is_one_item_with_three_children_and_ends_with_the_last(
    web: httpx2.AsyncClient, product: Started
) -> None:
    answer = await read(
        web, "1,三家都有的同类问题,整改一下,县财政局、县审计局、县教育局,立行立改", "2,一家的,改,县财政局,立行立改"
    )
    many, single = (finding["many"] for finding in answer["reading"]["findings"])
    assert (many["units"], many["way"], list(many["ways"]), single) == (
        3,
        "together",
        ["together", "helped", "each"],
        None,
    )
    page = (await web.get(f"/import/{answer['batch']}", headers=as_(SUPERVISOR))).text
    assert "写了 3 个单位" in page
    assert "其中 1 条合为一项" in page
    await web.post(f"/api/v1/registers/{answer['batch']}/confirm", json={}, headers=as_(SUPERVISOR))
    found = await listed(web, answer["batch"])
    (parent,) = [one for one in found if one["children"]]
    children = [one for one in found if one["parent"] == parent["no"]]
    assert parent["children_words"] == "3 项中 0 项办结"
    assert [one["title"] for one in children] == ["三家都有的同类问题"] * 3
    assert {one["unit_name"] for one in children} == {"青溪县财政局", "青溪县审计局", "青溪县教育局"}
    matter = (await web.get(f"/api/v1/items/{children[0]['no']}")).json()["matter"]
    assert "整改一下" in str(matter), "nothing of what the row says is lost"
    for child in children:
        liaison = product.liaison(child["no"])
        await product.give(child["no"], "sign", liaison)
        await product.give(child["no"], "submit", liaison, text="改了")
        await product.give(child["no"], "close", SUPERVISOR, outcome="rectified")
    state = witness.state(product.database, parent["no"])
    assert (state.status, state.outcome) == ("closed", "done")

    async def over() -> bool:
        described = await product.client.get_workflow_handle(parent["no"]).describe()
        return described.status is WorkflowExecutionStatus.COMPLETED

    await until("its workflow has ended too", over)
    page = (await web.get(f"/items/{parent['no']}")).text
    assert "3 项中 3 项办结" in page
    assert re.search("认定为“各单位都已办结”并办结.*各子项都已办结", page)
    again = await web.post(
        "/api/v1/registers",
        files=sheet(THREE),
        headers=as_(SUPERVISOR),
    )
    assert {item["verdict"] for item in again.json()["reading"]["findings"][0]["items"]} == {"closed"}
    assert again.json()["reading"]["findings"][0]["many"]["way"] == "each", "nothing new is left to put together"
    assert witness.wrong(product.database) == []


async def test_whoever_confirms_decides_row_by_row(web: httpx2.AsyncClient, product: Started) -> None:
    rows = ("1,甲问题待定,改,县财政局、县审计局,立行立改", "2,乙问题待定,改,县财政局、县审计局,立行立改")
    answer = await read(web, *rows)
    first, second = (finding["many"]["n"] for finding in answer["reading"]["findings"])
    form = {f"choice-{first}": "each", f"choice-{second}": "helped"}
    me = {**as_(SUPERVISOR), "origin": "http://127.0.0.1"}
    wrong = await web.post(f"/import/{answer['batch']}", data={f"choice-{first}": "both"}, headers=me)
    assert "合为一项，每个单位一个子项" in wrong.text
    assert (await web.post(f"/import/{answer['batch']}", data=form, headers=me)).status_code == 303
    found = await listed(web, answer["batch"])
    assert sorted(one["title"] for one in found) == ["乙问题待定", "甲问题待定", "甲问题待定"]
    (helped,) = [one["no"] for one in found if one["title"] == "乙问题待定"]
    assert len(witness.state(product.database, helped).co_units) == 1
    assert not any(one["parent"] or one["children"] for one in found)


async def test_one_that_leads_with_others_that_help_stays_so_unless_it_is_said(
    web: httpx2.AsyncClient, product: Started
) -> None:
    text = "问题,牵头单位,配合单位,整改时限\n丙问题带头,县财政局,县审计局、县教育局,立行立改\n"
    sent = {"file": ("台账.csv", text.encode())}
    answer = (await web.post("/api/v1/registers", files=sent, headers=as_(SUPERVISOR))).json()
    many = answer["reading"]["findings"][0]["many"]
    assert (answer["items"], many["units"], many["way"], list(many["ways"])) == (1, 3, "helped", ["helped", "together"])
    body = {"choices": {str(many["n"]): "together"}}
    assert (await web.post(f"/api/v1/registers/{answer['batch']}/confirm", json=body)).json()["issued"] == 4
    found = await listed(web, answer["batch"])
    assert sorted(one["children"] for one in found) == [0, 0, 0, 3]
    assert all(not witness.state(product.database, one["no"]).co_units for one in found)


async def test_the_page_offers_it_of_a_process_that_says_so(web: httpx2.AsyncClient) -> None:
    me = {**as_(SUPERVISOR), "origin": "http://127.0.0.1"}
    assert "合为一项：一个“同类问题”" in (await web.get("/issue?process=task", headers=me)).text
    assert "合为一项" not in (await web.get("/issue?process=talk", headers=me)).text
    form = {"process": "task", "answer.title": "各自自查", "unit": ["u001", "u002"], "together": "1", "act": "plan"}
    planned = (await web.post("/issue", data=form, headers=me)).text
    assert "合为一个“同类问题”" in planned
    assert "确认交办 3 项" in planned


async def test_more_units_than_an_item_may_have_children_each_have_an_item(
    web: httpx2.AsyncClient, product: Started
) -> None:
    with product.database.read() as connection:
        units = len(people.all_units(connection))
    answer = await read(web, "1,全县的通病六十家以上,改,各单位,立行立改")
    assert (answer["items"], answer["reading"]["findings"][0]["many"]) == (units, None)


async def test_what_is_issued_by_hand_to_many_goes_together_where_that_is_asked(
    web: httpx2.AsyncClient, product: Started
) -> None:
    body = {
        "process": "task",
        "title": "各自盘点台账",
        "units": ["县财政局", "县审计局"],
        "answers": {"category": "style"},
        "together": True,
    }
    shown = (await web.post("/api/v1/issue/plan", json=body)).json()
    assert shown["over"] == "同类问题"
    done = (await web.post("/api/v1/issue", json=body)).json()
    found = await listed(web, done["batch"])
    (parent,) = [one for one in found if one["children"]]
    assert (len(found), parent["children"], parent["category"]) == (3, 2, "作风建设")
    assert {one["category"] for one in found} == {"作风建设"}, "a choice is said in words"


def test_one_unit_and_a_process_without_are_refused(product: Started) -> None:
    with product.database.read() as connection:
        actor: Actor = issuer(connection, on_site(SUPERVISOR))
        for process, units, words in (
            ("task", ("县财政局",), "2 至 60 个单位"),
            ("volunteer", ("u001", "u002"), "together"),
        ):
            asked = ToIssue(process=process, to=UnitChoice(units=units), answers=(("title", "一件事"),), together=True)
            with pytest.raises(RuleViolation, match=words) as refused:
                plan(connection, asked, actor, datetime.now(UTC))
            assert refused.value.code is Code.FIELD_INVALID
