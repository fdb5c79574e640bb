"""Whether a command given now would be carried out: each part asked by doing a little of what it is there for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.errors import RuleViolation
from runtime.ending import Problem
from workflows.converter import PayloadLocked
from workflows.plainly import reached

_PATIENCE = timedelta(seconds=3)
_SAMPLE = 3
"""So many workflows are looked into."""
POLLED_WITHIN = timedelta(seconds=75)
"""A worker asks the queue anew when it gets something, or after a minute: longer ago, it is stopped, dead or frozen."""
NO_ENGINE = Problem("流程引擎没有应答。", "确认 duban up（或 duban server）在运行。")
NO_WORKER = Problem(
    f"{POLLED_WITHIN.seconds} 秒内没有工作进程来领任务。", "确认 duban worker（或 duban up）在运行，没有被挂起。"
)


async def readiness(database: Database, files: EvidenceStore, client: Client, task_queue: str) -> dict[str, object]:
    """`ready`, each part's own yes or no, and under `said` what to do about every part that is not."""
    parts: dict[str, Callable[[], Awaitable[object]]] = {
        "ledger": lambda: asyncio.to_thread(database.try_writing),
        "evidence": lambda: asyncio.to_thread(files.try_writing),
        "engine": lambda: answers(client),
        "worker": lambda: polled(client, task_queue),
    }
    words = await asyncio.gather(*(_look(part) for part in parts.values()))
    said = {name: text for name, text in zip(parts, words, strict=True) if text}
    return {"ready": not said, **{name: name not in said for name in parts}, "said": said}


async def _look(part: Callable[[], Awaitable[object]]) -> str:
    try:
        await part()
    except RuleViolation as refusal:
        return str(refusal)
    except Problem as problem:
        return " ".join(problem.lines())
    return ""


async def answers(client: Client) -> None:
    """The engine answers. Raises Problem."""
    try:
        with reached():
            if await client.service_client.check_health(timeout=_PATIENCE):
                return
    except RPCError as failure:
        raise NO_ENGINE from failure
    raise NO_ENGINE


async def readable(client: Client, task_queue: str) -> None:
    """What workflows on that queue of late carry can be read with the keys that are here. Raises Problem."""
    try:
        queue = json.dumps(task_queue, ensure_ascii=False)
        async for run in client.list_workflows(f"TaskQueue = {queue}", limit=_SAMPLE):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            async for event in handle.fetch_history_events(page_size=1):
                await client.data_converter.decode(event.workflow_execution_started_event_attributes.input.payloads)
                break
    except PayloadLocked as locked:
        raise Problem(f"{locked}。", "核对 DUBAN_PAYLOAD_KEYS；密钥文件从备份恢复（docs/encryption.md）。") from locked
    except RPCError as failure:
        raise NO_ENGINE from failure


async def polled(client: Client, task_queue: str) -> None:
    """A worker has asked for work of late. Raises Problem."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        with reached():
            told = await client.workflow_service.describe_task_queue(asked, timeout=_PATIENCE)
    except RPCError as failure:
        raise NO_ENGINE from failure
    since = datetime.now(UTC) - POLLED_WITHIN
    if not any(p.last_access_time.ToDatetime(tzinfo=UTC) > since for p in told.pollers):
        raise NO_WORKER
