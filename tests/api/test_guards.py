"""The guards: other hosts, other origins and too much are turned away; every answer carries its headers."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import chain

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import func, select
from starlette.routing import Route

from api.guards import HEADERS, HSTS
from api.reached import Reached, origin_in
from ledger.chain.entries import ENTRY
from tests.support.product import AUDITOR, Started
from tests.support.signed import OUT, Browsers, app_of, as_, cookie_of, token_of

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
    answer = await web.post(URL, json={}, headers=OUT | headers)
    assert answer.json()["code"] == ("signed_out" if let_in else "foreign_origin")


NAME = "duban.qingxi.example"
PUBLIC = f"https://{NAME}:8443"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def public(product: Started) -> AsyncIterator[httpx2.AsyncClient]:
    """The site as a network reaches it, by its public name."""
    app = app_of(product, reached=Reached(origin=PUBLIC, here=False))
    async with httpx2.AsyncClient(transport=Browsers(app), base_url=PUBLIC) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (NAME, 200),
        (f"{NAME}:8443", 200),
        (f"{NAME.upper()}:8443", 200),
        (f"{NAME}:", 200),
        ("127.0.0.1:8443", 421),
        ("localhost", 421),
        (f"{NAME}.", 421),
        (f"evil.{NAME}", 421),
        (f"{NAME}.evil.example", 421),
        (f"{NAME}:99999", 421),
        (f"{NAME}:x", 421),
        (f"evil@{NAME}", 421),
        (f"{NAME}/evil", 421),
        (f"{NAME}?evil", 421),
        (f"{NAME}, evil.example", 421),
        (f"{NAME}\\evil", 421),
        ("", 421),
    ],
)
async def test_on_the_network_only_the_public_name_is_answered(
    public: httpx2.AsyncClient, host: str, status: int
) -> None:
    answer = await public.get("/api/v1/health", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.json()["code"] == "foreign_host"
        assert PUBLIC in answer.json()["detail"]


async def test_a_forwarded_host_names_nothing(public: httpx2.AsyncClient) -> None:
    for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X_Forwarded_Host"):
        foreign = await public.get("/api/v1/health", headers={"Host": "evil.example", name: f"host={NAME}"})
        own = await public.get("/api/v1/health", headers={name: "evil.example"})
        assert (foreign.status_code, own.status_code) == (421, 200), name
    twice = await public.get("/api/v1/health", headers=[("Host", f"{NAME}:8443"), ("Host", "evil.example")])
    assert twice.status_code == 421


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC, "Cookie": "a=b"}, True),
        ({"Sec-Fetch-Site": "none", "Cookie": "a=b"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": f"https://other.{NAME}", "Cookie": "a=b"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC}, False),
        ({"Origin": PUBLIC, "Cookie": "a=b"}, True),
        ({"Origin": f"https://{NAME}", "Cookie": "a=b"}, False),
        ({"Origin": f"http://{NAME}:8443", "Cookie": "a=b"}, False),
        ({"Origin": "http://127.0.0.1", "Host": f"{NAME}:8443", "Cookie": "a=b"}, False),
        ({"Origin": f"{PUBLIC}.evil.example", "Cookie": "a=b"}, False),
        ({"Origin": "null", "Cookie": "a=b"}, False),
        ({"Cookie": "a=b"}, False),
        ({}, True),
    ],
)
async def test_on_the_network_own_pages_are_those_of_the_public_origin(
    public: httpx2.AsyncClient, headers: dict[str, str], let_in: bool
) -> None:
    answer = await public.post(URL, json={}, headers=OUT | headers)
    assert answer.json()["code"] == ("signed_out" if let_in else "foreign_origin")


async def test_browsers_are_told_to_come_by_https_where_they_can(
    public: httpx2.AsyncClient, web: httpx2.AsyncClient
) -> None:
    for path in ("/", "/api/v1/health", "/nothing", "/static/site.css"):
        answer = await public.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS | HSTS} == HEADERS | HSTS, path
    assert not HSTS.keys() & (await web.get("/api/v1/health")).headers.keys()


async def test_beside_a_proxy_on_this_machine_the_site_is_named_both_ways() -> None:
    reached = Reached(origin="https://duban.example", here=True)
    assert reached.answers_to("duban.example")
    assert reached.answers_to("127.0.0.1:8350")
    assert reached.own("https://duban.example", "duban.example")
    assert reached.own("http://127.0.0.1:8350", "127.0.0.1:8350")
    assert not reached.own("http://127.0.0.1:9", "127.0.0.1:8350")
    assert not reached.own("http://duban.example", "duban.example")
    assert (reached.secure, reached.loopback, Reached().secure, Reached().loopback) == (True, False, False, True)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://duban.example/items?a=b", "https://duban.example"),
        ("https://duban.example:443/", "https://duban.example"),
        ("http://[::1]:8350/x", "http://[::1]:8350"),
        ("https://duban.example:x/", ""),
        ("/items", ""),
        ("", ""),
    ],
)
def test_an_address_has_one_origin(address: str, origin: str) -> None:
    assert origin_in(address) == origin


@dataclass(frozen=True)
class Exported:
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
    return app_of(product)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reached(web: httpx2.AsyncClient, product: Started, app: FastAPI) -> Exported:
    (no,) = await product.issue("别的网站想要的事项")
    liaison = product.liaison(no)
    sent = {"file": ("纪要.pdf", b"minutes")}
    id_ = (await web.post("/api/v1/evidence", files=sent, headers=as_(liaison))).json()["id"]
    await product.give(no, "sign", liaison)
    await product.give(no, "report", liaison, text="已开会", evidence=(id_,))
    known = {"no": no, "evidence": id_, "format": "csv", "person": AUDITOR, "number": "1"}
    addresses = [re.sub(r"{(\w+)[^}]*}", lambda found: known.get(found[1], "1"), path) for path in gets(app)]
    assert len(addresses) > 30
    return Exported(product, addresses)


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch;prerender"},
    {"Referer": "http://bad.example/page", "Accept-Language": "zh-CN"},
    {"Referer": "http://127.0.0.1:9/"},
    {"Accept-Language": "zh-CN"},
    {},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
async def test_no_get_from_elsewhere_writes_an_entry_in_somebody_s_name(
    web: httpx2.AsyncClient, reached: Exported, headers: dict[str, str]
) -> None:
    cookie = cookie_of(reached.product.database, AUDITOR)
    before = reached.count()
    for path in reached.addresses:
        for asked in ({}, {"item": ""}):
            answer = await web.get(path, params=asked, headers={"Cookie": cookie} | headers)
            assert reached.count() == before, f"{path} {asked}: {answer.status_code}"


PROGRAM = {"Program": "yes"}
OF_ONES_OWN = [
    {"Sec-Fetch-Site": "same-origin", "Accept-Language": "zh-CN"},
    {"Sec-Fetch-Site": "none", "Accept-Language": "zh-CN"},
    {"Referer": f"{OWN}/items", "Accept-Language": "zh-CN"},
    PROGRAM,
]


@pytest.mark.parametrize("headers", OF_ONES_OWN, ids=str)
async def test_own_pages_and_programs_export_and_read_and_each_time_it_is_noted(
    web: httpx2.AsyncClient, reached: Exported, headers: dict[str, str]
) -> None:
    noted = [path for path in reached.addresses if "export" in path or "/evidence/" in path]
    assert len(noted) == 5
    noted.remove("/api/v1/export/scores.csv")  # nobody is assessed here: tests/desk/scores/test_score_extract.py
    database = reached.product.database
    who = token_of(database, AUDITOR) if headers is PROGRAM else {"Cookie": cookie_of(database, AUDITOR)}
    for path in noted:
        before = reached.count()
        answer = await web.get(path, headers=who | headers)
        assert (answer.status_code, reached.count()) == (200, before + 1), path
        assert (await web.head(path, headers=who | headers)).status_code == 405
        assert reached.count() == before + 1


async def test_every_answer_carries_the_security_headers(web: httpx2.AsyncClient) -> None:
    for path in ("/", "/api/v1/health", "/nothing", "/api/v1/nothing", "/static/site.css"):
        answer = await web.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path


async def test_what_nobody_foresaw_is_named_but_not_told(product: Started) -> None:
    async def failing() -> dict[str, object]:
        raise ZeroDivisionError("secret")

    app = app_of(product, ready=failing)
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
