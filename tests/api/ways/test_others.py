"""Another way in, as a browser goes it: away with a cookie, back with an answer, in with a session; and what another
browser, another site and another origin make of it."""

import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest

from api.reached import THIS_MACHINE, Reached
from definitions.accounts.sign_in_file import WaysIn
from desk.accounts.entrance import Admitted, Entrance, KeyAsked
from desk.accounts.ways.coming import OtherWays
from ledger.accounts import accounts
from rules.machine.commands import SYSTEM
from tests.support.product import ADMINISTRATOR, LEADER, Started
from tests.support.servers.authenticator import Authenticator
from tests.support.servers.elsewhere import Elsewhere, elsewhere, oidc
from tests.support.signed import app_of, entrance_of

ORIGIN = "https://duban.example"


@pytest.fixture(scope="module")
def server() -> Iterator[Elsewhere]:
    with elsewhere() as running:
        yield running


def client(
    product: Started, server: Elsewhere, *, reached: Reached = THIS_MACHINE, keys: bool = False
) -> httpx2.AsyncClient:
    """A browser at a site that has that way in; it keeps its cookies itself."""
    entrance: Entrance = entrance_of(product.database)
    entrance = replace(entrance, limits=replace(entrance.limits, second_factor=keys))
    with product.database.write() as connection:
        for person in (LEADER, ADMINISTRATOR):
            if accounts.account_of(connection, person) is None:
                accounts.open_account(connection, person, person, SYSTEM, datetime.now(UTC))
    ways = OtherWays(entrance, WaysIn(ways=(oidc(server.address),)))
    app = app_of(product, entrance=entrance, ways=ways, reached=reached)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=reached.origin or "http://127.0.0.1")


@pytest.fixture
async def web(product: Started, server: Elsewhere) -> AsyncIterator[httpx2.AsyncClient]:
    server.tell(who={"sub": f"sub of {LEADER}", "number": LEADER})
    async with client(product, server) as browser:
        yield browser


async def go(browser: httpx2.AsyncClient, server: Elsewhere, back: str = "/inbox") -> httpx2.Response:
    """There and back again."""
    away = await browser.get("/sign-in/with/hr", params={"back": back})
    assert away.status_code == 303, away.text
    return await browser.get("/sign-in/with/hr/back", params=server.visit(away.headers["location"]))


def refused(answer: httpx2.Response) -> list[str]:
    """What the page says of it."""
    return re.findall(r'<p class="says refused".*?</p>', answer.text)


