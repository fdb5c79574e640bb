"""Items in JSON: what is shown, what a person may do, and that a command stands once."""

import httpx2

from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_


async def test_the_register_shows_an_item_with_names_beside_codes(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("谈心谈话记录不全")
    page = (await web.get("/api/v1/items", params={"text": no.lower()})).json()
    (item,) = page["items"]
    assert (item["no"], item["status_name"], item["unit"]["kind_name"]) == (no, "待签收", "机关")
    assert item["lamp"]["name"] == "绿灯"
    assert (page["total"], page["next"]) == (1, None)


async def test_pages_follow_each_other_by_key_without_gap_or_repeat(web: httpx2.AsyncClient, product: Started) -> None:
    issued = await product.issue(*[f"第 {n} 个翻页的问题" for n in range(7)])
    seen: list[str] = []
    after = ""
    while True:
        page = (await web.get("/api/v1/items", params={"text": "个翻页的问题", "size": 3, "after": after})).json()
        seen += [item["no"] for item in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    assert seen == sorted(issued)


async def test_lamps_are_counted_under_the_other_filters_only(web: httpx2.AsyncClient, product: Started) -> None:
    await product.issue("数灯一", "数灯二")
    page = (await web.get("/api/v1/items", params={"text": "数灯", "lamp": "red"})).json()
    assert {c["lamp"]["id"]: c["count"] for c in page["lamps"]} == {
        "red": 0,
        "yellow": 0,
        "green": 2,
        "grey": 0,
        "void": 0,
    }
    assert page["total"] == 0


async def test_an_item_says_what_its_liaison_may_do_now(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("党员活动室被挪用")
    liaison = product.liaison(no)
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
    assert [c["command"] for c in shown["commands"]] == ["sign", "decline"]
    assert [f["name"] for f in shown["commands"][0]["fields"]] == ["text"]  # an organ's window is fixed
    assert [s["state"] for s in shown["steps"]] == ["now", "later", "later", "later", "later", "maybe", "later"]
    assert shown["due"]["sentences"][0].startswith("从")


async def test_a_research_institute_may_propose_its_days(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("支部活动与科研任务脱节", unit="县农科所")
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(product.liaison(no)))).json()
    (days,) = [f for f in shown["commands"][0]["fields"] if f["name"] == "days"]
    assert (days["minimum"], days["maximum"]) == ("5", "15")


async def test_a_command_is_acknowledged_with_what_the_item_is_now(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("发展党员程序不规范")
    answer = await web.post(f"/api/v1/items/{no}/commands/sign", json={}, headers=as_(product.liaison(no)))
    assert answer.status_code == 200
    assert answer.json() | {"due": "", "provisional": False} == {
        "no": no,
        "seq": 2,
        "status": "working",
        "step": "plan",
        "step_name": "制定整改方案",
        "party": "unit",
        "due": "",
        "provisional": False,
        "lamp": "green",
    }


async def test_the_same_key_is_the_same_command(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("党费收缴不及时")
    url, body = f"/api/v1/items/{no}/commands/remark", {"text": "抓紧办理"}
    first = await web.post(url, json=body, headers=as_(LEADER) | {"Idempotency-Key": f"{no}-k"})
    again = await web.post(url, json=body | {"id": f"{no}-k"}, headers=as_(LEADER))
    assert (first.status_code, again.json()["seq"]) == (200, first.json()["seq"])
    entries = (await web.get(f"/api/v1/items/{no}/timeline")).json()
    assert [e["kind"] for e in entries] == ["issued", "remarked"]


async def test_the_timeline_tells_who_did_what_and_how_it_is_chained(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("理论学习走过场")
    await product.give(no, "remark", LEADER, text="举一反三")
    first, second = (await web.get(f"/api/v1/items/{no}/timeline")).json()
    assert (second["actor_name"], second["role_name"], second["sentence"]) == ("陆佳柏", "分管领导", "批示：举一反三")
    assert second["prev_hash"] == first["hash"]


async def test_notices_stand_by_item_and_by_person(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("民主评议党员流于形式")
    (notice,) = (await web.get(f"/api/v1/items/{no}/notices")).json()
    liaison = product.liaison(no)
    assert (notice["person"], notice["kind_name"]) == (liaison, "交办")
    assert notice in (await web.get("/api/v1/me/notices", headers=as_(liaison))).json()


async def test_why_holds_the_trace_and_the_sentences(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("台账与实际不符")
    why = (await web.get(f"/api/v1/items/{no}/why")).json()
    (clock,) = why["clocks"]
    assert (clock["name"], clock["trace"]["amount"], why["cap"]["trace"]["amount"]) == ("签收", 2, 80)


async def test_the_supervisor_is_told_why_an_urge_must_wait(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("换届提醒不及时")
    await product.give(no, "urge", SUPERVISOR)
    commands = (await web.get(f"/api/v1/items/{no}", headers=as_(SUPERVISOR))).json()["commands"]
    (urge,) = [c for c in commands if c["command"] == "urge"]
    assert urge["code"] == "urge_too_soon"
    assert urge["fields"] == []
