"""Whole processes: a killed parent, a second start, a stop by signal, and the status with which commands end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from runtime.engine import record
from runtime.engine.embedded import Engine
from runtime.host.ports import free_ports
from runtime.settings import Settings

DUBAN = Path(sys.executable).with_name("duban")
ROOT = Path(__file__).parents[3]
SOON = 10.0


@contextmanager
def running_server(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """`duban server` on this data folder, from when it says that it is ready."""
    environment = {**os.environ, "DUBAN_DATA": str(settings.data), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [DUBAN, "server"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert "已就绪" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def server_of(settings: Settings) -> psutil.Process:
    """The Temporal server that belongs to the folder."""
    noted = record.read(settings.data)
    assert noted is not None
    process = noted.process()
    assert process is not None
    return process


def gone(process: psutil.Process) -> bool:
    """True once the process does no more work (a dead one may wait for an init that never reaps it)."""
    return record.ends(process, SOON)


def test_a_killed_parent_leaves_no_server_behind_and_the_folder_free(settings: Settings) -> None:
    with running_server(settings) as parent:
        orphan = server_of(settings)
        parent.kill()
        parent.wait()
        assert gone(orphan)
    with Engine.start(settings) as engine:
        assert engine.pid != orphan.pid


def test_a_server_that_outlived_its_parent_is_stopped_by_the_next_start(settings: Settings) -> None:
    with running_server(settings) as parent:
        noted = record.read(settings.data)
        assert noted is not None
        orphan = server_of(settings)
        command, folder = orphan.cmdline(), settings.data
        parent.kill()
        parent.wait()
        assert gone(orphan)
    # As on a system that does not end a child with its parent.
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as left:
        survivor = psutil.Process(left.pid)
        record.write(
            folder,
            record.Record(
                address=noted.address,
                namespace=noted.namespace,
                pid=left.pid,
                born=survivor.create_time(),
                config=noted.config,
                time_skipping=False,
                ready=True,
            ),
        )
        with Engine.start(settings) as engine:
            assert gone(survivor)
            assert engine.pid != left.pid
            assert engine.address == noted.address


# Its first thread has ended, another listens on: so a server looks whose last thread waits for the disk after a kill.
HALF_DEAD = """
import ctypes, socket, sys, threading
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
threading.Thread(target=sys.stdin.read).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_server_whose_first_thread_has_ended_is_stopped_before_its_ports_are_asked_for(settings: Settings) -> None:
    (settings.data / "run").mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", HALF_DEAD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        process = psutil.Process(server.pid)
        deadline = time.monotonic() + SOON
        while process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
        assert record.at_work(process)
        record.write(
            settings.data,
            record.Record(
                address=f"127.0.0.1:{port}",
                namespace="duban",
                pid=server.pid,
                born=process.create_time(),
                config="temporal.yaml",
                time_skipping=False,
                ready=True,
            ),
        )
        assert record.stop_leftover(settings.data)
        assert not record.at_work(process)
        assert free_ports(1, rather=(port,)) == (port,)


def test_a_second_duban_on_the_folder_ends_with_one_sentence_and_the_way_out(engine: Engine) -> None:
    environment = {**os.environ, "DUBAN_DATA": str(engine.settings.data)}
    second = subprocess.run([DUBAN, "server"], capture_output=True, text=True, env=environment, check=False)
    assert second.returncode == 1
    first_line, way_out = second.stderr.splitlines()
    assert "正被另一个 duban 使用" in first_line
    assert way_out.startswith("办法：")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_and_the_command_ends_with_zero(settings: Settings, number: signal.Signals) -> None:
    with running_server(settings) as process:
        server = server_of(settings)
        process.send_signal(number)
        said, complained = process.communicate(timeout=30)
    assert process.returncode == 0, complained
    assert "已停止" in said
    assert not server.is_running()


@pytest.mark.parametrize(
    ("environment", "status", "said"),
    [
        ({"DUBAN_PORT": "nought"}, 2, "设置 DUBAN_PORT 的值 'nought' 不能用：应为整数"),
        ({"DUBAN_HOST": "0.0.0.0"}, 2, "监听 0.0.0.0 要先有 HTTPS"),
        ({"DUBAN_DATABSE_URL": "sqlite:///x"}, 2, "不认识的设置：DUBAN_DATABSE_URL"),
        ({"DUBAN_TEMPORAL_ADDRESS": "127.0.0.1:7233"}, 2, "不会再起内嵌服务器"),
        ({"DUBAN_TEMPORAL_BINARY": "/nowhere/server"}, 1, "没有 Temporal 服务器程序"),
        ({"DUBAN_DATA": "/proc/duban"}, 1, "不能写入"),
    ],
)
def test_what_stops_the_command_is_said_in_two_lines_without_a_traceback(
    environment: dict[str, str], status: int, said: str
) -> None:
    ended = subprocess.run(
        [DUBAN, "server"], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert ended.returncode == status
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 2


def test_wrong_usage_ends_with_two() -> None:
    assert subprocess.run([DUBAN, "no-such-command"], capture_output=True, check=False).returncode == 2


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_a_short_process_that_used_the_client_ends_with_its_own_status_100_times_in_100(engine: Engine) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from runtime.connect import connect
        from runtime.host.exit import at_exit, leave
        client = asyncio.run(connect(sys.argv[1], "duban"))
        at_exit(lambda: print("last"))
        print(client.namespace)
        leave(3)
    """)

    def once(_: int) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, "-c", script, engine.address], capture_output=True, text=True, cwd=ROOT, check=False
        )
        return ended.returncode, ended.stdout + ended.stderr

    with ThreadPoolExecutor(2) as two:
        assert set(two.map(once, range(100))) == {(3, "duban\nlast\n")}


def test_what_goes_wrong_while_leaving_is_said_and_shows_in_the_status() -> None:
    script = "from runtime.host.exit import at_exit, leave\nat_exit(lambda: 1 / 0)\nat_exit(lambda: print('first'))\n"
    script += "leave(0)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 1
    assert ended.stdout == "first\n"
    assert "收尾时出错" in ended.stderr


def test_a_signal_is_heard_wherever_it_interrupts_the_wait_for_it() -> None:
    script = textwrap.dedent("""
        import signal
        from runtime.host.exit import leave, told_to_stop
        told = told_to_stop()
        with told._cond:  # as `wait` holds it for a moment, before it sleeps and after
            signal.raise_signal(signal.SIGTERM)
        leave(0 if told.wait(10) else 1)
    """)
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30, check=False).returncode == 0


def test_a_second_signal_ends_the_process_at_once() -> None:
    script = textwrap.dedent("""
        import signal
        from runtime.host.exit import told_to_stop
        told = told_to_stop()
        signal.raise_signal(signal.SIGINT)
        told.wait()
        signal.raise_signal(signal.SIGINT)
    """)
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30, check=False)
    assert ended.returncode == 128 + signal.SIGINT
