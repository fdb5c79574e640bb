"""Corrections over the API: what stands beside a wrong entry, who may ask and who may decide, and whom it waits for."""

from typing import Any

import httpx2
import pytest

from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_

OTHER_SUPERVISOR = "p0002"


async def give(web: httpx2.AsyncClient, no: str, command: str, person: str, **fields: Any) -> httpx2.Response:
    return await web.post(f"/api/v1/items/{no}/commands/{command}", json={**fields}, headers=as_(person))


async def entry(web: httpx2.AsyncClient, no: str, seq: int) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get(f"/api/v1/items/{no}/timeline")).json()[seq - 1]
    return found


async def offered(web: httpx2.AsyncClient, no: str, person: str) -> dict[str, dict[str, Any]]:
    shown = (await web.get(f"/api/v1/items/{no}", headers=as_(person))).json()
    return {c["command"]: c for c in shown["commands"]}


async def test_a_corrected_entry_stays_and_shows_its_correction(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("走访次数记错的事项")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison, text="收到两份材料")
    before = await entry(web, no, 2)
    assert (await give(web, no, "correct", liaison, entry=2, text="收到三份材料", reason="笔误")).status_code == 200

    (asked,) = (await entry(web, no, 2))["corrections"]
    assert (asked["made"], asked["decider_name"], asked["text"]) == (None, "督查员", "收到三份材料")
    shown = (await web.get(f"/api/v1/items/{no}")).json()
    assert shown["correction"] == asked

    assert (await give(web, no, "decide_correction", SUPERVISOR, grant=True, reason="核对属实")).status_code == 200
    after = await entry(web, no, 2)
    (made,) = after["corrections"]
    assert before | {"corrections": after["corrections"]} == after
    assert (made["asked"], made["made"], made["opinion"]) == (3, 4, "核对属实")
    assert (made["asked_role_name"], made["made_by"], made["made_role_name"]) == ("联络员", "江凤霞", "督查员")
    assert (await web.get(f"/api/v1/items/{no}")).json()["correction"] is None


async def test_a_correction_that_was_wrong_says_so(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("更正又更正的事项")
    for text, wrong in (("三处", 1), ("四处", 3)):
        await give(web, no, "correct", SUPERVISOR, entry=wrong, text=text, reason="查错")
        await give(web, no, "decide_correction", LEADER, grant=True)
    (first,) = (await entry(web, no, 1))["corrections"]
    (second,) = (await entry(web, no, 3))["corrections"]
    assert (first["made"], first["again"], second["made"], second["again"]) == (3, 5, 5, None)


async def test_what_was_refused_leaves_the_entry_as_it_was(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("不必更正的事项")
    await give(web, no, "correct", SUPERVISOR, entry=1, text="x", reason="y")
    assert (await give(web, no, "decide_correction", LEADER, grant=False)).json()["code"] == "field_missing"
    await give(web, no, "decide_correction", LEADER, grant=False, reason="原记录无误")
    assert (await entry(web, no, 1))["corrections"] == []
    assert (await entry(web, no, 3))["sentence"] == "不同意更正第 1 条（交办）：原记录无误"


@pytest.mark.parametrize(
    ("command", "fields", "status", "code"),
    [
        ("correct", {"entry": 9}, 404, "entry_unknown"),
        ("correct", {"entry": 1}, 403, "entry_not_own"),
        ("correct", {"entry": 0}, 422, "field_invalid"),
        ("correct", {"entry": "二"}, 422, "field_invalid"),
        ("correct", {}, 422, "field_missing"),
        ("report", {"entry": 2}, 422, "field_not_taken"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_code(
    web: httpx2.AsyncClient, product: Started, command: str, fields: dict[str, Any], status: int, code: str
) -> None:
    (no,) = await product.issue("申请有误的事项")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    said = {"text": "应当这样"} | ({"reason": "笔误"} if command == "correct" else {})
    answer = await give(web, no, command, liaison, **said, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_whoever_asked_is_told_beforehand_that_another_has_to_decide(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("须由他人批复的事项")
    assert "decide_correction" not in await offered(web, no, LEADER)
    await give(web, no, "correct", SUPERVISOR, entry=1, text="x", reason="y")
    assert (await offered(web, no, SUPERVISOR))["decide_correction"]["code"] == "own_matter"
    assert (await offered(web, no, OTHER_SUPERVISOR))["decide_correction"]["code"] == "correction_needs_leader"
    assert (await offered(web, no, OTHER_SUPERVISOR))["correct"]["code"] == "correction_pending"
    fields = (await offered(web, no, LEADER))["decide_correction"]["fields"]
    assert [f["name"] for f in fields] == ["grant", "reason"]
    for person, code in ((SUPERVISOR, "own_matter"), (OTHER_SUPERVISOR, "correction_needs_leader")):
        assert (await give(web, no, "decide_correction", person, grant=True)).json()["code"] == code


async def test_a_liaison_is_offered_the_entries_of_the_unit_and_a_supervisor_all(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("列出记录的事项")
    liaison = product.liaison(no)
    assert "correct" not in await offered(web, no, liaison)
    await product.give(no, "sign", liaison)
    await product.give(no, "remark", LEADER, text="抓紧")
    codes = {}
    for person in (liaison, SUPERVISOR):
        (field,) = [f for f in (await offered(web, no, person))["correct"]["fields"] if f["name"] == "entry"]
        codes[person] = [code for code, _ in field["choices"]]
    assert codes == {liaison: ["2"], SUPERVISOR: ["3", "2", "1"]}


async def test_an_annulled_item_is_corrected_too_and_stays_annulled(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("作废以后才发现有误的事项")
    await product.give(no, "annul", SUPERVISOR, reason="重复立项")
    await give(web, no, "correct", SUPERVISOR, entry=2, text="与另一事项合并", reason="理由写错")
    done = (await give(web, no, "decide_correction", LEADER, grant=True)).json()
    assert (done["status"], done["seq"]) == ("annulled", 4)
