"""Processes of other kinds, on the real server: what the page offers and shows of an election and of a check-in."""

import json
from datetime import UTC, datetime

import httpx2
import pytest
from sqlalchemy import select

from desk.caller import on_site
from ledger.chain.entries import ENTRY
from ledger.directory.erasing import ErasureRequest, erase_names
from ledger.reading import queries
from rules.errors import Code, RuleViolation
from rules.machine.commands import Via
from tests.support import witness
from tests.support.processes.filled import filled
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, Started
from tests.support.signed import as_
from tests.support.two.people import by_two

JSON = {"content-type": "application/json"}


async def issued_from_the_page(own: Started, site: httpx2.AsyncClient) -> str:
    """The number of an election that a supervisor has issued on the page, after a look at its dates."""
    me = {**as_(SUPERVISOR), "origin": "http://127.0.0.1"}
    assert 'href="/issue?process=election"' in (await site.get("/issue", headers=me)).text
    asked = (await site.get("/issue", params={"process": "election"}, headers=me)).text
    assert "换届事由" in asked
    filled_in = {
        "process": "election",
        "id": "one",
        "answer.title": "机关党支部换届",
        "answer.secretary": "周立文",
        "answer.members.1.who": "苏明华",
        "answer.members.1.post": "组织",
        "answer.members.3.who": "田国平",
    }
    nobody = await site.post("/issue", data={**filled_in, "act": "plan"}, headers=me)
    assert (nobody.status_code, "交办必须填写“单位”" in nobody.text) == (422, True)
    assert 'value="苏明华"' in nobody.text, "nothing has to be written twice"
    looked = await site.post("/issue", data={**filled_in, "unit": "u001", "act": "plan"}, headers=me)
    assert looked.status_code == 200, looked.text
    assert "还没有交办" in looked.text
    assert "宣传发动 <span" in looked.text
    answers = [
        await site.post("/issue", data={**filled_in, "unit": "u001", "act": "confirm"}, headers=me) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    assert answers[0].headers["location"] == answers[1].headers["location"], "the same click is the same batch"
    batch = answers[0].headers["location"].rpartition("/")[2]
    (item,) = (await site.get("/api/v1/items", params={"batch": batch})).json()["items"]
    again = await site.post("/issue", data={**filled_in, "unit": "u001", "act": "plan", "id": "two"}, headers=me)
    assert f"与 {item['no']} 相同" in again.text, "names that stand apart are compared as people see them"
    return str(item["no"])


async def test_a_reviewer_of_an_election_chooses_where_it_goes_back_to_and_it_ends_with_its_announcement(
    own: Started, site: httpx2.AsyncClient
) -> None:
    no = await issued_from_the_page(own, site)
    liaison = own.liaison(no)
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
    assert [(one["name"], one["lines"]) for one in shown["matter"]] == [
        ("换届事由", ["机关党支部换届"]),
        ("现任书记", ["周立文"]),
        ("现任委员", ["姓名：苏明华；分工：组织", "姓名：田国平"]),
    ]
    assert [step["id"] for step in shown["steps"]][:2] == ["publicity", "appraisal"], "nothing is signed"
    assert shown["steps"][0]["state"] == "now"
    assert (shown["steps"][-1]["name"], shown["steps"][-1]["party_name"]) == ("办结", "承办单位")
    for _ in range(4):
        await own.give(no, "submit", liaison, answers=filled(own, no))
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(SUPERVISOR))).json()
    (back,) = [command for command in shown["commands"] if command["command"] == "return"]
    (step,) = [field for field in back["fields"] if field["name"] == "step"]
    assert step["choices"] == [
        ["shortlist", "候选人预备人选报批（不选也是）"],
        ["recommend", "民主推荐"],
        ["appraisal", "述职评议"],
    ]
    page = (await site.get(f"/items/{no}", headers=as_(SUPERVISOR))).text
    assert "退回到" in page
    body = {"reason": "票数不清", "step": "民主推荐"}
    answer = await site.post(f"/api/v1/items/{no}/commands/return", json=body)
    assert (answer.status_code, answer.json()["step"]) == (200, "recommend"), answer.text
    for _ in range(2):
        await own.give(no, "submit", liaison, answers=filled(own, no))
    await own.give(no, "approve", SUPERVISOR)
    sheet = own.desk.attach(data=b"signed", name="计票单.txt", media_type="text/plain", caller=on_site(liaison))
    await own.give(no, "submit", liaison, answers=filled(own, no, sheet=sheet))
    await own.give(no, "approve", SUPERVISOR)
    await own.give(no, "submit", liaison, text="已公布")
    state = witness.state(own.database, no)
    assert (state.status, state.outcome) == ("closed", "approved")
    assert witness.wrong(own.database) == []


