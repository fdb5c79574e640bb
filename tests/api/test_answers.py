"""How answers travel: compressed, and by their head alone."""

import httpx2
import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from tests.product import Product

PAGES = ("/", "/items", "/import", "/inbox", "/clocks", "/audit", "/audit/reads", "/audit/repeats", "/audit/seals")
ROUTES = ("/api/v1/items", "/api/v1/health", "/openapi.json", "/static/site.css", "/people")


@pytest.mark.parametrize("address", [*PAGES, *ROUTES, "/nowhere"])
async def test_head_is_answered_like_get_without_the_body(web: httpx2.AsyncClient, address: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    got, asked = await web.get(address, headers=plain), await web.head(address, headers=plain)
    assert asked.status_code == got.status_code
    assert asked.content == b""
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert asked.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("address", ["/people", "/api/v1/items?size=50", "/openapi.json", "/static/site.css"])
async def test_pages_and_lists_are_compressed_for_whoever_takes_it(
    web: httpx2.AsyncClient, product: Product, address: str
) -> None:
    await product.issue(*(f"第 {n} 个问题" for n in range(10)))
    async with web.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as packed:
        size = len(b"".join([part async for part in packed.aiter_raw()]))
    plain = await web.get(address, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert size < len(plain.content) / 2


async def test_head_of_every_page_without_parameters_is_allowed(web: httpx2.AsyncClient, product: Product) -> None:
    app = create_app(desk=product.desk, intake=product.intake, database=product.database, files=product.files)
    routes = [r for r in app.routes if isinstance(r, APIRoute) and "GET" in (r.methods or ()) and "{" not in r.path]
    for route in routes:
        assert (await web.head(route.path)).status_code != 405, route.path
