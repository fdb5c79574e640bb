"""Free ports on this machine, and the site's own port with a word about it when another program has it."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import sample

from runtime.ending import Problem

LOWEST = 16_384
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
USUAL_OUTGOING = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A socket that is ours already, so nobody can take the port before the site serves it."""

    socket: socket.socket
    port: int
    note: str


def free_ports(count: int, *, rather: tuple[int, ...] = ()) -> tuple[int, ...]:
    """`count` different loopback ports that nothing uses at this moment; those of `rather` when all are free.

    They lie below those that the system gives to outgoing connections, of which any could have taken one of ours by
    the next start; only where nothing is free there, among them.
    """
    if len(rather) == count and _all_free(rather):
        return rather
    found: list[int] = []
    with ExitStack() as held:
        first = _first_outgoing()
        below = sample(range(LOWEST, first), first - LOWEST) if first > LOWEST else []
        for port in (*below, *[0] * count):
            if len(found) == count:
                break
            one = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(one.getsockname()[1])
    return tuple(found)


def _first_outgoing() -> int:
    """The first port that the system may give to an outgoing connection."""
    try:
        return int(OUTGOING.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_OUTGOING


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


def listen(host: str, port: int, *, elsewhere: bool = True) -> Listening:
    """A listening socket on `port`, or on a free one when another program has that (left alone; `note` says so). Not
    `elsewhere` where others were told the port: a Problem then."""
    note = ""
    try:
        ours = _bound(host, port)
    except OSError as taken:
        if not elsewhere:
            raise Problem(
                f"不能监听 {host} 的端口 {port}（{taken.strerror}）。",
                "停下占用它的程序，或改 DUBAN_HOST、DUBAN_PORT；1024 以下的端口要有权限（docs/deploy.md）。",
            ) from taken
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
