"""Real processes: a running system is backed up while callers write, restored elsewhere, and goes on there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from ledger.chain import lookup
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.process import Role
from runtime.backup import marker
from runtime.settings import Settings, load
from runtime.store import open_database
from tests.durability.parts import Parts
from tests.support import witness

ITEMS = 12
CALLERS = ("one", "two", "three")
LATE = timedelta(days=30)
READY = "督办已就绪"


def duban(data: Path, *arguments: str, check: int | None = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as somebody would give it in a shell."""
    environment = {**os.environ, "DUBAN_DATA": str(data), "DUBAN_PORT": "0", **more}
    command = [sys.executable, "-m", "runtime.cli.main", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert check is None or done.returncode == check, done.stdout + done.stderr
    return done


@contextmanager
def up(data: Path) -> Iterator[str]:
    """`duban up`, ready; what it said until then."""
    environment = {**os.environ, "DUBAN_DATA": str(data), "DUBAN_PORT": "0"}
    command = [sys.executable, "-m", "runtime.cli.main", "up"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if READY in line:
                break
        try:
            assert READY in said, said
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def stand(database: Database) -> tuple[list[str], Counter[tuple[str, str]]]:
    """The open items, and how often each person's command stands."""
    with database.read() as connection:
        numbers = [row["no"] for row in lookup.open_items(connection)]
    return numbers, Counter(
        (no, e.command)
        for no in numbers
        for e in witness.events(database, no)
        if e.actor.role is not Role.SYSTEM and e.kind != "issued"
    )


def acknowledged(parts: Parts) -> set[tuple[str, str]]:
    return {(str(a["no"]), str(a["id"])) for a in parts.answers() if "seq" in a}


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_system_backed_up_under_commands_goes_on_elsewhere_from_there(settings: Settings, tmp_path: Path) -> None:
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=LATE)
        parts.begin("server")
        parts.wait("the server answers", parts.server)
        for name in ("worker", "site", *CALLERS):
            parts.begin(name)
        parts.wait("commands go through", partial(parts.beyond, 60))
        parts.issue(2, ago=LATE)
        before, last = acknowledged(parts), parts.acknowledged()
        told = json.loads(duban(settings.data, "backup", str(tmp_path / "backup"), "--json").stdout)
        assert parts.acknowledged() > last, "callers wrote on"
        parts.wait("commands go through", partial(parts.beyond, parts.acknowledged() + 10))
        parts.issue(1, ago=LATE)
        parts.stop.touch()
        assert [parts.join(name) for name in CALLERS] == [0, 0, 0]
        assert duban(settings.data, "audit", "reconcile", check=None).stdout.count("不符") == 0
        first_numbers, _ = stand(parts.database)
    assert told["engine"] is True
    assert told["missing"] == []

    other = load(data=tmp_path / "other")
    restored = json.loads(duban(other.data, "restore", str(tmp_path / "backup"), "--json").stdout)
    assert restored["verified"]["wrong"] == []
    assert restored["verified"]["entries"] == told["ledger"]["entries"]
    database = open_database(other)
    numbers, stands = stand(database)
    assert before - set(stands) == set(), "acknowledged before the backup was begun, and not in it"
    assert [which for which, times in stands.items() if times > 1] == []
    assert len(numbers) == ITEMS + 2 < len(first_numbers)
    rang = {no: rung(database, no) for no in numbers}
    assert any(rang.values())

    with up(other.data) as said:
        assert f"{len(numbers)} 个未办结事项的流程已与留痕库对齐" in said
        assert marker.read(other.data) is None
        duban(other.data, "doctor", "--clocks")
        again = json.loads(
            duban(other.data, "do", numbers[0], "remark", "--as", "p0004", "--text", "抓紧", "--json").stdout
        )
        assert again["seq"] == len(witness.events(database, numbers[0]))
        duban(other.data, "audit", "reconcile")
        duban(other.data, "audit", "verify")
    assert all(witness.said_once(database, no) for no in numbers)
    assert {no: rung(database, no)[: len(before)] for no, before in rang.items()} == rang
    assert verify(database).wrong == ()
    database.close()


def rung(database: Database, no: str) -> list[str]:
    """What spoke by itself for the item, in order."""
    return [
        f"{e.kind} {getattr(e.fact, 'clock', '')} {getattr(e.fact, 'rung', '')} {getattr(e.fact, 'times', '')}"
        for e in witness.events(database, no)
        if e.actor.role is Role.SYSTEM
    ]
