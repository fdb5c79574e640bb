"""Follow-ups in the ledger: issued, ended, begun again and annulled in the transaction of what brings it about."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from ledger.chain import entries, lookup
from ledger.chain.entries import ITEM
from ledger.chain.family.following import begun_by
from ledger.chain.family.sowing import UNIT
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.family import awaited
from rules.machine.commands import CommandKind as K
from rules.telling.story import tell
from tests.ledger.chain.family.kin import NO, Kin
from tests.support.factories import LIAISON, at


@pytest.fixture
def kin(database: Database) -> Kin:
    return Kin(database)


def of(*numbers: int) -> list[str]:
    return [f"{NO}-{n}" for n in numbers]


def refusal_of(kin: Kin, no: str, kind: K, **said: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        kin.give(no, kind, **said)
    return refused.value


def test_the_rows_of_an_approved_form_become_items_with_the_entry_that_approves_it(kin: Kin) -> None:
    done = kin.planned()
    assert list(done.begun) == kin.numbers() == of(1, 2, 3)
    assert kin.standing() == {1: "open", 2: "open", 3: "open", 4: "held", 5: "held"}
    second = kin.state(f"{NO}-2")
    assert (second.unit.id, second.parent, second.supervisor) == ("u2", NO, "du")
    assert str(second.deadline) == "2026-06-01"
    with kin.database.read() as connection:
        row = lookup.item_row(connection, "zx2026-0001-2")
        fact = lookup.first_fact(connection, f"{NO}-2")
    assert (row["parent"], row["link"], row["title"]) == (NO, "part_of", "整顿")
    assert (fact.matter, fact.link, fact.parent) == ((("kind", "people"),), "part_of", NO)
    assert verify(kin.database).wrong == ()


def test_the_end_of_a_child_stands_in_its_parents_stream_and_brings_on_the_next(kin: Kin) -> None:
    kin.planned()
    kin.end(f"{NO}-1")
    assert kin.standing() == {1: "ended", 2: "open", 3: "open", 4: "held", 5: "held"}
    done = kin.end(f"{NO}-2", outcome="kept")  # and is looked at again: it has been brought to an end all the same
    assert list(done.begun) == of(4)
    assert kin.standing()[4] == "open"
    assert kin.state(f"{NO}-4").deadline is not None
    with kin.database.read() as connection:
        events = entries.read_events(connection, f"{NO}-2")
        told = entries.read_events(connection, NO)[-1]
        assert begun_by(connection, f"{NO}-2", events) == tuple(of(4))
    assert tell(told.fact, {}) == f"子项 {NO}-2 已办结，认定为“已完成，回头看”；轮到的子项 {NO}-4 交办"
    assert (told.kind, told.actor.id, told.fact.begun) == ("child_ended", "system", tuple(of(4)))  # type: ignore[union-attr]
    assert verify(kin.database).wrong == ()


def test_the_register_has_a_parent_with_its_children_counted_and_beneath_it_in_order(kin: Kin) -> None:
    kin.planned()
    kin.end(f"{NO}-1")
    kin.give(f"{NO}-3", K.ANNUL, reason="不再需要")
    with kin.database.read() as connection:
        parent = lookup.item_row(connection, NO)
        assert (parent["children"], parent["children_ended"]) == (4, 1)
        (found,) = [queries.children_of(connection, [NO, f"{NO}-1"])]
        assert [row["no"] for row in found[NO]] == of(1, 2, 3)
        assert list(found) == [NO], "one of them has none"
        ways = queries.register(connection, Filters(link="part_of")).rows
        assert sorted(row["no"] for row in ways) == of(1, 2, 3)
        assert queries.register(connection, Filters(link="found_by")).rows == ()
    assert verify(kin.database).wrong == ()


def test_a_row_whose_date_went_by_while_it_was_held_back_is_issued_without_it(kin: Kin) -> None:
    kin.planned()
    kin.now = at("2026-03-25")
    for n in (1, 2):
        kin.end(f"{NO}-{n}")
    assert kin.state(f"{NO}-4").deadline is None


def test_a_parent_does_not_go_on_while_a_child_it_waits_for_is_open(kin: Kin) -> None:
    kin.planned()
    for n in (1, 2, 3):
        kin.end(f"{NO}-{n}")
    refused = refusal_of(kin, NO, K.SUBMIT, by=LIAISON, text="报上")
    assert refused.code is Code.CHILDREN_OPEN
    assert "还有 2 项未办结：ZX2026-0001-4、ZX2026-0001-5（还没有交办）" in str(refused)
    kin.give(f"{NO}-4", K.ANNUL, reason="不再需要")
    kin.end(f"{NO}-5")
    kin.give(NO, K.SUBMIT, LIAISON, text="报上")
    kin.give(NO, K.CLOSE, outcome="reached", answers=(("said", "好"), ("found.1.what", "台账不全")))
    assert kin.state().status == "closed"
    assert kin.numbers() == of(1, 2, 3, 4, 5, 6)
    kin.end(f"{NO}-6")  # nobody waited for it, and what became of it is known all the same
    assert kin.standing()[6] == "ended"
    assert verify(kin.database).wrong == ()


def test_annulling_asks_for_the_children_and_takes_all_of_them_along(kin: Kin) -> None:
    kin.planned()
    kin.end(f"{NO}-1")
    refused = refusal_of(kin, NO, K.ANNUL, reason="撤项")
    assert refused.code is Code.CHILDREN_OPEN
    kin.give(NO, K.ANNUL, reason="撤项", children=True)
    assert kin.standing() == {1: "ended", 2: "annulled", 3: "annulled", 4: "annulled", 5: "annulled"}
    assert [str(kin.state(no).status) for no in of(1, 2, 3)] == ["closed", "annulled", "annulled"]
    assert kin.numbers() == of(1, 2, 3)
    assert verify(kin.database).wrong == ()


def test_a_child_begins_again_while_its_parent_runs_and_not_when_that_has_ended(kin: Kin) -> None:
    kin.planned((("aim", "见效"), ("tasks.1.what", "摸底")))
    kin.end(f"{NO}-1")
    kin.give(f"{NO}-1", K.REOPEN, reason="不实")
    assert kin.standing() == {1: "open"}
    assert refusal_of(kin, NO, K.SUBMIT, by=LIAISON, text="报上").code is Code.CHILDREN_OPEN
    kin.end(f"{NO}-1")
    kin.give(NO, K.SUBMIT, LIAISON, text="报上")
    kin.give(NO, K.CLOSE, outcome="reached", answers=(("said", "好"),))
    refused = refusal_of(kin, f"{NO}-1", K.REOPEN, reason="不实")
    assert (refused.code, kin.state(f"{NO}-1").status) == (Code.PARENT_ENDED, "closed")
    assert verify(kin.database).wrong == ()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ({"unit": "u9"}, "“任务”第 1 行不能交办：没有“u9”这个单位"),
        ({"by": "2026-03-03"}, "“任务”第 1 行不能交办：完成日期 2026-03-03 早于今天"),
    ],
)
def test_a_row_that_cannot_be_issued_refuses_the_approval_and_nothing_stands(
    kin: Kin, cell: dict[str, str], words: str
) -> None:
    rows = (("tasks.1.what", "摸底"), *((f"tasks.1.{name}", text) for name, text in cell.items()))
    kin.give(NO, K.SUBMIT, LIAISON, text="报上", answers=(("aim", "见效"), *rows, ("tasks.2.what", "整顿")))
    kin.now = at("2026-03-04")
    refused = refusal_of(kin, NO, K.APPROVE)
    assert refused.code is Code.FOLLOW_UP_REFUSED
    assert words in str(refused)
    assert (kin.numbers(), kin.state().status) == ([], "reviewing")


def test_a_unit_that_has_ended_meanwhile_gets_nothing_and_what_was_held_back_for_it_goes_to_the_items_own(
    kin: Kin,
) -> None:
    kin.planned()
    with kin.database.write() as connection:
        connection.execute(update(UNIT).where(UNIT.c.id == "u2").values(ended="2026-03-03"))
    kin.end(f"{NO}-1")
    kin.end(f"{NO}-2")
    assert kin.state(f"{NO}-4").unit.id == "u1"


@pytest.mark.parametrize(("outcome", "issued"), [("reached", [6]), ("dropped", [])])
def test_an_outcome_may_leave_the_rows_as_they_are(kin: Kin, outcome: str, issued: list[int]) -> None:
    kin.planned()
    for n in range(1, 6):
        kin.end(f"{NO}-{n}")
    kin.give(NO, K.SUBMIT, LIAISON, text="落实了")
    said = (("said", "好"), ("found.1.what", "台账不全"))
    done = kin.give(NO, K.CLOSE, outcome=outcome, answers=said)
    assert list(done.begun) == of(*issued)


def test_what_was_issued_in_a_cycle_is_not_issued_again_when_the_plan_comes_back(kin: Kin) -> None:
    one = (("aim", "见效"), ("tasks.1.what", "摸底"))
    kin.planned(one)
    kin.end(f"{NO}-1")
    kin.give(NO, K.SUBMIT, LIAISON, text="报上")
    kin.give(NO, K.RETURN, reason="再想", step="plan")
    done = kin.planned((*one, ("tasks.2.what", "整顿"), ("tasks.2.after", "1")))
    assert list(done.begun) == of(2)
    kin.end(f"{NO}-2")
    kin.give(NO, K.SUBMIT, LIAISON, text="报上")
    kin.give(NO, K.CLOSE, outcome="again", answers=(("said", "还差"),))
    assert list(kin.planned(one).begun) == of(3)
    assert len(awaited(kin.state().children)) == 1


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (
            "UPDATE item SET parent = NULL WHERE no = 'ZX2026-0001-2'",
            "ZX2026-0001-2 已经交办，它的记录和台账却不在",
        ),
        ("UPDATE item SET link = 'guides' WHERE no = 'ZX2026-0001-2'", "与 ZX2026-0001 的关系同交办它的记录不一致"),
        ("UPDATE item SET status = 'closed' WHERE no = 'ZX2026-0001-2'", "子项 ZX2026-0001-2 这里记的与它自己的不一致"),
        ("UPDATE item SET no = 'ZX2026-0001-9' WHERE no = 'ZX2026-0001-3'", "没有交办它的记录"),
    ],
)
def test_verification_sees_what_does_not_fit_between_the_streams(kin: Kin, tamper: str, found: str) -> None:
    kin.planned()
    with kin.database.write() as connection:
        connection.exec_driver_sql(tamper)
    assert any(found in one.what for one in verify(kin.database).wrong)


def test_a_whole_child_that_was_taken_away_is_missed(kin: Kin) -> None:
    kin.planned()
    with kin.database.write() as connection:
        connection.execute(delete(ITEM).where(ITEM.c.no == f"{NO}-3"))
    assert any("ZX2026-0001-3 已经交办" in one.what for one in verify(kin.database).wrong)


@pytest.mark.soak
def test_an_item_with_60_follow_ups_stays_small_and_takes_no_more_in_a_cycle(kin: Kin) -> None:
    rows = tuple((f"tasks.{n}.what", "长" * 200) for n in range(1, 21))
    for cycle in (1, 2, 3):
        kin.planned((("aim", "见效"), *rows))
        if cycle == 3:
            break
        for n in range(1, 21):
            kin.end(f"{NO}-{20 * (cycle - 1) + n}")
        kin.give(NO, K.SUBMIT, LIAISON, text="报上")
        kin.give(NO, K.CLOSE, outcome="again", answers=(("said", "还差"),))
    assert len(kin.numbers()) == len(kin.state().children) == 60
    with kin.database.read() as connection:
        assert len(lookup.item_row(connection, NO)["state"]) < 16 * 1024
    assert verify(kin.database).wrong == ()
