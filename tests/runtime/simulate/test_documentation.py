"""docs/simulate.md: its files are read, its commands run, and what it shows is what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from definitions.catalogue import SHIPPED
from runtime.cli.main import run
from runtime.cli.simulate import simulate_command
from runtime.ending import DONE

DOCUMENT = (Path(__file__).parents[3] / "docs" / "simulate.md").read_text("utf-8")


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_example_prints_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_DATA", "none")
    (items,) = _blocks("yaml items")
    Path("items.yaml").write_text(items, "utf-8")
    (change,) = _blocks("diff changed")
    before, after = (line[1:] for line in change.splitlines())
    text = (SHIPPED / "rectification.yaml").read_text("utf-8")
    assert before in text
    Path("changed.yaml").write_text(text.replace(before, after), "utf-8")
    printed = []
    for line in _blocks("sh run"):
        program, *arguments = shlex.split(line)
        assert program == "duban"
        assert run(arguments) == DONE
        printed.append("\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()) + "\n")
    assert [printed[0]] == _blocks("text output")
    (shown,) = _blocks("text change")
    assert printed[1].endswith(shown)


def test_every_option_is_explained() -> None:
    names = [name.replace("_", "-") for name in simulate_command.__annotations__ if name != "return"]
    assert [name for name in names if f"`--{name.removeprefix('as-')}`" not in DOCUMENT] == []
