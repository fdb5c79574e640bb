"""The command path on the real server: every command, retries, two at once, and what is refused."""

import asyncio
from dataclasses import replace

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from rules.codec import encode
from rules.errors import Code, RuleViolation
from rules.machine.commands import BY_THEMSELVES, Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import walks, witness
from tests.support.factories import CALENDAR
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, Started
from tests.support.walks import Said, walk
from workflows.contracts import COMMAND

ROUNDS = 20
COMMANDS: list[tuple[str, Said, str, str]] = [
    ("unsigned", walks.SIGN, "signed", "working"),
    ("unsigned", walks.DECLINE, "declined", "declined"),
    ("declined", walks.REASSIGN, "reassigned", "unsigned"),
    ("planning", walks.REPORT, "reported", "working"),
    ("planning", walks.PLAN, "submitted", "reviewing"),
    ("plan_review", walks.APPROVE, "approved", "working"),
    ("plan_review", walks.RETURN, "returned", "working"),
    ("executing", walks.ASK, "extension_asked", "working"),
    ("extension_asked", walks.GRANT, "extension_granted", "working"),
    ("extension_asked", walks.REFUSE, "extension_refused", "working"),
    ("annulled", walks.CORRECT, "correction_asked", "annulled"),
    ("correction_asked", walks.ALLOW, "corrected", "working"),
    ("correction_asked", walks.DISALLOW, "correction_refused", "working"),
    ("unsigned", walks.HAND_OVER, "handed_over", "unsigned"),
    ("unsigned", walks.URGE, "urged", "unsigned"),
    ("unsigned", walks.REMARK, "remarked", "unsigned"),
    ("inspecting", walks.CLOSE, "closed", "watching"),
    ("inspecting", walks.CONTINUE, "cycle_started", "working"),
    ("watching", walks.WATCH, "watched", "watching"),
    ("watching", walks.REOPEN, "reopened", "working"),
    ("planning", walks.pause(), "paused", "working"),
    ("paused", walks.RESUME, "resumed", "working"),
    ("planning", walks.ANNUL, "annulled", "annulled"),
]


@pytest.mark.parametrize(("where", "said", "event", "status"), COMMANDS, ids=[f"{c[0]}-{c[2]}" for c in COMMANDS])
async def test_a_command_stands_in_the_ledger_when_it_is_answered(
    product: Started, where: str, said: Said, event: str, status: str
) -> None:
    (no,) = await product.issue("三会一课记录不全")
    await walk(product, no, where)

    receipt = await said.give(product, no)

    assert (receipt.no, receipt.status) == (no, status)
    assert witness.kinds(product.database, no)[-1] == event
    assert receipt.seq == witness.state(product.database, no).seq
    assert await witness.known(product, no) == witness.state(product.database, no)


def test_every_command_that_people_give_is_tried() -> None:
    # tests/desk/ways/test_publicity.py and tests/api/asked/test_chosen_day.py: not in this process
    elsewhere = {"publish", "object", "answer_objection", "set_due"}
    every = {str(k) for k in CommandKind if k not in BY_THEMSELVES}
    assert {said.kind for _, said, _, _ in COMMANDS} | elsewhere == every


async def test_the_same_id_twice_is_one_entry(product: Started) -> None:
    (no,) = await product.issue("台账不实")
    first = await walks.SIGN.give(product, no, id="click")
    again = await walks.SIGN.give(product, no, id="click")
    assert first == again
    assert witness.kinds(product.database, no) == ["issued", "signed"]


async def test_the_same_id_at_the_same_moment_is_one_entry(product: Started) -> None:
    (no,) = await product.issue("台账不实")
    receipts = await asyncio.gather(*(walks.SIGN.give(product, no, id="click") for _ in range(5)))
    assert {r.seq for r in receipts} == {2}
    assert witness.kinds(product.database, no) == ["issued", "signed"]


@pytest.mark.parametrize("pair", [("approve", "approve"), ("approve", "return")], ids="-".join)
async def test_of_two_people_at_the_same_moment_one_wins_and_the_other_hears_why(
    product: Started, pair: tuple[str, str]
) -> None:
    said = {"approve": walks.APPROVE, "return": walks.RETURN}
    numbers = await product.issue(*(f"问题 {n}" for n in range(ROUNDS)))
    await asyncio.gather(*(walk(product, no, "plan_review") for no in numbers))
    for no in numbers:
        heard = await asyncio.gather(
            said[pair[0]].give(product, no, person=SUPERVISOR, id="one"),
            said[pair[1]].give(product, no, person="p0002", id="two"),
            return_exceptions=True,
        )

        refused = [h for h in heard if isinstance(h, RuleViolation)]
        assert len(refused) == 1, heard
        assert refused[0].code is Code.WRONG_STATUS
        winner = "江凤霞" if heard.index(refused[0]) == 1 else "黎国柏"
        assert f"（{winner} 已于 " in str(refused[0])
        assert len([k for k in witness.kinds(product.database, no) if k in ("approved", "returned")]) == 1


