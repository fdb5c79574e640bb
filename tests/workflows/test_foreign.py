"""What somebody may do who reaches the engine past the site: start workflows of their own, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker

from activities.messages import APPEND, AppendInput, AppendReply
from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import pinned
from ledger.chain.entries import read_events
from ledger.chain.selections import OTHER_VERSION, Selected
from ledger.directory import substitutes
from rules.codec import encode
from rules.dates.calendar import local_date
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.machine.events import encode_event
from rules.process import Role
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, Started, started
from workflows.contracts import BULK, COMMAND, migration, recalculation

FORGED = (
    ("an invented person", Actor(id="nobody", role=Role.SUPERVISOR, via=Via.SITE)),
    ("a person without that post", Actor(id="p2001", role=Role.SUPERVISOR, via=Via.SITE)),
    ("somebody who stands in for nobody", Actor(id="p2001", role=Role.SUPERVISOR, behalf=SUPERVISOR, via=Via.SITE)),
    ("the item's own alarm under another's post", Actor(id="system", role=Role.SUPERVISOR, via=Via.SITE)),
    ("a name that is none", Actor(id="x" * 500, role=Role.SUPERVISOR, via=Via.SITE)),
)


@pytest.mark.parametrize("actor", [actor for _, actor in FORGED], ids=[what for what, _ in FORGED])
async def test_an_update_in_the_name_of_who_has_no_such_post_stores_nothing_and_harms_nothing(
    product: Started, actor: Actor
) -> None:
    """As whoever reaches the engine could send it: a command names anybody, the ledger knows who has the post."""
    (no,) = await product.issue("有人冒名的事项")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    with product.database.read() as connection:
        before = read_events(connection, no)
    command = Command(kind=CommandKind.ANNUL, id=f"forged-{no}", actor=actor, reason="冒名作废")
    handle = product.client.get_workflow_handle(no)
    with pytest.raises(WorkflowUpdateFailedError) as told:
        await handle.execute_update(COMMAND, encode(command), id=command.id)
    cause = told.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "post_not_held"
    with product.database.read() as connection:
        assert read_events(connection, no) == before
    await product.give(no, "report", liaison, text="照常办理")
    with product.database.read() as connection:
        assert len(read_events(connection, no)) == len(before) + 1


async def test_who_stands_in_for_a_supervisor_may_and_only_while_it_lasts(product: Started) -> None:
    (no,) = await product.issue("委托办理的事项")
    today = local_date(datetime.now(UTC))
    with product.database.write() as connection:
        named_by = issuer(connection, on_site(LEADER))
        substitutes.name(
            connection,
            person="p0002",
            stand_in="p0003",
            first=today,
            last=today,
            named_by=named_by,
            now=datetime.now(UTC),
        )
    await product.give(no, "urge", "p0003", behalf="p0002")
    forged = Actor(id="p0003", role=Role.SUPERVISOR, behalf=SUPERVISOR, via=Via.SITE)
    command = Command(kind=CommandKind.ANNUL, id=f"forged-{no}", actor=forged, reason="冒名作废")
    with pytest.raises(WorkflowUpdateFailedError):
        await product.client.get_workflow_handle(no).execute_update(COMMAND, encode(command), id=command.id)
    with product.database.write() as connection:
        substitutes.call_off(connection, "p0002", named_by, datetime.now(UTC))


async def test_who_leaves_out_their_units_judges_nothing_of_them_all_the_same(product: Started) -> None:
    """A command carries the judge's units as its sender says; where the entry is stored, the ledger looks again."""
    (no,) = await product.issue("督查员隐去任职单位的事项")
    liaison = product.liaison(no)
    today = local_date(datetime.now(UTC))
    with product.database.write() as connection:
        named_by = issuer(connection, on_site(LEADER))
        now = datetime.now(UTC)
        substitutes.name(
            connection, person="p0002", stand_in=liaison, first=today, last=today, named_by=named_by, now=now
        )
        before = read_events(connection, no)
    try:
        actor = Actor(id=liaison, role=Role.SUPERVISOR, behalf="p0002", units=(), via=Via.SITE)
        command = Command(kind=CommandKind.ANNUL, id=f"own-{no}", actor=actor, reason="不办了")
        with pytest.raises(WorkflowUpdateFailedError) as told:
            await product.client.get_workflow_handle(no).execute_update(COMMAND, encode(command), id=command.id)
        cause = told.value.cause
        assert isinstance(cause, ApplicationError)
        assert cause.type == "own_matter"
        with product.database.read() as connection:
            assert read_events(connection, no) == before
    finally:
        with product.database.write() as connection:
            substitutes.call_off(connection, "p0002", named_by, datetime.now(UTC))


async def test_a_calendar_is_given_in_the_name_of_an_administrator_only(product: Started) -> None:
    (no,) = await product.issue("不许冒名重算的事项")
    with product.database.read() as connection:
        before = read_events(connection, no)
        version = pinned.current_calendar(connection).version
    with pytest.raises(WorkflowFailureError) as told:
        await product.client.execute_workflow(
            BULK,
            recalculation(
                version, "冒名", Actor(id="nobody", role=Role.ADMINISTRATOR, via=Via.CONSOLE, through="root (0)")
            ),
            id=f"recalculate/forged-{no}",
            task_queue=product.task_queue,
        )
    assert isinstance(told.value.cause, ActivityError)
    assert isinstance(told.value.cause.cause, ApplicationError)
    assert told.value.cause.cause.type == "post_not_held"
    with product.database.read() as connection:
        assert read_events(connection, no) == before


@workflow.defn(name="foreign", sandboxed=False)
class ForeignWorkflow:
    """Asks the product's worker to append what no rule has decided."""

    @workflow.run
    async def run(self, queue: str, wanted: AppendInput) -> AppendReply:
        reply: AppendReply = await workflow.execute_activity(
            APPEND,
            wanted,
            task_queue=queue,
            result_type=AppendReply,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return reply


async def test_a_foreign_workflow_appends_nothing(client: Client, task_queue: str, tmp_path: Path) -> None:
    async with started(client, tmp_path) as product, Worker(client, task_queue=task_queue, workflows=[ForeignWorkflow]):
        (no,) = await product.issue("三会一课记录不全")
        with product.database.read() as connection:
            before = read_events(connection, no)
        wanted = AppendInput(
            stream=no, after=len(before), command="foreign", events=[encode_event(event) for event in before]
        )
        with pytest.raises(WorkflowFailureError) as told:
            await client.execute_workflow(
                ForeignWorkflow.run, args=[product.task_queue, wanted], id=task_queue, task_queue=task_queue
            )
        assert isinstance(told.value.cause, ActivityError)
        assert isinstance(told.value.cause.cause, ApplicationError)
        assert told.value.cause.cause.type == "not_ours"
        with product.database.read() as connection:
            assert read_events(connection, no) == before


async def test_a_version_is_given_to_running_items_when_two_people_wanted_it_only(product: Started) -> None:
    by = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.CONSOLE, through="root (0)")
    wanted = Selected(
        kind=OTHER_VERSION.name,
        process="rectification",
        version="x#y",
        cause="一人",
        person=by.id,
        via=str(by.via),
        through=by.through,
    )
    with pytest.raises(WorkflowFailureError) as told:
        await product.client.execute_workflow(
            BULK, migration(wanted), id=f"migrate/alone-{product.task_queue}", task_queue=product.task_queue
        )
    assert isinstance(told.value.cause, ActivityError)
    assert isinstance(told.value.cause.cause, ApplicationError)
    assert told.value.cause.cause.type == "second_needed"
