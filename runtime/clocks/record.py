"""The last comparison with Temporal, kept in the data folder for the clock page to tell of."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from desk.showing.clocks import Compared, WrongClock
from rules.codec import instant_text
from runtime.clocks.health import ClockCheck
from runtime.host import folder
from runtime.settings import Settings

_KEPT = 200
"""Wrong items kept by name; of more only how many there are."""


def write(settings: Settings, findings: Sequence[ClockCheck], at: datetime) -> None:
    """This is the last comparison."""
    wrong = [finding for finding in findings if not finding.good]
    told = {
        "at": instant_text(at),
        "items": len(findings),
        "wrong_items": len(wrong),
        "wrong": [{"no": f.alarm.no, "wrong": f.wrong, "way_out": f.way_out} for f in wrong[:_KEPT]],
    }
    path = _path(settings)
    folder.prepare(settings.data)
    begun = path.with_suffix(f".{os.getpid()}")
    begun.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    begun.replace(path)


def read(settings: Settings) -> Compared | None:
    """The last comparison; None when there was none, or what is kept cannot be read."""
    try:
        told = json.loads(_path(settings).read_text("utf-8"))
        return Compared(
            at=datetime.fromisoformat(told["at"]),
            items=told["items"],
            wrong_items=told["wrong_items"],
            wrong=tuple(WrongClock(**one) for one in told["wrong"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(settings: Settings) -> Path:
    return settings.data / "run" / "clocks.json"
