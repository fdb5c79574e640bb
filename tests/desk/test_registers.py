"""Registers and evidence over the routes: read, confirmed, issued once; hostile files refused; files given back."""

import asyncio
import io
import zipfile
from typing import Any

import httpx2
import pytest
from openpyxl import Workbook

from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_

HEADING = "序号,存在问题,整改措施,责任单位,整改时限"


def sheet(*rows: str) -> dict[str, tuple[str, bytes]]:
    return {
        "file": (
            "整改台账.csv",
            "\n".join((HEADING, *rows)).encode(),
        )
    }


async def test_a_dry_run_shows_rows_and_stores_nothing(web: httpx2.AsyncClient) -> None:
    rows = sheet("1,只读不存的问题,整改,县财政局,立行立改")
    answer = (await web.post("/api/v1/registers", files=rows, data={"dry": "true"})).json()
    (finding,) = answer["reading"]["findings"]
    assert (answer["batch"], finding["lead_units"], finding["kind"]) == (None, ["青溪县财政局"], "at_once")
    assert (await web.get("/api/v1/items", params={"text": "只读不存的问题"})).json()["total"] == 0


async def test_a_register_is_issued_once_it_is_confirmed_and_only_once(web: httpx2.AsyncClient) -> None:
    rows = sheet("1,路由导入的问题,整改,县财政局、县审计局,立行立改", "2,路由导入的错行,整改,没有这个局,立行立改")
    read = (await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))).json()
    assert read["items"] == 2
    batch = f"/api/v1/registers/{read['batch']}"
    assert (await web.get(batch)).json()["state"] == "draft"
    both = await asyncio.gather(*(web.post(f"{batch}/confirm", json={}, headers=as_(SUPERVISOR)) for _ in range(2)))
    assert {answer.status_code for answer in both} == {200}
    done = (await web.get(batch)).json()
    assert (done["state"], done["issued"], done["started"], done["left"]) == ("issued", 3, 3, 0)
    assert [item["title"] for item in done["items"]] == ["路由导入的问题"] * 3, "two units, and what stands over both"
    again = await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))
    assert (again.status_code, again.json()["code"]) == (409, "already_issued")


async def test_only_those_who_may_issue_confirm(web: httpx2.AsyncClient) -> None:
    rows = sheet("1,无权确认的问题,整改,县财政局,立行立改")
    read = (await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))).json()
    answer = await web.post(f"/api/v1/registers/{read['batch']}/confirm", json={}, headers=as_("p2001"))
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")
    assert (await web.get(f"/api/v1/registers/{read['batch']}")).json()["issued"] == 0


async def test_a_register_of_wrong_rows_only_is_refused(web: httpx2.AsyncClient) -> None:
    rows = sheet("1,全是错的问题,整改,没有这个局,立行立改")
    answer = await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmable")


async def test_an_unknown_batch_is_not_found(web: httpx2.AsyncClient) -> None:
    assert (await web.get("/api/v1/registers/none")).json()["code"] == "unknown_batch"
    confirmed = await web.post("/api/v1/registers/none/confirm", json={}, headers=as_(SUPERVISOR))
    assert confirmed.json()["code"] == "unknown_batch"


def far_cell() -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page["A1"] = "问题"
    page["XFD1048576"] = "远"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 200_000_000)
    return out.getvalue()


@pytest.mark.parametrize("content", [b"", b"\x00\x01", far_cell(), bomb(), b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 200])
async def test_a_hostile_file_is_refused_and_the_site_goes_on(web: httpx2.AsyncClient, content: bytes) -> None:
    answer = await web.post("/api/v1/registers", files={"file": ("台账.xlsx", content)}, headers=as_(SUPERVISOR))
    assert (answer.status_code, answer.json()["code"]) == (422, "sheet_refused")
    assert (await web.get("/api/v1/health")).status_code == 200


async def test_a_formula_is_never_carried_out(web: httpx2.AsyncClient) -> None:
    rows = sheet('1,"=HYPERLINK(""http://x"",""点我"")",整改,县财政局,立行立改')
    answer = await web.post("/api/v1/registers", files=rows)
    assert answer.status_code in (200, 422)


async def test_a_register_beyond_its_limit_is_refused(web: httpx2.AsyncClient) -> None:
    big = {"file": ("台账.csv", b"x" * (11 * 1024 * 1024))}
    assert (await web.post("/api/v1/registers", files=big)).status_code == 413


async def test_a_request_without_a_file_says_so(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/api/v1/registers", headers=as_(SUPERVISOR))
    assert (answer.status_code, answer.json()["code"]) == (422, "field_missing")


async def test_evidence_is_kept_by_hash_and_comes_back_as_a_download(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("需要佐证的事项")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    sent = {"file": ('党组会议"纪要"（第18次）.html', b"<script>alert(1)</script>", "text/html")}
    kept = (await web.post("/api/v1/evidence", files=sent, headers=as_(liaison))).json()
    body = {"text": "已整改", "evidence": [kept["id"]], "answers": {"measures": ["一"]}}
    assert (await web.post(f"/api/v1/items/{no}/commands/submit", json=body, headers=as_(liaison))).status_code == 200
    got = await web.get(kept["url"], headers=as_(liaison))
    assert got.content == b"<script>alert(1)</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''%E5%85%9A" in got.headers["content-disposition"]
    assert "sandbox" in got.headers["content-security-policy"]
    last = (await web.get(f"/api/v1/items/{no}/timeline")).json()[-1]
    assert last["evidence"][0]["id"] == kept["id"]


@pytest.mark.parametrize(("path", "status"), [("0" * 64, 404), ("..%2F..%2Fduban.db", 404), ("not-a-hash", 404)])
async def test_evidence_that_was_never_stored_is_not_found(web: httpx2.AsyncClient, path: str, status: int) -> None:
    got = await web.get(f"/api/v1/evidence/{path}", headers=as_(SUPERVISOR))
    assert got.status_code == status


async def test_an_empty_file_is_no_evidence(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/api/v1/evidence", files={"file": ("空.txt", b"")}, headers=as_(SUPERVISOR))
    assert answer.json()["code"] == "field_missing"


async def test_items_are_issued_by_json_once_seen_and_the_same_only_once(web: httpx2.AsyncClient) -> None:
    asked: dict[str, Any] = {
        "process": "整改事项",
        "variant": "分阶段整改",
        "title": "接口直接交办的问题",
        "answers": {"goal": "健全制度", "measures": ["补齐", "抽查"]},
        "units": ["县财政局", "县审计局"],
    }
    seen = await web.post("/api/v1/issue/plan", json=asked)
    assert [(one["first"], one["refusal"]) for one in seen.json()["units"]] == [("签收", "")] * 2, seen.text
    assert (await web.get("/api/v1/items", params={"text": asked["title"]})).json()["total"] == 0
    both = [await web.post("/api/v1/issue", json=asked) for _ in range(2)]
    assert [(answer.status_code, answer.json()["issued"]) for answer in both] == [(200, 2)] * 2, both[0].text
    (first, _) = (await web.get("/api/v1/items", params={"text": asked["title"]})).json()["items"]
    matter = (await web.get(f"/api/v1/items/{first['no']}")).json()["matter"]
    assert [(one["field"], one["lines"]) for one in matter[1:]] == [
        ("goal", ["健全制度"]),
        ("measures", ["补齐", "抽查"]),
    ]
    wrong = await web.post(
        "/api/v1/issue", json=asked | {"answers": {"goal": "长" * 2001, "measures": [{"what": "x"}] * 61}}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "answers_invalid")
