"""What a change costs, shown by making it: a copy of the tree with a few lines more, and a program run in that copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
Patch = Mapping[str, Sequence[tuple[str, str]]]
"""File to its changes: text that stands there once, and what stands there instead."""
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "histories", "docs", "*.png")


def patched(patch: Patch, folder: Path) -> Path:
    """The copy of the tree in that folder, with the changes made."""
    copy = folder / "tree"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
    for name, changes in patch.items():
        text = (copy / name).read_text("utf-8")
        for before, after in changes:
            assert text.count(before) == 1, f"{name}: {before!r} stands there {text.count(before)} times"
            text = text.replace(before, after)
        (copy / name).write_text(text, "utf-8")
    return copy


def output(copy: Path, module: str, *arguments: str) -> str:
    """What the module says, run as a program in the copy; it must succeed."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(copy), "DUBAN_DATA": str(copy / "data")}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
