"""`duban scheduler` as people and service managers use it: what is planned, running, told to stop."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

from definitions.plans import PLANS
from ledger.store import firings
from runtime.engine.embedded import Engine
from runtime.settings import Settings
from runtime.store import load_shipped, open_database
from tests.support.waiting import until

COMMAND = [sys.executable, "-m", "runtime.cli.main", "scheduler"]


def environment(settings: Settings, **more: str) -> dict[str, str]:
    return {**os.environ, "DUBAN_DATA": str(settings.data), **more}


def known(settings: Settings) -> None:
    database = open_database(settings, migrate=True)
    load_shipped(database, settings, county=False)
    database.close()


def plans(settings: Settings, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "--plans", *more]
    return subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=60, check=False)


def test_each_plan_is_shown_with_its_last_and_its_next_time(settings: Settings) -> None:
    known(settings)
    done = plans(settings, "--json")
    assert done.returncode == 0, done.stderr
    shown = {row["plan"]: row for row in json.loads(done.stdout)}
    assert list(shown) == [plan.id for plan in PLANS]
    for row in shown.values():
        assert datetime.fromisoformat(row["last"]) <= datetime.now(UTC) < datetime.fromisoformat(row["next"])
        assert row["fired"] is None
    assert "晨间汇总" in plans(settings).stdout


def test_a_database_without_a_calendar_is_refused_in_words(settings: Settings) -> None:
    open_database(settings, migrate=True).close()
    done = plans(settings)
    assert done.returncode == 1
    assert "工作日历" in done.stderr


def test_it_runs_until_it_is_told_to_stop(settings: Settings, engine: Engine) -> None:
    known(settings)
    namespace = engine.settings.temporal_namespace
    there = environment(settings, DUBAN_TEMPORAL_ADDRESS=engine.address, DUBAN_TEMPORAL_NAMESPACE=namespace)
    database = open_database(settings)

    def walks() -> bool:
        with database.read() as connection:
            return len(firings.cursors(connection)) == len(PLANS)

    with subprocess.Popen(COMMAND, env=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            asyncio.run(until("every plan is walked", walks))
            process.send_signal(signal.SIGTERM)
            said, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert "调度进程已就绪" in said
    assert errors == ""
    database.close()
