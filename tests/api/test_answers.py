"""How answers travel: compressed, and by their head alone."""

import re

import httpx2
import pytest
from fastapi.routing import APIRoute

from api.pages.render import API_FOLDER, on_page
from tests.support.product import Started
from tests.support.signed import app_of

PAGES = ("/", "/items", "/import", "/inbox", "/clocks", "/audit", "/audit/reads", "/audit/repeats", "/audit/seals")
ROUTES = ("/api/v1/items", "/api/v1/health", "/openapi.json", "/static/site.css", "/account")


@pytest.mark.parametrize("address", [*PAGES, *ROUTES, "/nowhere"])
async def test_head_is_answered_like_get_without_the_body(web: httpx2.AsyncClient, address: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    got, asked = await web.get(address, headers=plain), await web.head(address, headers=plain)
    assert asked.status_code == got.status_code
    assert asked.content == b""
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert asked.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("address", ["/account", "/api/v1/items?size=50", "/openapi.json", "/static/site.css"])
async def test_pages_and_lists_are_compressed_for_whoever_takes_it(
    web: httpx2.AsyncClient, product: Started, address: str
) -> None:
    await product.issue(*(f"第 {n} 个问题" for n in range(10)))
    async with web.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as packed:
        size = len(b"".join([part async for part in packed.aiter_raw()]))
    plain = await web.get(address, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert size < len(plain.content) / 2


async def test_head_of_every_page_without_parameters_is_allowed(web: httpx2.AsyncClient, product: Started) -> None:
    app = app_of(product)
    routes = [r for r in app.routes if isinstance(r, APIRoute) and "GET" in (r.methods or ()) and "{" not in r.path]
    for route in routes:
        assert (await web.head(route.path)).status_code != 405, route.path


def test_no_page_names_a_command_of_the_console() -> None:
    named = [t.name for t in (API_FOLDER / "templates").glob("*.html") if re.search("duban [a-z]", t.read_text())]
    assert named == []
    assert on_page("确认工作进程在运行，再运行 duban recover") == "确认工作进程在运行，再请管理员恢复流程"
    assert on_page("内容读不懂；请运行 duban audit verify") == "内容读不懂；请管理员核验留痕库"
    assert on_page("运行 duban doctor --clocks。") == "请管理员核对时钟。"


@pytest.mark.parametrize("address", ["/audit", "/audit/reads"])
async def test_an_audit_that_ends_before_it_begins_is_refused_in_words(web: httpx2.AsyncClient, address: str) -> None:
    answer = await web.get(f"{address}?from=2026-05-01&to=2026-04-01")
    assert answer.status_code == 422
    assert "“到”填写有误：2026-04-01" in answer.text
    unknown = await web.get(f"{address}?person=没有这个人")
    assert unknown.status_code == 404
    assert "请核对姓名" in unknown.text
    assert "duban people" not in unknown.text


async def test_an_audit_on_paper_says_what_was_asked(web: httpx2.AsyncClient) -> None:
    page = (await web.get("/audit?text=限期&kind=issued&from=2026-01-01")).text
    assert "条件：内容 限期；种类 交办；从 2026-01-01" in page
