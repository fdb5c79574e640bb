"""setup/gobuild.sh: a Go program is built, and how far it has come is told in packages, not in seconds alone."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.waiting import until

SCRIPT = Path(__file__).parents[2] / "setup" / "gobuild.sh"
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("go") is None, reason="needs Go, as the server's build does"),
]


class Module:
    """A module of three packages with a build cache of its own, in which not even Go's own packages are built yet."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.program = folder / "module", folder / "log", folder / "program"
        self.environment = {**os.environ, "GOCACHE": str(folder / "cache"), "TERM": "xterm"}
        self.command = [str(SCRIPT), str(self.folder), ".", str(self.program), str(self.log)]
        self.write("go.mod", "module example.org/small\n\ngo 1.24\n")
        self.write("a/a.go", "package a\n\nconst A = 1\n")
        self.write("b/b.go", 'package b\n\nimport "example.org/small/a"\n\nconst B = a.A\n')
        self.write("main.go", 'package main\n\nimport "example.org/small/b"\n\nfunc main() { println(b.B) }\n')

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def build(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command, env=self.environment, capture_output=True, text=True, check=False)

    def build_in_a_terminal(self) -> str:
        master, slave = pty.openpty()
        with subprocess.Popen(self.command, env=self.environment, stderr=slave) as process:
            os.close(slave)
            told = b""
            while chunk := _read(master):
                told += chunk
        os.close(master)
        assert process.returncode == 0
        return told.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Module:
    return Module(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="module")
def drawn(module: Module) -> str:
    """What stood on the terminal while everything was built."""
    return module.build_in_a_terminal()


def test_in_a_terminal_it_is_one_bar_of_the_packages_that_are_built_of_those_to_build(drawn: str) -> None:
    bars = re.findall(r"\[(#*)(\.*)\] 编译 (\d+)/(\d+) 个包", drawn)
    assert bars
    (total,) = {int(total) for _, _, _, total in bars}
    assert f"编译完成：{total} 个包" in drawn
    assert total > 3, "Go's own packages are to be built too"
    for full, empty, done, _ in bars:
        assert len(full) == int(done) * 30 // total
        assert len(full) + len(empty) == 30
    counts = [int(done) for _, _, done, _ in bars]
    assert counts == sorted(counts), "a bar never goes back"
    assert "\n" not in drawn.split("\x1b[K[服务器] 编译完成")[0], "drawn over itself"


def test_elsewhere_it_is_lines_on_standard_error_and_counts_only_what_is_left_to_build(
    module: Module, drawn: str
) -> None:
    module.write("a/a.go", "package a\n\nconst A = 2\n")
    done = module.build()
    assert done.returncode == 0
    assert done.stdout == ""
    assert "编译 0/3 个包（0%）" in done.stderr
    assert "编译完成：3 个包" in done.stderr
    assert "\r" not in done.stderr


def test_what_cannot_be_built_fails_and_its_reason_ends_the_log(module: Module, drawn: str) -> None:
    module.write("a/a.go", "package a\n\nconst A = missing\n")
    done = module.build()
    assert done.returncode == 1
    assert "undefined: missing" in module.log.read_text().splitlines()[-1]
    assert "编译完成" not in done.stderr


async def test_stopping_it_stops_the_compiler(tmp_path: Path) -> None:
    module = Module(tmp_path)
    command, *arguments = module.command
    process = await asyncio.create_subprocess_exec(
        command, *arguments, env=module.environment, stderr=asyncio.subprocess.DEVNULL
    )
    await until("a package is being built", lambda: module.log.exists() and "internal/" in module.log.read_text())
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 130
    assert not module.program.exists()
