"""The worker: workflows and activities over one client and one database, made here for product, bench and tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.append import LedgerActivities
from activities.bulk import BulkActivities
from activities.delivery.courier import DeliveryActivities
from activities.issuing import IssuingActivities
from activities.rounds import RoundActivities
from activities.sealing import SealingActivities, SealPlaces
from ledger.store.database import Database
from workflows.bulk import BulkWorkflow
from workflows.deliver import DeliverWorkflow
from workflows.digest import DigestWorkflow, ImmediateWorkflow
from workflows.dispatch import DispatchWorkflow
from workflows.item import ItemWorkflow
from workflows.round import RoundWorkflow
from workflows.seal import SealWorkflow

WORKFLOWS = [
    ItemWorkflow,
    DispatchWorkflow,
    BulkWorkflow,
    SealWorkflow,
    RoundWorkflow,
    DigestWorkflow,
    ImmediateWorkflow,
    DeliverWorkflow,
]
THREADS = 16
CACHED = 500
"""Workflows kept in memory between their tasks; others are replayed from their (short) histories when they wake."""

STICKY = timedelta(seconds=2)
"""How long a task waits for the worker that holds its workflow in memory: a command waits so long once that worker was
killed, until the next one takes it. The default is 10 seconds."""


def make_worker(
    client: Client,
    database: Database,
    task_queue: str,
    threads: ThreadPoolExecutor,
    *,
    runner: WorkflowRunner | None = None,
    channels: Path | None = None,
    seals: SealPlaces | None = None,
) -> Worker:
    """A worker for every workflow and activity of the product. Unsandboxed unless `runner` says so (docs/adr/0003).

    `channels`: the file that says over which channels notices leave the house; none, and they stay in the inbox.
    `seals`: where the key is and where checkpoints go; without it nothing is sealed here.
    """
    ledger, issuing = LedgerActivities(database), IssuingActivities(database, client, task_queue)
    bulk = BulkActivities(database, client, task_queue)
    delivering = DeliveryActivities(database, client, task_queue, channels)
    with suppress(ApplicationError):  # a file with mistakes says so when something is to be sent
        delivering.know()
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            ledger.append,
            issuing.issue_chunk,
            issuing.start_items,
            (rounds := RoundActivities(database)).round_step,
            rounds.score_chunk,
            bulk.bulk_chunk,
            bulk.tell_items,
            *delivering.all,
            *SealingActivities(database, seals).all,
        ],
        activity_executor=threads,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED,
        sticky_queue_schedule_to_start_timeout=STICKY,
        max_concurrent_activities=THREADS,
        max_concurrent_local_activities=THREADS,
    )
