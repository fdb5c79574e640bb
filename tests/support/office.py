"""Notices to deliver, and looking at where they are: the demo county, with an e-mail address for everybody."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import func, select, text
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy

from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import batches, deliveries
from ledger.chain.batches import NewItem
from ledger.chain.deliveries import DELIVERY
from ledger.chain.entries import NOTICE
from ledger.directory import people
from ledger.store.database import Database
from rules.machine.commands import UnitRef
from rules.machine.issuing import Order
from tests.support.product import SUPERVISOR
from workflows.contracts import DIGEST, IMMEDIATE, DigestInput, ImmediateInput

ALWAYS = 'hours: {from: "00:00", to: "23:59", every_day: true}\n'
"""Working hours that no test has to wait for."""


def addressed(database: Database) -> None:
    """Everybody has an address: p2001@qingxi.test."""
    with database.write() as connection:
        connection.execute(text("UPDATE person SET email = id || '@qingxi.test'"))


def issue(database: Database, per_unit: int = 1, *, units: int = 96, finding: str = "记录不全") -> int:
    """So many items are issued to each unit, in the ledger alone; each unit's liaison is to hear. Returns how many."""
    batch = f"test-{uuid4()}"
    with database.write() as connection:
        items = [
            NewItem(
                process="rectification",
                variant="staged",
                import_key=f"{batch}/{n}/{unit['id']}",
                order=Order(
                    no="",
                    unit=UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"]),
                    title=f"{finding}（第 {n + 1} 项）",
                ),
            )
            for unit in people.all_units(connection)[:units]
            for n in range(per_unit)
        ]
        actor, now = issuer(connection, on_site(SUPERVISOR)), datetime.now(UTC)
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=actor, now=now)
        batches.confirm(connection, batch, actor, now)
        while batches.issue_chunk(connection, batch, 500, now):
            pass
    return len(items)


def channels(folder: Path, *lines: str, hours: str = ALWAYS) -> Path:
    """The channels' file in that folder."""
    path = folder / "channels.yaml"
    path.write_text(hours + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def mail(port: int, more: str = "") -> str:
    """The file's line for a mail server of this machine."""
    return f"mail: {{host: 127.0.0.1, port: {port}, from: duban@qingxi.test{more}}}"


async def start_digest(client: Client, task_queue: str, channel: str, day: str = "") -> WorkflowHandle[object, object]:
    """One morning's digest begins. Channels are shared by name with other tests of this server: use names of one's own,
    or a server of one's own."""
    return await client.start_workflow(
        DIGEST,
        DigestInput(day=day or "2026-11-24", channel=channel),
        id=f"digest/{uuid4()}/{channel}",
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )


async def start_immediate(client: Client, task_queue: str, channel: str) -> WorkflowHandle[object, object]:
    """What may not wait is got ready."""
    return await client.start_workflow(
        IMMEDIATE, ImmediateInput(channel=channel), id=f"immediate/{uuid4()}", task_queue=task_queue
    )


def states(database: Database, channel: str) -> Counter[str]:
    """How many notices are in which state on that channel."""
    with database.read() as connection:
        query = select(DELIVERY.c.state, func.count()).where(DELIVERY.c.channel == channel)
        return Counter({state: n for state, n in connection.execute(query.group_by(DELIVERY.c.state))})


def notices(database: Database) -> int:
    """How many notices there are."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(NOTICE)).scalar_one()


def reasons(database: Database) -> list[str]:
    """Why what was given up was given up."""
    with database.read() as connection:
        return [row["reason"] for row in deliveries.failed(connection)]
