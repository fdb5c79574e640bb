"""What a disk or a database that takes nothing is called: one table from its error codes to ours; and a look at a disk.

Nothing here is told apart by an error's words.
"""

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rules.errors import Code, RuleViolation

_ROOM = 8 << 20
"""Bytes that have to be left on a disk, so that no chunk of a batch is what finds it full."""
_PROBE = bytes(4096)
NOT_STORED = "没有记录"
NOT_YET_STORED = "还没有记录，恢复后可能自动补记"

_SQLITE = {
    sqlite3.SQLITE_FULL: Code.DISK_FULL,
    sqlite3.SQLITE_BUSY: Code.LEDGER_LOCKED,
    sqlite3.SQLITE_LOCKED: Code.LEDGER_LOCKED,
    sqlite3.SQLITE_READONLY: Code.READ_ONLY,
    sqlite3.SQLITE_IOERR: Code.DISK_FAILED,
}
_SQLSTATE = {
    "53100": Code.DISK_FULL,
    "53300": Code.LEDGER_LOCKED,  # too many connections
    "55P03": Code.LEDGER_LOCKED,
    "25006": Code.READ_ONLY,
    "58030": Code.DISK_FAILED,
}
_ERRNO = {
    errno.ENOSPC: Code.DISK_FULL,
    errno.EDQUOT: Code.DISK_FULL,
    errno.EROFS: Code.READ_ONLY,
    errno.EACCES: Code.READ_ONLY,
    errno.EPERM: Code.READ_ONLY,
    errno.EIO: Code.DISK_FAILED,
}


def of_database(failure: BaseException | None) -> Code:
    """What the driver's failure means; ledger_unavailable when it is none of the known."""
    code = getattr(failure, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, Code.LEDGER_UNAVAILABLE)
    return _SQLSTATE.get(getattr(failure, "sqlstate", None) or "", Code.LEDGER_UNAVAILABLE)


def of_disk(failure: OSError, where: str) -> RuleViolation | None:
    """The failure of a file as a refusal that names `where`; None when it is not the disk's."""
    code = _ERRNO.get(failure.errno or 0)
    return RuleViolation(code, where=where, stored=NOT_STORED) if code else None


@contextmanager
def told_of_disk(where: str) -> Iterator[None]:
    """A disk that is full, broken or only to be read is told as such. Raises disk_full, disk_failed, read_only."""
    try:
        yield
    except OSError as failure:
        refusal = of_disk(failure, where)
        if refusal is None:
            raise
        raise refusal from failure


def room(folder: Path, where: str) -> None:
    """A file could be written there, and some room is left; nothing stays behind. Raises as `told_of_disk`."""
    while not folder.exists():
        folder = folder.parent
    with told_of_disk(where):
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(_PROBE)
            probe.flush()
        if shutil.disk_usage(folder).free < _ROOM:
            raise RuleViolation(Code.DISK_FULL, where=where, stored=NOT_STORED)
