"""What ended units had open, as the console, `duban doctor` and the list of units tell of it until it is handed on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

from desk.units.unit_shown import show_units
from runtime.cli.main import run
from runtime.ending import REFUSED
from runtime.engine.embedded import Engine
from tests.support import witness
from tests.support.product import SUPERVISOR, started
from tests.support.shipped import COUNTY

GONE = ("u031", "u032")
DOCUMENT = "县编〔2026〕12号"


async def test_a_directory_without_two_units_ends_them_and_hands_on_what_they_had_open(
    client: Client, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One load says and does it; what nobody is in the place of stays in sight until somebody says to whom it goes."""
    fewer = tmp_path / "county.yaml"
    lines = COUNTY.read_text().splitlines(keepends=True)
    fewer.write_text("".join(line for line in lines if not line.startswith(tuple(f"  {unit}:" for unit in GONE))))

    async def told(*arguments: str) -> tuple[int, str]:
        status = await asyncio.to_thread(run, list(arguments))
        said = capsys.readouterr()
        return status, said.out + said.err

    async with started(client, tmp_path / "data") as product:
        for name, value in {
            "DATA": str(product.folder),
            "TEMPORAL_ADDRESS": engine.address,
            "TEMPORAL_NAMESPACE": engine.settings.temporal_namespace,
            "TASK_QUEUE": product.task_queue,
        }.items():
            monkeypatch.setenv(f"DUBAN_{name}", value)
        numbers = [(await product.issue("还在办的事", unit=unit))[0] for unit in GONE]
        load = ("load", str(fewer), "--end-missing", "--document", DOCUMENT, "--hand-on", "--as", SUPERVISOR)
        status, said = await told(*load)
        assert (status, said.count("没有接续的单位，写明 --to")) == (REFUSED, len(GONE)), said
        assert DOCUMENT in said
        _, checked = await told("doctor")
        assert (
            "异常  单位变动：青溪县慈善总会、青溪县志愿服务联合会已经撤销或合并，还有 2 个未办结事项没有移交" in checked
        )
        with product.database.read() as connection:
            assert [(one.unit, one.left) for one in show_units(connection)[:3]] == [
                *((g, 1) for g in GONE),
                ("u001", 0),
            ]
        status, said = await told("directory", "hand-on", "--as", SUPERVISOR, "--to", "县总工会")
        assert (status, said.count("改派 u014")) == (0, len(GONE)), said
        assert [witness.state(product.database, no).unit.id for no in numbers] == ["u014", "u014"]
        _, checked = await told("doctor")
        assert "正常  单位变动" in checked
        assert witness.wrong(product.database) == []
