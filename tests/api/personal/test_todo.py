"""The first page: what waits for whoever is chosen, late first; and its count in the head of every page."""

import re

import httpx2

from ledger.chain import lookup
from tests.api.test_pages import acting
from tests.support.product import SUPERVISOR, Started


def _numbers(page: str, part: str) -> list[str]:
    found = re.search(rf'<section class="panel" id="{part}">(.*?)</section>', page, re.DOTALL)
    return re.findall(r'href="/items/([A-Z0-9-]+)#act"', found[1]) if found else []


def _head(page: str) -> str:
    found = re.search(r'待办 <span class="count">([^<]*)</span>', page)
    return found[1] if found else ""


async def test_what_waits_is_on_the_first_page_until_it_is_done(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("等着签收的", unit="县水利局")
    liaison = product.liaison(no)
    me = acting(liaison)
    page = (await web.get("/", headers=me)).text
    assert no in [one for part in ("late", "this-week", "later") for one in _numbers(page, part)]
    before = int(_head(page).rstrip("+"))
    assert _head((await web.get(f"/items/{no}", headers=me)).text) == _head(page), "every page says how much waits"
    await product.give(no, "sign", liaison)
    await product.give(no, "submit", liaison, text="方案", answers=(("measures.1.what", "补齐"),))
    page = (await web.get("/", headers=me)).text
    assert no not in page
    assert int(_head(page).rstrip("+") or 0) == before - 1
    with product.database.read() as connection:
        row = lookup.item_row(connection, no)
    supervised = (await web.get("/", headers=acting(row["supervisor"]))).text
    assert no in [one for part in ("late", "this-week", "later") for one in _numbers(supervised, part)]


async def test_a_supervisor_sees_what_others_owe(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("交给别人的")
    with product.database.read() as connection:
        supervisor = lookup.item_row(connection, no)["supervisor"]
    found = (await web.get("/api/v1/me/todo", headers=acting(supervisor))).json()
    assert no in [one["no"] for one in found["others"]] or found["others_more"]
    assert no not in [one["no"] for part in ("late", "this_week", "later") for one in found[part]]
    assert "我督办的，等别人办" in (await web.get("/", headers=acting(supervisor))).text


async def test_nobody_has_anything_to_do_says_so(web: httpx2.AsyncClient, product: Started) -> None:
    page = (await web.get("/", headers=acting("p0005"))).text
    assert "没有要办的" in page
    assert SUPERVISOR not in page
