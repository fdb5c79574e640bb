"""`duban audit check` from outside: what it says, how it ends, and that it needs nothing but the file and the key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.proof.statements import fingerprint
from ledger.store.hashing import SHA256
from runtime.cli.main import run
from tests.support import bundle_world as world

KEY = world.FIRST.public.hex()
FINGERPRINT = fingerprint(SHA256.hexdigest(world.contents().seal.body.encode()))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "证明包.zip"
    path.write_bytes(world.packed())
    return path


def test_a_bundle_that_holds_is_told_with_what_is_to_be_compared(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", "check", str(bundle), "--key", KEY]) == 0
    told = capsys.readouterr().out
    assert told.startswith("核对通过：ZG2026-0001，3 条记录，自交办起逐条相接，全部在封存点之内，未被改动。\n")
    assert f"封存点 #7：全库 12 条记录，2026-11-22 12:21:10 封存，指纹 {FINGERPRINT}" in told
    assert "分开存放的姓名 2 个，其中 1 个已依规删除或没有附上；其余与记录里的哈希相符" in told
    assert "会议记录.PDF，内容与编号相符" in told
    assert "只按 16 位" not in told
    assert run(["audit", "check", str(bundle), "--key", world.FIRST.id]) == 0
    assert "只按 16 位密钥编号核对" in capsys.readouterr().out


def test_a_bundle_that_does_not_hold_ends_with_1_and_one_sentence(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle.write_bytes(bundle.read_bytes() + b"x")
    assert run(["audit", "check", str(bundle), "--key", KEY]) == 1
    told = capsys.readouterr()
    assert (told.out[:5], told.out.count("\n"), told.err) == ("核对不符：", 1, "")
    assert run(["audit", "check", str(bundle), "--key", KEY, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["holds"] is False


def test_it_answers_programs_in_json(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "check", str(bundle), "--key", KEY, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["item"], found["entries"]) == (True, world.ITEM, 3)
    assert (found["checkpoint"]["number"], found["checkpoint"]["fingerprint"]) == (7, FINGERPRINT)
    assert [one["absent"] for one in found["evidence"]] == [None, None]


def test_a_key_that_is_none_is_wrong_usage(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "check", str(bundle), "--key", "nonsense"]) == 2
    assert "看不懂 --key" in capsys.readouterr().err
    assert run(["audit", "check", str(bundle)]) == 2


def test_a_name_that_steers_the_terminal_is_not_printed_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    what = world.contents()
    first, second = what.evidence
    (tmp_path / "odd.zip").write_bytes(
        world.packed(replace(what, evidence=(replace(first, name="\x1b[2Jgone\n核对通过"), second)))
    )
    assert run(["audit", "check", str(tmp_path / "odd.zip"), "--key", KEY]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "�[2Jgone�核对通过" in told


SCRIPT = """
import socket, sys
def refuse(*what):
    raise AssertionError(f"the network: {what}")
socket.socket.connect = refuse
from ledger.store.hashing import SHA256
from ledger.proof.statements import fingerprint
from runtime.cli.main import run
status = run(["audit", "check", sys.argv[1], "--key", sys.argv[2]])
heavy = {name.split(".")[0] for name in sys.modules} & {"sqlalchemy", "sqlmodel", "temporalio", "fastapi", "alembic"}
sys.stderr.write(f"{status} {sorted(heavy)} {'runtime.settings' in sys.modules}")
"""


def test_it_imports_no_database_no_engine_no_web_and_no_settings(bundle: Path, tmp_path: Path) -> None:
    """Run where nothing can be written and the environment says nothing."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, bundle, KEY],
        capture_output=True,
        timeout=60,
        cwd=tmp_path,
        env={
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "DUBAN_DATABASE_URL": "nonsense",
            "PYTHONIOENCODING": "utf8",
        },
    )
    assert done.stderr.decode() == "0 [] False"
    assert [path.name for path in tmp_path.iterdir()] == ["证明包.zip"]
