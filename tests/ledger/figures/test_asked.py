"""A round asks each unit just what is not known of it, by a process with those questions; the answers become values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from desk.issuing import ToIssue, UnitChoice, plan
from ledger.chain import lookup, pinned
from ledger.chain.figures.in_force import figures_in_force
from ledger.chain.figures.series import revisions
from ledger.chain.figures.values import FIGURE_VALUE
from ledger.chain.past.deciding import decide_here
from ledger.chain.pinned import PROCESS
from ledger.directory import people
from ledger.proof.verify import verify
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.rounds import known_round
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from rules.forms.form import ASKS
from rules.machine.commands import Actor, Command, CommandKind, EntryRef, Via
from rules.process import Role
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import answer, counted, form_of, item_of, opened, opening, wrong

BOSS = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return counted(tmp_path / "county")


def unit(database: Database, name: str) -> str:
    with database.read() as connection:
        return people.unit_ref(connection, name).id


def values(database: Database, unit_id: str) -> dict[tuple[str, str, int], str]:
    query = select(FIGURE_VALUE).where(FIGURE_VALUE.c.unit == unit_id)
    with database.read() as connection:
        return {(r["figure"], r["period"], r["revision"]): r["value"] for r in connection.execute(query).mappings()}


def test_the_form_grows_with_the_quarter_and_each_answer_is_a_value_of_its_own_period(county: Database) -> None:
    name = opened(county, "2026-12")
    office = unit(county, "县教育局")
    no = item_of(county, name, office)
    fields = form_of(county, no).fields
    assert len(fields) == 12
    assert {one.period for one in fields} == {"2026-12", "2026-Q4", "2026-H2"}
    answer(county, no, {"assembly": "3", "dues_owed": "1200.50"})
    found = values(county, office)
    assert found["assembly", "2026-Q4", 1] == "3"
    assert found["dues_owed", "2026-Q4", 1] == "1200.50"
    assert found["moved", "2026-12", 1] == "yes"
    assert len(found) == 12
    assert wrong(county) == []


def test_items_of_one_kind_share_a_process_which_is_current_for_nobody(county: Database) -> None:
    name = opened(county, "2026-11")
    with county.read() as connection:
        rows = connection.execute(select(PROCESS).where(PROCESS.c.process == "checkin")).mappings().all()
        state = known_round(connection, name)
        pinned_ref = lookup.item_row(connection, item_of(county, name, state.asked[0].id))["process_ref"]
        process = pinned.process(connection, pinned_ref)
    asked = [row for row in rows if not row["current"]]
    assert len(asked) == 5, "one for each kind of unit"
    assert (state.opened.count, state.opened.known) == (96, 0)
    form = process.form(ASKS)
    assert form is not None
    assert [one.id for one in form.fields] == ["moved", "committee", "groups", "study", "theme_day"]


def test_a_value_that_was_tampered_with_is_found(county: Database) -> None:
    name = opened(county, "2026-11")
    office = unit(county, "县教育局")
    answer(county, item_of(county, name, office), {"study": "4", "groups": "2"})
    tampering = [
        "UPDATE figure_value SET value = '9' WHERE figure = 'study'",
        "DELETE FROM figure_value WHERE figure = 'groups'",
        "INSERT INTO figure_value VALUES ('topics', 'u001', '2026', 1, '5', 'asked', 'YB2026-9999', 2, '', 1)",
        "UPDATE figure_value SET current = 0 WHERE figure = 'moved'",
    ]
    with county.write() as connection:
        for statement in tampering:
            connection.execute(text(statement))
    found = " ".join(wrong(county))
    for what in ("study", "groups", "YB2026-9999", "moved"):
        assert what in found or any(what in one.stream for one in verify(county).wrong), found
    assert len(wrong(county)) == 4


def test_a_correction_by_two_people_is_a_value_more_and_the_old_one_stays(county: Database) -> None:
    office = unit(county, "县教育局")
    no = item_of(county, opened(county, "2026-11"), office)
    answer(county, no, {"study": "4", "groups": "2"})
    at = opening("2026-11") + timedelta(days=40)  # the round would have locked by then
    liaison = Actor(id="liaison", role=Role.LIAISON, unit=office, via=Via.SITE)
    wrongly = Command(
        kind=CommandKind.CORRECT,
        id="c0",
        actor=liaison,
        entry=EntryRef(seq=2, kind="completed", unit=office, role=Role.LIAISON),
        answers=(("study", "x"),),
        text="集中学习应为 5 次",
        reason="漏记一次",
    )
    with pytest.raises(AnswersRefused):
        decide_here(county, no, wrongly, at, away=False)
    asked = replace(wrongly, id="c1", answers=(("study", "5"),))
    decide_here(county, no, asked, at, away=False)
    assert values(county, office)["study", "2026-11", 1] == "4"
    assert ("study", "2026-11", 2) not in values(county, office), "it waits for another's yes"
    yes = Command(kind=CommandKind.DECIDE_CORRECTION, id="c2", actor=BOSS, grant=True)
    decide_here(county, no, yes, at, away=False)
    found = values(county, office)
    assert (found["study", "2026-11", 1], found["study", "2026-11", 2]) == ("4", "5")
    assert ("groups", "2026-11", 2) not in found
    with county.read() as connection:
        every = revisions(connection, "study", office, "2026-11")
    assert [(one.value, one.revision, one.seq) for one in every] == [("4", 1, 2), ("5", 2, 4)]
    assert wrong(county) == []


def test_what_is_answered_again_is_a_value_more_and_a_unit_that_is_no_more_keeps_its_own(county: Database) -> None:
    office = unit(county, "县教育局")
    no = item_of(county, opened(county, "2026-11"), office)
    answer(county, no, {"study": "4"})
    at = opening("2026-11") + timedelta(days=2)
    decide_here(county, no, Command(kind=CommandKind.REOPEN, id="r1", actor=BOSS, reason="填错"), at, away=False)
    answer(county, no, {"study": "6"}, at=at, id_="a2")
    found = values(county, office)
    assert (found["study", "2026-11", 1], found["study", "2026-11", 2]) == ("4", "6")
    assert ("moved", "2026-11", 2) not in found, "what is the same is no other"
    assert wrong(county) == []


def test_what_was_answered_or_stands_open_is_not_asked_again_by_another_round(county: Database) -> None:
    office = unit(county, "县教育局")
    answer(county, item_of(county, opened(county, "2026-12"), office))
    with county.write() as connection:
        register = figures_in_force(connection)
        monthly = campaign_in_force(connection, "monthly")
        later = replace(monthly, asks=(*monthly.asks[:1], replace(monthly.asks[1], shifted=1)), version="2")
        load_campaigns(connection, [later], opening("2026-12"))
        assert figures_in_force(connection) == register
    without = item_of(county, "monthly/2026-12", unit(county, "县司法局"))
    void = Command(kind=CommandKind.ANNUL, id="v1", actor=BOSS, reason="重复交办")
    decide_here(county, without, void, opening("2027-01") - timedelta(days=1), away=False)
    name = opened(county, "2027-01")

    def asked(office_name: str) -> set[str]:
        return {one.id for one in form_of(county, item_of(county, name, unit(county, office_name))).fields}

    assert "assembly" not in asked("县教育局")
    assert "assembly" not in asked("县审计局"), "December's form asks for it still"
    assert "assembly" in asked("县司法局"), "of which nothing stands open any more"
    assert wrong(county) == []


def test_a_campaign_that_would_ask_what_another_asks_is_not_put_in_force(county: Database) -> None:
    with county.write() as connection:
        other = replace(campaign_in_force(connection, "monthly"), id="second")
        with pytest.raises(RuleViolation) as refusal:
            load_campaigns(connection, [other], opening("2026-12"))
    assert refusal.value.code is Code.FIGURES_REFUSED


def test_nobody_issues_by_hand_what_rounds_ask_and_it_is_given_on_with_its_questions(county: Database) -> None:
    name = opened(county, "2026-11")
    office = unit(county, "县教育局")
    with county.read() as connection:
        process = pinned.process(connection, lookup.item_row(connection, item_of(county, name, office))["process_ref"])
        other = pinned.asked_like(connection, process, "social")
        base = pinned.current_process(connection, "checkin", "report", "organ")
        asked = ToIssue(process="checkin", to=UnitChoice(units=(office,)), answers=(("title", "临时要数"),), id="x")
        with pytest.raises(RuleViolation) as refusal:
            plan(connection, asked, BOSS, opening("2026-11"))
    assert refusal.value.code is Code.ASKED_BY_ROUNDS
    assert (other.unit_kind, other.form(ASKS)) == ("social", process.form(ASKS))
    assert base.form(ASKS) != process.form(ASKS)
