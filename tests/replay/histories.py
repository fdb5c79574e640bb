"""Where the committed histories lie, and how one is written and read: names and places only."""

from __future__ import annotations

import json
from pathlib import Path

from temporalio.client import WorkflowHistory

FOLDER = Path(__file__).parent / "histories"
IDENTITY = "duban"
"""In place of the process and machine that recorded a history."""


def read(path: Path) -> WorkflowHistory:
    """The history in that file."""
    return WorkflowHistory.from_json("replayed", path.read_text("utf-8"))


def write(name: str, history: WorkflowHistory) -> Path:
    """The history stands under that name, without the name of the machine that made it."""
    plain = json.loads(history.to_json())
    _forget(plain)
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    return path


def _forget(value: object) -> None:
    if isinstance(value, list):
        for one in value:
            _forget(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "identity" and isinstance(one, str):
                value[key] = IDENTITY
            elif key in ("name", "normalName") and isinstance(one, str) and "product-" in one:
                value[key] = IDENTITY
            elif key == "stackTrace":
                value[key] = ""
            else:
                _forget(one)
