"""Documents into PDF, each in a process of its own: typst keeps what it has set for ever, and the process is gone."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from rules.errors import Code, RuleViolation

PRINTING_SECONDS = 300.0
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from documents.reports.press import main; main()"


def printed(template: str, data: Any, at: datetime) -> bytes:
    """The document `template` with the data, dated `at`; the same bytes for the same of all three.

    Raises print_failed.
    """
    asked = json.dumps({"template": template, "data": data, "at": int(at.timestamp())}, ensure_ascii=False).encode()
    command = [sys.executable, "-P", "-X", "utf8", "-c", _START, _ROOT]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=PRINTING_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise RuleViolation(Code.PRINT_FAILED, detail=f"超过 {PRINTING_SECONDS:.0f} 秒") from late
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuleViolation(Code.PRINT_FAILED, detail=said[-1][:200] if said else f"退出码 {done.returncode}")
    return done.stdout