async def test_the_page_offers_the_way_and_whoever_goes_it_is_in_where_they_wanted_to(
    web: httpx2.AsyncClient, server: Elsewhere
) -> None:
    page = await web.get("/sign-in?back=/inbox")
    assert '<a class="way" href="/sign-in/with/hr?back=/inbox">统一认证登录</a>' in page.text
    away = await web.get("/sign-in/with/hr?back=/inbox")
    assert away.headers["location"].startswith(f"{server.address}/authorize?")
    (cookie,) = away.headers.get_list("set-cookie")
    assert cookie.startswith("duban_journey=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))
    answer = await web.get("/sign-in/with/hr/back", params=server.visit(away.headers["location"]))
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    set_, dropped = answer.headers.get_list("set-cookie")
    assert set_.startswith("duban_session=")
    assert dropped.startswith('duban_journey="";')
    assert (await web.get("/inbox")).status_code == 200
    assert "统一认证（hr）" in (await web.get("/account")).text


async def test_whoever_is_not_vouched_for_reads_one_sentence_and_is_not_in(
    web: httpx2.AsyncClient, server: Elsewhere
) -> None:
    server.tell(who={"sub": "s9", "number": "nobody"})
    unknown = await go(web, server)
    assert unknown.status_code == 401
    assert "没有登录成功：对方没有认出您" in unknown.text
    server.tell(who={"sub": f"sub of {LEADER}", "number": LEADER})
    away = await web.get("/sign-in/with/hr")
    back = server.visit(away.headers["location"])
    web.cookies.clear()
    other = await web.get("/sign-in/with/hr/back", params=back)
    assert (other.status_code, refused(other)) == (401, refused(unknown))
    twice = await web.get("/sign-in/with/hr/back", params=[*back.items(), ("code", "x")])
    assert (twice.status_code, refused(twice)) == (401, refused(unknown))
    assert not web.cookies


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "/\\evil.test", "/%09/evil.test\t"])
async def test_nobody_is_led_to_another_site(web: httpx2.AsyncClient, server: Elsewhere, back: str) -> None:
    answer = await go(web, server, back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_what_is_not_there_and_the_head_alone(web: httpx2.AsyncClient, server: Elsewhere) -> None:
    assert (await web.get("/sign-in/with/another")).status_code == 404
    assert (await web.get("/sign-in/with/another/back?code=x&state=y")).status_code == 404
    away = await web.get("/sign-in/with/hr")
    back = server.visit(away.headers["location"])
    assert (await web.head("/sign-in/with/hr/back", params=back)).status_code == 405
    assert (await web.get("/sign-in/with/hr/back", params=back)).status_code == 303, "it was not used up"


async def test_a_provider_that_is_away_is_said_to_be_on_the_page(web: httpx2.AsyncClient, server: Elsewhere) -> None:
    server.tell(status=503)
    answer = await web.get("/sign-in/with/hr")
    assert answer.status_code == 503
    assert "统一认证现在没有应答" in answer.text
    assert '<form method="post" action="/sign-in">' in answer.text


async def test_who_signs_out_is_offered_to_be_out_there_too(web: httpx2.AsyncClient, server: Elsewhere) -> None:
    await go(web, server)
    out = await web.post("/sign-out", headers={"sec-fetch-site": "same-origin"})
    assert out.headers["location"] == "/sign-in?left=hr"
    assert '<a href="/sign-in/with/hr/out">同时退出统一认证</a>' in (await web.get("/sign-in?left=hr")).text
    assert "同时退出" not in (await web.get("/sign-in?left=evil")).text
    leaving = await web.get("/sign-in/with/hr/out")
    assert leaving.headers["location"].startswith(f"{server.address}/out?client_id=duban&post_logout_redirect_uri=http")


async def test_over_https_cookies_are_this_hosts_alone_and_the_answer_comes_to_the_public_origin(
    product: Started, server: Elsewhere
) -> None:
    server.tell(who={"sub": f"sub of {LEADER}", "number": LEADER})
    async with client(product, server, reached=Reached(origin=ORIGIN, here=True)) as browser:
        away = await browser.get("/sign-in/with/hr", headers={"x-forwarded-host": "evil.test"})
        assert (
            f"redirect_uri={ORIGIN.replace('://', '%3A%2F%2F')}%2Fsign-in%2Fwith%2Fhr%2Fback"
            in away.headers["location"]
        )
        (cookie,) = away.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-duban_journey=")
        assert "Secure" in cookie.split("; ")
        answer = await browser.get("/sign-in/with/hr/back", params=server.visit(away.headers["location"]))
        assert answer.headers.get_list("set-cookie")[0].startswith("__Host-duban_session=")


async def test_who_keeps_accounts_shows_a_key_before_being_in(product: Started, server: Elsewhere) -> None:
    server.tell(who={"sub": f"sub of {ADMINISTRATOR}", "number": ADMINISTRATOR})
    key = Authenticator(ORIGIN, urlsplit(ORIGIN).hostname or "")
    own = {"sec-fetch-site": "same-origin"}
    async with client(product, server, reached=Reached(origin=ORIGIN), keys=True) as browser:
        for n in range(2):
            asked = await go(browser, server, "/accounts")
            assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in/key?back=%2Faccounts")
            kept, dropped = asked.headers.get_list("set-cookie")
            assert kept.startswith("__Host-duban_half=")
            assert dropped.startswith('__Host-duban_journey="";')
            assert (await browser.get("/accounts")).headers["location"].startswith("/sign-in?"), "half is not in"
            page = await browser.get(asked.headers["location"])
            (options,) = re.findall(r'data-options="([^"]*)"', page.text)
            said = json.loads(html.unescape(options))
            wrong = await browser.post("/sign-in/key", data={"shown": "{}", "back": "/accounts"}, headers=own)
            assert wrong.status_code == 401
            assert "安全密钥不对" in wrong.text
            shown = key.show(said) if n else key.register(said)
            answer = await browser.post("/sign-in/key", data={"shown": shown, "back": "/accounts"}, headers=own)
            assert (answer.status_code, answer.headers["location"]) == (303, "/accounts"), answer.text
            assert (await browser.get("/accounts")).status_code == 200
        page = await browser.get("/account/key")
        (options,) = re.findall(r'data-options="([^"]*)"', page.text)
        second = Authenticator(ORIGIN, urlsplit(ORIGIN).hostname or "")
        data = {"shown": second.register(json.loads(html.unescape(options))), "name": "备用"}
        assert (await browser.post("/account/key", data=data, headers=own)).headers["location"] == "/account?done=key"
    async with client(product, server, reached=Reached(origin=ORIGIN), keys=True) as nobody:
        assert (await nobody.get("/sign-in/key")).headers["location"] == "/sign-in?back=%2F"
        assert (await nobody.post("/sign-in/key", data={"shown": "{}"}, headers=own)).status_code == 401


class _Asking(Entrance):
    """An entrance at which every password is right, and every person one who shows a key."""

    def sign_in(self, *args: object, **kwargs: object) -> Admitted:
        raise KeyAsked("s" * 43, datetime.now(UTC))


async def test_after_the_password_the_key_is_asked_for_and_where_one_wanted_to_is_kept(product: Started) -> None:
    own = entrance_of(product.database)
    asking = _Asking(database=own.database, hasher=own.hasher, limits=own.limits)
    app = app_of(product, entrance=asking)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
        sent = {"name": "x", "password": "y", "back": "/accounts?q=a"}
        answer = await browser.post("/sign-in", data=sent, headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/key?back=%2Faccounts%3Fq%3Da")
    assert not [one for one in answer.headers.get_list("set-cookie") if one.startswith("duban_session=")]
