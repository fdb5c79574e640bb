"""A site on a real port, served as ours is, and whoever comes to it from an address of their own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from runtime.cli.parts.site import server
from runtime.host.front import Front


@asynccontextmanager
async def serving(front: Front, app: FastAPI) -> AsyncIterator[int]:
    """The application behind that front; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    running = server(front.over(app), front.protocol())
    task = asyncio.create_task(running.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        running.should_exit = True
        await task


def coming_from(address: str, trusting: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client that connects from that address of this machine: it is what a proxy sees."""
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(verify=trusting, local_address=address))
