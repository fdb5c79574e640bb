"""Whatever is sent, the site answers with a code of its own, never with a failure that nobody foresaw."""

import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.entrance.cookies import PLAIN_COOKIE
from api.refusals import STATUS
from rules.machine.commands import CommandKind
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CODES = {str(code): status for code, status in STATUS.items()}
words = st.text(max_size=40) | st.sampled_from(
    ["", "p2001", SUPERVISOR, "县教育局", "2026-12-31", "0" * 64, "rectified"]
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
FIELDS = (
    "person",
    "id",
    "reason",
    "text",
    "to",
    "days",
    "answers",
    "evidence",
    "grant",
    "outcome",
    "result",
    "unit",
    "entry",
)
bodies = st.dictionaries(st.sampled_from(FIELDS) | words, anything, max_size=6) | anything
FILTERS = ("area", "unit", "unit_kind", "status", "variant", "lamp", "batch", "late", "ended", "text", "after", "size")
AUDITED = ("kind", "from", "to", "item", "at", "moment", "other", "months", "units", "since")
queries = st.dictionaries(
    st.sampled_from((*FILTERS, "person", "q", "trail", "done", "order", "back", *AUDITED)), words, max_size=4
)
GET = (
    "/",
    "/items",
    "/items/{}",
    "/account",
    "/accounts",
    "/sign-in",
    "/invitation/{}",
    "/bulk",
    "/bulk/{}",
    "/import/{}",
    "/api/v1/items",
    "/api/v1/items/{}",
    "/api/v1/items/{}/timeline",
    "/api/v1/items/{}/why",
    "/api/v1/items/{}/notices",
    "/api/v1/items/{}/export.csv",
    "/api/v1/export/register.{}",
    "/api/v1/evidence/{}",
    "/api/v1/bulk/{}",
    "/api/v1/registers/{}",
    "/api/v1/me/todo",
    "/api/v1/me/inbox",
    "/api/v1/substitutes",
    "/inbox",
    "/audit",
    "/audit/reads",
    "/audit/access",
    "/audit/repeats",
    "/audit/items/{}",
    "/api/v1/audit/entries",
    "/api/v1/audit/reads",
    "/api/v1/audit/repeats",
    "/api/v1/audit/items/{}/at",
    "/static/{}",
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def some_item(product: Started) -> str:
    """One item for all examples."""
    (no,) = await product.issue("任人摆布的事项")
    return no


def sound(answer: httpx2.Response) -> None:
    """The answer is none that nobody foresaw; a refusal over the API names its code, with that code's status."""
    assert answer.status_code != 500, answer.text
    if answer.headers.get("content-type") == "application/problem+json":
        assert CODES[answer.json()["code"]] == answer.status_code


@RELAXED
@given(path=st.sampled_from(GET), name=words, query=queries, cookie=words)
async def test_every_address_answers_any_question(
    web: httpx2.AsyncClient, path: str, name: str, query: dict[str, str], cookie: str
) -> None:
    for headers in ({}, {"Cookie": f"{PLAIN_COOKIE}={quote(cookie)}"}):
        sound(await web.get(path.format(quote(name, safe="")), params=query, headers=headers))


@RELAXED
@given(command=st.sampled_from([str(k) for k in CommandKind]) | words, body=bodies)
async def test_every_command_takes_any_body(web: httpx2.AsyncClient, some_item: str, command: str, body: Any) -> None:
    path = f"/api/v1/items/{some_item}/commands/{quote(command, safe='') or 'sign'}"
    sound(await web.post(path, content=dumped(body), headers={"Content-Type": "application/json"}))


@RELAXED
@given(command=st.sampled_from([str(k) for k in CommandKind]) | words, form=st.dictionaries(words, words, max_size=5))
async def test_every_form_may_hold_anything(
    web: httpx2.AsyncClient, some_item: str, command: str, form: dict[str, str]
) -> None:
    path = f"/items/{some_item}/{quote(command, safe='') or 'sign'}"
    sent = {name: value for name, value in form.items() if name.isprintable()}
    headers = {**as_(SUPERVISOR), "Sec-Fetch-Site": "same-origin"}
    sound(await web.post(path, data=sent, headers=headers))


@RELAXED
@given(content=st.binary(max_size=300), kind=st.sampled_from(["multipart/form-data; boundary=x", "text/plain", ""]))
async def test_uploads_may_be_anything(web: httpx2.AsyncClient, content: bytes, kind: str) -> None:
    for path in (
        "/api/v1/registers",
        "/api/v1/evidence",
        "/import",
        "/sign-in",
        "/sign-in/demo",
        "/invitation/x",
        "/account/password",
        "/accounts/x/off",
    ):
        sound(await web.post(path, content=content, headers={"Content-Type": kind}))


def dumped(body: Any) -> bytes:
    """JSON as a careless program writes it, with NaN and halves of characters."""
    return json.dumps(body).encode()
