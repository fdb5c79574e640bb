"""What the console shows while a register is issued: a bar for each part of the work."""

from pathlib import Path

import pytest
from temporalio.client import Client

from desk.caller import at_console
from runtime.cli.importing import _issued
from tests.support.product import SUPERVISOR, drafted, started

MANY = 200


async def test_each_part_of_issuing_has_its_bar(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal, and on one that can move its cursor
    monkeypatch.setenv("TERM", "xterm")
    async with started(client, tmp_path) as product:
        drafted(product, MANY, "two-bars")
        done = await _issued(product.intake, "two-bars", at_console(SUPERVISOR))
    assert (done.issued, done.started) == (MANY, MANY)
    shown = capsys.readouterr().err
    assert "写入交办记录" in shown
    assert "启动办理流程" in shown
    assert f"/{MANY}" in shown
