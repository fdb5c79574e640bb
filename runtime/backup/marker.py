"""DATA/restored.json: this folder was made from a backup. While that is under way, nothing may use it; afterwards the
next start brings the workflows and the ledger together once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from runtime.backup.files import sync_folder, write_synced
from runtime.ending import Problem

MARKER_FILE = "restored.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """`at`: when it was begun; `engine`: whether Temporal's data came from the same backup, which then knows nothing
    that the ledger does not; `done`: whether it came to its end."""

    at: str
    engine: bool
    done: bool = False


def begin(data: Path, restoration: Restoration) -> None:
    """The folder is being made from a backup. Raises FileExistsError when it is already."""
    write_synced(data / MARKER_FILE, orjson.dumps(asdict(restoration)))
    sync_folder(data)


def finish(data: Path, restoration: Restoration) -> None:
    """The folder may be used."""
    fresh = data / f".{MARKER_FILE}"
    write_synced(fresh, orjson.dumps(asdict(replace(restoration, done=True))))
    fresh.replace(data / MARKER_FILE)
    sync_folder(data)


def read(data: Path) -> Restoration | None:
    """What the folder was made from, until `forget`; None for any other. One that cannot be read was not finished."""
    try:
        return Restoration(**orjson.loads((data / MARKER_FILE).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError):
        return Restoration(at="", engine=False)


def forget(data: Path) -> None:
    """Workflows and ledger have been brought together."""
    (data / MARKER_FILE).unlink(missing_ok=True)


def refuse_unfinished(data: Path) -> None:
    """The folder was not left by a restoration that did not come to its end. Raises Problem."""
    found = read(data)
    if found and not found.done:
        raise Problem(
            f"数据目录 {data} 是一次没有做完的恢复，不能使用。",
            "清空这个目录（用 PostgreSQL 的，还有那个数据库），再运行 duban restore。",
        )
