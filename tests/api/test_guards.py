"""The guards: other hosts, other origins and too much are turned away; every answer carries its headers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import func, select
from starlette.routing import Route

from api.app import create_app
from api.guards import HEADERS
from ledger.chain.entries import ENTRY
from tests.support.product import AUDITOR, Started

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


@dataclass(frozen=True)
class Reached:
    """An item with a file, and the addresses of all GETs there are, filled in with it."""

    product: Started
    addresses: list[str]

    def count(self) -> int:
        with self.product.database.read() as connection:
            found: int = connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()
        return found


def gets(app: FastAPI) -> Iterator[str]:
    """The path of every route that a GET reaches, also of those that are included."""
    included = [router.original_router.routes for router in app.routes if hasattr(router, "original_router")]
    for route in chain(app.routes, *included):
        if isinstance(route, Route | APIRoute) and "GET" in (route.methods or ()):
            yield route.path


@pytest.fixture(scope="module")
def app(product: Started) -> FastAPI:
    return create_app(desk=product.desk, intake=product.intake, database=product.database, files=product.files)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reached(web: httpx2.AsyncClient, product: Started, app: FastAPI) -> Reached:
    (no,) = await product.issue("别的网站想要的事项")
    liaison = product.liaison(no)
    sent = {"files": {"file": ("纪要.pdf", b"minutes")}, "data": {"person": liaison}}
    id_ = (await web.post("/api/v1/evidence", **sent)).json()["id"]  # type: ignore[arg-type]
    await product.give(no, "sign", liaison)
    await product.give(no, "report", liaison, text="已开会", evidence=(id_,))
    known = {"no": no, "evidence": id_, "format": "csv", "person": AUDITOR, "number": "1"}
    addresses = [re.sub(r"{(\w+)[^}]*}", lambda found: known.get(found[1], "1"), path) for path in gets(app)]
    assert len(addresses) > 30
    return Reached(product, addresses)


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Cookie": f"duban_person={AUDITOR}"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch;prerender"},
    {"Referer": "http://bad.example/page", "Accept-Language": "zh-CN"},
    {"Referer": "http://127.0.0.1:9/"},
    {"Accept-Language": "zh-CN"},
    {"Cookie": f"duban_person={AUDITOR}"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
async def test_no_get_from_elsewhere_writes_an_entry_in_somebody_s_name(
    web: httpx2.AsyncClient, reached: Reached, headers: dict[str, str]
) -> None:
    before = reached.count()
    for path in reached.addresses:
        for asked in ({}, {"person": AUDITOR}, {"person": AUDITOR, "item": ""}):
            answer = await web.get(path, params=asked, headers=headers)
            assert reached.count() == before, f"{path} {asked}: {answer.status_code}"


OF_ONES_OWN = [
    {"Sec-Fetch-Site": "same-origin", "Cookie": f"duban_person={AUDITOR}", "Accept-Language": "zh-CN"},
    {"Sec-Fetch-Site": "none", "Accept-Language": "zh-CN"},
    {"Referer": f"{OWN}/items", "Cookie": f"duban_person={AUDITOR}", "Accept-Language": "zh-CN"},
    {},
]


@pytest.mark.parametrize("headers", OF_ONES_OWN, ids=str)
async def test_own_pages_and_programs_export_and_read_and_each_time_it_is_noted(
    web: httpx2.AsyncClient, reached: Reached, headers: dict[str, str]
) -> None:
    noted = [path for path in reached.addresses if "export" in path or "/evidence/" in path]
    assert len(noted) == 4
    for path in noted:
        before = reached.count()
        answer = await web.get(path, params={"person": AUDITOR}, headers=headers)
        assert (answer.status_code, reached.count()) == (200, before + 1), path
        assert (await web.head(path, params={"person": AUDITOR}, headers=headers)).status_code == 405
        assert reached.count() == before + 1


async def test_every_answer_carries_the_security_headers(web: httpx2.AsyncClient) -> None:
    for path in ("/", "/api/v1/health", "/nothing", "/api/v1/nothing", "/static/site.css"):
        answer = await web.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path


async def test_what_nobody_foresaw_is_named_but_not_told(product: Started) -> None:
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
