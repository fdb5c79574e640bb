"""The embedded server's configuration: one SQLite file, one process, gRPC on loopback and nothing else.

It has no HTTP port. That one asks nobody who they are, takes an update as plain text, and so did what a page of any
origin asked of it; a browser cannot speak gRPC.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

SERVICES = ("frontend", "history", "matching", "worker")
DATABASE = "temporal.db"
VISIBILITY = "temporal-visibility.db"
SHARDS = 4  # cannot be changed for an existing database
PORTS = len(SERVICES) * 2
HTTP_HOSTS = "frontend.httpAllowedHosts"
LONGEST_WAIT = "20s"
"""What the server adds at most to a workflow task's time-out, doubling it at every attempt. Each question of a frozen
worker takes an attempt along, and the last one's time-out is how long an item stands still after the worker thaws: a
minute and a half after six of them, ten minutes at most if nothing is said here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFiles:
    """What one start of the server needs: where its data lies, which ports it has, whether time may be skipped."""

    folder: Path
    ports: tuple[int, ...]
    namespace: str
    time_skipping: bool

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.ports[0]}"

    @property
    def config(self) -> Path:
        """The rendered configuration; its path on the command line tells our server from any other."""
        return self.folder / "run" / "temporal.yaml"

    @property
    def dynamic(self) -> Path:
        """The rendered dynamic configuration, which the server reads anew every so often."""
        return self.folder / "run" / "temporal-dynamic.yaml"

    def write(self) -> None:
        """Both files stand. JSON is YAML too, and needs no quoting rules for odd folder names."""
        self.config.write_bytes(orjson.dumps(configuration(self), option=orjson.OPT_INDENT_2))
        self.dynamic.write_bytes(orjson.dumps(dynamic_configuration(self), option=orjson.OPT_INDENT_2))


def last_ports(folder: Path) -> tuple[int, ...]:
    """The ports of the folder's last start; empty when there was none. Whoever knew the address still has it right."""
    files = ServerFiles(folder=folder, ports=(0,) * PORTS, namespace="", time_skipping=False)
    try:
        services = orjson.loads(files.config.read_bytes())["services"]
        rpc = [services[name]["rpc"] for name in SERVICES]
        return tuple(int(r[kind]) for kind in ("grpcPort", "membershipPort") for r in rpc)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def configuration(files: ServerFiles) -> dict[str, Any]:
    """The server's configuration. The database's name is relative: the server runs in the data folder."""
    grpc, membership = files.ports[:4], files.ports[4:8]
    # synchronous 2 (FULL): what was acknowledged survives a power cut, as in the ledger. What Temporal's own screens
    # list is an index of it, in a file of its own: 1 (NORMAL) may lose its last rows then, and it makes nobody wait.
    stores = {"main": _store(DATABASE, synchronous=2), "visibility": _store(VISIBILITY, synchronous=1)}
    services: dict[str, Any] = {
        name: {"rpc": {"grpcPort": grpc[n], "membershipPort": membership[n], "bindOnLocalHost": True}}
        for n, name in enumerate(SERVICES)
    }
    cluster = {"enabled": True, "initialFailoverVersion": 1, "rpcName": "frontend", "rpcAddress": files.address}
    return {
        "log": {"stdout": True, "level": "warn"},
        "persistence": {
            "defaultStore": "main",
            "visibilityStore": "visibility",
            "numHistoryShards": SHARDS,
            "datastores": stores,
        },
        "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1"}},
        "services": services,
        "clusterMetadata": {
            "enableGlobalNamespace": False,
            "failoverVersionIncrement": 10,
            "masterClusterName": "active",
            "currentClusterName": "active",
            "clusterInformation": {"active": cluster},
        },
        "dcRedirectionPolicy": {"policy": "noop"},
        "dynamicConfigClient": {"filepath": str(files.dynamic), "pollInterval": "60s"},
    }


def _store(file: str, *, synchronous: int) -> dict[str, Any]:
    attributes = {"cache": "private", "setup": "true", "journal_mode": "wal", "synchronous": str(synchronous)}
    return {
        "sql": {
            "pluginName": "sqlite",
            "databaseName": file,
            "connectAddr": "localhost",
            "connectProtocol": "tcp",
            "connectAttributes": attributes,
            "maxConns": 1,
            "maxIdleConns": 1,
            "maxConnLifetime": "1h",
        }
    }


def dynamic_configuration(files: ServerFiles) -> dict[str, Any]:
    """Settings that the server reads while it runs. Skipping time is for the demo and the tests only."""
    chosen: dict[str, Any] = {"history.workflowTaskRetryMaxInterval": LONGEST_WAIT}
    if files.time_skipping:
        chosen["frontend.WorkflowTimeSkippingEnabled"] = True
    return {name: [{"value": value}] for name, value in chosen.items()}


def official_arguments(files: ServerFiles) -> list[str]:
    """The official server's command line after the program's name."""
    return ["--config-file", str(files.config), "--allow-no-auth", "start"]


def development_arguments(files: ServerFiles) -> list[str]:
    """The same for the development server, which takes no configuration file.

    Its HTTP port cannot be left out, so it answers only those who name a host that nobody else knows.
    """
    arguments = ["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(files.ports[0])]
    arguments += ["--http-port", str(files.ports[4]), "--db-filename", str(files.folder / DATABASE)]
    arguments += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2", "--log-level", "warn"]
    dynamic = dynamic_configuration(files) | {HTTP_HOSTS: [{"value": [f"{token_hex(16)}.invalid"]}]}
    for name, (value,) in dynamic.items():
        arguments += ["--dynamic-config-value", f"{name}={orjson.dumps(value['value']).decode()}"]
    return arguments
