"""Tries to come in are counted by who came to the proxy: not by the proxy, and not by what the client says it is."""

import ssl
from pathlib import Path

from ledger.accounts.tries import TriedOn, tries_of
from runtime.host.front import front_of
from runtime.settings import load
from tests.support.network.certificates import Authority
from tests.support.network.proxy import proxy
from tests.support.network.serving import coming_from, serving
from tests.support.product import Started
from tests.support.signed import app_of

ORIGIN = "https://duban.qingxi.example"
CLIENTS = ("127.0.0.7", "127.0.0.8")
SAID = "192.0.2.7"
"""What the client says of itself."""
PROXY = "127.0.0.1"


def counted(product: Started, *addresses: str) -> tuple[int, ...]:
    """The failures that count against each."""
    with product.database.read() as connection:
        tries = [tries_of(connection, TriedOn.ADDRESS, address) for address in addresses]
    return tuple(one.count if one else 0 for one in tries)


async def test_a_wrong_password_counts_for_the_address_that_the_named_proxy_saw(
    product: Started, tmp_path: Path
) -> None:
    before = counted(product, PROXY)  # other tests come from this machine too
    front = front_of(load(data=tmp_path, public_url=ORIGIN, proxies=PROXY))
    authority = Authority(tmp_path)
    certified = authority.sign("proxy", "duban.qingxi.example")
    trusting = ssl.create_default_context(cafile=str(authority.file))
    app = app_of(product, reached=front.reached)
    async with serving(front, app) as port:
        with proxy(port, "http", certified) as outside:
            for address in (*CLIENTS, CLIENTS[0]):
                async with coming_from(address, trusting) as client:
                    request = client.build_request(
                        "POST",
                        f"https://127.0.0.1:{outside}/sign-in",
                        headers={"Host": "duban.qingxi.example", "Origin": ORIGIN, "X-Forwarded-For": SAID},
                        data={"name": "nobody", "password": "wrong"},
                        extensions={"sni_hostname": "duban.qingxi.example"},
                    )
                    answer = await client.send(request)
                    assert answer.status_code == 401, answer.text[:300]
    assert counted(product, CLIENTS[0], CLIENTS[1], SAID) == (2, 1, 0)
    assert counted(product, PROXY) == before
