"""A mail server that takes everything and keeps the Message-IDs, for the bench: no more of SMTP than that needs.

    python -m runtime.bench.mail_sink FILE

It prints its port; each letter's Message-ID becomes a line of FILE.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path


class Sink:
    """Conversations with whoever comes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="ascii")

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, until the other side leaves."""
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                await self._take(reader)
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            await writer.drain()
            if word == b"QUIT":
                break
        writer.close()

    async def _take(self, reader: StreamReader) -> None:
        id_ = ""
        while (line := await reader.readline()) not in (b".\r\n", b""):
            if not id_ and line.lower().startswith(b"message-id:"):
                id_ = line.split(b":", 1)[1].strip().decode("ascii") or (await reader.readline()).strip().decode()
        self._file.write(f"{id_}\n")


async def serve(path: Path) -> None:
    """Answers on a free port of this machine until the process ends."""
    server = await asyncio.start_server(Sink(path).talk, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
