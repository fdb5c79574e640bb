"""One command for many items through every entrance: JSON, pages and the console take the same and say the same."""

import asyncio
import json
import re
from typing import Any

import httpx2
import pytest

from runtime.cli.main import run
from tests.support import witness
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_


@pytest.fixture
def duban(product: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on the product's data folder; returns its status, what it prints and what it complains of."""
    monkeypatch.setenv("DUBAN_DATA", str(product.folder))

    async def ran(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = await asyncio.to_thread(run, list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return ran


async def post(web: httpx2.AsyncClient, path: str, *, person: str = SUPERVISOR, **body: Any) -> httpx2.Response:
    return await web.post(f"/api/v1/bulk{path}", json=body, headers=as_(person))


def acting(person: str) -> dict[str, str]:
    return {**as_(person), "Sec-Fetch-Site": "same-origin"}


async def test_json_looks_first_gives_then_and_tells_later(web: httpx2.AsyncClient, product: Started) -> None:
    good, other = await product.issue("一批里的甲", "一批里的乙")
    await product.give(other, "annul", SUPERVISOR, reason="重复立项")
    urge: dict[str, Any] = {"command": "urge", "numbers": [good, other.lower()], "text": "请抓紧", "id": "b1"}
    seen = (await post(web, "", **urge)).json()
    assert (seen["bulk"], seen["total"], seen["able"], seen["refused"]) == ("b1", 2, 1, 1)
    assert [one["no"] for one in seen["items"]] == [other, good]
    assert seen["items"][0]["refusal"].startswith(f"现在不能催办：事项 {other} 目前是“作废”")
    assert (await post(web, "", **urge)).json() == seen
    assert (await post(web, "/b1/confirm", person="p0002")).json()["code"] == "bulk_not_own"
    done = await post(web, "/b1/confirm", person=SUPERVISOR)
    assert (done.status_code, done.json()["done"], done.json()["refused"]) == (200, 1, 1)
    assert (await web.get("/api/v1/bulk/b1")).json() == done.json()
    assert witness.kinds(product.database, good) == ["issued", "urged"]
    for wrong, code in (
        ({"numbers": []}, "bulk_empty"),
        ({"text": "长" * 5000}, "field_too_long"),
        ({"command": "sign"}, "not_in_bulk"),
        ({"filters": {"lamp": "紫"}, "numbers": []}, "field_invalid"),
    ):
        assert (await post(web, "", **{**urge, "id": "", **wrong})).json()["code"] == code, wrong
    assert (await web.get("/api/v1/bulk/nothing")).json()["code"] == "unknown_bulk"


async def test_pages_lead_from_ticked_rows_to_what_came_of_them(web: httpx2.AsyncClient, product: Started) -> None:
    mark = "勾选的一批"
    numbers = await product.issue(f"{mark}甲", f"{mark}乙", unit="县茶科所")
    register = (await web.get("/items", params={"text": mark}, headers=acting(SUPERVISOR))).text
    assert re.findall(r'name="no" value="([^"]+)"', register) == sorted(numbers)
    assert "全部 2 项" in register
    assert 'id="pick"' not in (await web.get("/items", headers=acting("p0005"))).text, "an auditor gives nothing"
    nothing = await web.get("/bulk", params={"command": "annul", "which": "ticked"}, headers=acting(SUPERVISOR))
    assert nothing.status_code == 422
    assert "没有选中任何事项" in nothing.text
    asked = {"command": "annul", "which": "all", "by-text": mark}
    assert "选中 <strong>2</strong> 项" in (await web.get("/bulk", params=asked, headers=acting(SUPERVISOR))).text
    assert "一项也不能“作废”" in (await web.get("/bulk", params=asked, headers=acting(LEADER))).text
    liaison, stranger = product.liaison(numbers[0]), product.liaison(*await product.issue("别处的一项"))
    register = (await web.get("/items", params={"unit": "县茶科所", "text": mark}, headers=acting(liaison))).text
    assert re.findall(r'<option value="([a-z_]+)">', register.split('id="pick"')[1]) == ["ask_extension"]
    assert (
        'id="pick"'
        not in (await web.get("/items", params={"unit": "县茶科所", "text": mark}, headers=acting(stranger))).text
    ), "may ask for an extension, and of none of these"
    handing = (await web.get("/bulk", params=asked | {"command": "hand_over"}, headers=acting(SUPERVISOR))).text
    assert '<option value="p0002">' in handing
    refused = await web.post("/bulk", data=asked, headers=acting(SUPERVISOR))
    assert refused.status_code == 422
    assert "作废必须填写“理由”" in refused.text
    looked = await web.post("/bulk", data=asked | {"reason": "重复立项"}, headers=acting(SUPERVISOR))
    where = looked.headers["location"]
    page = (await web.get(where, headers=acting(SUPERVISOR))).text
    assert "能办 2 项" in page
    assert "确认作废 2 项" in page
    assert "<button" not in (await web.get(where, headers=acting("p0002"))).text.split('id="progress"')[1]
    assert (await web.post(where, headers=acting(SUPERVISOR))).status_code == 303
    page = (await web.get(where, headers=acting(SUPERVISOR))).text
    assert "办理完毕" in page
    assert "已办 <strong>2</strong> 项" in page
    assert f'href="{where}"' in (await web.get("/bulk", headers=acting(SUPERVISOR))).text
    assert witness.kinds(product.database, numbers[0])[-1] == "annulled"


async def test_the_console_looks_and_tells_the_same(web: httpx2.AsyncClient, product: Started, duban: Any) -> None:
    mark = "控制台看的一批"
    await product.issue(f"{mark}甲", f"{mark}乙", unit="县茶科所")
    narrowed = ("--filter", f"text={mark}", "--filter", "是否逾期=否")
    words = ("bulk", "urge", *narrowed, "--text", "请抓紧", "--as", SUPERVISOR, "--preview")
    status, out, _ = await duban(*words, "--json")
    seen = json.loads(out)
    assert (status, seen["able"], seen["confirmed"]) == (0, 2, False)
    assert (await web.get(f"/api/v1/bulk/{seen['bulk']}")).json() == seen
    status, out, _ = await duban("bulk", "approve", *narrowed, "--as", SUPERVISOR, "--preview")
    assert "能办 0 项，不能办 2 项" in out
    assert "现在不能审核通过" in out
    assert (await duban("bulk", "show", seen["bulk"]))[1].startswith("催办：选中 2 项（")
    for wrong in (("bulk", "urge", "--as", SUPERVISOR), ("bulk", "urge", "--filter", "灯红", "--as", SUPERVISOR)):
        status, _, complaint = await duban(*wrong)
        assert status == 2
        assert "--filter" in complaint
