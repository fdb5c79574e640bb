"""What people do to rounds at the desk: opened for named units, shown by name, unlocked, corrected by two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from desk.caller import on_site
from desk.registers.rounds import shown_campaigns
from desk.registers.rounds_kept import OpenedByHand, RoundRequest, keep, open_by_hand
from desk.registers.rounds_shown import round_page, shown_rounds, to_call
from desk.units.changing import ToChange, merge_units
from ledger.chain import batches
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.rounds import item_of, join_open_round, known_round
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.campaign import DueBy
from rules.rounds.deciding import RoundVerb
from tests.ledger.rounds.month_round import DUE, NAME, OPENING, closed, in_round, month, of_period, page, settled, wrong
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, known_county
from tests.support.shipped import every_campaign

NOW = instant_of(date(2027, 3, 1), time(10))
SUPERVISING = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    database = known_county(tmp_path / "county", now=NOW - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), NOW - timedelta(days=30))
    return database


def asked(database: Database, verb: RoundVerb, person: str, now: datetime, **said: object) -> int:
    request = RoundRequest(round="inspections/2027-03-01", verb=verb, id=f"{verb}/{person}", **said)  # type: ignore[arg-type]
    return keep(database, request, on_site(person), now).revision


def test_a_round_for_named_units_from_its_opening_to_a_corrected_report(county: Database) -> None:
    with county.read() as connection:
        other = next(row["id"] for row in people.all_units(connection) if row["kind"] == "research")
    name = open_by_hand(county, "inspections", on_site(SUPERVISOR), NOW, units=("县教育局", other)).round
    assert name == "inspections/2027-03-01"
    with county.write() as connection:
        assert step(connection, name, NOW).to_issue == 2
        batches.issue_chunk(connection, batch_of(name), 10, NOW)
        shown = round_page(connection, name, NOW).round
        assert (shown.owed, shown.owing, shown.overdue, shown.revision, shown.state) == (2, 2, 0, 0, "open")
        assert to_call(connection, name, NOW) == []
        late = NOW + timedelta(days=120)
        assert step(connection, name, late).alarm is None
        page = round_page(connection, name, late)
        assert (page.round.state, page.round.revision, page.round.overdue) == ("locked", 1, 2)
        assert ([part.owed for part in page.kinds], page.reports[0].missing) == ([1, 1], 2)
        called = {one.name: one.contacts[0].role_name for one in to_call(connection, name, late)}
        assert (called["青溪县教育局"], len(called), len(shown_rounds(connection, late))) == ("联络员", 2, 1)
    said = {"unit": "县教育局", "days": 3, "reason": "停电"}
    assert asked(county, RoundVerb.UNLOCK, SUPERVISOR, late, **said) == 1
    assert asked(county, RoundVerb.ASK_CORRECTION, SUPERVISOR, late, reason="有误") == 1
    with pytest.raises(RuleViolation) as refusal:
        asked(county, RoundVerb.AGREE, SUPERVISOR, late)
    assert refusal.value.code is Code.OWN_MATTER
    with pytest.raises(RuleViolation, match="没有不同"):
        asked(county, RoundVerb.AGREE, LEADER, late)
    with county.read() as connection:
        row = item_of(connection, name, other)
    assert row
    void = Command(kind=CommandKind.ANNUL, id="v", actor=SUPERVISING, reason="问错了")
    decide_here(county, row["no"], void, late, away=False)
    assert asked(county, RoundVerb.AGREE, LEADER, late) == 2


def test_who_is_named_in_a_second_opening_of_a_day_joins_and_who_is_asked_already_is_named(county: Database) -> None:
    with county.read() as connection:
        first, second, third, late = people.all_units(connection)[:4]

    def opening(*units: str, now: datetime = NOW) -> OpenedByHand:
        return open_by_hand(county, "inspections", on_site(SUPERVISOR), now, units=units)

    done = opening(first["id"])
    assert done.joined == ()
    with county.write() as connection:
        step(connection, done.round, NOW)
        batches.issue_chunk(connection, batch_of(done.round), 10, NOW)
    again = opening(first["id"], second["name"], third["id"], now=NOW + timedelta(hours=1))
    assert (again.round, again.joined) == (done.round, (second["name"], third["name"]))
    with county.write() as connection:
        assert step(connection, done.round, NOW + timedelta(hours=1)).to_issue == 2
        batches.issue_chunk(connection, batch_of(done.round), 10, NOW)
        shown = round_page(connection, done.round, NOW).round
        assert (shown.owed, shown.asked - shown.joined, shown.joined) == (3, 1, 2)
        assert list(verify_rounds(connection)) == []
    with pytest.raises(RuleViolation, match=f"{first['name']}、{third['name']}都已经问了"):
        opening(first["id"], third["id"])
    with pytest.raises(RuleViolation, match="写明是哪些单位"):
        opening()
    with county.write() as connection:
        locks = instant_of(known_round(connection, done.round).days.locks.date, time(9))
        meant = [people.unit_ref(connection, late["id"])]
        actor = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)
        with pytest.raises(RuleViolation, match=f"{late['name']}加入不了：离锁定不足 3 个工作日"):
            join_open_round(connection, done.round, meant, actor, locks)


def test_who_is_named_of_a_kind_without_a_date_is_refused(county: Database) -> None:
    with county.write() as connection:
        (one,) = (one for one in every_campaign() if one.id == "inspections")
        due = (DueBy(kind="organ", moment=one.due[0].moment),)
        load_campaigns(connection, [replace(one, id="organs", due=due)], NOW)
        other = next(row["id"] for row in people.all_units(connection) if row["kind"] == "enterprise")
    with pytest.raises(RuleViolation, match=f"没有它们那类单位的到期日：{other}"):
        open_by_hand(county, "organs", on_site(SUPERVISOR), NOW, units=(other,))


def test_what_a_merged_unit_owes_is_unlocked_by_its_own_name_and_its_successor_is_called(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(due=(DueBy(kind="organ", moment=of_period(8)),)))
    with county.read() as connection:
        units = people.all_units(connection)
        first, second = [row["id"] for row in units if row["kind"] == "organ"][:2]
        other = next(row["id"] for row in units if row["kind"] == "enterprise")
        names = people.names_of_units(connection, [first, second, other])
    day, late = OPENING + timedelta(days=2), DUE + timedelta(days=40)
    merge_units(county, [first], other, ToChange(first=local_date(day)), day)
    with county.write() as connection:
        step(connection, NAME, day)
    settled(county, day)
    with county.write() as connection:
        step(connection, NAME, late)
    with county.read() as connection:
        called = {one.unit: one for one in to_call(connection, NAME, late, limit=200)}
        liaison = people.holders(connection, Role.LIAISON, unit=other)[0]
    assert (called[first].handed, called[first].contacts[0].person) == (names[other], liaison)
    with pytest.raises(RuleViolation, match=f"请督查员解锁“{names[first]}”（{first}）那一份"):
        closed(county, first, late, by=other)

    def unlocked(unit: str) -> tuple[str, ...]:
        said = {"unit": unit, "days": 3, "reason": "停电", "id": f"u/{unit}"}
        request = RoundRequest(round=NAME, verb=RoundVerb.UNLOCK, **said)  # type: ignore[arg-type]
        return tuple(one.unit for one in keep(county, request, on_site(SUPERVISOR), late).unlocked)

    with pytest.raises(RuleViolation, match=f"由它报的是 {first}，请写那一个"):
        unlocked(names[other])
    assert unlocked(names[first]) == (first,)
    assert unlocked(first.upper()) == (first,)
    assert unlocked(names[second]) == (first, second)
    closed(county, first, late, by=other)
    assert page(county, late).round.late == 1
    assert wrong(county) == []


def test_who_may_not_is_refused(county: Database) -> None:
    with pytest.raises(RuleViolation) as refusal:
        open_by_hand(county, "inspections", on_site(AUDITOR), NOW)
    assert refusal.value.code is Code.WRONG_ROLE
    with pytest.raises(RuleViolation, match="没有周期工作"):
        open_by_hand(county, "inspection", on_site(SUPERVISOR), NOW)


def test_each_campaign_shows_its_next_opening(county: Database) -> None:
    with county.read() as connection:
        shown = {one.id: one for one in shown_campaigns(connection, NOW)}
    assert (shown["visits"].opens, shown["visits"].asked, shown["visits"].rhythm) == ("2027-03-01（暂定）", 6, "每月")
    assert (shown["inspections"].opens, shown["yearly_list"].asked) == ("由督查员开放", 96)
