"""DATA/run/engine.json: where the embedded server of this folder is, so that every other command finds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psutil

from runtime.connect import NotRunning
from runtime.problems import Problem
from runtime.settings import Settings

GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One running server. `born` is its process's start: together with the id it names one process for ever."""

    address: str
    namespace: str
    pid: int
    born: float
    config: str
    time_skipping: bool

    def process(self) -> psutil.Process | None:
        """The very process that was recorded, if it lives; a stranger that got its number is not it."""
        try:
            found = psutil.Process(self.pid)
            ours = abs(found.create_time() - self.born) < 1 and found.status() != psutil.STATUS_ZOMBIE
            return found if ours else None
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
    try:
        if record.config not in process.cmdline():
            return False
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(GRACE_SECONDS)
    except psutil.NoSuchProcess:
        return True
    except (psutil.AccessDenied, psutil.TimeoutExpired) as failure:
        raise Problem(
            f"上一次留下的 Temporal 服务器（进程 {record.pid}）停不下来。", f"手工结束它：kill -9 {record.pid}"
        ) from failure
    return True


def find(settings: Settings) -> str:
    """The Temporal server's address for clients. Raises NotRunning when the folder has no living server."""
    if settings.temporal_address:
        return settings.temporal_address
    record = read(settings.data)
    if record is None or record.process() is None:
        raise NotRunning(
            f"督办没有在运行（数据目录 {settings.data}）。",
            "先在另一个窗口运行 duban up；数据在别处时设 DUBAN_DATA。",
        )
    return record.address
