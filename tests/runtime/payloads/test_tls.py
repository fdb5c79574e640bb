"""To a Temporal server elsewhere: over TLS that both sides hold to, with a key that is shown nowhere, and not at all
where one of them is not who it should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from runtime.connect import NotRunning, connect
from runtime.ending import Problem
from runtime.engine.access import access_of
from runtime.engine.binary import locate
from runtime.engine.config import PORTS, ServerFiles, configuration
from runtime.engine.prepare import prepare
from runtime.host.ports import free_ports
from runtime.reach import reach
from runtime.settings import Settings, load
from tests.support import witness
from tests.support.network.certificates import Authority, Certified
from tests.support.product import started
from tests.support.waiting import until

SERVER = "temporal.qingxi.example"
KEY = "tk-9f2c4e"


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A real server whose frontend wants a client's certificate of its authority."""

    folder: Path
    address: str
    authority: Authority
    ours: Certified

    def settings(self, **chosen: Any) -> Settings:
        told = {
            "temporal_address": self.address,
            "temporal_tls_ca": self.authority.file,
            "temporal_tls_cert": self.ours.certificate,
            "temporal_tls_key": self.ours.key,
            "temporal_tls_server_name": SERVER,
        }
        return load(data=self.folder / "client", **(told | chosen))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "run").mkdir()
    authority = Authority(folder)
    server, ours = authority.sign("server", SERVER), authority.sign("client", "duban")
    files = ServerFiles(folder=folder, ports=free_ports(PORTS), namespace="duban", time_skipping=False)
    files.write()
    told, binary = configuration(files), locate(load(data=folder))
    if binary.arguments(files)[0] != "--config-file":
        pytest.skip("the development server takes no configuration: it speaks no TLS")
    pair = {"certFile": str(server.certificate), "keyFile": str(server.key)}
    trusts = {"rootCaFiles": [str(authority.file)], "serverName": SERVER}
    told["global"]["tls"] = {
        "frontend": {
            "server": {**pair, "requireClientAuth": True, "clientCaFiles": [str(authority.file)]},
            "client": trusts,
        },
        "systemWorker": {**pair, "client": trusts},
    }
    files.config.write_bytes(orjson.dumps(told))
    held = Guarded(folder=folder, address=files.address, authority=authority, ours=ours)
    with (folder / "temporal.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            binary.path, *binary.arguments(files), cwd=folder, stdout=log, stderr=asyncio.subprocess.STDOUT
        )
        try:
            how = access_of(held.settings())
            await until("the server answers over TLS", lambda: _answers(held.address, how))
            await prepare(await connect(held.address, "duban", access=how), timedelta(days=1))
            yield held
        finally:
            process.kill()
            await process.wait()


async def _answers(address: str, how: Any) -> bool:
    with suppress(NotRunning):
        await connect(address, "duban", access=how)
        return True
    return False


async def test_the_product_works_over_tls_with_certificates_of_both_sides(guarded: Guarded, tmp_path: Path) -> None:
    async with started(await reach(guarded.settings()), tmp_path) as product:
        (no,) = await product.issue("在别处的服务器上")
        await product.give(no, "sign", product.liaison(no))
        assert (await witness.known(product, no)).seq == witness.state(product.database, no).seq


@pytest.mark.parametrize(
    "wrong",
    ["no client certificate", "another authority's client", "an authority we do not trust", "another name", "no TLS"],
)
async def test_who_is_not_trusted_is_not_reached(guarded: Guarded, tmp_path: Path, wrong: str) -> None:
    other = Authority(tmp_path, "other")
    stranger = other.sign("stranger", "duban")
    chosen: dict[str, dict[str, Any]] = {
        "no client certificate": {"temporal_tls_cert": None, "temporal_tls_key": None},
        "another authority's client": {"temporal_tls_cert": stranger.certificate, "temporal_tls_key": stranger.key},
        "an authority we do not trust": {"temporal_tls_ca": other.file},
        "another name": {"temporal_tls_server_name": "other.example"},
        "no TLS": dict.fromkeys(("temporal_tls_ca", "temporal_tls_cert", "temporal_tls_key"))
        | {"temporal_tls_server_name": ""},
    }
    with pytest.raises(NotRunning) as told:
        await reach(guarded.settings(**chosen[wrong]))
    assert ("DUBAN_TEMPORAL_TLS_" in told.value.way_out) is (wrong != "no TLS")


async def test_the_key_goes_with_tls_and_is_shown_nowhere(guarded: Guarded) -> None:
    settings = guarded.settings(temporal_api_key=KEY)
    client = await reach(settings)
    assert client.service_client.config.api_key == KEY
    assert KEY not in repr(settings) + str(settings) + repr(access_of(settings))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"temporal_tls": True}, "没有设 DUBAN_TEMPORAL_ADDRESS"),
        ({"temporal_api_key": KEY}, "没有设 DUBAN_TEMPORAL_ADDRESS"),
        ({"temporal_api_key": KEY, "temporal_address": "t:7233"}, "不能明着送出去"),
        ({"temporal_tls_cert": "c.pem", "temporal_address": "t:7233"}, "没有设 DUBAN_TEMPORAL_TLS_KEY"),
        ({"temporal_tls_key": "c.key", "temporal_address": "t:7233"}, "没有设 DUBAN_TEMPORAL_TLS_CERT"),
        ({"temporal_api_key": [KEY], "temporal_address": "t:7233"}, "DUBAN_TEMPORAL_API_KEY"),
    ],
    ids=str,
)
def test_settings_that_do_not_go_together_are_refused(tmp_path: Path, chosen: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem) as told:
        load(data=tmp_path, **chosen)
    assert said in told.value.message
    assert KEY not in "".join(told.value.lines())


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("not a certificate")
    for file, said in ((tmp_path / "nowhere.pem", "读不了"), (nonsense, "读不懂")):
        with pytest.raises(Problem, match=said) as told:
            access_of(load(data=tmp_path, temporal_address="t:7233", temporal_tls_ca=file))
        assert str(file) in told.value.message
