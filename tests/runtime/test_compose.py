"""The files of the clustered set-up, read as they stand: every part that a cluster needs is there, rightly named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from runtime.cli.main import COMMANDS
from runtime.engine.config import SERVICES, ServerFiles, dynamic_configuration
from runtime.settings import PREFIX, Settings

DOCKER = Path(__file__).parents[2] / "docker"
NEEDED = {"migrate", "load", "worker", "scheduler", "site"}
"""What must run in a cluster: `up` does the same on one machine."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((DOCKER / "compose.yaml").read_text("utf-8"))
    return found


def _ours(compose: dict[str, Any]) -> dict[str, Any]:
    services = compose["services"].items()
    return {name: one for name, one in services if one.get("build", {}).get("target") == "duban"}


def test_every_command_that_a_cluster_needs_runs_and_exists(compose: dict[str, Any]) -> None:
    given = {one["command"][0] for one in _ours(compose).values()}
    assert given == NEEDED
    assert given <= set(COMMANDS)


def test_every_setting_exists(compose: dict[str, Any]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, one in _ours(compose).items():
        assert set(one["environment"]) <= known, name
        assert {"DUBAN_DATA", "DUBAN_DATABASE_URL", "DUBAN_TEMPORAL_ADDRESS"} <= set(one["environment"]), name


def test_every_part_shares_the_data_and_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    services, volumes = compose["services"], set(compose["volumes"])
    for name, one in services.items():
        assert {volume.partition(":")[0] for volume in one.get("volumes", [])} <= volumes, name
        assert set(one.get("depends_on", {})) <= set(services), name
    for name, one in _ours(compose).items():
        assert "data:/data" in one["volumes"], name
    for name in ("worker", "scheduler", "site"):
        assert services[name]["depends_on"]["load"] == {"condition": "service_completed_successfully"}
    assert services["load"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_nothing_is_published_beyond_this_machine(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name


def test_the_cluster_s_temporal_has_no_http_port_and_every_service() -> None:
    said = (DOCKER / "temporal.yaml").read_text("utf-8")
    lines = [line for line in said.splitlines() if not line.lstrip().startswith("#")]
    assert not any("http" in line for line in lines)
    for service in SERVICES:
        assert sum(line.startswith(f"  {service}: {{rpc:") for line in lines) == 1


def test_the_cluster_waits_no_longer_for_a_frozen_worker_than_one_machine() -> None:
    here = dynamic_configuration(ServerFiles(folder=DOCKER, ports=(), namespace="", time_skipping=False))
    assert YAML(typ="safe").load((DOCKER / "temporal-dynamic.yaml").read_text("utf-8")) == here
    assert (
        "COPY docker/temporal.sh docker/temporal.yaml docker/temporal-dynamic.yaml"
        in (DOCKER / "Dockerfile").read_text()
    )
