"""Connections over TLS have the same bounds as others, from their first byte on: a handshake that does not come to its
end is closed, and whoever holds many open shuts nobody out."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2
import pytest
import uvloop
from fastapi import FastAPI, Request

from runtime.cli.parts.site import server
from runtime.host.bounded import Bounds
from runtime.host.secured import BoundedHttps
from tests.support.network.certificates import Authority

BIG = 8 * 1024 * 1024
SHORT = Bounds(head=0.5, body=0.4, rate=1000, stalled=0.4, per_address=6, look=0.05)
WHOLE = b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
}


class ShortHttps(BoundedHttps):
    bounds = SHORT


class PatientHttps(ShortHttps):
    """The same, which waits for a head much longer than this test does for anything."""

    bounds = replace(SHORT, head=60)


class Place:
    """A site over TLS: its port, and what a client that trusts it needs."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        certified = authority.sign("site", "127.0.0.1")
        self.serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.serving.load_cert_chain(certified.certificate, certified.key)
        self.trusting = ssl.create_default_context(cafile=str(authority.file))
        self.port = 0

    async def opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trusting)

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=f"https://127.0.0.1:{self.port}", verify=self.trusting)


@asynccontextmanager
async def serving(place: Place, kind: type[BoundedHttps] = BoundedHttps) -> AsyncIterator[Place]:
    app = FastAPI()

    @app.get("/big")
    def big() -> str:
        return "x" * BIG

    @app.api_route("/", methods=["GET", "POST"])
    async def length(request: Request) -> str:
        return f"{request.url.scheme} {len(await request.body())}"

    listening = socket.create_server(("127.0.0.1", 0))
    running = server(app, partial(kind, context=place.serving))
    task = asyncio.create_task(running.serve(sockets=[listening]))
    place.port = listening.getsockname()[1]
    try:
        yield place
    finally:
        running.should_exit = True
        await task


def in_loop(kind: str, work: Callable[[], Any]) -> None:
    """The site is served by uvloop, the tests by asyncio: both do it."""
    with asyncio.Runner(loop_factory=LOOPS[kind]) as runner:
        runner.run(work())


async def ended(reader: asyncio.StreamReader) -> float:
    begun = monotonic()
    try:
        await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        pass
    return monotonic() - begun


@pytest.mark.parametrize("loop", LOOPS)
def test_requests_of_every_size_are_answered_over_tls(tmp_path: Path, loop: str) -> None:
    async def work() -> None:
        async with serving(Place(tmp_path)) as place, place.client() as client:
            assert (await client.get("/")).json() == "https 0"
            assert len((await client.get("/big")).content) == BIG + 2
            assert (await client.post("/", content=b"y" * BIG)).json() == f"https {BIG}"

    in_loop(loop, work)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_comes_with_the_end_of_the_handshake_is_answered_and_secured(tmp_path: Path, loop: str) -> None:
    """Forty clients send their request in one go with the last of the handshake, and read nothing in the clear."""

    def ask(place: Place) -> bytes:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = place.trusting.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", place.port), timeout=10) as plain:
            while True:
                try:
                    secured.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(1 << 16))
            secured.write(WHOLE)
            plain.sendall(outgoing.read())  # both in one segment
            while True:
                try:
                    return secured.read(1 << 16)
                except ssl.SSLWantReadError:
                    came = plain.recv(1 << 16)
                    assert came, "closed without an answer"
                    assert b"HTTP/" not in came
                    incoming.write(came)

    async def work() -> None:
        async with serving(Place(tmp_path)) as place:
            answers = await asyncio.gather(*(asyncio.to_thread(ask, place) for _ in range(40)))
        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}

    in_loop(loop, work)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "said", [b"", b"\x16\x03\x01", WHOLE, b"\x00" * 5000], ids=["nothing", "begun", "http", "zero"]
)
def test_a_handshake_that_does_not_come_to_its_end_is_closed(
    tmp_path: Path, loop: str, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with serving(Place(tmp_path), ShortHttps) as place:
            reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
            writer.write(said)
            assert await ended(reader) < 5
            writer.close()
            async with place.client() as client:
                assert (await client.get("/")).status_code == 200

    with caplog.at_level(logging.WARNING):
        in_loop(loop, work)
    assert not caplog.records, "whoever knocks fills no log"


@pytest.mark.parametrize("loop", LOOPS)
def test_silent_connections_shut_nobody_out(tmp_path: Path, loop: str) -> None:
    async def work() -> None:
        async with serving(Place(tmp_path), PatientHttps) as place:
            held = [await asyncio.open_connection("127.0.0.1", place.port) for _ in range(SHORT.per_address)]
            async with place.client() as client:
                assert (await client.get("/")).status_code == 200
            assert await ended(held[0][0]) < PatientHttps.bounds.head, "it made room, long before its time"
            for _, writer in held:
                writer.close()

    in_loop(loop, work)


@pytest.mark.parametrize("loop", LOOPS)
def test_head_and_body_have_their_time_over_tls_too(tmp_path: Path, loop: str) -> None:
    async def work() -> None:
        async with serving(Place(tmp_path), ShortHttps) as place:
            for said in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 100000\r\n\r\nx"):
                reader, writer = await place.opened()
                writer.write(said)
                assert await ended(reader) < 5
                writer.close()

    in_loop(loop, work)
