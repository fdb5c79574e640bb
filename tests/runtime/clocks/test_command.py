"""`duban doctor --clocks`: its status, its words, its JSON, and what it leaves for the page to tell of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from runtime.cli.main import run
from runtime.clocks import record
from runtime.ending import DONE, REFUSED
from runtime.engine.embedded import Engine
from runtime.settings import Settings, load
from tests.support.product import Started, started


@pytest_asyncio.fixture(loop_scope="session")
async def product(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    async with started(client, tmp_path) as running:
        yield running


@pytest.fixture
def found(product: Started, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings under which `duban` finds the product; as the shell would give them."""
    monkeypatch.setenv("DUBAN_DATA", str(product.folder))
    monkeypatch.setenv("DUBAN_TEMPORAL_ADDRESS", engine.address)
    monkeypatch.setenv("DUBAN_TEMPORAL_NAMESPACE", engine.settings.temporal_namespace)
    return load()


async def test_a_healthy_county_ends_with_0_and_says_so(product: Started, found: Settings, capsys: Any) -> None:
    await product.issue("一", "二")
    assert await asyncio.to_thread(run, ["doctor", "--clocks"]) == DONE
    assert "未办结 2 项：2 项时钟正常，0 项异常。" in capsys.readouterr().out
    compared = record.read(found)
    assert compared is not None
    assert (compared.items, compared.wrong_items, compared.wrong) == (2, 0, ())


async def test_a_wrong_clock_ends_with_1_and_names_the_way_out(product: Started, found: Settings, capsys: Any) -> None:
    kept, lost = await product.issue("一", "二")
    await product.client.get_workflow_handle(lost).terminate()
    assert await asyncio.to_thread(run, ["doctor", "--clocks", "--json"]) == REFUSED
    told = json.loads(capsys.readouterr().out)
    assert {one["no"]: one["good"] for one in told["items"]} == {kept: True, lost: False}
    assert told["wrong"] == 1
    assert await asyncio.to_thread(run, ["doctor", "--clocks"]) == REFUSED
    assert "运行 duban recover" in capsys.readouterr().out
    compared = record.read(found)
    assert compared is not None
    assert [one.no for one in compared.wrong] == [lost]
    assert await asyncio.to_thread(run, ["recover"]) == DONE
    assert await asyncio.to_thread(run, ["doctor", "--clocks"]) == DONE


def test_a_record_that_cannot_be_read_is_none(settings: Settings) -> None:
    assert record.read(settings) is None
    (settings.data / "run").mkdir(parents=True)
    (settings.data / "run" / "clocks.json").write_text("{", "utf-8")
    assert record.read(settings) is None


def test_without_an_engine_it_says_so(
    product: Started, found: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("DUBAN_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert run(["doctor", "--clocks"]) == REFUSED
    assert "没有 Temporal 服务器应答" in capsys.readouterr().err
