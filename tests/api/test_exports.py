"""Exports over the routes: the register under its filters, an item's entries; who took them stands in the ledger."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from ledger.chain.entries import ENTRY
from ledger.store.canonical import parse
from tests.support.product import AUDITOR, Started
from tests.support.signed import as_

CHOSEN = as_(AUDITOR)
REGISTER = "/api/v1/export/register"


def last_note(product: Started) -> Mapping[str, Any]:
    with product.database.read() as connection:
        query = select(ENTRY).where(ENTRY.c.kind == "exported").order_by(ENTRY.c.position.desc()).limit(1)
        row = connection.execute(query).one()
    return {**row._mapping, **parse(row.body)}


async def test_the_register_comes_under_its_filters_and_the_ledger_says_who_took_it(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("要导出的事项=1", unit="县财政局")
    asked = {"text": "要导出的事项", "status": "unsigned"}
    answer = await web.get(f"{REGISTER}.csv", params=asked, headers=CHOSEN)
    assert answer.status_code == 200
    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row[heading.index("编号")] == no
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"
    note = last_note(product)
    assert (note["actor"], note["what"], note["format"], note["rows"]) == (AUDITOR, "台账", "csv", 1)
    assert note["filters"] == ["状态：待签收", "编号或事由：要导出的事项"]
    assert note["file_hash"] == hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["duban-content-hash"] == f"sha256={note['content_hash']}"
    assert answer.headers["duban-file-hash"] == f"sha256={note['file_hash']}"


@pytest.mark.parametrize(("form", "begins"), [("xlsx", b"PK"), ("jsonl", b"{"), ("pdf", b"%PDF-"), ("csv", b"\xef")])
async def test_an_item_s_entries_come_in_every_format(
    web: httpx2.AsyncClient, product: Started, form: str, begins: bytes
) -> None:
    (no,) = await product.issue("要带走的事项")
    answer = await web.get(f"/api/v1/items/{no}/export.{form}", headers=as_(AUDITOR))
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    note = last_note(product)
    assert (note["what"], note["item"], note["format"], note["rows"]) == ("留痕", no, form, 1)
    if form == "jsonl":
        entry = json.loads(answer.content)
        assert (entry["stream"], entry["seq"], entry["kind"]) == (no, 1, "交办")
        assert entry["hash"] == (await web.get(f"/api/v1/items/{no}/timeline")).json()[0]["hash"]


@pytest.mark.parametrize(
    ("path", "asked", "status", "code"),
    [
        (f"{REGISTER}.csv", {"person": AUDITOR}, 422, "field_not_taken"),
        (f"{REGISTER}.docx", {}, 422, "field_invalid"),
        (f"{REGISTER}.csv", {"after": "1"}, 422, "field_not_taken"),
        ("/api/v1/items/ZG1999-0001/export.csv", {}, 404, "unknown_item"),
    ],
)
async def test_a_refused_export_says_why_and_is_not_noted(
    web: httpx2.AsyncClient, product: Started, path: str, asked: dict[str, str], status: int, code: str
) -> None:
    with product.database.read() as connection:
        before = connection.execute(select(ENTRY.c.position).where(ENTRY.c.kind == "exported")).all()
    answer = await web.get(path, params=asked, headers=CHOSEN)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with product.database.read() as connection:
        assert connection.execute(select(ENTRY.c.position).where(ENTRY.c.kind == "exported")).all() == before


async def test_pages_offer_exports(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("页面上导出的事项")
    for page, link in (
        ("/items?text=页面上导出&late=1&lamp=red", None),
        ("/items?text=页面上导出", f"{REGISTER}.xlsx?text="),
        (f"/items/{no}", f"/api/v1/items/{no}/export.pdf"),
    ):
        shown = (await web.get(page, headers=CHOSEN)).text
        assert link is None or link in shown


async def test_the_page_s_link_keeps_the_filters(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("链接里的条件", unit="县审计局")
    page = (await web.get("/items", params={"text": "链接里的条件", "status": "unsigned"}, headers=CHOSEN)).text
    link = page.split(f'href="{REGISTER}.jsonl')[1].split('"')[0].replace("&amp;", "&")
    rows = (await web.get(f"{REGISTER}.jsonl{link}", headers=CHOSEN)).text.splitlines()
    assert [json.loads(row)["no"] for row in rows] == [no]
