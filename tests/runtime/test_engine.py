"""The embedded server as its owner sees it: starts, answers, stops, and says clearly why it cannot."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from runtime.connect import NotRunning, connect
from runtime.ending import Problem
from runtime.engine import record, visibility
from runtime.engine.config import HTTP_HOSTS, PORTS, ServerFiles, development_arguments
from runtime.engine.embedded import Engine
from runtime.engine.prepare import SEARCH_ATTRIBUTES, attribute_columns, prepare
from runtime.engine.visibility import LOOKED_INTO, drop_unused_indexes
from runtime.host.folder import FolderLock
from runtime.reach import reach
from runtime.settings import Settings, load

UNIT = SearchAttributeKey.for_keyword("DubanUnit")
LAMP = SearchAttributeKey.for_keyword("DubanLamp")


@workflow.defn(name="nap", sandboxed=False)
class NapWorkflow:
    """Sleeps for as long as it is told and says for how long it believes to have slept."""

    @workflow.run
    async def run(self, seconds: int) -> float:
        began = workflow.now()
        await workflow.sleep(seconds)
        return (workflow.now() - began).total_seconds()


async def test_a_workflow_runs_and_is_found_by_its_attributes(client: Client, task_queue: str) -> None:
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(UNIT, task_queue),
            SearchAttributePair(LAMP, "red"),
        ]
    )
    async with Worker(client, task_queue=task_queue, workflows=[NapWorkflow]):
        slept = await client.execute_workflow(
            NapWorkflow.run, 0, id=task_queue, task_queue=task_queue, search_attributes=attributes
        )
    query = f"DubanUnit = '{task_queue}' and DubanLamp = 'red'"
    found = [one.id async for one in client.list_workflows(query)]
    assert slept < 5
    assert found == [task_queue]


async def test_a_month_passes_in_seconds_where_time_may_be_skipped(skipper: TimeSkipper, task_queue: str) -> None:
    month = timedelta(days=30)
    async with Worker(skipper.client, task_queue=task_queue, workflows=[NapWorkflow]):
        nap = await skipper.client.start_workflow(
            NapWorkflow.run, int(month.total_seconds()), id=task_queue, task_queue=task_queue
        )
        await skipper.fast_forward(nap, month)
        assert await nap.result() >= month.total_seconds()


def test_nothing_of_the_running_server_answers_a_page_that_posts_an_update(engine: Engine) -> None:
    body = b'{"request": {"input": {"name": "command"}}}'
    post = (
        b"POST /namespaces/duban/workflows/ZG2026-0001/update/command HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Origin: http://elsewhere.example\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    connections = psutil.Process(engine.pid).net_connections()
    listening = {one.laddr for one in connections if one.status == psutil.CONN_LISTEN}
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == set(engine.files.ports), "frontend, its services, no more"
    for address in listening:
        for request in (post + body, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"):
            assert b"HTTP/" not in _answer(address, request), f"{address} speaks HTTP"


def _answer(address: tuple[str, int], request: bytes) -> bytes:
    """Everything that is said back until the other side closes."""
    said = b""
    with closing(socket.create_connection(address, timeout=20)) as caller:
        try:
            caller.sendall(request)
            with suppress(OSError):  # closed already
                caller.shutdown(socket.SHUT_WR)
            while more := caller.recv(4096):
                said += more
        except ConnectionError:  # closed in the middle of it: no answer either
            return said
    return said


def test_the_development_server_answers_http_only_to_who_knows_a_secret_host(tmp_path: Path) -> None:
    files = ServerFiles(folder=tmp_path, ports=tuple(range(1, PORTS + 1)), namespace="duban", time_skipping=False)
    hosts = [
        word.partition("=")[2]
        for word in development_arguments(files) + development_arguments(files)
        if HTTP_HOSTS in word
    ]
    assert len(set(hosts)) == 2, "another one at each start"
    assert all("*" not in host for host in hosts)


async def test_preparing_again_changes_nothing(client: Client) -> None:
    await prepare(client, timedelta(days=30))
    assert len(SEARCH_ATTRIBUTES) == 2


async def test_what_was_started_before_a_restart_is_there_after_it(settings: Settings) -> None:
    with Engine.start(settings) as engine:
        client = await connect(engine.address, "duban")
        await client.start_workflow("nap", 0, id="kept", task_queue="nobody")
        first = engine.pid
    assert not psutil.pid_exists(first)
    with Engine.start(settings) as engine:
        client = await connect(engine.address, "duban")
        assert (await client.get_workflow_handle("kept").describe()).id == "kept"
    with pytest.raises(NotRunning):
        record.find(settings)


async def test_time_cannot_be_skipped_unless_the_caller_of_start_asked_for_it(settings: Settings) -> None:
    with Engine.start(settings) as engine:
        skipper = TimeSkipper(await connect(engine.address, "duban"), config=TimeSkippingConfig(enabled=False))
        nap = skipper.client.start_workflow("nap", 60, id="nap", task_queue="nobody")
        with pytest.raises(RPCError, match=r"(?i)time.?skipping"):
            await skipper.fast_forward(await nap, timedelta(seconds=60))


async def test_a_killed_server_comes_back_on_the_same_address(settings: Settings) -> None:
    with Engine.start(settings) as engine:
        client = await connect(engine.address, "duban")
        first = engine.pid
        psutil.Process(first).kill()
        await client.start_workflow("nap", 0, id="after", task_queue="nobody")
        assert engine.pid != first
        assert record.find(settings) == engine.address
        noted = record.read(settings.data)
        assert noted is not None
        assert noted.pid == engine.pid


@pytest.mark.soak
async def test_a_server_started_again_has_its_address_of_before_unless_somebody_took_it(settings: Settings) -> None:
    with Engine.start(settings) as engine:
        address = engine.address
    with Engine.start(settings) as engine:
        assert engine.address == address
    host, port = address.split(":")
    with closing(socket.create_server((host, int(port)))), Engine.start(settings) as engine:
        assert engine.address != address
        assert await connect(engine.address, "duban")


async def test_who_is_patient_reaches_a_server_that_starts_later(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotRunning, match="没有在运行"):
        await reach(settings)
    waiting = asyncio.create_task(reach(settings, patience=timedelta(seconds=30)))
    await asyncio.sleep(0)
    said = capsys.readouterr().err
    assert "没有在运行" in said
    assert "最多再等 30 秒" in said
    with await asyncio.to_thread(Engine.launch, settings) as engine:
        with pytest.raises(NotRunning, match="正在启动"):
            record.find(settings)
        assert not waiting.done(), "a server without its namespace is no use to anybody"
        await asyncio.to_thread(engine.wait_until_ready)
        assert (await waiting).namespace == "duban"
    with pytest.raises(NotRunning, match="没有在运行"):
        record.find(settings)


def test_a_server_stopped_before_it_was_ready_leaves_nothing(settings: Settings) -> None:
    with Engine.launch(settings) as engine:
        server = psutil.Process(engine.pid)
    assert not record.at_work(server)
    assert record.read(settings.data) is None
    FolderLock(settings.data, "engine").release()


@pytest.mark.soak
async def test_a_server_that_left_without_farewell_is_not_waited_for(settings: Settings, tmp_path: Path) -> None:
    later = load(data=tmp_path / "later")
    later.data.mkdir()
    with (
        Engine.start(settings),
        closing(sqlite3.connect(settings.data / "temporal.db")) as running,
        closing(sqlite3.connect(later.data / "temporal.db")) as copy,
    ):
        running.backup(copy)  # as a kill leaves it: its hosts are still listed
    with Engine.start(later) as engine:
        client = await connect(engine.address, "duban")
        async with asyncio.timeout(15), Worker(client, task_queue="nap", workflows=[NapWorkflow]):
            assert await client.execute_workflow(NapWorkflow.run, 0, id="nap", task_queue="nap") < 5


@pytest.mark.soak
async def test_what_the_client_library_has_to_say_never_reaches_standard_output(
    settings: Settings, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with Engine.start(settings) as engine:
        client = await connect(engine.address, "duban")
    with pytest.raises(RPCError):
        await client.count_workflows("")
    assert "retried" in caplog.text
    assert capfd.readouterr().out == ""


def test_a_missing_program_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="没有 Temporal 服务器程序") as told:
        Engine.start(load(data=tmp_path, temporal_binary=tmp_path / "server"))
    assert "make setup" in told.value.way_out
    assert "DUBAN_TEMPORAL_ADDRESS" in told.value.way_out


def test_a_program_that_is_no_program_is_said_and_the_folder_is_free_again(tmp_path: Path) -> None:
    broken = tmp_path / "server"
    broken.write_text("half a download", "utf-8")
    broken.chmod(0o755)
    settings = load(data=tmp_path / "data", temporal_binary=broken)
    for _ in range(2):
        with pytest.raises(Problem, match=r"一启动就退出了|启动不了"):
            Engine.start(settings)
    assert record.read(settings.data) is None


def test_a_server_that_never_answers_is_stopped(tmp_path: Path) -> None:
    mute = tmp_path / "server"
    mute.write_text("#!/bin/sh\nexec sleep 100\n", "utf-8")
    mute.chmod(0o755)
    with pytest.raises(Problem, match="没有应答，已停下"):
        Engine.start(load(data=tmp_path / "data", temporal_binary=mute, start_timeout=timedelta(seconds=0.5)))
    assert [child for child in psutil.Process().children() if "sleep" in child.name()] == []


def test_a_corrupt_database_is_said_and_left_as_it_is(settings: Settings) -> None:
    settings.data.mkdir()
    database = settings.data / "temporal.db"
    database.write_bytes(b"no database at all " * 500)
    with pytest.raises(Problem, match="已损坏") as told:
        Engine.start(settings)
    assert "duban recover" in told.value.way_out
    assert database.read_bytes().startswith(b"no database")


def test_a_database_of_something_else_is_said(settings: Settings) -> None:
    settings.data.mkdir()
    with sqlite3.connect(settings.data / "temporal.db") as db:
        db.execute("create table namespaces (half int)")
    db.close()
    with pytest.raises(Problem, match="已损坏"):
        Engine.start(settings)


@pytest.mark.soak
def test_what_a_removed_database_left_beside_it_is_not_taken_for_the_new_one(settings: Settings) -> None:
    settings.data.mkdir()
    for rest in ("temporal.db-wal", "temporal.db-shm"):
        (settings.data / rest).write_bytes(b"rubbish" * 1000)
    with Engine.start(settings) as engine:
        assert engine.pid > 0


@pytest.mark.soak
def test_a_list_that_cannot_be_read_is_begun_anew(settings: Settings) -> None:
    with Engine.start(settings):
        pass
    listed = settings.data / "temporal-visibility.db"
    listed.write_bytes(b"no database at all " * 500)
    with Engine.start(settings):
        assert listed.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.soak
def test_a_list_whose_database_is_gone_goes_too(settings: Settings) -> None:
    settings.data.mkdir()
    listed = settings.data / "temporal-visibility.db"
    with closing(sqlite3.connect(listed)) as db:
        db.execute("create table left_behind (n int)")
    with Engine.start(settings), closing(sqlite3.connect(listed)) as db:
        assert not db.execute("select 1 from sqlite_master where name = 'left_behind'").fetchone()


@pytest.mark.soak
async def test_the_list_keeps_only_the_indexes_that_somebody_looks_into(settings: Settings) -> None:
    listed = settings.data / "temporal-visibility.db"
    with Engine.start(settings) as engine:
        client = await connect(engine.address, settings.temporal_namespace)
        ours = await attribute_columns(client)
        assert len(ours) == len(SEARCH_ATTRIBUTES)
        kept = _indexed(listed)
        assert kept == LOOKED_INTO | ours
        assert (await client.count_workflows("HistoryLength > 5 and DubanUnit = 'u1'")).count == 0, "only slower"
        assert drop_unused_indexes(listed, ours) == 0
    with Engine.start(settings):
        assert _indexed(listed) == kept


def test_a_list_that_somebody_else_holds_keeps_its_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "WAIT", 0.01)
    listed = tmp_path / "list.db"
    with closing(sqlite3.connect(listed, isolation_level=None)) as db:
        db.execute(f"create table {visibility.VISIBILITY_TABLE} (namespace_id text, status int, Bool01 int)")
        db.execute(f"create index by_bool_01 on {visibility.VISIBILITY_TABLE} (namespace_id, Bool01)")
        db.execute("begin immediate")
        assert drop_unused_indexes(listed, ()) == 0
        db.execute("rollback")
        assert _indexed(listed) == {"Bool01"}
    assert drop_unused_indexes(listed, ()) == 1
    assert drop_unused_indexes(tmp_path / "none.db", ()) == 0


def _indexed(listed: Path) -> set[str]:
    """The columns that the list is indexed by, after the namespace."""
    with closing(sqlite3.connect(listed)) as db:
        return {column for _, column in visibility.indexes(db)}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Problem, match="不能写入") as told:
        Engine.start(load(data=tmp_path / "file" / "data"))
    assert "DUBAN_DATA" in told.value.way_out


async def test_a_program_that_is_not_temporal_is_not_taken_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
    with pytest.raises(NotRunning, match=f"127.0.0.1:{port} 上没有 Temporal 服务器应答"):
        await connect(f"127.0.0.1:{port}", "duban")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    async with server:
        with pytest.raises(NotRunning):
            await connect(f"127.0.0.1:{port}", "duban")


def test_a_given_address_is_used_as_it_is(settings: Settings) -> None:
    given = settings.model_copy(update={"temporal_address": "temporal.internal:7233"})
    assert record.find(given) == "temporal.internal:7233"
