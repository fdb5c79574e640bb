"""A frozen worker, as on a host that swaps or is suspended: it is named, and what people click is done without it.

The gateway waits a little, then decides at the ledger; when the worker thaws, the workflow is told.
"""

import json
import os
import signal
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from ledger.chain import lookup
from ledger.chain.past import nudges
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support import witness
from tests.support.product import LEADER
from tests.support.signed import cookie_of

UNNOTICED = timedelta(seconds=100)
"""So long at most a frozen worker's last question is taken for a live one's (runtime/readiness.py)."""


class Web:
    """The site of these parts."""

    def __init__(self, parts: Parts) -> None:
        self._address = json.loads((parts.folder / "run" / "site.json").read_text())["address"]
        self._signed = {"Cookie": cookie_of(parts.database, LEADER), "Sec-Fetch-Site": "same-origin"}

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = httpx2.get(f"{self._address}/api/v1/ready", timeout=20, trust_env=False)
        return answer.status_code, answer.json()

    def remark(self, no: str) -> httpx2.Response:
        return httpx2.post(
            f"{self._address}/api/v1/items/{no}/commands/remark",
            json={"text": "请抓紧"},
            headers={"Idempotency-Key": "frozen-1", **self._signed},
            timeout=60,
            trust_env=False,
        )


def _untold(parts: Parts) -> int:
    with parts.database.read() as connection:
        return nudges.waits(connection).items


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_frozen_worker_is_named_and_a_click_is_done_once_without_it(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.issue(1, ago=timedelta(hours=1))
        with parts.database.read() as connection:
            (no,) = [row["no"] for row in lookup.open_items(connection)]
        for name in ("server", "worker", "site"):
            parts.begin(name)
            if name == "server":
                parts.wait("the server answers", parts.server)
        parts.wait("the site is up", (parts.folder / "run" / "site.json").exists)
        web = Web(parts)
        parts.wait("everything is ready", lambda: web.ready()[0] == httpx2.codes.OK)
        os.kill(parts.process("worker"), signal.SIGSTOP)
        try:
            answer = web.remark(no)
            assert answer.status_code == httpx2.codes.OK, f"decided at the ledger: {answer.text}"
            assert witness.kinds(parts.database, no).count("remarked") == 1
            parts.wait("it is noticed", lambda: not web.ready()[1]["worker"], within=UNNOTICED.total_seconds())
            status, told = web.ready()
            assert (status, told["ledger"], told["engine"], told["worker"]) == (503, True, True, False)
            assert "duban worker" in told["said"]["worker"]
        finally:
            os.kill(parts.process("worker"), signal.SIGCONT)
        parts.wait("it is ready again", lambda: web.ready()[0] == httpx2.codes.OK)
        assert web.remark(no).status_code == httpx2.codes.OK, "once more"
        parts.wait("its workflow has been told", lambda: _untold(parts) == 0)
        assert witness.kinds(parts.database, no).count("remarked") == 1
