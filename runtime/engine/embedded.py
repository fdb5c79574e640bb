"""The embedded Temporal server: one per data folder, ready when `Engine.start` returns, stopped last."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import psutil

from runtime.backup.marker import refuse_unfinished
from runtime.connect import NotRunning, connect
from runtime.ending import Problem
from runtime.engine import record
from runtime.engine.binary import Binary, locate
from runtime.engine.config import DATABASE, PORTS, VISIBILITY, ServerFiles, last_ports
from runtime.engine.prepare import attribute_columns, prepare
from runtime.engine.process import KeptProcess
from runtime.engine.visibility import drop_unused_indexes
from runtime.host.folder import FolderLock
from runtime.host.ports import free_ports
from runtime.settings import Settings

LOG = "temporal.log"
TRIES = 3  # a port that was free may be taken before the server binds it
_PAUSE = 0.05
LOST = "把 temporal.db 移走后重新启动，再运行 duban recover：事项都在留痕库里，一件不少。"


class Engine:
    """A running server that belongs to this process. It is started again, on the same ports, when it dies by itself."""

    def __init__(self, settings: Settings, lock: FolderLock, binary: Binary, *, time_skipping: bool) -> None:
        """Use `Engine.start` or `Engine.launch`."""
        self.settings = settings
        self._lock, self._binary, self._time_skipping = lock, binary, time_skipping
        self._tries, self._ready = 0, False
        self._begin()

    @classmethod
    def start(cls, settings: Settings, *, time_skipping: bool = False) -> Self:
        """The folder's server answers, with namespace and search attributes. Raises Problem with the way out.

        May be called from any thread and inside a running event loop, which it then blocks for a second or two.
        """
        engine = cls.launch(settings, time_skipping=time_skipping)
        engine.wait_until_ready()
        return engine

    @classmethod
    def launch(cls, settings: Settings, *, time_skipping: bool = False) -> Self:
        """The folder's server has been started, and whatever was left of the last one is gone. Raises Problem.

        Nobody finds it before `wait_until_ready`; whoever looks for it may be started meanwhile and waits.
        """
        refuse_unfinished(settings.data)
        binary = locate(settings)
        lock = FolderLock(settings.data, "engine")
        try:
            record.stop_leftover(settings.data)
            check_database(settings.data)
            forget_hosts(settings.data / DATABASE)
            turn_log(settings.data / LOG)
            return cls(settings, lock, binary, time_skipping=time_skipping)
        except BaseException:
            lock.release()
            raise

    def wait_until_ready(self) -> None:
        """The server answers, with namespace and search attributes, and can be found. Raises Problem, stopped then.

        Twice is the same as once.
        """
        if self._ready:
            return
        try:
            while True:
                try:
                    self._wait_until_it_answers()
                    in_own_loop(self._prepare)
                    break
                except PortTaken:
                    self._process.stop()
                    if self._tries == TRIES:
                        raise
                    self._begin()
            self._ready = True
            self._note(self._process.pid)  # before it is kept: the thread that keeps it notes every new start
            self._process.keep.set()
            if self._process.ended.is_set():
                raise self._why_it_ended()
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """Where clients connect; the same for as long as the engine lives."""
        return self.files.address

    @property
    def pid(self) -> int:
        """The server's process id; another one after it died and was started again."""
        return self._process.pid

    def check(self) -> None:
        """Raises Problem when the server kept dying and was given up."""
        if self._process.ended.is_set():
            raise Problem(
                f"Temporal 服务器一再退出，不再重试：{last_words(self.files.folder / LOG)[-300:]}",
                f"全文见 {self.files.folder / LOG}。",
            )

    def stop(self) -> None:
        """The server is gone and the folder is free. Stop worker and clients first. Twice is the same as once."""
        self._process.stop()
        record.erase(self.files.folder)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin(self) -> None:
        """The server's process has been started on ports that are free now: those of the last start, at first."""
        self._tries += 1
        self.files = ServerFiles(
            folder=self.settings.data,
            ports=free_ports(PORTS, rather=last_ports(self.settings.data) if self._tries == 1 else ()),
            namespace=self.settings.temporal_namespace,
            time_skipping=self._time_skipping,
        )
        self.files.write()
        command = [str(self._binary.path), *self._binary.arguments(self.files)]
        self._process = KeptProcess(command, self.settings.data, self.settings.data / LOG, self._note)
        try:
            self._process.start()
            # At once: were we killed before it answers, the next start must find it.
            self._note(self._process.pid)
        except OSError as failure:
            self._process.stop()
            raise Problem(f"Temporal 服务器启动不了：{failure.strerror}", "运行 make setup 重新编译它。") from failure

    def _note(self, pid: int) -> None:
        try:
            born = psutil.Process(pid).create_time()
        except psutil.Error:
            return
        note = record.Record(
            address=self.files.address,
            namespace=self.files.namespace,
            pid=pid,
            born=born,
            config=str(self.files.config),
            time_skipping=self.files.time_skipping,
            ready=self._ready,
        )
        record.write(self.files.folder, note)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self.settings.start_timeout.total_seconds()
        while True:
            if self._process.ended.wait(_PAUSE):
                raise self._why_it_ended()
            if time.monotonic() > deadline:
                seconds = self.settings.start_timeout.total_seconds()
                raise Problem(
                    f"Temporal 服务器 {seconds:.0f} 秒内没有应答，已停下。",
                    f"看 {self.files.folder / LOG} 的末尾；机器很慢时加大 DUBAN_START_TIMEOUT。",
                )
            with closing(socket.socket()) as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.files.ports[0])) == 0:
                    return

    async def _prepare(self) -> None:
        deadline = time.monotonic() + self.settings.start_timeout.total_seconds()
        while True:
            try:
                client = await connect(self.address, self.settings.temporal_namespace)
                await prepare(client, self.settings.temporal_retention)
                used = await attribute_columns(client)
                drop_unused_indexes(self.files.folder / VISIBILITY, used)
                return
            except NotRunning:
                if self._process.ended.is_set():
                    raise self._why_it_ended() from None
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_PAUSE)

    def _why_it_ended(self) -> Problem:
        said = last_words(self.files.folder / LOG)
        if "address already in use" in said:
            return PortTaken("Temporal 服务器要用的端口一再被别的程序抢先占用。", "再运行一次。")
        if any(sign in said for sign in ("malformed", "not a database", "no such table", "disk image")):
            return corrupt(self.files.folder / DATABASE)
        return Problem(
            f"Temporal 服务器一启动就退出了：{said[-300:]}",
            f"全文见 {self.files.folder / LOG}；运行 duban doctor 检查。",
        )


