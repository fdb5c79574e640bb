"""Bad input: each is refused with its code, in one body, and nothing is stored."""

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from api.refusals import STATUS, TITLES, WEB_WORDS, WebCode
from ledger.chain import lookup
from rules.errors import Code
from tests.support.product import AUDITOR, SUPERVISOR, Started
from tests.support.signed import as_

LIAISON = "的联络员"
"""Stands for the liaison of the item's unit."""


def test_every_code_has_its_status_and_every_status_its_title() -> None:
    assert set(STATUS) == set(Code) | set(WebCode)
    assert set(WEB_WORDS) == set(WebCode)
    assert set(TITLES) == set(STATUS.values())


REFUSED: list[tuple[str, str, str, Mapping[str, Any], int, str]] = [
    ("审计不能签收", "sign", AUDITOR, {}, 403, "wrong_role"),
    ("别的单位看不到", "sign", "p2001", {}, 404, "unknown_item"),
    ("没有理由", "decline", LIAISON, {}, 422, "field_missing"),
    ("只有空格的理由", "decline", LIAISON, {"reason": " \n "}, 422, "field_missing"),
    ("不需要的字段", "decline", LIAISON, {"reason": "不是", "outcome": "x"}, 422, "field_not_taken"),
    ("没有的字段", "sign", LIAISON, {"colour": "red"}, 422, "field_not_taken"),
    ("太长的理由", "decline", LIAISON, {"reason": "长" * 5000}, 413, "field_too_long"),
    ("非常长的理由", "decline", LIAISON, {"reason": "长" * 200_000}, 413, "field_too_long"),
    ("控制字符", "decline", LIAISON, {"reason": "不\x00是"}, 422, "control_characters"),
    ("反转文字的字符", "decline", LIAISON, {"reason": "不\u202e是"}, 422, "control_characters"),
    ("固定时限不能自报", "sign", LIAISON, {"days": 4}, 422, "window_fixed"),
    ("天数不是整数", "sign", LIAISON, {"days": "四"}, 422, "field_invalid"),
    ("天数大得存不下", "sign", LIAISON, {"days": 10**30}, 422, "field_invalid"),
    ("还不到这一步", "approve", SUPERVISOR, {}, 409, "wrong_status"),
    ("改派给没有的单位", "reassign", SUPERVISOR, {"reason": "错", "unit": "火星局"}, 404, "unknown_unit"),
    ("改派给原单位", "reassign", SUPERVISOR, {"reason": "错", "unit": "县教育局"}, 409, "same_unit"),
    ("没有这个操作", "eat", LIAISON, {}, 404, "unknown_command"),
    ("到点不是人的操作", "tick", LIAISON, {}, 404, "unknown_command"),
    ("没有上传过的佐证", "report", LIAISON, {"text": "x", "evidence": ["f" * 64]}, 404, "unknown_evidence"),
]


@pytest.mark.parametrize(
    ("command", "person", "body", "status", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_a_bad_command_is_refused_with_its_code_and_nothing_is_stored(
    web: httpx2.AsyncClient, product: Started, command: str, person: str, body: dict[str, Any], status: int, code: str
) -> None:
    (no,) = await product.issue("被错误地办理的事项")
    signed = as_(product.liaison(no) if person == LIAISON else person)
    answer = await web.post(f"/api/v1/items/{no}/commands/{command}", json=body, headers=signed)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert (problem["type"], problem["status"]) == (code, status)
    assert problem["detail"].endswith(("。", "？"))
    assert answer.headers["content-type"] == "application/problem+json"
    with product.database.read() as connection:
        assert lookup.item_row(connection, no)["seq"] == 1


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("2020-01-01", "date_in_past"),
        ("2126-01-01", "date_out_of_calendar"),
        ("2026-13-01", "field_invalid"),
        ("明天", "field_invalid"),
        (1767139200, "field_invalid"),
    ],
)
async def test_a_wrong_new_date_is_refused(web: httpx2.AsyncClient, product: Started, to: object, code: str) -> None:
    (no,) = await product.issue("申请延期的事项")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    body = {"to": to, "reason": "人手不够", "text": "过半"}
    answer = await web.post(f"/api/v1/items/{no}/commands/ask_extension", json=body, headers=as_(liaison))
    problem = answer.json()
    assert problem["code"] == code


async def test_a_comment_of_ten_megabytes_is_refused_before_it_is_read(web: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 10 * 1024 * 1024:
            sent += 65536
            yield b"x" * 65536

    answer = await web.post("/api/v1/items/ZG2026-0001/commands/remark", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert sent < 2 * 1024 * 1024
    announced = await web.post("/api/v1/items/x/commands/remark", content=b"", headers={"Content-Length": "10485760"})
    assert announced.status_code == 413


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"text": ', b"null", b"[" * 5000, b"1e999"])
async def test_what_is_no_json_object_is_a_bad_request(web: httpx2.AsyncClient, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await web.post("/api/v1/items/ZG2026-0001/commands/sign", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) in ((400, "bad_request"), (422, "field_missing"))


async def test_two_different_keys_are_refused(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("两个编号的事项")
    headers = as_(product.liaison(no)) | {"Idempotency-Key": "b"}
    answer = await web.post(f"/api/v1/items/{no}/commands/sign", json={"id": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "field_invalid")


@pytest.mark.parametrize("path", ["/api/v1/items/ZG2026-9", "/api/v1/items/%00", "/api/v1/items/ZG2026-9/timeline"])
async def test_an_unknown_item_is_not_found(web: httpx2.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert answer.json()["code"] in ("unknown_item", "bad_request")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/items/a/b/c/d"])
async def test_an_unknown_address_has_the_same_body(web: httpx2.AsyncClient, path: str) -> None:
    assert (await web.get(path)).json()["code"] == "unknown_page"


async def test_a_wrong_method_has_the_same_body(web: httpx2.AsyncClient) -> None:
    assert (await web.delete("/api/v1/items")).json()["code"] == "wrong_method"


async def test_halves_of_characters_break_no_answer(web: httpx2.AsyncClient) -> None:
    content = json.dumps({"text": "\ud800", "reason": "\udfff"}).encode()
    headers = {"Content-Type": "application/json"}
    answer = await web.post("/api/v1/items/ZG2026-0001/commands/decline", content=content, headers=headers)
    assert answer.status_code in (400, 404, 422)
    assert answer.json()["detail"]
