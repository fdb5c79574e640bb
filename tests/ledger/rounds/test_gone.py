"""Units that end, merge, come back or are new while a round is open: nobody who is no more is in a denominator, nothing
that was reported is lost, and nothing is added up silently."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from desk.units.changing import ToChange, merge_units
from ledger.chain import batches, lookup
from ledger.chain.entries import read_events
from ledger.directory import leaving, people
from ledger.directory import units as over_time
from ledger.proof.verify import verify
from ledger.rounds.coming import step
from ledger.rounds.rounds import item_of, known_round, perform
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of, local_date
from rules.errors import RuleViolation
from rules.machine.commands import Status
from rules.rounds.campaign import DueBy, Joins, OfGone, OfMerged, day_of
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.state import RoundState
from rules.units.facts import KnownUnit
from tests.ledger.rounds.month_round import (
    BOSS,
    DUE,
    NAME,
    OPENING,
    closed,
    in_round,
    issued,
    month,
    of_period,
    page,
    settled,
    wrong,
)
from tests.support.units import opened

DAY = OPENING + timedelta(days=2)


def two(database: Database) -> tuple[str, str]:
    """Two organs."""
    with database.read() as connection:
        first, second, *_ = (row["id"] for row in people.all_units(connection) if row["kind"] == "organ")
    return first, second


def stepped(database: Database, now: datetime) -> RoundState:
    """The round has looked, and its items follow."""
    with database.write() as connection:
        step(connection, NAME, now)
    issued(database, now)
    settled(database, now)
    with database.read() as connection:
        return known_round(connection, NAME)


def status(database: Database, unit: str) -> str:
    with database.read() as connection:
        row = item_of(connection, NAME, unit)
    assert row
    return str(row["status"])


def ended(database: Database, unit: str, now: datetime) -> None:
    with database.write() as connection:
        leaving.end_units(connection, [unit], now)


def known(database: Database, unit: str) -> KnownUnit:
    with database.read() as connection:
        then = over_time.unit_now(connection, unit)
    assert then
    return then.known


def test_what_a_unit_owed_that_is_no_more_is_annulled_once_and_its_entries_stand(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    first, second = two(county)
    closed(county, second, DAY)
    for unit in (first, second):
        ended(county, unit, DAY)
    state = stepped(county, DAY)
    assert (len(state.asked), len(state.owing)) == (96, 94)
    assert (status(county, first), status(county, second)) == (Status.ANNULLED, Status.CLOSED)
    assert (page(county, DAY).round.dropped, page(county, DAY).round.on_time) == (2, 0)
    assert settled(county, DAY) == 0
    assert stepped(county, DAY + timedelta(hours=1)) == state
    with county.read() as connection:
        row = item_of(connection, NAME, first)
        assert row
        kinds = [event.kind for event in read_events(connection, row["no"])]
    assert kinds == ["issued", "annulled"]
    assert wrong(county) == []
    assert [one.what for one in verify(county).wrong if "已经发出" not in one.what] == []


def test_where_it_is_kept_nothing_is_annulled_and_it_is_owed_by_nobody(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(gone=OfGone.KEEP))
    first, _ = two(county)
    ended(county, first, DAY)
    assert len(stepped(county, DAY).owing) == 95
    assert status(county, first) not in (Status.ANNULLED, Status.CLOSED)


def test_a_unit_may_close_and_open_again_and_is_asked_again_where_joining_is_now(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(joins=Joins.NOW))
    first, _ = two(county)
    was = known(county, first)
    ended(county, first, DAY)
    stepped(county, DAY)
    with county.read() as connection:
        annulled = item_of(connection, NAME, first)
    opened(county, was, now=DAY + timedelta(days=1))
    state = stepped(county, DAY + timedelta(days=1))
    assert len(state.owing) == 96
    with county.read() as connection:
        again = item_of(connection, NAME, first)
        assert again
        assert annulled
        assert again["no"] != annulled["no"]
        assert lookup.item_row(connection, annulled["no"])["status"] == Status.ANNULLED
    assert status(county, first) not in (Status.ANNULLED, Status.CLOSED)
    assert wrong(county) == []


def test_however_often_it_is_looked_before_it_is_asked_again_it_stays_in(tmp_path: Path) -> None:
    """A worker may be killed between two steps, before anything of the first is issued."""
    county = in_round(tmp_path, month(joins=Joins.NOW))
    first, _ = two(county)
    was = known(county, first)
    ended(county, first, DAY)
    stepped(county, DAY)
    opened(county, was, now=DAY + timedelta(days=1))
    with county.write() as connection:
        seen = [step(connection, NAME, DAY + timedelta(days=1, hours=n)).to_issue for n in (0, 1, 2)]
        state = known_round(connection, NAME)
    assert (seen, len(state.owing), wrong(county)) == ([1, 1, 1], 96, [])
    assert stepped(county, DAY + timedelta(days=1, hours=3)) == state
    assert status(county, first) not in (Status.ANNULLED, Status.CLOSED)
    shown = page(county, DAY + timedelta(days=2)).round
    assert (shown.asked - shown.joined, shown.joined, shown.dropped) == (state.opened.count, 0, 0) == (96, 0, 0)
    assert wrong(county) == []
    ended(county, first, DAY + timedelta(days=3))
    stepped(county, DAY + timedelta(days=3))
    assert status(county, first) == Status.ANNULLED


def test_who_goes_and_comes_back_before_it_is_asked_again_is_asked_once(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(joins=Joins.NOW))
    first, _ = two(county)
    was = known(county, first)
    ended(county, first, DAY)
    stepped(county, DAY)
    for n in (1, 2):
        opened(county, was, now=DAY + timedelta(days=n))
        with county.write() as connection:
            step(connection, NAME, DAY + timedelta(days=n))
        if n == 1:
            ended(county, first, DAY + timedelta(days=n, hours=1))
            with county.write() as connection:
                assert step(connection, NAME, DAY + timedelta(days=n, hours=2)).to_issue == 1
    state = stepped(county, DAY + timedelta(days=2, hours=1))
    with county.read() as connection:
        assert (batches.progress(connection, batch_of(NAME)).issued, len(state.owing)) == (97, 96)
    assert status(county, first) not in (Status.ANNULLED, Status.CLOSED)
    assert wrong(county) == []


def test_it_owes_from_the_next_round_where_joining_is_next(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    first, _ = two(county)
    was = known(county, first)
    ended(county, first, DAY)
    stepped(county, DAY)
    opened(county, was, now=DAY + timedelta(days=1))
    assert len(stepped(county, DAY + timedelta(days=1)).owing) == 95


def test_who_joins_late_has_the_shortest_time_and_who_would_have_less_before_the_lock_does_not_join(
    tmp_path: Path,
) -> None:
    county = in_round(tmp_path, month(joins=Joins.NOW))
    first, _ = two(county)
    was = known(county, first)
    opened(county, KnownUnit(id="u901", name="新一局", kind="organ", area=was.area), now=DUE - timedelta(days=1))
    state = stepped(county, DUE - timedelta(days=1))
    (new,) = (unit for unit in state.owing if unit.id == "u901")
    assert (state.days.of("organ").date, state.due_of(new)) == (date(2027, 3, 10), date(2027, 3, 12))
    with county.read() as connection:
        row = item_of(connection, NAME, "u901")
        assert row
        assert lookup.item_row(connection, row["no"])["due"] == "2027-03-12"
    late = DUE + timedelta(days=25)
    opened(county, KnownUnit(id="u902", name="新二局", kind="organ", area=was.area), now=late)
    assert "u902" not in {unit.id for unit in stepped(county, late).owing}
    assert wrong(county) == []


def test_a_merged_unit_s_report_is_still_its_own_and_made_by_its_successor(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    first, second = two(county)
    merge_units(county, [first], second, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert len(state.owing) == 96
    assert (state.handed[first].to, status(county, first) == Status.ANNULLED) == (second, False)
    with county.read() as connection:
        own, handed = item_of(connection, NAME, second), item_of(connection, NAME, first)
        assert own
        assert handed
        row = lookup.item_row(connection, handed["no"])
        assert (row["unit"], row["due"], own["no"] != handed["no"]) == (second, "2027-03-10", True)
    closed(county, first, DAY + timedelta(days=1), by=second)
    assert (page(county, DUE).round.on_time, page(county, DUE).round.owing) == (1, 95)
    assert stepped(county, DAY + timedelta(days=1)) == state
    assert wrong(county) == []
    assert [one.what for one in verify(county).wrong if "已经发出" not in one.what] == []


def test_where_the_successor_reports_the_merged_unit_owes_nothing(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(merged=OfMerged.SUCCESSOR))
    first, second = two(county)
    merge_units(county, [first], second, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert (len(state.owing), state.dropped[first].reason) == (95, f"已并入 {second}")
    assert status(county, first) == Status.ANNULLED
    assert second in {unit.id for unit in state.owing}


def test_who_has_an_item_annulled_by_somebody_owes_nothing(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(joins=Joins.NOW))
    first, _ = two(county)
    closed(county, first, DAY, annul=True)
    state = stepped(county, DAY)
    assert (len(state.owing), state.dropped[first].reason) == (95, "事项已作废")
    assert stepped(county, DAY + timedelta(hours=1)) == state
    assert wrong(county) == []


def test_a_stop_annuls_what_is_still_owed_and_nothing_that_is_in(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    first, _ = two(county)
    closed(county, first, DAY)
    with county.write() as connection:
        stop = RoundCommand(id="s", verb=RoundVerb.STOP, actor=BOSS, reason="并入月报", annul=True)
        perform(connection, NAME, stop, DAY)
    assert settled(county, DAY) == 95
    assert (status(county, first), settled(county, DAY)) == (Status.CLOSED, 0)
    assert page(county, DAY).round.state == "stopped"
    assert wrong(county) == []


def test_only_the_system_and_a_supervisor_annul(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    first, _ = two(county)
    with pytest.raises(RuleViolation):
        closed(county, first, DAY, annul=True, by=first)


def test_a_merged_unit_that_had_been_asked_nothing_yet_has_nothing_to_hand_on(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(stagger=4))
    with county.read() as connection:
        units = [row["id"] for row in people.all_units(connection) if row["kind"] == "organ"]
    waits, has = (next(unit for unit in units if (day_of(NAME, unit, 4) > 2) is late) for late in (True, False))
    merge_units(county, [waits], has, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert state.dropped[waits].reason == f"已并入 {has}"
    late = stepped(county, DAY + timedelta(days=5))
    with county.read() as connection:
        assert all(item_of(connection, NAME, unit.id) for unit in late.owing)
    assert wrong(county) == []


def one_of(database: Database, kind: str) -> str:
    with database.read() as connection:
        return next(str(row["id"]) for row in people.all_units(connection) if row["kind"] == kind)


ORGANS = (DueBy(kind="organ", moment=of_period(8)),)


@pytest.mark.parametrize("merged", list(OfMerged))
def test_what_is_merged_into_a_kind_without_a_date_is_handed_on_with_its_own(tmp_path: Path, merged: OfMerged) -> None:
    county = in_round(tmp_path, month(merged=merged, due=ORGANS))
    first, second = two(county)
    other = one_of(county, "enterprise")
    closed(county, second, DAY)
    merge_units(county, [first, second], other, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    owing = {unit.id for unit in state.owing}
    assert ({first, second} <= owing, other in owing, state.handed[first].to) == (True, False, other)
    with county.read() as connection:
        handed = item_of(connection, NAME, first)
        assert handed
        row = lookup.item_row(connection, handed["no"])
    assert (row["unit"], row["due"]) == (other, "2027-03-10")
    closed(county, first, DAY + timedelta(days=1), by=other)
    assert page(county, DUE).round.on_time == 2
    assert stepped(county, DAY + timedelta(days=1)) == state
    assert wrong(county) == []


@pytest.mark.parametrize("merged", list(OfMerged))
def test_where_it_had_not_been_asked_it_is_dropped_and_it_is_said_why(tmp_path: Path, merged: OfMerged) -> None:
    county = in_round(tmp_path, month(merged=merged, due=ORGANS, stagger=4))
    with county.read() as connection:
        units = [row["id"] for row in people.all_units(connection) if row["kind"] == "organ"]
    waits = next(unit for unit in units if day_of(NAME, unit, 4) > 2)
    other = one_of(county, "enterprise")
    merge_units(county, [waits], other, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert state.dropped[waits].reason == f"已并入 {other}，这一轮没有它那类单位的到期日"
    assert other not in {unit.id for unit in state.asked}
    assert wrong(county) == []


def test_a_round_that_was_stopped_and_runs_out_asks_nobody_else_and_blames_nobody(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(merged=OfMerged.SUCCESSOR, stagger=4, joins=Joins.NOW))
    with county.write() as connection:
        has = [unit.id for unit in known_round(connection, NAME).owing if item_of(connection, NAME, unit.id)]
        stop = RoundCommand(id="s", verb=RoundVerb.STOP, actor=BOSS, reason="并入月报")
        perform(connection, NAME, stop, OPENING)
    gone, merged, into, in_time = has[:4]
    area = known(county, gone).area
    opened(county, KnownUnit(id="u901", name="新一局", kind="organ", area=area), now=DAY)
    closed(county, in_time, DAY)
    ended(county, gone, DAY)
    merge_units(county, [merged], into, ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert {unit.id for unit in state.owing} == set(has) - {gone, merged}
    never = set(state.dropped) - {gone, merged}
    assert {state.dropped[unit].reason for unit in never} == {"停止时还没有交办"}
    assert len(never) == 96 - len(has)
    assert stepped(county, DAY + timedelta(days=4)) == state
    locks = instant_of(state.days.locks.date, time(17, 30))
    (report,) = stepped(county, locks).reports
    assert (report.counts.on_time, report.counts.missing) == (1, len(has) - 3)
    assert wrong(county) == []


def test_who_is_merged_into_a_unit_that_a_stopped_round_does_not_ask_is_reported_for(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(merged=OfMerged.SUCCESSOR))
    first, _ = two(county)
    with county.write() as connection:
        perform(connection, NAME, RoundCommand(id="s", verb=RoundVerb.STOP, actor=BOSS, reason="并入月报"), DAY)
    new = KnownUnit(id="u901", name="新一局", kind="organ", area=known(county, first).area)
    opened(county, new, now=DAY)
    merge_units(county, [first], "u901", ToChange(first=local_date(DAY)), DAY)
    state = stepped(county, DAY)
    assert (len(state.owing), state.handed[first].to) == (96, "u901")
    assert wrong(county) == []
