"""The ledger beside histories of the real server: in order while callers write, and each way in which it is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from temporalio.client import Client

from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from runtime.cli.main import run
from runtime.ending import DONE, REFUSED
from runtime.engine.embedded import Engine
from runtime.reconcile.run import Reconciled, reconcile_all
from tests.support import walks, witness
from tests.support.product import LEADER, Started, started
from tests.support.walks import walk

SHORT = timedelta(seconds=1)


@pytest_asyncio.fixture(loop_scope="session")
async def product(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    """A product of the test's own, since every item is looked at."""
    async with started(client, tmp_path) as running:
        yield running


async def reconciled(product: Started, patience: timedelta = SHORT) -> Reconciled:
    return await reconcile_all(product.client, product.database, product.task_queue, patience=patience)


def tampered(database: Database, *statements: str) -> None:
    """Somebody has the file, took the guards away, and put them back."""
    with database.write() as connection:
        kept = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        guards = [f"DROP TRIGGER {name}" for name, _ in kept]
        for statement in (*guards, *statements, *(sql for _, sql in kept)):
            connection.execute(text(statement))


async def test_lives_of_every_sort_agree(product: Started) -> None:
    """Asleep, moved on, watched, annulled, continued as new, refused; and an alarm that a sweep rang."""
    places = ["unsigned", "executing", "extension_asked", "watching", "annulled"]
    numbers = await product.issue(*places, "long")
    for no, where in zip(numbers, places, strict=False):
        await walk(product, no, where)
    long = numbers[-1]
    await product.client.get_workflow_handle(long).terminate()
    await witness.start(product, witness.input_at(product, long, 1, entries_per_run=3))
    for n in range(8):
        await walks.REMARK.give(product, long, id=f"r{n}")
    await walks.REMARK.give(product, long, id="r0")
    with pytest.raises(RuleViolation) as refused:
        await product.give(long, "approve", "p0001", id="refused", text="同意")
    assert refused.value.code is Code.WRONG_STATUS

    done = await reconciled(product)

    assert done.found == []
    assert (done.items, done.without) == (6, 0)
    assert done.runs >= 8
    assert done.commands >= 8 + 2


async def test_a_removed_entry_is_named(product: Started) -> None:
    kept, cut, last = await product.issue("一", "二", "三")
    for no in (kept, cut, last):
        await walks.REMARK.give(product, no, id="first")
        await walks.REMARK.give(product, no, id="second")
    tampered(
        product.database,
        f"DELETE FROM entry WHERE stream = '{cut}' AND command = 'first'",
        f"DELETE FROM entry WHERE stream = '{last}' AND command = 'second'",
    )
    done = await reconciled(product)
    assert [(d.stream, d.command) for d in done.found] == [(cut, "first"), (last, "second")]
    assert "批示" in done.found[0].what


async def test_an_entry_that_no_workflow_was_asked_for_is_named(product: Started) -> None:
    (no,) = await product.issue("一")
    await walks.REMARK.give(product, no, id="first")
    tampered(product.database, f"UPDATE entry SET command = 'another' WHERE stream = '{no}' AND command = 'first'")
    done = await reconciled(product)
    assert [(d.command, d.seq) for d in done.found] == [("first", 0), ("another", 2)]


async def test_an_item_removed_as_a_whole_is_named(product: Started) -> None:
    kept, gone = await product.issue("一", "二")
    tampered(product.database, f"DELETE FROM entry WHERE stream = '{gone}'", f"DELETE FROM item WHERE no = '{gone}'")
    done = await reconciled(product)
    assert [(d.stream, d.what[:6]) for d in done.found] == [(gone, "流程引擎里有")]
    assert (done.items, done.count) == (1, 1)
    assert kept != gone


async def test_writers_at_work_raise_no_false_alarm(product: Started) -> None:
    numbers = await product.issue(*(f"问题 {n}" for n in range(12)))
    enough = asyncio.Event()

    async def write(no: str) -> int:
        n = 0
        while not enough.is_set():
            await walks.REMARK.give(product, no, id=f"w{n}")
            n += 1
        return n

    writers = [asyncio.create_task(write(no)) for no in numbers]
    for _ in range(3):
        done = await reconciled(product, patience=timedelta(seconds=10))
        assert done.found == []
        assert done.items == len(numbers)
    enough.set()
    assert sum(await asyncio.gather(*writers)) > len(numbers)


@pytest.fixture
def found(product: Started, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`duban` finds the product, as in a shell."""
    monkeypatch.setenv("DUBAN_DATA", str(product.folder))
    monkeypatch.setenv("DUBAN_TEMPORAL_ADDRESS", engine.address)
    monkeypatch.setenv("DUBAN_TEMPORAL_NAMESPACE", engine.settings.temporal_namespace)
    monkeypatch.setenv("DUBAN_TASK_QUEUE", product.task_queue)


@pytest.mark.usefixtures("found")
async def test_the_command_ends_with_0_or_1_and_says_what_it_means(
    product: Started, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("runtime.reconcile.run.reconcile_all.__kwdefaults__", {"patience": SHORT})
    (no,) = await product.issue("一")
    await product.give(no, "remark", LEADER, text="抓紧", id="first")
    assert await asyncio.to_thread(run, ["audit", "reconcile"]) == DONE
    assert "两边相符" in capsys.readouterr().out
    tampered(product.database, f"DELETE FROM entry WHERE stream = '{no}' AND command = 'first'")
    assert await asyncio.to_thread(run, ["audit", "reconcile", "--json"]) == REFUSED
    told = json.loads(capsys.readouterr().out)
    assert [(one["stream"], one["command"]) for one in told["found"]] == [(no, "first")]
