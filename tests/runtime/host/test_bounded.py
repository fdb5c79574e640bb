"""Connections that never become a request, against the real server on a real port: they end, and shut nobody out."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic

import httpx2
import pytest
from fastapi import FastAPI, Request

from runtime.cli.parts.site import server
from runtime.engine.embedded import Engine
from runtime.host.bounded import BoundedHttp, Bounds
from runtime.settings import Settings

DUBAN = Path(sys.executable).with_name("duban")
OPEN_FILES, CROWD = 600, 900
"""A process may have so many files open; so many connections are held open."""
SHORT = Bounds(head=0.4, body=0.4, rate=1000, stalled=0.4, per_address=6, look=0.05)
BIG = 64 * 1024 * 1024
HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ShortHttp(BoundedHttp):
    bounds = SHORT


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    app = FastAPI()

    @app.get("/big")
    def big() -> str:
        return "x" * BIG

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(1)  # longer than any bound: the work of the server itself is not bounded here
        return "done"

    @app.api_route("/", methods=["GET", "POST"])
    async def length(request: Request) -> int:
        return len(await request.body())

    listening = socket.create_server(("127.0.0.1", 0))
    running = server(app, ShortHttp)
    task = asyncio.create_task(running.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        running.should_exit = True
        await task


@asynccontextmanager
async def opened(port: int, said: bytes = b"") -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ended(reader: asyncio.StreamReader) -> float:
    """Seconds until the server closed the connection without an answer."""
    begun = monotonic()
    try:
        assert await asyncio.wait_for(reader.read(), 10) == b""
    except ConnectionError:
        pass
    return monotonic() - begun


async def read_all(one: socket.socket) -> int:
    """How many bytes came until the server's end of the connection was gone."""
    came = 0
    with suppress(ConnectionError):
        while part := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(one, 1 << 20), 5):
            came += len(part)
    return came


@pytest.mark.parametrize("said", [b"", b"GET / HT", HEAD, HEAD + b"x" * 50], ids=["nothing", "head", "no body", "body"])
async def test_a_request_that_does_not_come_to_its_end_is_closed(said: bytes) -> None:
    async with serving() as port, opened(port, said) as (reader, _):
        assert await ended(reader) < 5


async def test_a_body_that_drips_is_closed_and_one_that_flows_is_read(caplog: pytest.LogCaptureFixture) -> None:
    async def drip(writer: asyncio.StreamWriter, size: int) -> None:
        for _ in range(100):
            if writer.is_closing():
                return
            writer.write(b"x" * size)
            await asyncio.sleep(0.02)

    async with serving() as port, opened(port, HEAD) as (slow, one), opened(port, HEAD) as (quick, other):
        dripping = asyncio.create_task(drip(one, 1))
        flowing = asyncio.create_task(drip(other, 1000))
        assert await ended(slow) < 5
        answer = await asyncio.wait_for(quick.readuntil(b"100000"), 10)
        assert answer.startswith(b"HTTP/1.1 200")
        await asyncio.gather(dripping, flowing)


async def test_an_answer_that_nobody_reads_is_dropped() -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        async with serving() as port:
            one.connect(("127.0.0.1", port))
            one.sendall(WHOLE.replace(b"/ ", b"/big ", 1))
            one.setblocking(False)
            await asyncio.sleep(1)
            assert await read_all(one) < BIG


async def test_a_request_whose_answer_takes_long_is_answered() -> None:
    async with serving() as port, opened(port, WHOLE.replace(b"/ ", b"/slow ", 1)) as (reader, _):
        assert (await asyncio.wait_for(reader.readuntil(b"done"), 10)).startswith(b"HTTP/1.1 200")


async def test_whoever_comes_pushes_out_the_oldest_that_has_asked_nothing() -> None:
    async with serving() as port, opened(port, WHOLE.replace(b"/ ", b"/slow ", 1)) as (asking, _):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SHORT.per_address)]
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
        assert await ended(held[0][0]) < 0.3
        assert b"done" in await asyncio.wait_for(asking.readuntil(b"done"), 10)
        for _, writer in held:
            writer.close()


@contextmanager
def site(settings: Settings, engine: Engine) -> Iterator[str]:
    """`duban site` as a process of its own that may have few files open; its address."""
    environment = {**os.environ, "DUBAN_DATA": str(settings.data), "DUBAN_TEMPORAL_ADDRESS": engine.address}
    environment |= {"DUBAN_TEMPORAL_NAMESPACE": engine.settings.temporal_namespace, "DUBAN_PORT": "0"}
    subprocess.run([DUBAN, "migrate"], env=environment, check=True, capture_output=True)
    command = ["sh", "-c", f'ulimit -n {OPEN_FILES}; exec "$0" site', str(DUBAN)]
    environment |= {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as running:
        try:
            assert running.stdout is not None
            found = re.search(r"http://\S+", running.stdout.readline())
            assert found
            yield found[0]
        finally:
            running.terminate()


@pytest.mark.soak
async def test_nobody_is_shut_out_by_more_half_open_connections_than_a_process_has_files(
    settings: Settings, engine: Engine
) -> None:
    with site(settings, engine) as address, ExitStack() as held:
        port = int(address.rpartition(":")[2])
        async with httpx2.AsyncClient(base_url=address, timeout=20) as client:
            assert (await client.get("/api/v1/health")).status_code == 200
            for n in range(CROWD):
                one = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
                one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-" if n % 2 else HEAD)
        async with httpx2.AsyncClient(base_url=address, timeout=5) as client:
            assert (await client.get("/sign-in")).status_code == 200
