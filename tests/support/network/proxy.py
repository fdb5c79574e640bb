"""A proxy as a process of its own: ends TLS, says over HTTP who came, as nginx does; or passes every byte on.

    python -m tests.support.network.proxy TARGET_PORT {http,bytes} [CERTIFICATE KEY]

It prints its port. With `http` it adds to X-Forwarded-For whom it saw, sets X-Forwarded-Proto, and leaves all else.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.network.certificates import Certified


@contextmanager
def proxy(target: int, kind: str, certified: Certified | None = None) -> Iterator[int]:
    """The port of a running proxy before the port `target` of this machine."""
    command = [sys.executable, "-m", "tests.support.network.proxy", str(target), kind]
    command += [str(certified.certificate), str(certified.key)] if certified else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield int(running.stdout.readline())
        finally:
            running.kill()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


def _told(head: bytes, peer: str, scheme: str) -> bytes:
    """The head with what this proxy saw."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    known = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"x-forwarded-for:")]
    ours = (b"x-forwarded-for:", b"x-forwarded-proto:", b"connection:")
    kept = [line for line in lines if not line.lower().startswith(ours)]
    seen = b", ".join([*known, peer.encode()])
    added = [b"X-Forwarded-For: " + seen, b"X-Forwarded-Proto: " + scheme.encode(), b"Connection: close"]
    return b"\r\n".join([first, *kept, *added]) + b"\r\n\r\n"


async def _main(target: int, kind: str, *files: str) -> None:
    context = None
    if files:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*files)
        context.set_alpn_protocols(["h2"] if kind == "bytes" else ["http/1.1"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", target)
            if kind == "http":
                peer = writer.get_extra_info("peername")[0]
                head = await reader.readuntil(b"\r\n\r\n")
                there_writer.write(_told(head, peer, "https" if files else "http"))
            await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), *sys.argv[2:]))
