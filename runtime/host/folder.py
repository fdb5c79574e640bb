"""The data folder: made when missing, closed to other accounts, checked to be writable, held by one owner at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Self

from runtime.ending import Problem
from runtime.host.privacy import FOLDER_MODE, close_to_others


def prepare(folder: Path) -> Path:
    """`folder` and its `run` exist, can be written, and are closed to other accounts. Raises Problem otherwise."""
    close_to_others(folder)
    run = folder / "run"
    probe = run / f".probe-{os.getpid()}"
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        run.mkdir(mode=FOLDER_MODE, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as failure:
        reason = os.strerror(failure.errno or 0)
        raise Problem(
            f"数据目录 {folder} 不能写入（{reason}）。", "换一个目录：DUBAN_DATA=/可写的/目录，或改好它的权限。"
        ) from failure
    return folder


class FolderLock:
    """Held by one process; the system lets go of it when that process ends, however it ends."""

    def __init__(self, folder: Path, name: str) -> None:
        """Takes the lock `name` of `folder`. Raises Problem when another process holds it."""
        path = prepare(folder) / "run" / f"{name}.lock"
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            holder = self._holder()
            self._file.close()
            if failure.errno not in {errno.EAGAIN, errno.EACCES}:
                raise Problem(f"数据目录 {folder} 所在的磁盘不支持文件锁。", "换到本机磁盘：DUBAN_DATA=…") from failure
            raise Problem(
                f"数据目录 {folder} 正被另一个 duban 使用（进程 {holder}）。",
                "先停下那一个（在它的窗口按 Ctrl-C），或用 DUBAN_DATA=另一个目录 另起一套。",
            ) from failure
        self._file.truncate(0)
        self._file.write(str(os.getpid()).encode())
        self._file.flush()

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read(20).decode("ascii", "replace") or "未知"

    def release(self) -> None:
        """Another process may take the folder."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
