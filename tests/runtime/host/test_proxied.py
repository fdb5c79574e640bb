"""Who came: a proxy that is named says so, nobody else does; and nothing is answered in the clear."""

from __future__ import annotations

import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from runtime.host.front import front_of
from runtime.host.proxied import Proxied
from runtime.settings import load
from tests.support.network.certificates import Authority
from tests.support.network.proxy import proxy
from tests.support.network.serving import coming_from, serving

ORIGIN = "https://duban.qingxi.example"
PROXY, INNER = "10.9.0.1", "10.9.0.2"


async def _seen(scope: Any, receive: Any, send: Any) -> None:
    body = f"{scope['scheme']} {scope['client'][0]}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def asked(
    peer: str, headers: dict[str, str] | list[tuple[str, str]], *, method: str = "GET", direct: bool = False
) -> httpx2.Response:
    """The answer to a request that came from that peer."""
    networks = tuple(map(ip_network, (PROXY, "10.9.0.2/32", "fd00::/64")))
    app = Proxied(app=_seen, proxies=networks, origin=ORIGIN, direct=direct)
    transport = httpx2.ASGITransport(app=app, client=(peer, 999))
    async with httpx2.AsyncClient(transport=transport, base_url="http://inside") as client:
        return await client.request(method, "/items?q=1", headers=headers)


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:5555", "192.0.2.7"),
        ("[2001:db8::7]:5555", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (f"203.0.113.9, 192.0.2.7, {INNER}", "192.0.2.7"),
        (f"{INNER}, 192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, nonsense", PROXY),
        (f"203.0.113.9, nonsense, {INNER}", INNER),
        ("nonsense, 192.0.2.7", "192.0.2.7"),
        ("", PROXY),
        ("203.0.113.9," * 2000 + "192.0.2.7", "192.0.2.7"),
    ],
)
async def test_the_client_is_whom_the_outermost_named_proxy_saw(said: str, client: str) -> None:
    answer = await asked(PROXY, {"X-Forwarded-For": said, "X-Forwarded-Proto": "https"})
    assert answer.text == f"https {client}"


async def test_said_in_several_headers_is_said_in_one() -> None:
    answer = await asked(PROXY, [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "192.0.2.7")])
    assert answer.text == "https 192.0.2.7"


async def test_without_a_word_the_client_is_the_proxy() -> None:
    assert (await asked(PROXY, {})).text == f"https {PROXY}"
    assert (await asked("::ffff:10.9.0.1", {"X-Forwarded-For": "192.0.2.7"})).text == "https 192.0.2.7"
    assert (await asked("fd00::5", {"X-Forwarded-For": "192.0.2.7"})).text == "https 192.0.2.7"


@pytest.mark.parametrize("name", ["X_Forwarded_For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP"])
async def test_no_other_header_names_the_client(name: str) -> None:
    assert (await asked(PROXY, {name: "192.0.2.7", "Forwarded": "for=192.0.2.7"})).text == f"https {PROXY}"


@pytest.mark.parametrize("peer", ["192.0.2.66", "127.0.0.1", "2001:db8::66"])
async def test_who_is_no_proxy_cannot_choose_an_address(peer: str) -> None:
    spoofed = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Forwarded": "for=192.0.2.7"}
    assert (await asked(peer, spoofed, direct=True)).text == f"http {peer}"


async def test_without_tls_of_our_own_only_proxies_and_this_machine_are_answered() -> None:
    assert (await asked("127.0.0.1", {})).status_code == 200
    for peer, headers in (("192.0.2.66", {"X-Forwarded-Proto": "https"}), (PROXY, {"X-Forwarded-Proto": "http"})):
        shown = await asked(peer, headers)
        assert (shown.status_code, shown.headers["Location"]) == (308, f"{ORIGIN}/items?q=1")
        changing = await asked(peer, headers, method="POST")
        assert (changing.status_code, "Location" in changing.headers) == (421, False)
        assert ORIGIN in changing.text


def says_who_came() -> FastAPI:
    """A site that says who came."""
    app = FastAPI()

    @app.get("/")
    def client(request: Request) -> str:
        assert request.client
        return f"{request.url.scheme} {request.client.host}"

    return app


@pytest.mark.parametrize("named", ["127.0.0.1", "10.9.0.1"])
async def test_behind_a_real_proxy_the_client_is_who_came_to_it(tmp_path: Path, named: str) -> None:
    front = front_of(load(data=tmp_path, public_url=ORIGIN, proxies=named))
    authority = Authority(tmp_path)
    certified = authority.sign("proxy", "127.0.0.2")
    context = ssl.create_default_context(cafile=str(authority.file))
    async with serving(front, says_who_came()) as port:
        with proxy(port, "http", certified) as outside:
            async with coming_from("127.0.0.2", context) as client:
                request = client.build_request(
                    "GET",
                    f"https://127.0.0.1:{outside}/",
                    headers={"X-Forwarded-For": "192.0.2.7"},
                    extensions={"sni_hostname": "127.0.0.2"},
                )
                answer = await client.send(request)
    assert answer.json() == ("https 127.0.0.2" if named == "127.0.0.1" else "http 127.0.0.1")
