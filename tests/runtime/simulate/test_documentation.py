"""docs/simulate.md: its files are read, its commands run, and what it shows is what they print."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from definitions.catalogue import load_catalogue
from runtime.cli.main import run
from runtime.cli.simulate import simulate_command
from runtime.ending import DONE
from runtime.simulate.year import read_year

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "setup" / "simulation.py"))
DOCUMENT = SCRIPT["PAGE"].read_text("utf-8")


def test_the_examples_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_DATA", "none")
    for name, text in SCRIPT["files"](DOCUMENT).items():
        Path(name).write_text(text, "utf-8")
    ran = []

    def printed(arguments: Sequence[str]) -> str:
        ran.append(arguments)
        assert run(list(arguments)) == DONE
        out: str = capsys.readouterr().out
        return out

    assert SCRIPT["with_examples"](DOCUMENT, printed) == DOCUMENT, "run: .venv/bin/python setup/simulation.py"
    assert len(ran) == DOCUMENT.count("```sh run") == DOCUMENT.count("```text ") == 5


def test_the_plan_that_is_shown_can_be_read(tmp_path: Path) -> None:
    every = tuple(one for definition in load_catalogue() for one in definition.all_resolved())
    (tmp_path / "year.yaml").write_text(SCRIPT["files"](DOCUMENT)["year.yaml"], "utf-8")
    assert len(read_year(tmp_path / "year.yaml", every, ()).lines) == 4


def test_every_option_is_explained() -> None:
    names = [name.replace("_", "-") for name in simulate_command.__annotations__ if name != "return"]
    assert [name for name in names if f"`--{name.removeprefix('as-')}`" not in DOCUMENT] == []
