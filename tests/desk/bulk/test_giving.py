"""One command for many items: looked at first, then given to each once, refused in words where it must be."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.bulk.giving import BulkRequest, Bulks
from desk.bulk.shown import ShownBulk, show_bulk
from desk.caller import on_site
from ledger.chain import bulk_commands, lookup
from ledger.directory import people, substitutes
from ledger.reading.filters import Filters
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support import walks, witness
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.waiting import until
from workflows import contracts

OTHER_SUPERVISOR = "p0002"


@pytest.fixture
def bulks(product: Started) -> Bulks:
    return Bulks(product.gateway, product.database)


async def standing(product: Started, where: str, count: int, name: str) -> tuple[str, ...]:
    """So many items that stand there."""
    numbers = await product.issue(*(f"{name}之{n}" for n in range(count)))
    for no in numbers:
        await walks.walk(product, no, where)
    return numbers


def asked(kind: str, numbers: Sequence[str], person: str = SUPERVISOR, **said: Any) -> BulkRequest:
    return BulkRequest(kind=kind, caller=on_site(person), numbers=tuple(numbers), **said)


def shown(product: Started, bulk: str) -> ShownBulk:
    with product.database.read() as connection:
        return show_bulk(connection, bulk)


def kinds(product: Started, no: str) -> list[str]:
    return witness.kinds(product.database, no)


async def test_what_was_previewed_is_given_to_each_item_once_and_the_workflows_adopt_it(
    product: Started, bulks: Bulks
) -> None:
    numbers = await standing(product, "plan_review", 3, "一并通过")
    bulk = bulks.preview(asked("审核通过", numbers, text="同意"), datetime.now(UTC))
    assert (shown(product, bulk).able, shown(product, bulk).confirmed) == (3, False)
    assert all(kinds(product, no)[-1] == "submitted" for no in numbers)
    for _ in range(2):  # a click sent twice
        await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    seen = shown(product, bulk)
    assert (seen.done, seen.refused, seen.left) == (3, 0, 0)
    assert seen.said == (("审核意见", "同意"),)
    for no in numbers:
        assert kinds(product, no) == ["issued", "signed", "submitted", "approved"]
        assert witness.events(product.database, no)[-1].actor == Actor(
            id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE
        )
        await walks.REPORT.give(product, no)  # its workflow, which nobody told, goes on from there
        assert (await witness.known(product, no)).seq == 5


async def test_what_would_be_refused_is_said_beforehand_in_the_desks_words_and_left_alone(
    product: Started, bulks: Bulks
) -> None:
    (good,) = await standing(product, "plan_review", 1, "可以通过")
    unsigned, other = await product.issue("还没有签收", "归别人的")
    bulk = bulks.preview(asked("approve", (good, unsigned)), datetime.now(UTC))
    (refused,) = shown(product, bulk).refusals
    with pytest.raises(RuleViolation) as alone:
        await product.give(unsigned, "approve", SUPERVISOR)
    assert (refused.no, refused.code) == (unsigned, alone.value.code)
    assert refused.refusal.split("。")[0] == str(alone.value).split("。")[0]
    assert "{" not in refused.refusal
    await walks.SIGN.give(product, unsigned)
    await walks.PLAN.give(product, unsigned)  # it could be approved by now; nobody has confirmed that
    await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    assert (shown(product, bulk).done, shown(product, bulk).refused) == (1, 1)
    assert kinds(product, unsigned)[-1] == "submitted"
    liaison = product.liaison(good)
    every = shown(product, bulks.preview(asked("approve", (good, other), liaison), datetime.now(UTC)))
    assert {one.code for one in every.refusals} == {"wrong_role"}
    assert every.able == 0


async def test_items_are_handed_over_together_to_who_is_named_once(product: Started, bulks: Bulks) -> None:
    numbers = await product.issue("一并交接的甲", "一并交接的乙", "已在那边的")
    await product.give(numbers[2], "hand_over", SUPERVISOR, successor=OTHER_SUPERVISOR, reason="先交一项")
    with product.database.read() as connection:
        name = people.somebody(connection, OTHER_SUPERVISOR).name
    bulk = bulks.preview(asked("交接", numbers, successor=name, reason="轮岗", id="shift"), datetime.now(UTC))
    seen = shown(product, bulk)
    (refused,) = seen.refusals
    assert (refused.no, refused.code, name in refused.refusal) == (numbers[2], "same_supervisor", True)
    assert seen.said == (("理由", "轮岗"), ("接手人", name))
    with pytest.raises(RuleViolation) as reused:
        bulks.preview(asked("交接", numbers, successor=SUPERVISOR, reason="轮岗", id="shift"), datetime.now(UTC))
    assert reused.value.code is Code.COMMAND_REUSED
    await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    assert [kinds(product, no) for no in numbers] == [["issued", "handed_over"]] * 3
    with product.database.read() as connection:
        assert {lookup.item_row(connection, no)["supervisor"] for no in numbers} == {OTHER_SUPERVISOR}


async def test_what_somebody_did_since_the_preview_is_decided_anew(product: Started, bulks: Bulks) -> None:
    numbers = await standing(product, "plan_review", 3, "预览以后")
    bulk = bulks.preview(asked("return", numbers, reason="措施不具体"), datetime.now(UTC))
    assert shown(product, bulk).able == 3
    await walks.APPROVE.give(product, numbers[1])
    await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    seen = shown(product, bulk)
    assert (seen.done, seen.refused) == (2, 1)
    (refused,) = seen.refusals
    assert (refused.no, refused.result, refused.code) == (numbers[1], "refused", "wrong_status")
    assert "审核通过" in refused.refusal
    assert [kinds(product, no)[-1] for no in numbers] == ["returned", "approved", "returned"]


async def test_a_stand_in_acts_for_who_is_away_and_a_post_that_is_lost_meanwhile_refuses(
    product: Started, bulks: Bulks
) -> None:
    numbers = await standing(product, "plan_review", 2, "有人代理")
    now, by = datetime.now(UTC), Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)
    day = local_date(now)
    with product.database.write() as connection:
        substitutes.name(connection, person=SUPERVISOR, stand_in=LEADER, first=day, last=day, named_by=by, now=now)
    first, second = (bulks.preview(asked("approve", (no,), LEADER), now) for no in numbers)
    await bulks.confirm(first, on_site(LEADER), now)
    done = witness.events(product.database, numbers[0])[-1]
    assert (done.kind, done.actor.id, done.actor.behalf) == ("approved", LEADER, SUPERVISOR)
    with product.database.write() as connection:
        substitutes.call_off(connection, SUPERVISOR, by, now + timedelta(seconds=1))
    await bulks.confirm(second, on_site(LEADER), now)
    (refused,) = shown(product, second).refusals
    assert refused.code == "post_not_held"
    assert kinds(product, numbers[1])[-1] == "submitted"


async def test_what_is_wrong_for_every_item_is_said_once(product: Started, bulks: Bulks) -> None:
    (no,) = await product.issue("请求本身有误")
    now = datetime.now(UTC)
    wrong = {
        asked("return", (no,)): Code.FIELD_MISSING,
        asked("approve", (no,), reason="多余"): Code.FIELD_NOT_TAKEN,
        asked("close", (no,), outcome="rectified"): Code.NOT_IN_BULK,
        asked("hand_over", (no,), reason="轮岗"): Code.FIELD_MISSING,
        asked("hand_over", (no,), reason="轮岗", successor=LEADER): Code.FIELD_INVALID,
        asked("approve", ()): Code.BULK_EMPTY,
        asked("approve", (no, "ZG2026-9999")): Code.UNKNOWN_ITEM,
        asked("approve", (no,), "没有这个人"): Code.UNKNOWN_PERSON,
        asked("approve", (no,), id="有空 格"): Code.FIELD_INVALID,
        asked("approve", tuple(f"ZG2026-{n:04d}" for n in range(2001))): Code.BULK_TOO_LARGE,
    }
    for request, code in wrong.items():
        with pytest.raises(RuleViolation) as refused:
            bulks.preview(request, now)
        assert refused.value.code is code, request


async def test_only_who_chose_the_items_confirms_and_an_id_means_one_request(product: Started, bulks: Bulks) -> None:
    numbers = await standing(product, "planning", 2, "催一催")
    now = datetime.now(UTC)
    bulk = bulks.preview(asked("urge", numbers, text="请抓紧", id="once"), now)
    assert bulks.preview(asked("urge", numbers, text="请抓紧", id="once"), now) == bulk == "once"
    for other in (asked("urge", numbers, text="再催", id="once"), asked("urge", numbers[:1], text="请抓紧", id="once")):
        with pytest.raises(RuleViolation) as reused:
            bulks.preview(other, now)
        assert reused.value.code is Code.COMMAND_REUSED
    with pytest.raises(RuleViolation) as foreign:
        await bulks.confirm(bulk, on_site(OTHER_SUPERVISOR), now)
    assert foreign.value.code is Code.BULK_NOT_OWN
    with pytest.raises(RuleViolation) as unknown:
        await bulks.confirm("nothing", on_site(SUPERVISOR), now)
    assert unknown.value.code is Code.UNKNOWN_BULK
    with pytest.raises(RuleViolation) as single:  # nor can a single command pretend to be part of it
        await product.give(numbers[0], "urge", SUPERVISOR, id=f"bulk/once/{numbers[0]}")
    assert single.value.code is Code.FIELD_INVALID
    assert [kinds(product, no)[-1] for no in numbers] == ["signed", "signed"]


async def test_the_register_narrowed_is_a_selection_too(product: Started, bulks: Bulks) -> None:
    numbers = await product.issue("按条件选中的事项甲", "按条件选中的事项乙", unit="县茶科所")
    request = BulkRequest(
        kind="annul", caller=on_site(SUPERVISOR), filters=Filters(text="按条件选中的事项"), reason="重复立项"
    )
    bulk = bulks.preview(request, datetime.now(UTC))
    await product.issue("按条件选中的事项丙", unit="县茶科所")  # came afterwards: nobody has seen it in the preview
    await bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC))
    seen = shown(product, bulk)
    assert (seen.done, {one.no for one in seen.items}) == (2, set(numbers))
    assert "按条件选中的事项" in seen.chosen


async def test_a_click_waits_for_a_chunk_and_not_for_the_whole(product: Started, bulks: Bulks) -> None:
    """It is for an item of the selection itself, the last one: both stand."""
    numbers = await product.issue(*(f"边办边点之{n}" for n in range(24)))
    bulk = bulks.preview(asked("urge", numbers, text="请抓紧"), datetime.now(UTC))
    with product.database.write() as connection:
        bulk_commands.confirm(connection, bulk, Via.SITE, "", datetime.now(UTC))
    giving = asyncio.ensure_future(product.gateway.bulk(contracts.given(bulk, chunk=1), contracts.given_id(bulk)))
    await until("it has begun", lambda: bulks.counts(bulk).done > 0)
    await walks.SIGN.give(product, numbers[-1])
    assert bulks.counts(bulk).left > 0
    await giving
    assert bulks.counts(bulk).done == len(numbers)
    assert kinds(product, numbers[-1]) == ["issued", "signed", "urged"]
