"""`duban site` as a process on the network: over TLS by its public name and by no other, from its own pages only, never
before somebody can sign in, and never half open."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from ledger.accounts import accounts
from rules.machine.commands import SYSTEM
from runtime.engine.embedded import Engine
from runtime.host.ports import free_ports
from runtime.settings import Settings, load
from runtime.store import load_shipped, open_database
from tests.support.network.certificates import Authority
from tests.support.network.proxy import proxy

DUBAN = Path(sys.executable).with_name("duban")
NAME, AWAY = "duban.qingxi.example", "127.0.0.2"
WORKER = "p0001"


@dataclass(frozen=True, kw_only=True)
class House:
    """A county's data folder; what its site is told of the engine; an authority that its people trust."""

    settings: Settings
    engine: Engine
    authority: Authority

    def environment(self, **chosen: object) -> dict[str, str]:
        told = {"data": self.settings.data, "temporal_address": self.engine.address, **chosen}
        told["temporal_namespace"] = self.engine.settings.temporal_namespace
        return {**os.environ, "PYTHONUNBUFFERED": "1"} | {f"DUBAN_{n.upper()}": str(v) for n, v in told.items()}

    @contextmanager
    def site(self, **chosen: object) -> Iterator[str]:
        """The address that the running site tells."""
        with subprocess.Popen(
            [DUBAN, "site"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(**chosen)
        ) as running:
            try:
                assert running.stdout is not None
                assert running.stderr is not None
                found = re.search(r"https?://\S+", running.stdout.readline())
                assert found, running.stderr.read()
                yield found[0]
            finally:
                running.terminate()

    def refused(self, **chosen: object) -> str:
        ended = subprocess.run(
            [DUBAN, "site"], capture_output=True, text=True, env=self.environment(**chosen), check=False, timeout=60
        )
        assert ended.returncode in (1, 2)
        assert len(ended.stderr.splitlines()) == 2, ended.stderr
        return ended.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> House:
    folder = tmp_path_factory.mktemp("house")
    settings = load(data=folder / "data")
    database = open_database(settings, migrate=True)
    load_shipped(database, settings, county=True)
    database.close()
    return House(settings=settings, engine=engine, authority=Authority(folder))


@pytest.fixture(scope="module")
def inhabited(house: House) -> House:
    database, now = open_database(house.settings), datetime.now(UTC)
    with database.write() as connection:
        accounts.open_account(connection, WORKER, "chensiyuan", SYSTEM, now)
        accounts.set_password(connection, WORKER, "$argon2id$none", "invitation", SYSTEM, now)
    database.close()
    return house


@dataclass(frozen=True, kw_only=True)
class Site:
    port: int
    context: ssl.SSLContext
    public: str

    def say(self, request: str, *, name: str = NAME) -> str:
        """Everything that is answered to those bytes over TLS."""
        plain = socket.create_connection((AWAY, self.port), timeout=20)
        with self.context.wrap_socket(plain, server_hostname=name) as secured:
            secured.sendall(request.replace("\n", "\r\n").encode())
            said = b""
            with suppress(ssl.SSLEOFError, ConnectionError):
                while more := secured.recv(1 << 16):
                    said += more
        return said.decode()

    def ask(self, *lines: str, target: str = "/api/v1/health", method: str = "GET") -> str:
        return self.say("\n".join([f"{method} {target} HTTP/1.1", *lines, "Connection: close", "", ""]))


@pytest.fixture(scope="module")
def site(inhabited: House) -> Iterator[Site]:
    signed = inhabited.authority.sign("site", NAME)
    (port,) = free_ports(1)
    public = f"https://{NAME}:{port}"
    told = {"host": AWAY, "port": port, "tls_cert": signed.certificate, "tls_key": signed.key, "public_url": public}
    with inhabited.site(**told) as address:
        assert address == public
        context = ssl.create_default_context(cafile=str(inhabited.authority.file))
        yield Site(port=port, context=context, public=public)


def test_before_anybody_can_sign_in_the_site_is_not_on_the_network(house: House) -> None:
    said = house.refused(public_url=f"https://{NAME}", proxies="127.0.0.1")
    assert "还没有一个设了密码的账号" in said
    assert "duban account first" in said


def test_what_is_half_open_or_badly_certified_does_not_start(inhabited: House) -> None:
    assert "要先有 HTTPS" in inhabited.refused(host="0.0.0.0")
    foreign = inhabited.authority.sign("foreign", "other.example")
    told = {"host": AWAY, "tls_cert": foreign.certificate, "tls_key": foreign.key, "public_url": f"https://{NAME}"}
    assert f"不是签给 {NAME} 的" in inhabited.refused(**told)


def test_a_port_that_others_were_told_is_not_exchanged_for_another(inhabited: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = inhabited.refused(public_url=f"https://{NAME}", proxies="127.0.0.1", port=port)
    assert f"端口 {port}" in said


def test_it_answers_over_https_by_its_public_name_and_tells_browsers_to_stay_there(site: Site) -> None:
    said = site.ask(f"Host: {NAME}:{site.port}")
    assert said.startswith("HTTP/1.1 200")
    head = said.lower()
    assert "strict-transport-security: max-age=31536000" in head
    assert "content-security-policy: default-src 'none'" in head


@pytest.mark.parametrize(
    ("lines", "target", "status"),
    [
        (["Host: evil.example"], "/api/v1/health", 421),
        (["Host: 127.0.0.1"], "/api/v1/health", 421),
        (["Host: localhost"], "/api/v1/health", 421),
        ([f"Host: {AWAY}"], "/api/v1/health", 421),
        ([f"Host: {NAME}.evil.example"], "/api/v1/health", 421),
        ([f"Host: {NAME}", "Host: evil.example"], "/api/v1/health", 400),
        (["Host: evil.example", f"Host: {NAME}"], "/api/v1/health", 400),
        ([], "/api/v1/health", 400),
        ([f"Host: {NAME}"], "http://evil.example/api/v1/health", 421),
        ([f"Host: {NAME}"], f"https://{NAME}/api/v1/health", 421),
        (["Host: evil.example"], f"https://{NAME}/api/v1/health", 421),
        (["Host: evil.example", f"X-Forwarded-Host: {NAME}"], "/api/v1/health", 421),
        (["Host: evil.example", f"Forwarded: host={NAME}"], "/api/v1/health", 421),
        ([f"Host: {NAME}", "X-Forwarded-Host: evil.example"], "/api/v1/health", 200),
        ([f"Host: {NAME}", "X_Forwarded_For: 192.0.2.7", "X_Host: evil.example"], "/api/v1/health", 200),
        ([f"Host: {NAME}", " folded: x"], "/api/v1/health", 421),
        ([f"Host : {NAME}"], "/api/v1/health", 400),
        ([f"Host: {NAME}", "Content-Length: 1", "Content-Length: 2"], "/api/v1/health", 400),
        ([f"Host: {NAME}", "Transfer-Encoding: xchunked"], "/api/v1/health", 400),
    ],
    ids=str,
)
def test_no_header_makes_it_another_site(site: Site, lines: list[str], target: str, status: int) -> None:
    said = site.ask(*lines, target=target)
    assert said.startswith(f"HTTP/1.1 {status} "), said


def test_only_its_own_pages_change_things(site: Site) -> None:
    own, cookie = f"Host: {NAME}:{site.port}", "Cookie: a=b"
    foreign = [
        (own, cookie, "Origin: https://evil.example"),
        (own, cookie, f"Origin: https://{NAME}"),
        (own, cookie, f"Origin: http://{NAME}:{site.port}"),
        (own, cookie, "Origin: null"),
        (own, cookie),
        (own, f"Origin: {site.public}", "Sec-Fetch-Site: cross-site"),
    ]
    for lines in foreign:
        said = site.ask(*lines, "Content-Length: 0", target="/api/v1/registers", method="POST")
        assert said.startswith("HTTP/1.1 403 "), lines
        assert "foreign_origin" in said
    said = site.ask(
        own, cookie, f"Origin: {site.public}", "Content-Length: 0", target="/api/v1/registers", method="POST"
    )
    assert "foreign_origin" not in said


def test_nothing_is_answered_in_the_clear_on_the_port_of_tls(site: Site) -> None:
    with socket.create_connection((AWAY, site.port), timeout=20) as plain:
        plain.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        with suppress(ConnectionError):
            assert b"HTTP/" not in plain.recv(1 << 16)


def test_old_versions_of_tls_are_not_spoken(site: Site) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    plain = socket.create_connection((AWAY, site.port), timeout=20)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        old.wrap_socket(plain)


def test_behind_a_proxy_of_this_machine_it_answers_by_both_names(inhabited: House) -> None:
    signed = inhabited.authority.sign("proxy", NAME)
    (port,) = free_ports(1)
    context = ssl.create_default_context(cafile=str(inhabited.authority.file))
    with inhabited.site(public_url=f"https://{NAME}", proxies="127.0.0.1", port=port) as address:
        assert address == f"https://{NAME}"
        with proxy(port, "http", signed) as outside, httpx2.Client(verify=context) as client:
            asked = {"headers": {"Host": NAME}, "extensions": {"sni_hostname": NAME}}
            answer = client.get(f"https://127.0.0.1:{outside}/api/v1/health", **asked)  # type: ignore[arg-type]
            assert answer.status_code == 200
            assert answer.headers["Strict-Transport-Security"]
            assert client.get(f"http://127.0.0.1:{port}/api/v1/health").status_code == 200
            sent = client.get(f"http://127.0.0.1:{port}/items", headers={"X-Forwarded-Proto": "http"})
            assert (sent.status_code, sent.headers["Location"]) == (308, f"https://{NAME}/items")
