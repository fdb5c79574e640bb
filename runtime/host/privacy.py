"""Who may read the data folder: only the account that Duban runs under. Names, findings, keys, salts lie there.

The folder is 0700, so that nothing beneath it can be reached by others; files are made 0600, since every process begins
with `private_files`. What an older version or a copy left open is closed at the next start.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runtime.ending import Problem

FOLDER_MODE = 0o700
OTHERS = 0o077
"""The permissions that group and others have."""
_DATABASES = ("duban.db", "temporal.db", "temporal-visibility.db")
OURS = frozenset(
    {"run", "duban.yaml", "channels.yaml", "sign_in.yaml", "keys", "evidence", "calendars", "temporal.log"}
    | {f"{name}{beside}" for name in _DATABASES for beside in ("", "-wal", "-shm")}
)
"""By one of these a folder is known as Duban's: a database that was moved away leaves what SQLite keeps beside it."""
IGNORED = frozenset({"lost+found"})
_CANNOT = {errno.EROFS, errno.EPERM, errno.EACCES}


def private_files() -> None:
    """Whatever this process and its children make is for their own account alone."""
    os.umask(OTHERS)


def close_to_others(folder: Path) -> None:
    """The folder, where it exists, is closed to other accounts, and so is everything in it if it was not.

    Raises Problem when it belongs to another account, or holds what is not Duban's: such a folder is left as it is.
    """
    if not is_open(folder):
        return
    if os.geteuid() not in (0, folder.stat().st_uid):
        raise Problem(
            f"数据目录 {folder} 属于别的账号，而且别的账号能读。",
            "请它的主人运行 chmod -R go= 数据目录，并用那个账号运行督办；或用 DUBAN_DATA 指定自己的目录。",
        )
    found = {path.name for path in folder.iterdir()} - IGNORED
    if found and not found & OURS:
        raise Problem(
            f"{folder} 里有别的东西，不像是督办的数据目录，别的账号也能读。",
            "用 DUBAN_DATA 指定一个空目录；确实要用这一个，先运行 chmod 700 把它收紧。",
        )
    try:
        folder.chmod(FOLDER_MODE)
        for path in open_files(folder):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
    except FileNotFoundError:  # a file that came and went
        return
    except OSError as failure:
        if failure.errno not in _CANNOT:
            raise
        raise Problem(
            f"数据目录 {folder} 别的账号能读，改不了权限（{os.strerror(failure.errno or 0)}）。",
            f"运行 chmod -R go= {folder}，或换一个磁盘。",
        ) from failure


def is_open(path: Path) -> bool:
    """Whether anybody but its owner has any permission on what is there."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def open_files(folder: Path) -> Iterator[Path]:
    """Everything below the folder on which others have permissions. Links are not followed."""
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(where) / name
            if not path.is_symlink() and is_open(path):
                yield path
