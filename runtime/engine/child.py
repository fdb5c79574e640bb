"""Becomes the server, after asking the system to end it together with its parent. Run by path, standard library only.

    python -I -S child.py PARENT_PID PROGRAM [ARGUMENT ...]

A parent that is killed can stop nothing, so the kernel does (Linux; elsewhere the next start stops what was left).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """The program runs in this process's place, with the same process id; its files are for this account alone."""
    os.umask(0o077)
    if sys.platform == "linux":
        # KILL and not TERM: the database is safe either way, and the next start need not wait for a slow farewell.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
