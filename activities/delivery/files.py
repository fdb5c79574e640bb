"""The file channel: one text file for each message. Written aside and renamed, so it is there whole or not at all."""

import os
from pathlib import Path
from types import TracebackType

from activities.delivery.answers import Down
from activities.delivery.letter import Letter
from rules.dates.calendar import local_date


class FileSender:
    """Files under `folder`, by person and day. The same message writes the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> "FileSender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def send(self, letter: Letter) -> None:
        """The file stands there, synced. Raises Down."""
        path = self._folder / letter.person / f"{local_date(letter.made)}-{letter.id[:16]}.txt"
        aside = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("w", encoding="utf-8") as file:
                file.write(f"{letter.subject}\n\n{letter.text}")
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as failure:
            raise Down(f"写不了 {path}：{failure.strerror}") from failure