async def test_a_refusal_changes_nothing_and_the_next_command_is_taken(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    with pytest.raises(RuleViolation) as refusal:
        await walks.SUBMIT.give(product, no)
    assert refusal.value.code is Code.WRONG_STATUS
    assert witness.kinds(product.database, no) == ["issued"]
    assert (await walks.SIGN.give(product, no)).status == "working"


async def test_an_item_that_nobody_issued_is_unknown(product: Started) -> None:
    command = Command(
        kind=CommandKind.REMARK, id="r", actor=Actor(id=LEADER, role=Role.LEADER, via=Via.SITE), text="好"
    )
    with pytest.raises(RuleViolation) as refusal:
        await product.gateway.give("ZG2019-9999", command)
    assert refusal.value.code is Code.UNKNOWN_ITEM


LEADER_ACTS = Actor(id=LEADER, role=Role.LEADER, via=Via.SITE)
GOOD = Command(kind=CommandKind.REMARK, id="bad", actor=LEADER_ACTS, text="抓紧")
BAD: dict[str, tuple[dict[str, object], str]] = {
    "far too long": (encode(GOOD) | {"text": "长" * 100_000}, "field_too_long"),
    "control characters": (encode(GOOD) | {"text": "a\x00b"}, "control_characters"),
    "a role that may not": (encode(GOOD) | {"actor": {"id": "p", "role": "auditor"}}, "wrong_role"),
    "a reason left out": (encode(replace(GOOD, kind=CommandKind.REOPEN, text=None)), "field_missing"),
    "a field of a later version": (encode(GOOD) | {"later": 1}, "bad_request"),
    "no kind at all": ({"id": "bad"}, "bad_request"),
    "the id of the item's own tick": (encode(replace(GOOD, id="tick/1")), "field_invalid"),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_is_wrong_by_itself_is_turned_away_and_writes_no_entry(
    product: Started, client: Client, case: str
) -> None:
    plain, code = BAD[case]
    (no,) = await product.issue("作风不实")
    await walks.REMARK.give(product, no)
    handle = client.get_workflow_handle(no)
    before = len((await handle.fetch_history()).events)

    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await handle.execute_update(COMMAND, plain, id=f"bad-{no}")

    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == code
    assert len((await handle.fetch_history()).events) == before
    assert witness.kinds(product.database, no) == ["issued", "remarked"]


async def test_ten_megabytes_do_not_get_as_far_as_the_engine(product: Started) -> None:
    (no,) = await product.issue("作风不实")
    with pytest.raises(RuleViolation) as refusal:
        await walks.REMARK.give(product, no, text="长" * 3_500_000)
    assert refusal.value.code is Code.FIELD_TOO_LONG


async def test_a_person_cannot_take_the_id_of_a_tick(product: Started) -> None:
    (no,) = await product.issue("作风不实")
    with pytest.raises(RuleViolation, match="tick/"):
        await walks.REMARK.give(product, no, id="tick/2")


async def test_reassigning_to_another_kind_of_unit_brings_its_process(product: Started) -> None:
    (no,) = await product.issue("经费管理不规范", unit="县审计局")
    await walks.REASSIGN.give(product, no, unit="县农科所")
    receipt = await walks.SIGN.give(product, no, days=None)
    state = witness.state(product.database, no)
    assert state.unit.kind == "research"
    assert "research" in state.process
    assert state.clock
    assert (state.clock.due.trace.minimum, state.clock.due.trace.amount) == (5, 15)
    assert receipt.due == state.clock.due.date.isoformat()


async def test_past_the_console_no_single_item_gets_another_calendar(product: Started, client: Client) -> None:
    """Two people give it to all items, which only bulk work does: whoever reaches the engine cannot do so alone."""
    (no,) = await product.issue("作风不实")
    await walks.REMARK.give(product, no)
    other = replace(CALENDAR, version="2026#another")
    by = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE)
    alone = Command(kind=CommandKind.RECALCULATE, id="alone", actor=by, calendar=other, reason="我要")
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await client.get_workflow_handle(no).execute_update(COMMAND, encode(alone), id=f"alone-{no}")
    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == Code.SECOND_NEEDED
    assert witness.kinds(product.database, no) == ["issued", "remarked"]
