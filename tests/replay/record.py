"""Records the histories that the replay tests replay: every branch of every workflow, on the real server.

    python -m tests.replay.record [NAME...]

Once a release is out, an existing file is never recorded anew: what runs today must replay in every later version. A
changed workflow gets new histories under new names, and keeps the old ones.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.messages import ADOPT
from desk.caller import on_site
from ledger.chain import pinned
from rules.errors import RuleViolation
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.host.exit import leave
from runtime.settings import load
from tests.replay import bulk, delivering, histories
from tests.support import walks, witness
from tests.support.processes import EVERY, FAMILY, TALLIED
from tests.support.processes.filled import filled
from tests.support.product import LEADER, SUPERVISOR, Started, started
from tests.support.walks import walk
from workflows.contracts import dispatch_id

Recorded = Callable[[Started, TimeSkipper], Awaitable[WorkflowHandle[object, object]]]


async def _item(product: Started) -> str:
    (no,) = await product.issue("三会一课记录不全")
    return no


async def every_command(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Accepted commands of all kinds, and the timer set anew as the alarm moves."""
    no = await _item(product)
    await walk(product, no, "declined")
    for said in (
        walks.REMARK,
        walks.REASSIGN,
        walks.URGE,
        walks.SIGN,
        walks.PLAN,
        walks.RETURN,
        walks.PLAN,
        walks.APPROVE,
    ):
        await said.give(product, no)
    for said in (
        walks.ASK,
        walks.REFUSE,
        walks.ASK,
        walks.GRANT,
        walks.REPORT,
        walks.SUBMIT,
        walks.RETURN,
        walks.SUBMIT,
    ):
        await said.give(product, no)
    for said in (walks.CONTINUE, walks.ANNUL):
        await said.give(product, no)
    return product.client.get_workflow_handle(no)


