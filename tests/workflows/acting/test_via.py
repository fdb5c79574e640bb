"""What an act came through stands in its entry, on every way to it: through Temporal, past it, in bulk, as the first
entry of what is issued, and by itself."""

import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.testing import TimeSkipper

from activities.telling import hand_on
from desk.acting import issuer
from desk.bulk.giving import BulkRequest, Bulks
from desk.caller import at_console, by_token, on_site
from desk.requests import Desk, Request
from ledger.chain import batches
from ledger.chain.entries import ENTRY
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import walks, witness
from tests.support.product import LEADER, SUPERVISOR, Started, drafted
from tests.support.waiting import until
from workflows.gateway import Gateway

ROOT = f"{pwd.getpwuid(os.getuid()).pw_name} ({os.getuid()})"


def came(product: Started, no: str) -> list[tuple[str, str, str, str | None]]:
    """(kind, actor, via, through) of each entry of the item."""
    query = select(ENTRY.c.kind, ENTRY.c.actor, ENTRY.c.via, ENTRY.c.through).where(ENTRY.c.stream == no)
    with product.database.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(ENTRY.c.seq))]


async def test_an_entry_says_what_its_command_came_through(product: Started) -> None:
    (no,) = await product.issue("经什么来的")
    for caller in (on_site(LEADER), by_token(LEADER, "t7"), at_console(LEADER)):
        await product.desk.give(Request(no=no, kind="remark", caller=caller, text="请抓紧"))
    assert came(product, no) == [
        ("issued", SUPERVISOR, "site", None),
        ("remarked", LEADER, "site", None),
        ("remarked", LEADER, "token", "t7"),
        ("remarked", LEADER, "console", ROOT),
    ]
    state = await witness.known(product, no)
    assert state == witness.state(product.database, no), "the workflow and the ledger say the same of it"


async def test_what_time_brings_says_system_though_somebody_gives_a_command_then(
    product: Started, skipper: TimeSkipper
) -> None:
    (no,) = await product.issue("到点的，不是谁办的")
    await skipper.fast_forward(product.client.get_workflow_handle(no), timedelta(days=12))
    await until("the sign window has passed", lambda: "fell_due" in witness.kinds(product.database, no))
    await product.desk.give(Request(no=no, kind="remark", caller=at_console(LEADER), text="为何没有签收"))
    of_system = [one for one in came(product, no) if one[1] == "system"]
    assert of_system
    assert {one[2:] for one in of_system} == {("system", None)}
    assert came(product, no)[-1] == ("remarked", LEADER, "console", ROOT)


async def test_many_items_have_what_it_was_confirmed_through_and_not_where_it_was_looked_at(product: Started) -> None:
    numbers = await product.issue("成批之一", "成批之二")
    bulks, now = Bulks(product.gateway, product.database), datetime.now(UTC)
    request = BulkRequest(kind="urge", caller=on_site(SUPERVISOR), numbers=numbers, text="请抓紧")
    bulk = bulks.preview(request, now)
    await bulks.confirm(bulk, at_console(SUPERVISOR), now)
    assert [came(product, no)[-1] for no in numbers] == [("urged", SUPERVISOR, "console", ROOT)] * 2


async def test_a_batch_that_is_confirmed_at_the_console_is_issued_there(product: Started) -> None:
    drafted(product, 2, "console-batch")
    with product.database.write() as connection:
        actor = issuer(connection, at_console(SUPERVISOR))
        batches.confirm(connection, "console-batch", actor, datetime.now(UTC))
    await product.gateway.issue("console-batch")
    query = select(ENTRY.c.via, ENTRY.c.through).where(ENTRY.c.command.startswith("issue/console-batch/"))
    with product.database.read() as connection:
        assert [tuple(row) for row in connection.execute(query)] == [("console", ROOT)] * 2


async def test_past_the_engine_an_entry_says_so_too(product: Started) -> None:
    (no,) = await product.issue("绕过引擎办的")
    hasty = Gateway(product.client, product.database, task_queue=product.task_queue, patience=timedelta(microseconds=1))
    request = Request(no=no, kind="remark", caller=at_console(LEADER), text="请抓紧")
    await Desk(hasty, product.database, product.files).give(request)
    assert came(product, no)[-1] == ("remarked", LEADER, "console", ROOT)
    await hand_on(product.client, product.database, product.task_queue)
    assert await witness.known(product, no) == witness.state(product.database, no)


@pytest.mark.parametrize("via", [None, Via.SYSTEM, Via.CONSOLE])
async def test_a_command_that_does_not_say_what_it_came_through_leaves_nothing(
    product: Started, via: Via | None
) -> None:
    """From nowhere, by itself though a person gives it, at the console though by no user of the machine."""
    (no,) = await product.issue("说不清来路的")
    actor = Actor(id=LEADER, role=Role.LEADER, via=via)
    with pytest.raises(RuleViolation) as refused:
        await product.gateway.give(no, Command(kind=CommandKind.REMARK, id="from nowhere", actor=actor, text="好"))
    assert refused.value.code is Code.NO_VIA
    assert witness.kinds(product.database, no) == ["issued"]
    await walks.SIGN.give(product, no)
    assert witness.kinds(product.database, no) == ["issued", "signed"], "its workflow goes on"


async def test_the_whole_ledger_says_it_of_everything_and_verifies(product: Started) -> None:
    query = select(ENTRY.c.actor, ENTRY.c.via, ENTRY.c.through)
    with product.database.read() as connection:
        rows = connection.execute(query).all()
    assert rows
    for actor, via, through in rows:
        assert via in ("system", "console") if actor == "system" else via in ("site", "token", "console")
        assert (through is not None) == (via in ("token", "console"))
    assert witness.wrong(product.database) == []
