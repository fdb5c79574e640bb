"""Follow-ups on the real server: workflows begin with the entry that issues them, ends are told at once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from desk.bulk.giving import BulkRequest, Bulks
from desk.caller import on_site
from ledger.chain import pinned
from rules.errors import Code, RuleViolation
from rules.family import ChildStatus
from rules.forms.answers import Pairs
from tests.support import witness
from tests.support.processes import FAMILY
from tests.support.product import SUPERVISOR, Started, started
from tests.support.signed import app_of, as_, browsing
from tests.support.waiting import until

TODAY = datetime.now(UTC).date()
PLAN: Pairs = (
    ("aim", "三个月见效"),
    ("tasks.1.what", "摸底"),
    ("tasks.2.what", "整顿"),
    ("tasks.2.unit", "u003"),
    ("tasks.2.by", (TODAY + timedelta(days=40)).isoformat()),
    ("tasks.3.what", "回访"),
    ("tasks.3.after", "1,2"),
)


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    """A product that knows these processes too; the shared one's register stays as it is."""
    async with started(client, tmp_path) as product:
        with product.database.write() as connection:
            pinned.load_processes(connection, FAMILY, datetime.now(UTC))
        yield product


async def begun(product: Started, no: str) -> bool:
    """The item has a workflow, asleep or awake."""
    try:
        return (await product.client.get_workflow_handle(no).describe()).status is WorkflowExecutionStatus.RUNNING
    except RPCError:
        return False


async def ended(product: Started, no: str) -> None:
    await product.give(no, "submit", product.liaison(no), text="办好了")
    await product.give(no, "close", SUPERVISOR, outcome="done")


async def planned(product: Started) -> str:
    (no,) = await product.issue("支部规范化行动", process="drive", variant="plain")
    await product.give(no, "submit", product.liaison(no), text="报上", answers=PLAN)
    await product.give(no, "approve", SUPERVISOR)
    return no


async def test_children_get_workflows_and_their_ends_come_to_the_parents(own: Started) -> None:
    no = await planned(own)
    for n in (1, 2):
        await until(f"{no}-{n} has its workflow", lambda n=n: begun(own, f"{no}-{n}"))  # type: ignore[misc]
    with pytest.raises(RuleViolation) as refused:
        await own.give(no, "submit", own.liaison(no), text="报上")
    assert refused.value.code is Code.CHILDREN_OPEN
    await ended(own, f"{no}-1")
    await ended(own, f"{no}-2")
    await until("the next has its workflow", lambda: begun(own, f"{no}-3"))
    await ended(own, f"{no}-3")
    await own.give(no, "submit", own.liaison(no), text="报上")
    await own.give(no, "close", SUPERVISOR, outcome="reached", answers=(("said", "好"), ("found.1.what", "不全")))
    assert witness.state(own.database, no).status == "closed"
    await until("nobody waits for the fourth, and it has its workflow", lambda: begun(own, f"{no}-4"))
    await ended(own, f"{no}-4")
    assert [one.status for one in witness.state(own.database, no).children] == [ChildStatus.ENDED] * 4
    assert witness.wrong(own.database) == []


async def test_what_bulk_work_approves_issues_too(own: Started) -> None:
    (no,) = await own.issue("支部规范化行动", process="drive", variant="plain")
    await own.give(no, "submit", own.liaison(no), text="报上", answers=PLAN)
    bulks = Bulks(own.gateway, own.database)
    asked = BulkRequest(kind="approve", caller=on_site(SUPERVISOR), numbers=(no,))
    bulk = bulks.preview(asked, datetime.now(UTC))
    await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    for n in (1, 2):
        await until(f"{no}-{n} has its workflow", lambda n=n: begun(own, f"{no}-{n}"))  # type: ignore[misc]
    await ended(own, f"{no}-1")
    assert witness.wrong(own.database) == []


