"""The site on a real port, and a real Chromium looking at it: no request leaves the machine, no policy is violated."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from temporalio.client import Client

from api.entrance.cookies import PLAIN_COOKIE
from tests.support.product import SUPERVISOR, Started, started
from tests.support.signed import app_of, secret_of

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@dataclass(slots=True)
class Site:
    """A running site and where it is."""

    product: Started
    address: str


@asynccontextmanager
async def served(product: Started, **parts: Any) -> AsyncIterator[Site]:
    """The product's site, served on a free port until the block ends; `parts`: as of `app_of`."""
    app = app_of(product, **parts)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    listening = socket.create_server(("127.0.0.1", 0))  # whoever comes before the server has started waits
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield Site(product=product, address=f"http://127.0.0.1:{listening.getsockname()[1]}")
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A county with everything running, served on a free port."""
    async with started(client, tmp_path_factory.mktemp("pages")) as product, served(product) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of this folder; skipped only where none is installed (`make test` installs it)."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: run setup/chromium.sh")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture(params=["without scripts", pytest.param("with scripts", marks=pytest.mark.soak)])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey is walked twice: everything works without JavaScript."""
    return bool(request.param == "with scripts")


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, site: Site, scripts: bool) -> AsyncIterator[Page]:
    """A fresh browser window at the site, with which the supervisor is in. In the end: nothing was asked of other
    machines, no policy was violated."""
    context = await browser.new_context(
        base_url=site.address, java_script_enabled=scripts, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    window = await context.new_page()
    await act_as(context, site, SUPERVISOR)
    yield window
    await context.close()
    assert [url for url in asked if not url.startswith(site.address)] == []
    assert [text for text in said if "Content Security Policy" in text or "Error:" in text] == []


async def act_as(context: BrowserContext, site: Site, person: str, now: datetime | None = None) -> None:
    """That person is in with the window, as if they had signed in; `now`: where the site's clock is another."""
    secret = await asyncio.to_thread(secret_of, site.product.database, person, now)
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": secret, "url": site.address}])


async def faults_by_axe(page: Page) -> list[str]:
    """What of the page not everybody can see, hear or reach. The window must let in scripts of ours (`bypass_csp`)."""
    found = await Axe().run(page)
    return [f"{v['id']}: {node['html'][:120]}" for v in found.response["violations"] for node in v["nodes"]]


async def too_wide(page: Page) -> int:
    """By so many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") or 0)
