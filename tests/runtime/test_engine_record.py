"""What a running engine leaves as its record is trusted only while that very process lives."""

from __future__ import annotations

import psutil
import pytest

from runtime.connect import NotRunning
from runtime.ending import Problem
from runtime.engine import record
from runtime.engine.embedded import Engine
from runtime.settings import Settings


def test_a_second_start_in_the_same_folder_is_refused(engine: Engine) -> None:
    with pytest.raises(Problem, match=r"正被另一个 duban 使用（进程 \d+）"):
        Engine.start(engine.settings)
    assert record.find(engine.settings) == engine.address


def test_a_record_left_by_a_process_that_is_gone_or_another_one_now_is_ignored(settings: Settings) -> None:
    folder = settings.data
    (folder / "run").mkdir(parents=True)
    own = psutil.Process()
    for pid, born in [(own.pid, own.create_time() - 100), (2**22 + 1, 0.0)]:
        record.write(
            folder,
            record.Record(
                address="127.0.0.1:1",
                namespace="duban",
                pid=pid,
                born=born,
                config="temporal.yaml",
                time_skipping=False,
                ready=True,
            ),
        )
        with pytest.raises(NotRunning, match="没有在运行"):
            record.find(settings)
        assert not record.stop_leftover(folder)
    assert own.is_running()


def test_a_record_of_another_program_never_stops_that_program(settings: Settings) -> None:
    (settings.data / "run").mkdir(parents=True)
    own = psutil.Process()
    record.write(
        settings.data,
        record.Record(
            address="127.0.0.1:1",
            namespace="duban",
            pid=own.pid,
            born=own.create_time(),
            config=str(settings.data / "run" / "temporal.yaml"),
            time_skipping=False,
            ready=True,
        ),
    )
    assert not record.stop_leftover(settings.data)


def test_an_unreadable_record_counts_as_none(settings: Settings) -> None:
    (settings.data / "run").mkdir(parents=True)
    record.path(settings.data).write_text("{", "utf-8")
    with pytest.raises(NotRunning):
        record.find(settings)
