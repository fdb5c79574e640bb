"""Where the Temporal server's program is, and how it is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.ending import Problem
from runtime.engine.config import ServerFiles, development_arguments, official_arguments
from runtime.settings import Settings

TOOLS = Path(__file__).resolve().parents[2] / ".tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """The official server, or the SDK's development server (the command `temporal`) that holds the same one."""

    path: Path
    arguments: Callable[[ServerFiles], list[str]]


def locate(settings: Settings) -> Binary:
    """The program to run. Raises Problem when set-up has not made one."""
    candidates = [settings.temporal_binary] if settings.temporal_binary else [TOOLS / "server", TOOLS / "temporal"]
    for path in candidates:
        if path.is_file() and os.access(path, os.X_OK):
            arguments = development_arguments if path.name.startswith("temporal") else official_arguments
            return Binary(path=path.absolute(), arguments=arguments)
    raise Problem(
        f"没有 Temporal 服务器程序（{candidates[0]}）。",
        "运行 make setup 编译它（需要 Go），或设 DUBAN_TEMPORAL_ADDRESS 使用已有的服务器。",
    )
