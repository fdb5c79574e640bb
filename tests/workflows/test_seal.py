"""A seal on the real server: database, file outside and mail, each for sure and none twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.worker import WorkflowRunner

from activities.messages import SealReply
from ledger.chain.entries import ENTRY
from ledger.proof import checkpoints, outside
from ledger.proof.verify import verify
from tests.support import office
from tests.support.product import KEEPER, Started, started
from tests.support.servers.smtp_server import mail_server
from tests.support.waiting import until
from workflows.contracts import SEAL, SealInput, seal_id


async def seal(product: Started, number: int) -> SealReply:
    """As the scheduler has it sealed."""
    reply: SealReply = await product.client.execute_workflow(
        SEAL,
        SealInput(number=number),
        id=seal_id(number),
        task_queue=product.task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=SealReply,
    )
    return reply


def copies(product: Started) -> outside.Outside:
    return outside.read(product.folder / "outside" / "seals.jsonl")


async def test_a_seal_covers_everything_and_stands_outside(
    client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        with product.database.read() as connection:
            loaded: int = connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()
        await product.issue("一", "二")
        first = await seal(product, 1)
        assert (first.number, first.size, first.fresh) == (1, loaded + 3, True), (
            "two items, and the key that was made for it"
        )
        again = await seal(product, 2)
        assert (again.number, again.fresh) == (1, False)
        (no,) = await product.issue("三")
        await product.give(no, "sign", product.liaison(no))
        second = await seal(product, 2)
        assert (second.number, second.size, second.fresh) == (2, loaded + 5, True)
        assert [one.number for one in copies(product).checkpoints] == [1, 2]
        wrong = verify(product.database, outside=copies(product)).wrong
        assert [w for w in wrong if "已经发出" not in w.what] == [], "products of tests number apart"


async def test_seals_at_the_same_moment_make_one_checkpoint(
    client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        await product.issue(*(str(n) for n in range(20)))
        replies = await asyncio.gather(*(seal(product, number) for number in (1, 1, 1)))
        assert {reply.number for reply in replies} == {1}
        with product.database.read() as connection:
            assert [one.number for one in checkpoints.listed(connection)] == [1]


async def test_a_share_that_is_away_delays_the_copy_and_loses_none(
    client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        await product.issue("一")
        (product.folder / "outside").write_text("no folder")
        sealing = asyncio.create_task(seal(product, 1))
        await until("it is sealed inside", lambda: _sealed(product) == 1)
        assert not sealing.done()
        (product.folder / "outside").unlink()
        assert (await sealing).number == 1
        assert [one.number for one in copies(product).checkpoints] == [1]


def _sealed(product: Started) -> int:
    with product.database.read() as connection:
        last = checkpoints.latest(connection)
    return last.number if last else 0


@pytest.mark.timeout(120)
async def test_each_checkpoint_is_mailed_once_with_what_a_keeper_compares(
    client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    with mail_server(tmp_path / "mail") as server:
        async with started(client, tmp_path / "product", runner=runner) as product:
            office.channels(product.folder, office.mail(server.port))
            await product.issue("一")
            first = await seal(product, 1)
            await seal(product, 2)
            (letter,) = server.taken()
            assert letter["To"].endswith(f"<{KEEPER}>")
            assert first.fingerprint in letter["Subject"]
            with product.database.read() as connection:
                made = checkpoints.by_number(connection, 1)
            body = letter.get_body(("plain",))
            assert body is not None
            assert outside.line_of(made).decode() in body.get_content().replace("\n", "")
