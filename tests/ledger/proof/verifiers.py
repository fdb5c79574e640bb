"""The programs in docs/verify, built by Go where this machine has it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ledger.proof.ledger_page import PAGE

SOURCES = PAGE.parent / "verify"


def built(name: str, folder: Path, *parts: str) -> Path:
    """The program of docs/verify/`name`.go, and of its other `parts`, in this folder; skips the test without Go."""
    if shutil.which("go") is None:
        pytest.skip(f"NO GO HERE: docs/verify/{name}.go was not tried. Install Go, as for the Temporal server.")
    sources = [SOURCES / f"{one}.go" for one in (name, *parts, "shared")]
    command: list[str | Path] = ["go", "build", "-o", folder / name, *sources]
    subprocess.run(command, check=True, capture_output=True, timeout=110)
    return folder / name
