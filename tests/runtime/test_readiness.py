"""`/api/v1/ready` over the real engine: what is in the way is named, part by part; `/health` stays well."""

import sqlite3
from functools import partial
from pathlib import Path

import httpx2
from temporalio.client import Client

from api.app import create_app
from runtime.readiness import readiness
from tests.support.product import Started, started
from tests.support.signed import browsing, entrance_of

PARTS = ("ledger", "evidence", "engine", "worker")


def _site(product: Started, task_queue: str) -> httpx2.AsyncClient:
    ready = partial(readiness, product.database, product.files, product.client, task_queue)
    app = create_app(
        desk=product.desk,
        intake=product.intake,
        database=product.database,
        files=product.files,
        ready=ready,
        entrance=entrance_of(product.database),
    )
    return browsing(app)


async def test_ready_is_said_part_by_part_and_a_locked_ledger_is_not_ready(client: Client, tmp_path: Path) -> None:
    async with started(client, tmp_path) as product, _site(product, product.task_queue) as web:
        await product.issue("有工作进程")
        answer = await web.get("/api/v1/ready")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, **dict.fromkeys(PARTS, True), "said": {}})
        product.database._busy_timeout = 0.2
        product.database.engine.dispose()
        product.database.engine = product.database._sqlite(product.database.url)
        lock = sqlite3.connect(tmp_path / "duban.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        answer = await web.get("/api/v1/ready")
        told = answer.json()
        assert (answer.status_code, told["ready"]) == (503, False)
        assert {part: told[part] for part in PARTS} == {**dict.fromkeys(PARTS, True), "ledger": False}
        assert "被占用" in told["said"]["ledger"]
        assert (await web.get("/api/v1/health")).status_code == 200
        lock.execute("ROLLBACK")
        lock.close()
        assert (await web.get("/api/v1/ready")).status_code == 200


async def test_a_queue_that_no_worker_asks_is_not_ready(client: Client, tmp_path: Path) -> None:
    async with started(client, tmp_path) as product, _site(product, "nobody-listens-here") as web:
        answer = await web.get("/api/v1/ready")
        told = answer.json()
        assert (answer.status_code, told["engine"], told["worker"]) == (503, True, False)
        assert "duban worker" in told["said"]["worker"]
