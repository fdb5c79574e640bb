"""DATA/run/engine.json: where the embedded server of this folder is, so that every other command finds it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psutil

from runtime.connect import NotRunning
from runtime.ending import Problem
from runtime.settings import Settings

GRACE_SECONDS = 5
_PAUSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One running server. `born` is its process's start: together with the id it names one process for ever.

    `ready` once it has namespace and search attributes: sooner than that nobody but the next start looks for it.
    """

    address: str
    namespace: str
    pid: int
    born: float
    config: str
    time_skipping: bool
    ready: bool

    def process(self) -> psutil.Process | None:
        """The very process that was recorded, if it lives; a stranger that got its number is not it."""
        try:
            found = psutil.Process(self.pid)
            return found if abs(found.create_time() - self.born) < 1 and at_work(found) else None
        except psutil.Error:
            return None


def path(folder: Path) -> Path:
    """The record's file."""
    return folder / "run" / "engine.json"


def write(folder: Path, record: Record) -> None:
    """The record stands, whole or not at all."""
    fresh = path(folder).with_suffix(".new")
    fresh.write_bytes(orjson.dumps(asdict(record)))
    fresh.replace(path(folder))


def read(folder: Path) -> Record | None:
    """The record, or None when there is none that can be read."""
    try:
        return Record(**orjson.loads(path(folder).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def erase(folder: Path) -> None:
    """No record stands."""
    path(folder).unlink(missing_ok=True)


def stop_leftover(folder: Path) -> bool:
    """A server that outlived its own duban is stopped; True when there was one. Nothing else is ever touched.

    Only the holder of the folder's lock may call this.
    """
    record = read(folder)
    erase(folder)
    process = record.process() if record else None
    if record is None or process is None:
        return False
    said = f"上一次留下的 Temporal 服务器（进程 {record.pid}）停不下来。"
    way_out = f"手工结束它：kill -9 {record.pid}"
    try:
        if not _serves(process, record.config):
            return False
        process.terminate()
        if not ends(process, GRACE_SECONDS):
            process.kill()
            if not ends(process, GRACE_SECONDS):
                raise Problem(said, way_out)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied as failure:
        raise Problem(said, way_out) from failure
    return True


def _serves(process: psutil.Process, config: str) -> bool:
    """True when the process is a server with this configuration; a zombie is known by its number and birth alone."""
    try:
        return config in process.cmdline()
    except psutil.ZombieProcess:
        return True


def at_work(process: psutil.Process) -> bool:
    """True while the process has a thread that runs: until then its files are open and its ports taken.

    One that was killed is a zombie as soon as its first thread has ended, though another may still wait for the disk;
    one that has ended whole is a zombie, too, until its parent asks.
    """
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.Error:
        return False


def ends(process: psutil.Process, seconds: float) -> bool:
    """True as soon as the process is no more at work, False when it still is after `seconds`."""
    deadline = time.monotonic() + seconds
    while at_work(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def find(settings: Settings) -> str:
    """The Temporal server's address for clients. Raises NotRunning when no living server of the folder is ready."""
    if settings.temporal_address:
        return settings.temporal_address
    record = read(settings.data)
    if record is None or record.process() is None:
        raise NotRunning(
            f"督办没有在运行（数据目录 {settings.data}）。",
            "先在另一个窗口运行 duban up；数据在别处时设 DUBAN_DATA。",
        )
    if not record.ready:
        raise NotRunning(f"督办正在启动（数据目录 {settings.data}）。", "稍等几秒再试。")
    return record.address


def last_known(settings: Settings) -> str | None:
    """The address at which a server that is away will be back; None where none of the folder has run since it was last
    stopped in order."""
    record = read(settings.data)
    return settings.temporal_address or (record.address if record else None)