async def test_a_row_that_cannot_be_issued_refuses_the_approval(own: Started) -> None:
    (no,) = await own.issue("支部规范化行动", process="drive", variant="plain")
    rows: Pairs = (("aim", "见效"), ("tasks.1.what", "摸底"), ("tasks.1.unit", "u003"))
    await own.give(no, "submit", own.liaison(no), text="报上", answers=rows)
    with own.database.write() as connection:
        connection.exec_driver_sql("UPDATE unit SET ended = '2026-01-01' WHERE id = 'u003'")
    with pytest.raises(RuleViolation) as refused:
        await own.give(no, "approve", SUPERVISOR)
    assert refused.value.code is Code.FOLLOW_UP_REFUSED
    assert "“任务”第 1 行不能交办：没有“u003”这个单位" in str(refused.value)
    assert witness.state(own.database, no).status == "reviewing"
    await own.give(no, "return", SUPERVISOR, reason="换一个单位")


async def test_the_page_the_interface_and_the_register_show_the_family(own: Started) -> None:
    no = await planned(own)
    await ended(own, f"{no}-1")
    app = app_of(own)
    async with browsing(app) as site:
        page = (await site.get(f"/items/{no}")).text
        assert "3 项中 1 项办结 · 等着 2 项" in page
        assert f'<a href="/items/{no}-2">{no}-2</a>' in page
        assert "还没有交办" in page
        assert f'<td>{no}-3</td><td class="what">回访</td>' in page.replace(' class="num"', "")
        assert "<svg" in page
        assert "承办单位：青溪县人民政府办公室" in page, "units are called by their names in what was answered"
        mine = (await site.get(f"/items/{no}", headers=as_(own.liaison(no)))).text
        assert "还有 2 项未办结" in mine, "why nothing can be submitted is said beforehand"
        child = (await site.get(f"/items/{no}-2")).text
        assert f'<a href="/items/{no}">{no}</a>（子任务）' in child
        told = (await site.get(f"/api/v1/items/{no}")).json()["family"]
        assert [(one["no"], one["held"], one["after"]) for one in told["children"]] == [
            (f"{no}-1", False, []),
            (f"{no}-2", False, []),
            (f"{no}-3", True, [f"{no}-1", f"{no}-2"]),
        ]
        listed = (await site.get("/api/v1/items", params={"parent": no.lower(), "link": "子任务"})).json()["items"]
        assert sorted(one["no"] for one in listed) == [f"{no}-1", f"{no}-2"]
        assert {one["parent"] for one in listed} == {no}
        assert f"{no}-2" in (await site.get("/items", params={"parent": no})).text
        row = (await site.get("/api/v1/items", params={"text": no})).json()["items"][0]
        assert (row["children"], row["children_ended"], row["children_words"]) == (3, 1, "3 项中 1 项办结")
        folded = (await site.get("/items", params={"text": no})).text
        assert "子项 3 项中 1 项办结" in folded
        assert f'href="/items/{no}-2"' not in folded, "nothing of them is read before it is asked for"
        opened = (await site.get("/items", params={"text": no, "unfold": no})).text
        assert [opened.count(f'href="/items/{no}-{n}"') for n in (1, 2, 3)] == [1, 1, 0]
        assert "另有 1 项还没有交办" in opened
        assert f'href="/items?text={no}#{no}"' in opened, "it folds again"
        assert f'子任务，来自 <a href="/items/{no}">' in (await site.get("/items", params={"text": f"{no}-2"})).text


async def test_recovery_starts_a_child_whose_workflow_was_lost(own: Started) -> None:
    no = await planned(own)
    await until("it has its workflow", lambda: begun(own, f"{no}-2"))
    await own.client.get_workflow_handle(f"{no}-2").terminate()
    started_anew = [done.no async for done in own.gateway.recover() if done.started]
    assert started_anew == [f"{no}-2"]
    assert await begun(own, f"{no}-2")
