"""Whatever is said to a person who uses a command wrongly, or asks how it is used, is said in Chinese."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperArgument, TyperOption

from runtime.cli import usage
from runtime.cli.main import make_app, run

# Names of options, of commands and files, addresses, what is typed: no sentences.
_TYPED = re.compile(
    r"--?[a-z][a-z-]*|duban(?: [a-z-]+)*|[A-Z_]{3,}[\w-]*|[\w.~/-]+\.[a-z]+|[a-z]+://\S+|（[a-z_]+）|\([a-z_]+\)"
)
_ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,]+[a-z]{2,}[ ,]+[a-z]{2,}")
_LIBRARY = re.compile(
    r"\b(?:Usage|Options?|Arguments?|Commands?|Error|Missing|Invalid|Try|Show|Aborted|default|required|"
    r"Input should|valid|does not|not one of|unexpected|requires)\b"
)


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, (*path, name))


COMMANDS = list(_commands(typer.main.get_command(make_app())))
"""Every command and group, by its path."""
LISTED = """
import sys
from runtime.cli.main import run
run(["--help"])
run(["isue"])
sys.exit("sqlalchemy" in sys.modules)
"""


def _in_chinese(text: str) -> None:
    plain = _TYPED.sub("·", text)
    assert not _ENGLISH.search(plain), text
    assert not _LIBRARY.search(plain), text
    assert re.search("[\u4e00-\u9fa5]", text), text


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))

    def what(*arguments: str) -> tuple[int, str]:
        status = run(list(arguments))
        told = capsys.readouterr()
        return status, told.out + told.err

    return what


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "duban" for path, _ in COMMANDS])
def test_help_is_in_one_language(said: Any, path: tuple[str, ...], command: Any) -> None:
    status, told = said(*path, "--help")
    assert status == 0
    _in_chinese(told)
    assert all(name in told for p in command.params if isinstance(p, TyperOption) for name in p.opts)
    assert all(name in told for name in getattr(command, "commands", {}))


def test_the_list_of_commands_is_the_same_without_importing_any(said: Any) -> None:
    """Whoever forgot what a command is called does not wait for all of them."""
    root = typer.main.get_command(make_app())
    told = usage.help_of(root, root.make_context("duban", [], resilient_parsing=True))
    assert (said("--help"), said()[1]) == ((0, told), told)
    assert subprocess.run([sys.executable, "-c", LISTED], capture_output=True, timeout=60).returncode == 0


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "duban" for path, _ in COMMANDS])
def test_wrong_usage_is_told_in_one_language(said: Any, path: tuple[str, ...], command: Any) -> None:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    options = [p for p in command.params if isinstance(p, TyperOption) and not p.is_flag]
    wrong = [[*path, "--nonsense"], [*path, "-z"]]
    wrong += [[*path, option.opts[0]] for option in options]
    wrong += [[*path, "--json=3"]] if any("--json" in p.opts for p in command.params) else []
    if any(p.required for p in (*arguments, *options)):
        wrong.append(list(path))
    if getattr(command, "commands", None):
        wrong.append([*path, "nonsense"])
    elif all(p.nargs == 1 for p in arguments):
        wrong.append([*path, *("x" for _ in arguments), "9", "9", "9"])
    needed = [word for p in options if p.required for word in (p.opts[0], "x")]
    for option in options:
        if not option.required and option.type_descriptor.annotation not in (str, list[str]):
            wrong.append([*path, *("x" for _ in arguments), *needed, option.opts[0], "nonsense!"])
    for line in wrong:
        status, told = said(*line)
        if status == 2:
            _in_chinese(told)
    assert said(*path, "--nonsense")[0] == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("item", "缺少参数<事项编号>"),
        ("do ZG2026-0001 sign", "缺少选项 --as"),
        ("items --size abc", "选项 --size 填写有误；应为整数（1 至 500）"),
        ("items --size 900", "1 至 500"),
        ("items --sise 3", "没有选项 --sise；是不是 --size？"),
        ("items --unit", "选项 --unit 后面要有值"),
        ("items x y", "多出了参数：x y"),
        ("itms", "没有命令 itms。是不是 items"),
        ("audit export register --format zip --out x --as y", "应为 xlsx、csv、jsonl、pdf"),
        ("do ZG2026-0001 sign --as p --to 31.12.2026", "应为日期，如 2026-12-31"),
    ],
)
def test_wrong_usage_says_what_was_expected_and_where_to_read_on(said: Any, line: str, says: str) -> None:
    status, told = said(*line.split())
    assert status == 2
    assert says in told
    assert "--help 查看用法" in told


@pytest.mark.parametrize(
    "setting",
    ["PORT=abc", "PORT=1.5", "PORT=99999", "TEMPORAL_RETENTION=soon", "TEMPORAL_RETENTION=PT1S", "START_TIMEOUT=0",
     "TEMPORAL_NAMESPACE=A B", "TASK_QUEUE=", "HASH=md5", "HOST=0.0.0.0", "DATABASE_URL=mysql://x", "NONSENSE=1"],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_told_in_one_language(
    said: Any, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(f"DUBAN_{name}", value)
    status, told = said("items")
    assert status == 2
    _in_chinese(told)