class PortTaken(Problem):
    """Another program took one of the ports between our choosing and the server's binding it."""


def corrupt(database: Path) -> Problem:
    """What to say about a database file that the server cannot use."""
    return Problem(f"Temporal 的数据文件 {database} 已损坏。", LOST)


def check_database(folder: Path) -> None:
    """The server's database is absent or opens as one. Raises Problem otherwise.

    A list for Temporal's own screens that cannot be read, or that belongs to a database which is gone, is begun anew.
    """
    database, listed = folder / DATABASE, folder / VISIBILITY
    if _is_empty(database):
        _remove(database)
        _remove(listed)
        return
    if not _opens(database):
        raise corrupt(database)
    if not _is_empty(listed) and not _opens(listed):
        _remove(listed)


def _is_empty(database: Path) -> bool:
    return not database.exists() or database.stat().st_size == 0


def _opens(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(database.absolute().as_uri() + "?mode=rw", uri=True, timeout=5)) as db:
            db.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.DatabaseError as failure:
        if "locked" in str(failure):
            raise Problem(f"{database} 被别的程序锁着。", "关掉正在打开它的程序，再运行一次。") from failure
        return False
    return True


def _remove(database: Path) -> None:
    for rest in ("", "-wal", "-shm"):  # what is left of a database that somebody removed belongs to no other
        database.with_name(database.name + rest).unlink(missing_ok=True)


def forget_hosts(database: Path) -> None:
    """The server's list of its cluster's hosts is empty, as after an orderly end: all of them were this folder's.

    A server that was killed leaves its old ports in it, and the next one waits most of a minute for them to answer,
    while no workflow gets on. Only the holder of the folder's lock may call this.
    """
    if not database.exists() or database.stat().st_size == 0:
        return
    with closing(sqlite3.connect(database, timeout=5)) as db, db:
        if db.execute("select 1 from sqlite_master where name = 'cluster_membership'").fetchone():
            db.execute("delete from cluster_membership")


def turn_log(log: Path) -> None:
    """The last run's log is kept under `.1`, so that the file holds this run only."""
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))


def last_words(log: Path) -> str:
    """The end of the log, on one line: enough to hold what came before a long stack trace."""
    try:
        return " ".join(log.read_bytes()[-40_000:].decode("utf-8", "replace").split())
    except OSError:
        return ""


def in_own_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """`work` is done, in an event loop of its own, whether or not the caller has one."""
    with ThreadPoolExecutor(1, thread_name_prefix="engine-start") as apart:
        apart.submit(lambda: asyncio.run(work())).result()
