"""Writes what the examples of docs/simulate.md print: each command below the files that it needs is run.

    .venv/bin/python setup/simulation.py

Without a ledger: what comes with us is played. A test fails when the page is out of date.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "simulate.md"
CHANGED = ROOT / "definitions" / "catalogue" / "rectification.yaml"
RUNS = re.compile(
    r"```sh run\nduban (?P<command>[^\n]*)\n```(?P<between>\n[^`]*)```text (?P<part>\w+)\n(?P<text>.*?)```", re.DOTALL
)
BEGINS = {"change": "改后：", "stalled": "不办会怎样"}
ENDS = {"stalled": "谁会在何时", "family": "每人（", "year": "每单位（"}
"""Where what is shown of a command's output begins, and before what it ends; else all of it."""


def files(page: str) -> dict[str, str]:
    """The files that the page's examples are about, by name."""
    named = re.findall(r"```yaml (\w+)\n(.*?)```", page, re.DOTALL)
    (change,) = re.findall(r"```diff changed\n(.*?)```", page, re.DOTALL)
    before, after = (line[1:] for line in change.splitlines())
    text = CHANGED.read_text("utf-8")
    if before not in text:
        raise SystemExit(f"{CHANGED.name} 里没有这一行：{before}")
    return {f"{name}.yaml": said for name, said in named} | {"changed.yaml": text.replace(before, after)}


def with_examples(page: str, printed: Callable[[Sequence[str]], str]) -> str:
    """The page with what its commands print, run where its `files` are."""

    def shown(found: re.Match[str]) -> str:
        text = "\n".join(line.rstrip() for line in printed(shlex.split(found["command"])).splitlines()) + "\n"
        part = found["part"]
        begin = text.index(BEGINS[part]) if part in BEGINS else 0
        end = text.index(ENDS[part]) if part in ENDS else len(text)
        return f"```sh run\nduban {found['command']}\n```{found['between']}```text {part}\n{text[begin:end]}```"

    return RUNS.sub(shown, page)


def main() -> None:
    page = PAGE.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files(page).items():
            (Path(folder) / name).write_text(text, "utf-8")

        def printed(arguments: Sequence[str]) -> str:
            command = [sys.executable, "-m", "runtime.cli.main", *arguments]
            given = {**os.environ, "DUBAN_DATA": "none", "PYTHONPATH": str(ROOT)}
            return subprocess.run(command, cwd=folder, env=given, check=True, capture_output=True, text=True).stdout

        PAGE.write_text(with_examples(page, printed), "utf-8")


if __name__ == "__main__":
    main()