async def refused_after_confirming(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A refusal, believed only after the ledger has been asked."""
    no = await _item(product)
    with suppress(RuleViolation):
        await walks.SUBMIT.give(product, no)
    await walks.SIGN.give(product, no)
    return product.client.get_workflow_handle(no)


async def adopted(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """An older state: others' entries come back, another process among them."""
    no = await _item(product)
    await walks.REASSIGN.give(product, no, unit="县农科所")
    await walks.SIGN.give(product, no)
    await product.client.get_workflow_handle(no).terminate()
    handle = await witness.start(product, witness.input_at(product, no, 1))
    await walks.PLAN.give(product, no, days=40)
    return handle


async def nudged(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Told to look, once with and once without anything new."""
    no = await _item(product)
    await walks.SIGN.give(product, no)
    await product.client.get_workflow_handle(no).terminate()
    handle = await witness.start(product, witness.input_at(product, no, 1))

    for _ in range(2):
        await handle.execute_update(ADOPT)
    return handle


async def alarms(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Asleep until the first alarm; rungs and the deadline pass; a command in between; the watch ends it."""
    no = await _item(product)
    handle = product.client.get_workflow_handle(no)
    await skipper.fast_forward(handle, timedelta(days=8))
    await walk(product, no, "watching")
    await skipper.fast_forward(handle, timedelta(days=120))
    await handle.result()
    return handle


async def reopened(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Begun by the gateway, with the command, after the first run had ended."""
    handle = await alarms(product, skipper)
    await walks.REOPEN.give(product, handle.id)
    await walks.REPORT.give(product, handle.id)
    return product.client.get_workflow_handle(handle.id)


async def continued(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """The last run of three, itself continued as new: with what a run before it carried over."""
    no = await _item(product)
    await product.client.get_workflow_handle(no).terminate()
    await witness.start(product, witness.input_at(product, no, 1, entries_per_run=3))
    runs: list[str] = []
    for n in range(8):
        await walks.REMARK.give(product, no, id=f"r{n}")
        run = (await product.client.get_workflow_handle(no).describe()).run_id
        runs += [run] if run not in runs else []
    return product.client.get_workflow_handle(no, run_id=runs[1])


async def ahead_of_its_ledger(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """The ledger has been set back: the workflow fails with the command."""
    no = await _item(product)
    live, copy = product.folder / "duban.db", product.folder / "copy.db"
    for source, target in ((live, copy), (copy, live)):
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
        if target is copy:
            await walks.SIGN.give(product, no)
    with suppress(RuleViolation):
        await walks.PLAN.give(product, no)
    return product.client.get_workflow_handle(no)


async def elected(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A process of another kind: forms, names that stand apart, parties above the unit, ways that answers choose, a
    return to any of several steps."""
    with product.database.write() as connection:
        pinned.load_processes(connection, EVERY, datetime.now(UTC))
    (no,) = await product.issue("换届", unit="青溪中学", process="election", variant="direct")
    liaison, above = product.liaison(no), "p1081"

    sheet = product.desk.attach(data=b"1", name="计票单.txt", media_type="text/plain", caller=on_site(liaison))

    async def submit(times: int, **said: str) -> None:
        for _ in range(times):
            await product.give(no, "submit", liaison, answers=filled(product, no, **said))

    await submit(4)
    await product.give(no, "return", above, reason="票数不清", step="recommend")
    await submit(2)
    await product.give(no, "approve", above)
    await submit(1, sheet=sheet, votes_1_yes="0")
    await submit(1, sheet=sheet)
    await product.give(no, "approve", above)
    await product.give(no, "submit", liaison, text="已公布")
    return product.client.get_workflow_handle(no)


async def followed(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Its rows become items with workflows of their own, it adopts their ends, and is refused while one is open."""
    with product.database.write() as connection:
        pinned.load_processes(connection, FAMILY, datetime.now(UTC))
    (no,) = await product.issue("支部规范化行动", process="drive", variant="plain")
    rows = (("aim", "见效"), ("tasks.1.what", "摸底"), ("tasks.2.what", "整顿"), ("tasks.2.after", "1"))
    await product.give(no, "submit", product.liaison(no), text="报上", answers=rows)
    await product.give(no, "approve", SUPERVISOR)
    with suppress(RuleViolation):
        await product.give(no, "submit", product.liaison(no), text="报上")
    for n in (1, 2):
        await product.give(f"{no}-{n}", "submit", product.liaison(f"{no}-{n}"), text="办好了")
        await product.give(f"{no}-{n}", "close", SUPERVISOR, outcome="done")
    await product.give(no, "submit", product.liaison(no), text="报上")
    await product.give(no, "close", SUPERVISOR, outcome="reached", answers=(("said", "好"), ("found.1.what", "不全")))
    handle = product.client.get_workflow_handle(no)
    await handle.result()
    return handle


async def tallied(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Reports that count, one that does not, a count taken back, an end short of all; alarms of nodes."""
    with product.database.write() as connection:
        pinned.load_processes(connection, TALLIED, datetime.now(UTC))
    (no,) = await product.issue("结对共建", process="pairing", variant="year")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    plan = (("village", "东沟村"), ("households.1.code", "甲户"), ("households.2.code", "乙户"))
    await product.give(no, "submit", liaison, answers=plan)
    for about, how in (("甲户", "site"), ("乙户", "call")):
        answers = (("how", how), ("amount", "100"))
        await product.give(no, "report", liaison, tally="household", about=about, answers=answers)
    entry = witness.state(product.database, no).tallied[0].entry
    await product.give(no, "correct", SUPERVISOR, entry=entry, text="没有去", reason="误报")
    await product.give(no, "decide_correction", LEADER, grant=True)
    await product.give(no, "submit", liaison, text="完了", reason="整村搬迁")
    await product.give(no, "close", SUPERVISOR, outcome="done")
    return product.client.get_workflow_handle(no)


async def dispatched(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A batch issued and started."""
    (no, _) = await product.issue("一", "二")
    return product.client.get_workflow_handle(dispatch_id(witness.events(product.database, no)[0].fact.batch))  # type: ignore[union-attr]


async def dispatch_refused(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A batch that nobody confirmed."""
    with suppress(RuleViolation):
        await product.gateway.issue("nobody-knows-it")
    return product.client.get_workflow_handle(dispatch_id("nobody-knows-it"))


BRANCHES: dict[str, Recorded] = {
    "item-every-command": every_command,
    "item-refused-after-confirming": refused_after_confirming,
    "item-adopted": adopted,
    "item-nudged": nudged,
    "item-alarms": alarms,
    "item-reopened": reopened,
    "item-followed": followed,
    "item-continued-as-new": continued,
    "item-ahead-of-its-ledger": ahead_of_its_ledger,
    "item-elected": elected,
    "item-tallied": tallied,
    "dispatch": dispatched,
    "dispatch-refused": dispatch_refused,
    **bulk.BRANCHES,
    **delivering.BRANCHES,
}


async def record(folder: Path, only: Collection[str]) -> None:
    with Engine.start(load(data=folder), time_skipping=True) as engine:
        client = await connect(engine.address, engine.settings.temporal_namespace)
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        for name, branch in BRANCHES.items():
            if only and name not in only:
                continue
            async with started(client, folder / name) as product:
                handle = await branch(product, skipper)
                path = histories.write(name, await handle.fetch_history())
                sys.stderr.write(f"{path.name}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(record(Path(temporary), sys.argv[1:]))
    leave(0)
