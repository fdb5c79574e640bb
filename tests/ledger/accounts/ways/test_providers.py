"""OpenID Connect with providers that others wrote: oidc-provider-mock in every run; in the long one oidc-provider, a
certified one for Node, where it can be had."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from ledger.store.database import Database
from runtime.host.ports import free_ports
from tests.ledger.accounts.ways.travelling import ORIGIN, travelling
from tests.support.servers.elsewhere import CLIENT, SECRET, came_back_with, oidc
from tests.support.waiting import until

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CLAIMS = '{"sub": "8f2c", "number": "lian", "name": "李安"}'
NODE_PROVIDER = "oidc-provider@9.13.3"


@contextmanager
def serving(command: list[str], port: int, log: Path, **more: str) -> Iterator[str]:
    """A provider in a process of its own, until the block ends."""
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent, env={**os.environ, **more})
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[str]:
    (port,) = free_ports(1)
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with serving([*command, "--user-claims", CLAIMS], port, tmp_path / "log") as address:
        yield address


@pytest.fixture
def node(tmp_path: Path) -> Iterator[str]:
    (port,) = free_ports(1)
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", NODE_PROVIDER]
    got = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if got.returncode:
        pytest.skip(f"npm has no {NODE_PROVIDER} here: {got.stderr.strip()[-300:]}")
    script = tmp_path / "serve.mjs"
    script.write_text((Path(__file__).parent / "serve.mjs").read_text())
    told = {"PORT": str(port), "CLIENT": CLIENT, "SECRET": SECRET, "CLAIMS": CLAIMS}
    told["RETURNS"] = f"{ORIGIN}/sign-in/with/hr/back"
    with serving(["node", str(script)], port, tmp_path / "log", **told) as address:
        yield address


async def _comes_in_twice(database: Database, address: str, visit: Callable[[str], dict[str, str]]) -> None:
    def answers() -> bool:
        try:
            found = httpx2.get(f"{address}/.well-known/openid-configuration", trust_env=False)
        except httpx2.HTTPError:
            return False
        return found.status_code == 200

    await until("the provider answers", answers)
    at = travelling(database, oidc(address))
    at.open("lian")
    for _ in range(2):
        left = await at.away("/items")
        arrived = await at.home(visit(left.url), left.journey.cookie)
        assert (arrived.admitted.session.person, arrived.back) == ("lian", "/items")
    ((subject, person),) = at.bound()
    assert (subject, person) == ("8f2c", "lian")


async def test_with_oidc_provider_mock(database: Database, mock: str) -> None:
    def visit(url: str) -> dict[str, str]:
        return came_back_with(httpx2.post(url, data={"sub": "8f2c"}, trust_env=False))

    await _comes_in_twice(database, mock, visit)


@pytest.mark.soak
@pytest.mark.timeout(400)
async def test_with_oidc_provider_for_node(database: Database, node: str) -> None:
    """Its claims stand in userinfo alone; it checks PKCE, the redirect URI and the client's secret itself."""
    await _comes_in_twice(database, node, _through_its_pages)


def _through_its_pages(url: str) -> dict[str, str]:
    """As somebody who signs in there and agrees, in its own forms."""
    with httpx2.Client(trust_env=False) as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.status_code in (302, 303):
                to = answer.headers["Location"]
                if to.startswith(ORIGIN):
                    return came_back_with(answer)
                answer = browser.get(answer.url.join(to))
                continue
            assert answer.status_code == 200, answer.text
            (prompt,) = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            answer = browser.post(answer.url, data={"prompt": prompt, "login": "8f2c", "password": "x"})
    raise AssertionError("it never sends anybody back")
