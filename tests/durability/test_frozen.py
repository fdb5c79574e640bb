"""A frozen worker, as on a host that swaps or is suspended: it is named, and the same click is carried out afterwards.

What was asked while it stood still may be lost: Temporal forgets an update that a worker has taken along and whose
task timed out before it was accepted. So the answer says that the outcome is unknown and to repeat the click.
"""

import json
import os
import signal
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from ledger.chain import lookup
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support import witness
from tests.support.product import LEADER

UNNOTICED = timedelta(seconds=100)
"""So long at most a frozen worker's last question is taken for a live one's (runtime/readiness.py)."""


class Web:
    """The site of these parts."""

    def __init__(self, parts: Parts) -> None:
        self._address = json.loads((parts.folder / "run" / "site.json").read_text())["address"]

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = httpx2.get(f"{self._address}/api/v1/ready", timeout=20, trust_env=False)
        return answer.status_code, answer.json()

    def remark(self, no: str) -> httpx2.Response:
        return httpx2.post(
            f"{self._address}/api/v1/items/{no}/commands/remark",
            json={"person": LEADER, "text": "请抓紧"},
            headers={"Idempotency-Key": "frozen-1"},
            timeout=60,
            trust_env=False,
        )


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_frozen_worker_is_named_and_the_same_click_is_done_once_when_it_thaws(settings: Settings) -> None:
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
            assert (answer.status_code, answer.json()["code"]) == (503, "worker_silent"), answer.text
            assert "操作结果未知" in answer.json()["detail"]
            assert "用同一操作编号重试" in answer.json()["detail"]
            assert "duban worker" in answer.json()["detail"]
            parts.wait("it is noticed", lambda: not web.ready()[1]["worker"], within=UNNOTICED.total_seconds())
            status, told = web.ready()
            assert (status, told["ledger"], told["engine"], told["worker"]) == (503, True, True, False)
            assert "duban worker" in told["said"]["worker"]
        finally:
            os.kill(parts.process("worker"), signal.SIGCONT)
        parts.wait("it is ready again", lambda: web.ready()[0] == httpx2.codes.OK)
        parts.wait("the same click is carried out", lambda: web.remark(no).status_code == httpx2.codes.OK)
        assert web.remark(no).status_code == httpx2.codes.OK, "once more"
        assert witness.kinds(parts.database, no).count("remarked") == 1
