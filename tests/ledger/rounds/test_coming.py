"""Which rounds come by themselves and when, whatever happened to the scheduler meanwhile; one moved on step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from desk.caller import on_site
from desk.registers.my_year import my_year
from desk.registers.rounds import shown_campaigns
from desk.registers.rounds_kept import open_by_hand
from ledger.chain import batches, pinned
from ledger.directory import leaving
from ledger.directory import units as over_time
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds import counted, rows
from ledger.rounds.campaigns import in_force, load_campaigns
from ledger.rounds.coming import any_missed, failing, late_openings, note_missed, running_rounds, step
from ledger.rounds.rounds import known_round, round_facts
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.rounds.facts import RoundFellDue, RoundOpened, RoundReminded, RoundReported, UnitDropped
from rules.rounds.moment import Moment, MomentForm
from rules.units.facts import UnitsEnded
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign


@pytest.fixture
def county(tmp_path: Path) -> Database:
    database = known_county(tmp_path / "county")
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), instant_of(date(2026, 1, 1), time(9)))
    return database


def local(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return instant_of(date(year, month, day), time(hour))


def first_year(connection: Connection) -> int:
    """The first year after the loading, whenever the tests run."""
    return in_force(connection)["visits"].since.year + 1


def of(connection: Connection, round_: str, kind: type) -> list[object]:
    return [fact for fact, _, _ in round_facts(connection, round_) if isinstance(fact, kind)]


def test_they_come_on_their_day_and_not_after_their_lock(county: Database) -> None:
    with county.read() as connection:
        year = first_year(connection)
        calendar = pinned.current_calendar(connection)
        first = calendar.roll(date(year, 3, 1))
        at = instant_of(first, time(9))
        assert f"visits/{year}-03" not in running_rounds(connection, at - timedelta(seconds=1))
        assert f"visits/{year}-03" in running_rounds(connection, at)
        assert f"visits/{year}-03" in running_rounds(connection, at + timedelta(days=9))
        late = running_rounds(connection, local(year, 5, 20))
    assert f"visits/{year}-05" in late
    assert not {f"visits/{year}-03", f"visits/{year}-04"} & set(late)
    assert f"yearly_list/{year}" in late
    assert not [name for name in late if name.startswith("inspections")]


def test_a_round_asks_the_units_that_there_are_on_the_day_on_which_it_opens(county: Database) -> None:
    """What was written down before for a day to come counts, whether or not anybody has looked since it came."""
    with county.write() as connection:
        year = first_year(connection)
        ended = UnitsEnded(day=date(year, 10, 1), units=("u075",))
        over_time.record(connection, (ended,), in_force(connection)["visits"].since)
        before = {one.id: one.asked for one in shown_campaigns(connection, local(year, 1, 5))}
        step(connection, f"yearly_appraisal/{year}", local(year, 10, 25))
        state = known_round(connection, f"yearly_appraisal/{year}")
        assert of(connection, state.id, UnitDropped) == []
    asked = {unit.id for unit in state.asked}
    assert "u075" not in asked
    assert len(asked) == before["yearly_appraisal"], "as was said in January"


def test_what_should_have_opened_before_there_was_a_campaign_does_not(county: Database) -> None:
    with county.read() as connection:
        since = in_force(connection)["visits"].since
        assert running_rounds(connection, since) == []


def test_over_new_year_the_series_goes_on(county: Database) -> None:
    with county.write() as connection:
        year = first_year(connection)
        seen: list[str] = []
        day = date(year, 10, 1)
        while day < date(year + 1, 4, 1):
            for name in running_rounds(connection, instant_of(day, time(9))):
                if name.startswith("visits"):
                    step(connection, name, instant_of(day, time(9)))
                    seen += [name] if name not in seen else []
            day += timedelta(days=1)
        opened = [of(connection, name, RoundOpened) for name in seen]
    months = [*((year, month) for month in (10, 11, 12)), *((year + 1, month) for month in (1, 2, 3))]
    assert [name for name in seen if not name.endswith(f"{year}-09")] == [f"visits/{y}-{m:02}" for y, m in months]
    assert all(len(found) == 1 for found in opened)


def test_a_step_does_all_that_has_come_and_again_does_nothing(county: Database) -> None:
    with county.write() as connection:
        year = first_year(connection)
        name = f"visits/{year}-03"
        opening = instant_of(pinned.current_calendar(connection).roll(date(year, 3, 1)), time(9))
        found = step(connection, name, opening)
        assert (found.to_issue, found.alarm and found.alarm > opening) == (6, True)
        batches.issue_chunk(connection, batch_of(name), 100, opening)
        assert step(connection, name, opening).to_issue == 0
        at = opening
        while alarm := step(connection, name, at).alarm:
            at = alarm
            entries = len(round_facts(connection, name))
            assert step(connection, name, at).alarm != alarm
            assert step(connection, name, at) == step(connection, name, at)
            assert len(round_facts(connection, name)) > entries
        kinds = (RoundOpened, RoundReminded, RoundFellDue, RoundReported)
        assert [len(of(connection, name, kind)) for kind in kinds] == [1, 1, 1, 1]
        assert name not in running_rounds(connection, at)


def test_a_unit_that_is_no_more_is_dropped_and_its_entries_stand(county: Database) -> None:
    with county.write() as connection:
        year = first_year(connection)
        name, opening = f"yearly_list/{year}", local(year, 1, 12)
        step(connection, name, opening)
        batches.issue_chunk(connection, batch_of(name), 100, opening)
        gone = known_round(connection, name).owing[0].id
        leaving.end_units(connection, [gone], opening)
        step(connection, name, opening + timedelta(days=1))
        state = known_round(connection, name)
        assert [fact.unit for fact in of(connection, name, UnitDropped)] == [gone]  # type: ignore[attr-defined]
        assert (state.opened.count, len(state.owing)) == (96, 95)
        assert batches.progress(connection, batch_of(name)).issued == 96


def test_a_round_that_was_locked_before_anybody_could_open_it_is_noted_once_and_may_be_opened_by_hand(
    county: Database,
) -> None:
    with county.write() as connection:
        year = first_year(connection)
        at = local(year, 5, 20)
        assert any_missed(connection, at)
        noted = note_missed(connection, at)
        assert {f"visits/{year}-03", f"visits/{year}-04"} <= set(noted)
        assert f"visits/{year}-05" not in noted
        assert (note_missed(connection, at), any_missed(connection, at)) == ([], False)
        assert counted.missed(connection, f"{year}-05-01") == [f"visits/{year}-04"]
        assert next(one for one in shown_campaigns(connection, at) if one.id == "visits").missed[-1].endswith("-04")
        assert not {f"visits/{year}-03", f"visits/{year}-04"} & set(running_rounds(connection, at))
        assert f"visits/{year}-05" in late_openings(connection, at)
        assert list(verify_rounds(connection)) == []
        connection.execute(text("UPDATE round SET locks = '2027-01-01' WHERE state = 'missed'"))
        assert "轮次表“locks”" in next(verify_rounds(connection)).what
    with county.write() as connection:
        connection.execute(text("DELETE FROM round WHERE state = 'missed'"))
        note_missed(connection, at)
    name = open_by_hand(county, "visits", on_site(SUPERVISOR), at, period=f"{year}-04").round
    with county.read() as connection:
        assert known_round(connection, name).days.last_due > date(year, 5, 20)
        row = rows.row_of(connection, name)
        assert row
        assert row["state"] == "open"
        assert [one.what for one in verify_rounds(connection) if one.stream.endswith(name)] == []


def test_over_some_days_each_unit_is_issued_its_own_once(county: Database) -> None:
    with county.write() as connection:
        year = first_year(connection)
        campaign = replace(in_force(connection)["yearly_list"].campaign, id="slowly", stagger=5)
        load_campaigns(connection, [campaign], local(year, 1, 1))
        name, day, issued = f"slowly/{year}", local(year, 1, 12), list[int]()
        for _ in range(12):
            step(connection, name, day)
            while batches.issue_chunk(connection, batch_of(name), 100, day):
                pass
            issued.append(batches.progress(connection, batch_of(name)).issued)
            day += timedelta(days=1)
        state = known_round(connection, name)
        given = connection.execute(text("SELECT state FROM item WHERE batch = :b"), {"b": batch_of(name)}).scalars()
        dates = {body.partition('"deadline":"')[2][:10] for body in given}
        assert list(verify_rounds(connection)) == []
    assert 0 < issued[0] < 50
    assert issued == sorted(issued)
    assert len(set(issued)) == 5
    assert issued[-1] == len(state.owing) == 96
    assert len(dates) == 1


def test_one_that_cannot_be_reckoned_with_keeps_no_other_from_opening(county: Database) -> None:
    """As a calendar or a program of later may make it."""
    with county.write() as connection:
        year = first_year(connection)
        at = local(year, 5, 20)
        before, asked = late_openings(connection, at), my_year(connection, "u001", year, at)
        never = Moment(form=MomentForm.DATE, month=13, day=1)
        broken = replace(in_force(connection)["visits"].campaign, id="broken", opens=never)
        of_units = replace(in_force(connection)["yearly_list"].campaign, id="of_units", locks=never)
        load_campaigns(connection, [broken, of_units], local(2026, 1, 1))
        assert set(failing(connection, at)) == {"broken", "of_units"}
        assert before
        assert late_openings(connection, at) == before
        assert any_missed(connection, at)
        assert f"visits/{year}-03" in note_missed(connection, at)
        assert my_year(connection, "u001", year, at) == asked
        shown = {one.id: one for one in shown_campaigns(connection, at)}
        assert shown["broken"].opens.startswith("推算不了：")
        assert shown["visits"].opens.startswith(f"{year}-06-")
