"""A kind of bulk work is one row: with a row more, workflow, activity and reconciliation know it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, literal
from temporalio.client import Client
from temporalio.worker import WorkflowRunner

from ledger.chain.bulk import Selection
from ledger.chain.entries import ITEM
from ledger.chain.selections import BULK_KINDS, BulkKind, Selected
from ledger.proof.reconcile import Stood
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import witness
from tests.support.calendars import planning
from tests.support.product import LEADER, Started, started
from workflows.contracts import BulkInput

REMINDERS = "remind/"


def _everybody_once(connection: Connection, wanted: Selected, now: datetime) -> Selection:
    leader = Actor(id=LEADER, role=Role.LEADER, via=Via.SITE)
    said = Command(kind=CommandKind.REMARK, id=f"{REMINDERS}{wanted.cause}", actor=leader, text="年底前办结。")
    return Selection(
        where=(ITEM.c.seq < 3,),
        order=(ITEM.c.no,),
        actor=leader,
        command=lambda _, state: said,
        once=literal(said.id),
    )


REMIND = BulkKind(
    name="remind",
    select=_everybody_once,
    chunk=2,
    timeout=timedelta(seconds=20),
    ids=REMINDERS,
    writes=frozenset({"remarked"}),
    shown="已批示 {0.stored} 项",
    refused="没有批示",
)


@pytest.fixture
async def product(
    client: Client, runner: WorkflowRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Started]:
    """A product that knows the kind; where the worker begins, the table is read."""
    monkeypatch.setitem(BULK_KINDS, REMIND.name, REMIND)
    async with started(client, tmp_path, runner=runner) as one:
        yield one


async def test_a_kind_more_is_one_row(product: Started) -> None:
    numbers = await planning(product, 3)
    start = BulkInput(selected=Selected(kind=REMIND.name, cause="2026"), chunk=REMIND.chunk)
    done = await product.gateway.bulk(start, f"{REMINDERS}2026")
    assert (done.stored, done.left, done.done) == (3, 0, True)
    for no in numbers:
        assert witness.kinds(product.database, no) == ["issued", "signed", "remarked"]


@pytest.mark.parametrize(
    ("kind", "role", "itself"),
    [("remarked", "leader", True), ("closed", "leader", False), ("rung_reached", "system", True)],
)
def test_what_a_row_says_it_writes_no_workflow_has_to_know(
    monkeypatch: pytest.MonkeyPatch, kind: str, role: str, itself: bool
) -> None:
    monkeypatch.setitem(BULK_KINDS, REMIND.name, REMIND)
    entry = Stood(seq=3, command=f"{REMINDERS}2026", kind=kind, actor="p", role=role, recorded_at="")
    assert entry.by_itself is itself
