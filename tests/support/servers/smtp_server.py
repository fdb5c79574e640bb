"""A real mail server in a process of its own, which can be told to misbehave.

    python -m tests.support.servers.smtp_server FOLDER [PORT]

It prints its port. Each letter that it takes is a file in FOLDER/taken. FOLDER/mode says how it behaves, by lines:

    slow SECONDS            each letter takes that long
    refuse ADDRESS          that recipient does not exist (550)
    greylist                each recipient is put off once (451)
    password WORD           only the user `duban` with that password may send
    sender                  no sender is welcome (553)
    hang up                 closes the connection instead of taking a letter
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    """What the server does with a letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._put_off: set[str] = set()
        self._numbers = count(1)

    def told(self, word: str) -> str | None:
        """What the mode says after that word; None when it does not say the word."""
        for line in (self._folder / "mode").read_text().splitlines():
            if line == word or line.startswith(f"{word} "):
                return line[len(word) :].strip()
        return None

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.told("password") is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.told("sender") is not None:
            return "553 5.7.1 Sender not welcome"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.told("refuse") == address:
            return "550 5.1.1 No such user"
        if self.told("greylist") is not None and address not in self._put_off:
            self._put_off.add(address)
            return "451 4.7.1 Greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.told("hang up") is not None:
            server.transport.abort()
            return "421 4.3.0 Bye"
        await asyncio.sleep(float(self.told("slow") or 0))
        name = self._folder / "taken" / f"{next(self._numbers):06d}-{envelope.rcpt_tos[0]}"
        name.with_suffix(".part").write_bytes(envelope.content)
        name.with_suffix(".part").rename(name)
        return "250 OK taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = LoginPassword(b"duban", (self.told("password") or "").encode())
        return AuthResult(success=data == right, handled=False)


async def serve(folder: Path, port: int) -> None:
    handler = Handler(folder)
    (folder / "taken").mkdir(exist_ok=True)
    begin = len(list((folder / "taken").iterdir()))
    handler._numbers = count(begin + 1)
    listening = socket.create_server(("127.0.0.1", port))

    def make() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            authenticator=handler.authenticate,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(make, sock=listening)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    await server.serve_forever()


def _end_with_parent() -> None:
    """The process ends when whoever started it is gone."""
    sys.stdin.read()
    os._exit(0)


@dataclass(slots=True)
class MailServer:
    """The server as a test sees it."""

    folder: Path
    port: int
    process: Popen[str]

    def behave(self, *lines: str) -> None:
        """From now on it does this, and nothing else."""
        (self.folder / "mode").write_text("\n".join(lines))

    def taken(self) -> list[EmailMessage]:
        """Every letter that it took, in order, copies included."""
        files = sorted(f for f in (self.folder / "taken").iterdir() if f.suffix != ".part")
        found = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [letter for letter in found if isinstance(letter, EmailMessage)]

    def count(self) -> int:
        """How many letters it took."""
        return sum(f.suffix != ".part" for f in (self.folder / "taken").iterdir())

    def kill(self) -> None:
        """It is gone, without a word."""
        self.process.kill()
        self.process.communicate()

    def start_again(self) -> None:
        """It answers at the same port."""
        self.process, self.port = _start(self.folder, self.port)


def _start(folder: Path, port: int) -> tuple[Popen[str], int]:
    command = [sys.executable, "-m", "tests.support.servers.smtp_server", str(folder), str(port)]
    process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdout
    return process, int(process.stdout.readline())


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    """A running mail server that takes everything, until the block ends."""
    (folder / "taken").mkdir(parents=True)
    (folder / "mode").write_text("")
    process, port = _start(folder, 0)
    server = MailServer(folder=folder, port=port, process=process)
    try:
        yield server
    finally:
        server.kill()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
