"""The administrator's page of accounts: everything that the console does to one, on the site."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest

from definitions.accounts.sign_in_file import WaysIn
from desk.accounts.accounts_shown import ShownSignIn, accounts_as_they_are
from desk.accounts.ways.coming import OtherWays
from ledger.accounts import bindings, security_keys
from rules.accounts.limits import AccessLimits
from rules.machine.commands import SYSTEM
from tests.support.product import ADMINISTRATOR, Started
from tests.support.servers.elsewhere import oidc
from tests.support.signed import app_of, as_, browsing, entrance_of, secret_of

AS = as_(ADMINISTRATOR)
PERSON = "p2003"
WAY = "oidc:hr"


@pytest.fixture
async def site(product: Started) -> AsyncIterator[httpx2.AsyncClient]:
    """The site, which one may enter by a provider too. Nobody is sent there."""
    ways = OtherWays(entrance_of(product.database), WaysIn(ways=(oidc("http://127.0.0.1:9"),)))
    async with browsing(app_of(product, ways=ways)) as client:
        yield client


def account(product: Started, person: str = PERSON) -> ShownSignIn:
    with product.database.read() as connection:
        every = accounts_as_they_are(connection, AccessLimits(), datetime.now(UTC))
    return next(one for one in every if one.person == person)


async def buttons(site: httpx2.AsyncClient, person: str = PERSON) -> set[str]:
    """What the page offers to do to that account."""
    page = (await site.get(f"/accounts?q={person}", headers=AS)).text
    return set(re.findall(rf'action="/accounts/{person}/([a-z-]+)"', page))


async def do(site: httpx2.AsyncClient, verb: str, person: str = PERSON, **form: str) -> httpx2.Response:
    return await site.post(f"/accounts/{person}/{verb}", headers=AS, data=form)


async def test_whatever_the_console_does_to_an_account_the_page_does(
    site: httpx2.AsyncClient, product: Started
) -> None:
    assert await buttons(site) == {"invite", "open"}
    assert (await do(site, "open")).status_code == 303
    assert account(product).sign_in_name == PERSON
    now = datetime.now(UTC)
    secret_of(product.database, PERSON)
    with product.database.write() as connection:
        bindings.bind(connection, WAY, "sub", PERSON, SYSTEM, now)
        security_keys.add(connection, PERSON, "蓝色的", "Y3JlZA", "a2V5", 0, replace(SYSTEM, id=PERSON), now)
    assert await buttons(site) == {"invite", "out", "off", "local-off", "unbind", "key-off"}
    page = (await site.get(f"/accounts?q={PERSON}", headers=AS)).text
    assert "移除密钥“蓝色的”" in page

    missing = await do(site, "local-off")
    assert (missing.status_code, "理由" in missing.text) == (422, True)
    assert (await do(site, "local-off", reason="改用统一认证")).headers["location"].endswith("done=local-off")
    assert not account(product).local
    assert account(product).sessions == 0, "whoever was in is out"
    assert await buttons(site) == {"off", "local-on", "unbind", "key-off"}
    await do(site, "local-on")
    await do(site, "unbind", way=WAY)
    assert (account(product).local, account(product).bound) == (True, {})
    (key,) = account(product).keys
    assert (await do(site, "key-off", key=key)).status_code == 422, "without a reason"
    await do(site, "key-off", key=key, reason="丢了")
    assert account(product).keys == {}
    unknown = await do(site, "dance")
    assert (unknown.status_code, "unbind" in unknown.text) == (404, True)


async def test_ones_own_password_and_key_are_another_administrators_matter(
    site: httpx2.AsyncClient, product: Started
) -> None:
    await site.get("/accounts", headers=AS)
    assert not await buttons(site, ADMINISTRATOR) & {"off", "local-off", "key-off"}
    for verb in ("off", "local-off", "key-off"):
        answer = await do(site, verb, ADMINISTRATOR, reason="x")
        assert (answer.status_code, "另一位管理员" in answer.text) == (409, True), verb
