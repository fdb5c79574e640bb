"""Free ports on this machine, and the site's own port with a word about it when another program has it."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from runtime.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A socket that is ours already, so nobody can take the port before the site serves it."""

    socket: socket.socket
    port: int
    note: str


def free_ports(count: int, *, rather: tuple[int, ...] = ()) -> tuple[int, ...]:
    """`count` different loopback ports that nothing uses at this moment; those of `rather` when all are free."""
    if len(rather) == count and _all_free(rather):
        return rather
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(one.getsockname()[1] for one in sockets)


def _all_free(ports: tuple[int, ...]) -> bool:
    with ExitStack() as held:
        try:
            for port in ports:
                one = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                # Connections of the last run that are still winding down do not count, as they will not for the server.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind(("127.0.0.1", port))
                one.listen()
        except (OSError, OverflowError):
            return False
        return True


def listen(host: str, port: int) -> Listening:
    """A listening socket on `port`, or on a free one when another program has that (left alone; `note` says so)."""
    note = ""
    try:
        ours = _bound(host, port)
    except OSError:
        try:
            ours = _bound(host, 0)
        except OSError as failure:
            raise Problem(f"不能监听 {host}（{failure.strerror}）。", "检查 DUBAN_HOST。") from failure
        note = f"端口 {port} 被别的程序占用，改用 {ours.getsockname()[1]}（要固定端口，设 DUBAN_PORT）。"
    return Listening(socket=ours, port=ours.getsockname()[1], note=note)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ours = socket.socket(family, socket.SOCK_STREAM)
    try:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind((host, port))
        ours.listen(2048)
    except OSError:
        ours.close()
        raise
    return ours
