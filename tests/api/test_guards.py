"""The guards: other hosts, other origins and too much are turned away; every answer carries its headers."""

import httpx2
import pytest

from api.app import create_app
from api.guards import HEADERS
from tests.product import Product

URL = "/api/v1/items/ZG2026-9/commands/sign"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8350", "localhost:8350", "[::1]:8350"])
async def test_this_machine_may_be_named_in_every_way(web: httpx2.AsyncClient, host: str) -> None:
    assert (await web.get("/api/v1/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["duban.example", "127.0.0.1.example", "192.168.1.4:8350", "", "[::1", "localhost.cn"])
async def test_a_name_that_was_made_to_point_here_is_refused(web: httpx2.AsyncClient, host: str) -> None:
    answer = await web.get("/api/v1/health", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "foreign_host")


OWN = "http://127.0.0.1"


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": OWN, "Cookie": "a=b"}, True),
        ({"Sec-Fetch-Site": "none", "Cookie": "a=b"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://bad.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"}, False),
        ({"Origin": OWN, "Cookie": "a=b"}, True),
        ({"Origin": "http://127.0.0.1:9", "Cookie": "a=b"}, False),
        ({"Origin": "null", "Cookie": "a=b"}, False),
        ({"Cookie": "a=b"}, False),
        ({}, True),
    ],
)
async def test_only_own_pages_and_programs_may_change_things(
    web: httpx2.AsyncClient, headers: dict[str, str], let_in: bool
) -> None:
    answer = await web.post(URL, json={"person": "p0001"}, headers=headers)
    assert (answer.json()["code"] != "foreign_origin") is let_in


async def test_every_answer_carries_the_security_headers(web: httpx2.AsyncClient) -> None:
    for path in ("/", "/api/v1/health", "/nothing", "/api/v1/nothing", "/static/site.css"):
        answer = await web.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path


async def test_what_nobody_foresaw_is_named_but_not_told(product: Product) -> None:
    async def failing() -> dict[str, object]:
        raise ZeroDivisionError("secret")

    parts = {"desk": product.desk, "intake": product.intake, "database": product.database, "files": product.files}
    app = create_app(**parts, ready=failing)  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=OWN) as client:
        answer = await client.get("/api/v1/ready")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_nothing_is_fetched_from_elsewhere(web: httpx2.AsyncClient) -> None:
    assert (await web.get("/docs")).status_code == 404
    assert (await web.get("/openapi.json")).json()["paths"]["/api/v1/items/{no}/commands/{command}"]


async def test_static_files_are_kept_under_the_address_that_names_their_content(web: httpx2.AsyncClient) -> None:
    named = await web.get("/static/site.css?v=1")
    plain = await web.get("/static/site.css")
    assert "immutable" in named.headers["Cache-Control"]
    assert plain.headers["Cache-Control"] == "no-cache"
    assert (await web.get("/static/../app.py")).status_code == 404
