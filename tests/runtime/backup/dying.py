"""A backup or a restoration that kills itself, kill -9, at a chosen place.

    python -m tests.runtime.backup.dying take|restore DATA DATABASE_URL FOLDER WHAT

WHAT: when the progress says this word first (流程引擎, 留痕库, 佐证材料; 检查备份, 文件, 核验), or `last`: before the
very last act.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

from runtime.backup import marker
from runtime.backup.restore import restore
from runtime.backup.take import take
from runtime.settings import load


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(work: str, data: str, url: str, folder: str, what: str) -> None:
    def show(word: str, done: int, of: int) -> None:
        if word == what:
            die()

    settings, last = load(data=Path(data), database_url=url), what == "last"
    if work == "take":
        with patch.object(Path, "rename", die) if last else nullcontext():
            take(settings, Path(folder), show)
    else:
        with patch.object(marker, "finish", die) if last else nullcontext():
            restore(settings, Path(folder), show)


if __name__ == "__main__":
    main(*sys.argv[1:])
