"""What docs/deploy.md and docs/encryption.md tell administrators to write is there: settings, commands, options, files;
and the settings of each way to HTTPS go together."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from api.guards import FORM_LIMIT, MEGABYTE
from runtime.cli.main import COMMANDS, GROUPS, make_app
from runtime.host.front import front_of
from runtime.settings import Settings, load
from tests.support.network.certificates import Authority

ROOT = Path(__file__).parents[3]
DEPLOY, ENCRYPTION = (ROOT / "docs" / name for name in ("deploy.md", "encryption.md"))
TEXTS = {path.name: path.read_text("utf-8") for path in (DEPLOY, ENCRYPTION)}


def blocks(name: str, kind: str) -> list[str]:
    """The page's code of that kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXTS[name], re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", TEXTS)
def test_every_setting_that_is_named_is_one(name: str) -> None:
    named = set(re.findall(r"DUBAN_([A-Z_]*[A-Z])", TEXTS[name]))
    assert named
    assert {one.lower() for one in named} - set(Settings.model_fields) == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_that_is_named_is_one(name: str) -> None:
    named = re.findall(r"(?:bin/|`|^)duban ([a-z]+)(?: ([a-z][a-z-]+))?((?: --[a-z]+)*)", TEXTS[name], re.MULTILINE)
    assert named
    for command, under, _ in named:
        assert command in COMMANDS or command in GROUPS, command
        if command in GROUPS and under:
            group: Any = typer.main.get_command(make_app(command))
            assert under in group.commands[command].commands, f"{command} {under}"


@pytest.mark.parametrize("name", TEXTS)
def test_every_page_that_is_linked_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXTS[name]):
        assert (ROOT / "docs" / target).exists(), target


def test_the_settings_of_each_way_to_https_go_together(tmp_path: Path) -> None:
    ways = blocks("deploy.md", "yaml")
    assert len(ways) == 2
    for way in ways:
        chosen = YAML(typ="safe").load(way)
        signed = Authority(tmp_path).sign("duban", "duban.example.gov.cn")
        if "tls_cert" in chosen:
            chosen |= {"tls_cert": signed.certificate, "tls_key": signed.key}
        assert front_of(load(data=tmp_path, **chosen)).reached.secure


def test_the_service_is_hardened_and_runs_what_there_is() -> None:
    (unit,) = blocks("deploy.md", "ini")
    parsed = configparser.ConfigParser(interpolation=None, strict=True)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(unit)
    service = dict(parsed["Service"])
    wanted = {
        "UMask": "0077",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "ProtectHome": "true",
        "CapabilityBoundingSet": "",
        "KillMode": "mixed",
        "User": "duban",
    }
    assert {name: service.get(name) for name in wanted} == wanted
    assert shlex.split(service["ExecStart"])[1] in COMMANDS
    assert service["ReadWritePaths"] == service["Environment"].partition("DUBAN_DATA=")[2]
    assert int(service["TimeoutStopSec"]) > 30


def test_the_proxies_say_who_came_and_let_through_what_the_site_takes() -> None:
    (nginx,) = blocks("deploy.md", "nginx")
    (caddy,) = blocks("deploy.md", "caddyfile")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "proxy_set_header Host $host;" in nginx
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in nginx
    size = re.search(r"client_max_body_size (\d+)m;", nginx)
    assert size
    assert int(size[1]) * MEGABYTE > FORM_LIMIT
    assert nginx.count("{") == nginx.count("}")
    port = YAML(typ="safe").load(blocks("deploy.md", "yaml")[1])["port"]
    assert f"127.0.0.1:{port}" in nginx
    assert f"127.0.0.1:{port}" in caddy
