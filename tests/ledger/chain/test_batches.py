"""Issuing together: numbers in a row, nothing twice, refusals kept, and a batch that died goes on where it stopped."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ledger.chain import batches, entries, lookup, pinned
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.facts import Issued
from tests.support import world
from tests.support.factories import ADMINISTRATOR, CALENDAR, LIAISON, PROCESS, SUPERVISOR, at
from tests.support.world import NOW


def _issue_all(database: Database, batch: str, size: int = 2) -> list[int]:
    done: list[int] = []
    while True:
        with database.write() as connection:
            count = batches.issue_chunk(connection, batch, size, NOW)
        if not count:
            return done
        done.append(count)


def _saved(database: Database, batch: str, *items: batches.NewItem, confirmed: bool = True) -> None:
    with database.write() as connection:
        world.save_batch(connection, batch, items, confirmed=confirmed)


def _numbers(database: Database) -> list[str]:
    with database.read() as connection:
        return [r["no"] for r in lookup.open_items(connection)]


def _drafts(database: Database, batch: str) -> list[tuple[str, str | None, str]]:
    with database.read() as connection:
        query = "SELECT result, no, refusal FROM draft WHERE batch = :batch ORDER BY n"
        return [(r.result, r.no, r.refusal) for r in connection.execute(text(query), {"batch": batch})]


def _progress(database: Database, batch: str) -> batches.Progress:
    with database.read() as connection:
        return batches.progress(connection, batch)


def test_items_are_issued_in_order_with_numbers_in_a_row(database: Database) -> None:
    _saved(database, "b", *(world.new_item(n, unit="u2", kind="organ") for n in range(1, 6)))
    assert _issue_all(database, "b") == [2, 2, 1]
    assert _numbers(database) == [f"XX2026-000{n}" for n in range(1, 6)]
    assert _progress(database, "b") == batches.Progress(total=5, issued=5, duplicate=0, refused=0, started=0)
    with database.read() as connection:
        first = entries.read_events(connection, "XX2026-0003")[0]
        assert batches.row(connection, "b")["state"] == "issued"
    assert isinstance(first.fact, Issued)
    assert (first.fact.title, first.fact.unit.id, first.fact.batch) == ("第 3 个问题", "u2", "b")
    assert (first.actor.id, first.command) == ("du", "issue/b/3")
    assert verify(database).wrong == ()


def test_the_unit_is_written_down_as_the_directory_has_it_at_that_moment(database: Database) -> None:
    _saved(database, "b", world.new_item(1))
    with database.write() as connection:
        connection.execute(text("UPDATE unit SET name = '农业科学院', area = 'a2' WHERE id = 'u1'"))
    _issue_all(database, "b")
    assert (world.state_of(database, "XX2026-0001").unit.name, world.state_of(database, "XX2026-0001").unit.area) == (
        "农业科学院",
        "a2",
    )


def test_the_next_batch_goes_on_with_the_numbers(database: Database) -> None:
    _saved(database, "b", world.new_item(1))
    _issue_all(database, "b")
    _saved(database, "c", world.new_item(2))
    _issue_all(database, "c")
    assert _numbers(database) == ["XX2026-0001", "XX2026-0002"]


def test_a_new_year_begins_at_one(database: Database) -> None:
    _saved(database, "b", world.new_item(1), world.new_item(2))
    for now in (at("2026-12-31", "23:59"), at("2027-01-01", "00:00")):
        with database.write() as connection:
            batches.issue_chunk(connection, "b", 1, now)
    assert _numbers(database) == ["XX2026-0001", "XX2027-0001"]


def test_the_same_matter_is_issued_once(database: Database) -> None:
    twice = [world.new_item(1, key="k1"), world.new_item(2, key="k1"), world.new_item(3, key="k3")]
    _saved(database, "b", *twice)
    _issue_all(database, "b", size=10)
    _saved(database, "c", world.new_item(9, key="k3"), world.new_item(4, key="k4"))
    _issue_all(database, "c")
    assert _drafts(database, "b") == [
        ("issued", "XX2026-0001", ""),
        ("duplicate", "XX2026-0001", ""),
        ("issued", "XX2026-0002", ""),
    ]
    assert _drafts(database, "c") == [("duplicate", "XX2026-0002", ""), ("issued", "XX2026-0003", "")]
    assert _progress(database, "c") == batches.Progress(total=2, issued=1, duplicate=1, refused=0, started=0)


def test_a_refusal_is_kept_in_words_and_takes_no_number(database: Database) -> None:
    bad = [
        world.new_item(1, unit="u9"),
        world.new_item(2, deadline=at("2026-03-01").date()),
        world.new_item(3, unit="u4", kind="social"),
        world.new_item(4, about={"title": "有\x07铃"}),
        world.new_item(5),
    ]
    _saved(database, "b", *bad)
    _issue_all(database, "b")
    drafts = _drafts(database, "b")
    assert [d[0] for d in drafts] == ["refused"] * 4 + ["issued"]
    assert "没有“u9”这个单位" in drafts[0][2]
    assert "早于今天（2026-03-02）" in drafts[1][2]
    assert "流程“small/one”" in drafts[2][2]
    assert "控制字符" in drafts[3][2]
    assert _numbers(database) == ["XX2026-0001"]
    assert _progress(database, "b").left == 0


def test_nothing_is_issued_before_somebody_confirms(database: Database) -> None:
    _saved(database, "b", world.new_item(1), confirmed=False)
    with pytest.raises(RuleViolation) as refused, database.write() as connection:
        batches.issue_chunk(connection, "b", 10, NOW)
    assert refused.value.code is Code.NOT_CONFIRMABLE
    assert _numbers(database) == []


def test_who_may_not_issue_may_not_confirm_either(database: Database) -> None:
    _saved(database, "b", world.new_item(1), confirmed=False)
    with pytest.raises(RuleViolation) as refused, database.write() as connection:
        batches.confirm(connection, "b", LIAISON, NOW)
    assert refused.value.code is Code.WRONG_ROLE
    with database.write() as connection:
        batches.confirm(connection, "b", ADMINISTRATOR, NOW)
        batches.confirm(connection, "b", SUPERVISOR, NOW + timedelta(hours=1))
        assert batches.row(connection, "b")["actor"] == "guan", "the first word counts"


def test_a_batch_without_items_cannot_be_confirmed(database: Database) -> None:
    with pytest.raises(RuleViolation) as refused, database.write() as connection:
        world.save_batch(connection, "b", [])
    assert refused.value.code is Code.NOT_CONFIRMABLE


@pytest.mark.parametrize("batch", ["none", "", "b\x00", "\udc00"])
def test_a_batch_that_does_not_exist_is_refused(database: Database, batch: str) -> None:
    with pytest.raises(RuleViolation) as refused, database.write() as connection:
        batches.issue_chunk(connection, batch, 10, NOW)
    assert refused.value.code in (Code.UNKNOWN_BATCH, Code.BAD_REQUEST)


def test_a_draft_can_be_saved_anew_until_it_is_confirmed(database: Database) -> None:
    _saved(database, "b", world.new_item(1), world.new_item(2), confirmed=False)
    with database.write() as connection:
        assert world.save_batch(connection, "b", [world.new_item(3)])
        assert not world.save_batch(connection, "b", [world.new_item(4), world.new_item(5)])
    assert _progress(database, "b").total == 1
    _issue_all(database, "b")
    with database.write() as connection:
        assert not world.save_batch(connection, "b", [world.new_item(6)])


def test_what_was_refused_may_be_tried_again_when_its_reason_is_gone(database: Database) -> None:
    items = [world.new_item(1, unit="u9"), world.new_item(2)]
    _saved(database, "b", *items)
    _issue_all(database, "b")
    assert _progress(database, "b").refused == 1
    with database.write() as connection:
        assert not world.save_batch(connection, "b", items)
    assert _progress(database, "b").left == 1
    _issue_all(database, "b")
    assert [d[0] for d in _drafts(database, "b")] == ["refused", "issued"]
    assert _numbers(database) == ["XX2026-0001"]


class _Killed(Exception):
    pass


def test_a_batch_that_dies_within_a_chunk_resumes_with_nothing_lost_or_doubled(database: Database) -> None:
    _saved(database, "b", *(world.new_item(n) for n in range(1, 8)))
    with database.write() as connection:
        batches.issue_chunk(connection, "b", 3, NOW)
    with pytest.raises(_Killed), database.write() as connection:
        _die(batches.issue_chunk(connection, "b", 3, NOW))
    assert len(_numbers(database)) == 3
    assert _issue_all(database, "b", 3) == [3, 1]
    assert _numbers(database) == [f"XX2026-000{n}" for n in range(1, 8)]
    assert [d[1] for d in _drafts(database, "b")] == _numbers(database)
    assert verify(database).wrong == ()


def _die(done: int) -> None:
    raise _Killed


def test_whoever_dies_before_the_starts_are_reported_finds_them_again(database: Database) -> None:
    _saved(database, "b", world.new_item(1), world.new_item(2, unit="u9"), world.new_item(3), world.new_item(4))
    _issue_all(database, "b", 10)
    with database.write() as connection:
        assert batches.unstarted(connection, "b", 2) == [(1, "XX2026-0001"), (3, "XX2026-0002")]
        batches.mark_started(connection, "b", [1])
    with database.read() as connection:
        assert batches.unstarted(connection, "b", 10) == [(3, "XX2026-0002"), (4, "XX2026-0003")]
    assert _progress(database, "b").started == 1


def test_an_item_is_pinned_to_the_process_and_calendar_that_are_current(database: Database) -> None:
    _saved(database, "b", world.new_item(1))
    _issue_all(database, "b")
    state = world.state_of(database, "XX2026-0001")
    assert (state.process, state.calendar) == (PROCESS.ref, CALENDAR.version)
    with database.write() as connection:
        assert pinned.load_processes(connection, [PROCESS]) == 0
        assert not pinned.load_calendar(connection, CALENDAR)
        assert pinned.current_process(connection, "small", "one", "research") == PROCESS
        assert pinned.current_calendar(connection) == CALENDAR


def test_a_process_that_is_not_loaded_is_refused(database: Database) -> None:
    with database.read() as connection:
        for ask in (
            lambda: pinned.process(connection, "none"),
            lambda: pinned.calendar(connection, "none"),
            lambda: pinned.current_process(connection, "small", "none", "research"),
        ):
            with pytest.raises(RuleViolation) as refused:
                ask()
            assert refused.value.code is Code.UNKNOWN_PROCESS