async def test_a_check_in_ends_when_it_is_submitted_and_is_told_so(own: Started, site: httpx2.AsyncClient) -> None:
    (no,) = await own.issue("三月党建月报", process="filing", variant="report")
    liaison = own.liaison(no)
    answers = {"moved": True, "committee": 1, "study": "２", "theme_day": 1e400, "dues": 12.5}
    body = {"answers": answers}
    refused = await site.post(
        f"/api/v1/items/{no}/commands/submit", content=json.dumps(body), headers=JSON | as_(liaison)
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "answers_invalid"), refused.text
    assert [fault["at"] for fault in refused.json()["faults"]] == ["study", "theme_day"]
    assert "半角" in refused.json()["detail"]
    assert witness.kinds(own.database, no) == ["issued"], "nothing is half done"
    answers |= {"study": 2, "theme_day": 1}
    answer = await site.post(f"/api/v1/items/{no}/commands/submit", json=body, headers=as_(liaison))
    assert answer.status_code == 200, answer.text
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(SUPERVISOR))).json()
    assert [(step["name"], step["state"]) for step in shown["steps"]] == [("填报", "done"), ("已办结", "done")]
    assert "watch" not in {command["command"] for command in shown["commands"]}, "it has no watch"
    assert "上报即办结，认定为“已收”" in shown["entries"][-1]["sentence"]
    assert ["实缴党费", "12.50 元"] in shown["entries"][-1]["answers"]
    assert witness.kinds(own.database, no) == ["issued", "completed"]
    assert witness.wrong(own.database) == []


