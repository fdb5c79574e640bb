"""The product as a newcomer runs it: `duban up --example` in a folder of its own, and the commands beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from runtime.settings import PREFIX

READY = "督办已就绪"
DUBAN = Path(sys.executable).with_name("duban")


class _Staying(HTTPRedirectHandler):
    """Goes nowhere when it is sent on: the answer that sends is what is looked at."""

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """A running product: its folder, its site's address, and the environment in which commands find it."""

    folder: Path
    address: str
    environment: dict[str, str]

    def signed(self, person: str) -> dict[str, str]:
        """What the browser sends of somebody who has clicked on one of the invented people."""
        form = urlencode({"person": person}).encode()
        asked = Request(f"{self.address}/sign-in/demo", data=form, headers={"Origin": self.address})
        with build_opener(_Staying).open(asked, timeout=20) as answer:
            cookie: str = answer.headers["set-cookie"]
        return {"Cookie": cookie.partition(";")[0]}

    def duban(
        self, *arguments: str | Path, check: int | None = 0, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command's result, given in `folder`; its status is `check` unless that is None."""
        done = subprocess.run(
            [str(DUBAN), *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=folder,
        )
        if check is not None:
            assert done.returncode == check, (arguments, done.returncode, done.stdout, done.stderr)
        return done


def environment_of(folder: Path) -> dict[str, str]:
    """The shell's environment without settings of its own, for a product in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**kept, "DUBAN_DATA": str(folder), "DUBAN_PORT": "0"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`duban up --example`, ready, for the whole test process."""
    folder = tmp_path_factory.mktemp("site") / "data"
    environment = environment_of(folder)
    command = [str(DUBAN), "up", "--example"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said = line
            if READY in line:
                break
        assert READY in said, said
        yield Site(folder=folder, address=said.split("：")[1].split("（")[0], environment=environment)
        process.terminate()
        assert process.wait(60) == 0, process.stdout.read()
