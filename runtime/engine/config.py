"""The embedded server's configuration: one SQLite file, one process, loopback only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

SERVICES = ("frontend", "history", "matching", "worker")
DATABASE = "temporal.db"
SHARDS = 4  # cannot be changed for an existing database
PORTS = len(SERVICES) * 2 + 1


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
        return tuple(
            int(port)
            for port in (*(r["grpcPort"] for r in rpc), *(r["membershipPort"] for r in rpc), rpc[0]["httpPort"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def configuration(files: ServerFiles) -> dict[str, Any]:
    """The server's configuration. The database's name is relative: the server runs in the data folder."""
    grpc, membership, http = files.ports[:4], files.ports[4:8], files.ports[8]
    store = {
        "sql": {
            "pluginName": "sqlite",
            "databaseName": DATABASE,
            "connectAddr": "localhost",
            "connectProtocol": "tcp",
            # synchronous 2 (FULL): what was acknowledged survives a power cut, as in the ledger.
            "connectAttributes": {"cache": "private", "setup": "true", "journal_mode": "wal", "synchronous": "2"},
            "maxConns": 1,
            "maxIdleConns": 1,
            "maxConnLifetime": "1h",
        }
    }
    services: dict[str, Any] = {
        name: {"rpc": {"grpcPort": grpc[n], "membershipPort": membership[n], "bindOnLocalHost": True}}
        for n, name in enumerate(SERVICES)
    }
    services["frontend"]["rpc"]["httpPort"] = http
    cluster = {
        "enabled": True,
        "initialFailoverVersion": 1,
        "rpcName": "frontend",
        "rpcAddress": files.address,
        "httpAddress": f"127.0.0.1:{http}",
    }
    return {
        "log": {"stdout": True, "level": "warn"},
        "persistence": {
            "defaultStore": "main",
            "visibilityStore": "visibility",
            "numHistoryShards": SHARDS,
            "datastores": {"main": store, "visibility": store},
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


def dynamic_configuration(files: ServerFiles) -> dict[str, Any]:
    """Settings that the server reads while it runs. Skipping time is for the demo and the tests only."""
    chosen: dict[str, Any] = {}
    if files.time_skipping:
        chosen["frontend.WorkflowTimeSkippingEnabled"] = True
    return {name: [{"value": value}] for name, value in chosen.items()}


def official_arguments(files: ServerFiles) -> list[str]:
    """The official server's command line after the program's name."""
    return ["--config-file", str(files.config), "--allow-no-auth", "start"]


def development_arguments(files: ServerFiles) -> list[str]:
    """The same for the development server, which takes no configuration file."""
    arguments = ["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(files.ports[0])]
    arguments += ["--http-port", str(files.ports[8]), "--db-filename", str(files.folder / DATABASE)]
    arguments += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2", "--log-level", "warn"]
    for name, (value,) in dynamic_configuration(files).items():
        arguments += ["--dynamic-config-value", f"{name}={orjson.dumps(value['value']).decode()}"]
    return arguments