async def test_a_form_is_kept_by_half_and_comes_back_with_what_is_wrong_beside_each_field(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("机关党支部换届", process="election", variant="direct")
    liaison = own.liaison(no)
    as_liaison = {**as_(liaison), "origin": "http://127.0.0.1"}
    half = {"answer.voters": "50", "answer.seats": "二"}
    kept = await site.post(f"/items/{no}/draft", params={"command": "submit"}, data=half, headers=as_liaison)
    assert kept.status_code == 303, kept.text
    page = (await site.get(f"/items/{no}", headers=as_liaison)).text
    assert 'name="answer.voters" value="50"' in page
    assert "存的草稿" in page
    others = (await site.get(f"/items/{no}", headers=as_(SUPERVISOR))).text
    assert "存的草稿" not in others
    sent = await site.post(f"/items/{no}/submit", data={"id": "one", **half}, headers=as_liaison)
    assert sent.status_code == 422
    assert "写的是“二”；应为1 至 15 的整数" in sent.text
    assert 'name="answer.voters" value="50"' in sent.text, "nothing has to be written twice"
    whole = {**half, "answer.seats": "2", "answer.scope": ["meeting", "board"]}
    sent = await site.post(f"/items/{no}/submit", data={"id": "two", **whole}, headers=as_liaison)
    assert sent.status_code == 303, sent.text
    page = (await site.get(f"/items/{no}", headers=as_liaison)).text
    assert "会议、公开栏" in page
    assert "存的草稿" not in page
    await own.give(no, "submit", liaison, answers=filled(own, no))
    names = {"answer.people.1.who": "甲", "answer.people.3.who": "丙", "answer.people.3.by_members": "12"}
    sent = await site.post(f"/items/{no}/submit", data={"id": "three", **names}, headers=as_liaison)
    assert sent.status_code == 303, sent.text
    assert witness.state(own.database, no).step == "shortlist"
    assert witness.wrong(own.database) == []


async def test_names_of_people_stand_apart_from_the_entry_and_can_be_erased(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("机关党支部换届", process="election", variant="direct")
    liaison = own.liaison(no)
    for _ in range(2):
        await own.give(no, "submit", liaison, answers=filled(own, no))
    people = {"people.1.who": "欧阳修远", "people.2.who": "司马青"}
    for _ in range(2):  # the same click again says the same: one entry
        receipt = await own.give(no, "submit", liaison, id="one-click", answers=tuple(people.items()))
    with own.database.read() as connection:
        (body,) = connection.execute(select(ENTRY.c.body).where(ENTRY.c.stream == no, ENTRY.c.seq == receipt.seq)).one()
    assert "欧阳修远" not in body
    assert body.count("erasable:") == 2
    page = (await site.get(f"/items/{no}", headers=as_(SUPERVISOR))).text
    assert "欧阳修远" in page
    assert witness.wrong(own.database) == []
    asked = ErasureRequest(by=ADMINISTRATOR, via=Via.SITE, reason="本人申请", now=datetime.now(UTC))
    by_two(own.database, lambda: erase_names(own.database, no, [f"{receipt.seq}:people.1.who"], asked), LEADER)
    page = (await site.get(f"/items/{no}", headers=as_(SUPERVISOR))).text
    assert "欧阳修远" not in page
    assert "司马青" in page
    assert witness.wrong(own.database) == []


async def test_a_project_waits_for_its_day_by_itself_and_is_not_judged_against_its_figures(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("支部提质升级", process="upgrade", variant="pdca")
    liaison = own.liaison(no)
    await own.give(no, "sign", liaison)
    await own.give(no, "submit", liaison, answers=filled(own, no, before="61.5", target="80", shown="2999-01-01"))
    await own.give(no, "approve", SUPERVISOR)
    await own.give(no, "submit", liaison, text="已实施")
    assert witness.state(own.database, no).status == "waiting"
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
    assert "submit" not in {command["command"] for command in shown["commands"]}
    assert shown["item"]["party_name"] == "无人，等到期自动进行"
    assert [step["party_name"] for step in shown["steps"] if step["state"] == "now"] == ["无人"]


async def test_an_election_of_a_unit_below_another_is_approved_by_that_ones_head(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("换届", unit="青溪中学", process="election", variant="direct")
    liaison, head = own.liaison(no), "p1081"
    for _ in range(4):
        await own.give(no, "submit", liaison, answers=filled(own, no))
    with own.database.read() as connection:
        told = {n["person"] for n in queries.notices_of(connection, no=no) if n["seq"] == 5}
    assert told == {head}, "the head of the unit above hears, and no supervisor"
    with pytest.raises(RuleViolation) as refused:
        await own.give(no, "approve", SUPERVISOR)
    assert refused.value.code is Code.WRONG_ROLE
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(head))).json()
    assert {"approve", "return"} <= {command["command"] for command in shown["commands"]}
    assert shown["item"]["party_name"] == "上级单位负责人（没有的，督查员）"
    assert (await own.give(no, "approve", head)).step == "elect"
    assert witness.wrong(own.database) == []


async def issued_to_areas(own: Started, site: httpx2.AsyncClient) -> str:
    """The number of the first area's visit, of two that a supervisor has issued on the page, with a co-unit."""
    me = {**as_(SUPERVISOR), "origin": "http://127.0.0.1"}
    asked = (await site.get("/issue", params={"process": "call"}, headers=me)).text
    assert "交办给哪些片组" in asked
    assert 'name="size"' not in asked
    filled_in = {"process": "call", "id": "visits", "answer.title": "三月走访", "co": "县民政局，县水利局"}
    nobody = await site.post("/issue", data={**filled_in, "act": "plan"}, headers=me)
    assert "交办必须填写“片组”" in nobody.text
    filled_in["area"] = ["a1", "a2"]  # type: ignore[assignment]
    looked = (await site.post("/issue", data={**filled_in, "act": "plan"}, headers=me)).text
    assert "<strong>2</strong> 个片组，协办：青溪县民政局、青溪县水利局" in looked
    done = await site.post("/issue", data={**filled_in, "act": "confirm"}, headers=me)
    batch = done.headers["location"].rpartition("/")[2]
    assert "<td>第一片组（党群）</td>" in (await site.get(done.headers["location"], headers=me)).text
    items = (await site.get("/api/v1/items", params={"batch": batch, "unit": "县民政局", "sort": "no"})).json()["items"]
    assert [(item["unit"]["id"], item["helps"]) for item in items] == [("a1", True), ("a2", True)]
    body = {"process": "call", "title": "四月走访", "areas": ["第二片组"], "sizes": ["党支部"]}
    refused = await site.post("/api/v1/issue/plan", json=body)
    assert (refused.json()["code"], "由片组承办" in refused.text) == ("field_invalid", True)
    return str(items[0]["no"])


async def test_a_visit_is_the_areas_done_by_its_instructor_and_closed_by_the_report(
    own: Started, site: httpx2.AsyncClient
) -> None:
    no = await issued_to_areas(own, site)
    with own.database.read() as connection:
        told = [n["person"] for n in queries.notices_of(connection, no=no)]
    assert told == ["p0021", "p2066", "p2067"], "the instructor hears, and the liaisons of who helps"
    for other in (SUPERVISOR, "p0022", "p2001"):
        with pytest.raises(RuleViolation):
            await own.give(no, "submit", other, text="走访三个单位")
    assert (await own.give(no, "submit", "p0021", text="走访三个单位")).status == "closed"
    assert witness.wrong(own.database) == []


async def test_a_panel_judges_on_the_real_server_and_an_item_goes_to_another_supervisor(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("述职", process="appraisal", variant="year")
    await own.give(no, "sign", own.liaison(no))
    await own.give(no, "submit", own.liaison(no), text="述职报告")
    await own.give(no, "hand_over", SUPERVISOR, successor="黎国柏", reason="轮岗")
    await own.give(no, "approve", "p0002")
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_("p0002"))).json()
    (again,) = [command for command in shown["commands"] if command["command"] == "approve"]
    assert again["code"] == "answered"
    sentences = [entry["sentence"] for entry in shown["entries"]]
    assert sentences[-2:] == ["交接给黎国柏：轮岗", "督查员同意，还须 1 方同意"]
    await own.give(no, "approve", LEADER)
    await own.give(no, "submit", own.liaison(no), text="已整改")
    await own.give(no, "approve", LEADER)
    assert (await own.give(no, "close", "p0002", outcome="good")).status == "closed"
    assert witness.wrong(own.database) == []


SAID = (("on", "2026-01-05"), ("said", "两次约谈后仍未整改"), ("asked", "一个月内整改到位"))


async def test_the_form_of_a_step_that_several_approve_is_asked_of_the_last_of_them(
    own: Started, site: httpx2.AsyncClient
) -> None:
    (no,) = await own.issue("诫勉谈话", process="talk", variant="admonition")

    async def asks(person: str) -> bool:
        shown = (await site.get(f"/api/v1/items/{no}", headers=as_(person))).json()
        (approve,) = [command for command in shown["commands"] if command["command"] == "approve"]
        return "answers" in [field["name"] for field in approve["fields"]]

    assert not await asks(SUPERVISOR)
    await own.give(no, "approve", SUPERVISOR)
    assert await asks(LEADER)
    assert (await own.give(no, "approve", LEADER, answers=SAID)).step == "answer"
    assert witness.wrong(own.database) == []


async def test_who_closes_last_is_offered_the_form_whose_rows_become_items(
    own: Started, site: httpx2.AsyncClient
) -> None:
    """What is tried to see whether a command may be offered is no day on which a follow-up could be due."""
    (no,) = await own.issue("述职评议", process="appraisal", variant="year")
    for kind, person in (("sign", own.liaison(no)), ("submit", own.liaison(no)), ("approve", SUPERVISOR)):
        await own.give(no, kind, person, text="办理")
    for kind, person in (("approve", LEADER), ("submit", own.liaison(no)), ("approve", SUPERVISOR)):
        await own.give(no, kind, person, text="办理")
    shown = (await site.get(f"/api/v1/items/{no}", headers=as_(LEADER))).json()
    (close,) = [command for command in shown["commands"] if command["command"] == "close"]
    assert close["refusal"] == ""
    assert "answers" in [field["name"] for field in close["fields"]]
