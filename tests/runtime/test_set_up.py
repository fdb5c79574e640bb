"""Set-up on machines that lack something, and the lock file's promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
TOOLS = "bash sh env chmod dirname mkdir mktemp rm mv cp touch cat cut tail head sleep date id grep sed".split()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A copy of the set-up scripts beside `bin`, a PATH with nothing but the shell's everyday tools."""
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def program(machine: Path, name: str, script: str) -> None:
    """`name` is found in the machine's PATH and does what the shell script says."""
    path = machine / "bin" / name
    path.unlink(missing_ok=True)  # never write through a link to the real one
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def compiler(machine: Path, build: str) -> None:
    """`go` finds one package to build, and builds it (`$target` is wanted) as the script says. Its calls are noted."""
    steps = [
        f'echo "$1" >> {machine}/calls',
        'case "$1" in',
        f"""mod) printf '\t"Dir": "{machine}",\n';;""",
        "list) echo example.org/server;;",
        f'build) while [ "$1" != -o ]; do shift; done; target=$2; {build};;',
        "esac",
    ]
    program(machine, "go", "\n".join(steps))


def with_make(machine: Path) -> None:
    """`make` and the project's Makefile are there."""
    found = shutil.which("make")
    assert found
    (machine / "bin" / "make").symlink_to(found)
    shutil.copy(ROOT / "Makefile", machine)


def set_up(machine: Path, script: str) -> tuple[int, list[str], str]:
    """Exit status, the lines on standard error, and standard output of one set-up step on that machine."""
    ended = subprocess.run(
        [machine / "setup" / script],
        capture_output=True,
        text=True,
        env={"PATH": str(machine / "bin"), "HOME": str(machine)},
        check=False,
    )
    return ended.returncode, ended.stderr.splitlines(), ended.stdout


def test_no_python_is_said_in_the_first_line_with_the_way_out(machine: Path) -> None:
    program(machine, "python3", "exit 127")  # a version manager's shim without a version behind it
    status, said, _ = set_up(machine, "venv.sh")
    assert status == 1
    assert "找不到 Python 3.11" in said[0]
    assert said[1].startswith("办法：")


def test_the_first_python_that_really_runs_is_taken(machine: Path) -> None:
    program(machine, "python3.13", "exit 127")
    program(machine, "python3.11", f'exec "{sys.executable}" "$@"')
    status, _, chosen = set_up(machine, "python.sh")
    assert status == 0
    assert Path(chosen.strip()).samefile(sys.executable)


def test_dependencies_that_cannot_be_had_are_said_with_the_way_out(machine: Path) -> None:
    makes_a_venv = r"mkdir -p .venv/bin; printf '#!/bin/sh\nexit 1\n' > .venv/bin/python; chmod +x .venv/bin/python"
    program(machine, "python3", f'case "$*" in *sys.executable*) echo python3;; *"venv .venv") {makes_a_venv};; esac')
    status, said, _ = set_up(machine, "venv.sh")
    assert status == 1
    assert said[-2] == "依赖没有装全。"
    assert said[-1].startswith("办法：检查网络")
    assert not (machine / ".venv" / "ready").exists()


def test_no_go_and_no_download_is_said_with_the_way_out(machine: Path) -> None:
    status, said, _ = set_up(machine, "server.sh")
    assert status == 1
    assert "没有找到 Go" in said[0]
    assert "没有 Go，开发服务器也下载不到" in said[1]
    assert "DUBAN_TEMPORAL_ADDRESS" in said[2]


def test_no_go_takes_the_development_server_where_it_can_be_had(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    program(machine, "../.venv/bin/python", 'touch "$3"')
    assert set_up(machine, "server.sh")[0] == 0
    assert (machine / ".tools" / "temporal").exists()


def test_a_failed_build_names_its_reason_its_log_and_the_way_out(machine: Path) -> None:
    compiler(machine, "echo example.org/server >&2; echo no room >&2; echo example.org/other >&2; exit 1")
    status, said, _ = set_up(machine, "server.sh")
    assert status == 1
    assert "没有编译成功" in said[-2]
    assert "no room" in said[-2]
    assert said[-1].startswith("办法：需要 Go 1.26")
    assert (machine / ".tools" / "build.log").read_text("utf-8").endswith("no room\n")
    assert sorted(path.name for path in (machine / ".tools").iterdir()) == ["build.log"]


def test_a_build_is_put_in_place_once_and_not_repeated(machine: Path) -> None:
    compiler(machine, r"""printf '#!/bin/sh\necho temporal version 1.32.0\n' > "$target"; chmod +x "$target" """)
    assert set_up(machine, "server.sh")[0] == 0
    calls = (machine / "calls").read_text("utf-8")
    assert set_up(machine, "server.sh") == (0, [], "")
    assert (machine / "calls").read_text("utf-8") == calls


def test_no_browser_is_said_with_the_way_out(machine: Path) -> None:
    program(machine, "id", "echo 1000")
    status, said, _ = set_up(machine, "chromium.sh")
    assert status == 1
    assert "chromium" in said[0]
    assert "apt-get install" in said[1]


def test_set_up_writes_nothing_to_standard_output() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for script in (ROOT / "setup").glob("*.sh"):
        if script.name not in {"python.sh"}:  # which answers on it
            assert "exec >&2" in script.read_text("utf-8"), script.name
    assert makefile.count("python.sh") == makefile.count("setup/python.sh >/dev/null")


def test_no_python_stops_set_up_before_the_long_build_begins(machine: Path) -> None:
    """Both parts run at once, and the one that failed would else be named only after the other has ended."""
    program(machine, "python3", "exit 127")
    compiler(machine, "exit 1")
    with_make(machine)
    environment = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    ended = subprocess.run(
        ["make", "setup", "SHELL=sh"],
        cwd=machine,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ended.returncode != 0
    assert "找不到 Python 3.11" in ended.stderr.splitlines()[0]
    assert not (machine / "calls").exists()


def test_the_build_does_not_wait_for_the_dependencies_where_there_is_go(machine: Path) -> None:
    compiler(machine, "exit 1")
    with_make(machine)
    environment = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    command = ["make", "-n", "SHELL=sh", ".tools/ready"]
    with_go = subprocess.run(command, cwd=machine, capture_output=True, text=True, env=environment, check=True)
    assert ".venv/ready" not in with_go.stdout + with_go.stderr
    (machine / "bin" / "go").unlink()
    without = subprocess.run(command, cwd=machine, capture_output=True, text=True, env=environment, check=False)
    assert ".venv/ready" in without.stdout + without.stderr


def test_the_lock_names_every_version_with_hashes_and_no_address() -> None:
    assert "://" not in LOCK
    assert str(ROOT) not in LOCK
    packages = re.split(r"\n(?=\S)", LOCK.strip())
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", package), package
        assert "--hash=sha256:" in package, package


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=]", line)[0].lower().replace(".", "-") for line in wanted}
    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.M))
    assert names <= locked


def test_what_set_up_makes_is_ignored_by_git() -> None:
    made = [".venv/ready", ".tools/server", "api/static/vendor/htmx.min.js", "data/duban.db"]
    ended = subprocess.run(
        ["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, env={**os.environ}, check=False
    )
    assert ended.stdout.split() == made
