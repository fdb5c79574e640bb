"""The site and the console answer the same: what `--json` prints is what the JSON route sends, keys and values."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from runtime.cli.main import run
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_


@pytest.fixture
def duban(product: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on the product's data folder; returns the JSON it prints."""
    monkeypatch.setenv("DUBAN_DATA", str(product.folder))

    async def printed(*words: str) -> Any:
        capsys.readouterr()
        status = await asyncio.to_thread(run, [*words, "--json"])
        said = capsys.readouterr()
        assert status == 0, said.err
        return json.loads(said.out)

    return printed


async def _lived(product: Started) -> tuple[str, str]:
    no, other = await product.issue("两处说法一样的事项", "两处说法一样的另一项", co_units=("u081",))
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison, text="收到两份")
    await product.give(no, "remark", LEADER, text="抓紧办理")
    await product.give(no, "correct", liaison, entry=2, text="收到三份", reason="笔误")
    await product.give(other, "annul", SUPERVISOR, reason="重复立项")
    return no, other


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"text": "两处说法一样"}, ("--text", "两处说法一样")),
        ({"unit": "县教育局", "status": "作废"}, ("--unit", "县教育局", "--status", "作废")),
        ({"unit": "u081", "late": "false", "ended": "false"}, ("--unit", "u081", "--in-time", "--open")),
        (
            {"unit_kind": "机关", "variant": "分阶段整改", "size": "1"},
            ("--unit-kind", "机关", "--variant", "分阶段整改", "--size", "1"),
        ),
    ],
)
async def test_the_register_is_the_same(
    web: httpx2.AsyncClient, product: Started, duban: Any, asked: dict[str, str], words: tuple[str, ...]
) -> None:
    await _lived(product)
    sent = (await web.get("/api/v1/items", params=asked)).json()
    assert sent["items"]
    assert await duban("items", *words) == sent


async def test_an_item_is_the_same_with_its_life_and_with_what_somebody_may_do(
    web: httpx2.AsyncClient, product: Started, duban: Any
) -> None:
    no, other = await _lived(product)
    for one in (no, other):
        sent = (await web.get(f"/api/v1/items/{one}")).json()
        assert await duban("item", one) == {**sent, "commands": (await duban("item", one))["commands"]}
        assert sent["entries"] == (await web.get(f"/api/v1/items/{one}/timeline")).json()
        assert await duban("why", one) == (await web.get(f"/api/v1/items/{one}/why")).json() == sent["why"]
    able = (await web.get(f"/api/v1/items/{no}", headers=as_(SUPERVISOR))).json()
    assert {c["command"] for c in able["commands"]} >= {"urge", "annul"}
    assert await duban("item", no, "--as", SUPERVISOR) == able
