"""Fetches the SDK's development server, for a machine without Go. Set-up only; not every network can reach it.

python -m runtime.engine.download TARGET
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from runtime.host.exit import leave

VERSION = "v1.9.1"  # holds server 1.32.0, the same that set-up compiles


def fetch(target: Path) -> None:
    """`target` is the development server's program. Raises RuntimeError when it cannot be had."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        asyncio.run(_start_once(folder))
        (program,) = (file for file in Path(folder).iterdir() if file.is_file())
        program.replace(target)


async def _start_once(folder: str) -> None:
    # The SDK downloads only what it is about to start.
    started = await WorkflowEnvironment.start_local(
        download_dest_dir=folder, dev_server_download_version=VERSION, dev_server_log_level="error"
    )
    await started.shutdown()


def main(arguments: list[str]) -> int:
    """The exit status; the reason of a failure goes to standard error."""
    try:
        fetch(Path(arguments[0]))
    except (RuntimeError, OSError, ValueError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
