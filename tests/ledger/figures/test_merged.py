"""A unit that merges while a round asks it: what it is asked stays its own, whoever hands it in, of whatever kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.blanks.one import blank_to_come
from desk.showing.detail import detail
from desk.units.changing import ToChange, merge_units
from documents.sheets.files.workbook import read_workbook
from ledger.chain.bulk import give
from ledger.chain.family.settling import unsettled
from ledger.chain.figures.values import FIGURE_VALUE
from ledger.directory import people
from ledger.reading import queries
from ledger.rounds.asking import standing_questions
from ledger.rounds.coming import step
from ledger.rounds.rounds import item_of
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.rounds.campaign import FigureOf
from tests.support.rounds.answered import answer, counted, form_of, opened, opening, wrong

DAY = opening("2026-11") + timedelta(days=1)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return counted(tmp_path / "county")


def units(database: Database, kind: str) -> list[str]:
    with database.read() as connection:
        return [row["id"] for row in people.all_units(connection) if row["kind"] == kind]


def merged(database: Database, unit: str, into: str, round_: str, now: datetime = DAY) -> None:
    """The unit is part of the other, and the round has seen it."""
    merge_units(database, [unit], into, ToChange(first=local_date(now)), now)
    with database.write() as connection:
        step(connection, round_, now)
    with database.read() as connection:
        selection = unsettled(connection, round_)
    give(database, selection, now, 500)


def number(database: Database, round_: str, unit: str) -> str:
    with database.read() as connection:
        row = item_of(connection, round_, unit)
    assert row
    return str(row["no"])


def values(database: Database, figure: str) -> dict[str, list[str]]:
    query = select(FIGURE_VALUE).where(FIGURE_VALUE.c.figure == figure).order_by(FIGURE_VALUE.c.revision)
    found: dict[str, list[str]] = {}
    with database.read() as connection:
        for row in connection.execute(query).mappings():
            found.setdefault(row["unit"], []).append(row["value"])
    return found


def test_both_forms_answered_by_the_successor_are_two_figures_and_no_correction(county: Database) -> None:
    first, second, *_ = units(county, "organ")
    name = opened(county, "2026-11")
    answer(county, number(county, name, second), {"study": "4"})
    merged(county, first, second, name)
    answer(county, number(county, name, first), {"study": "7"}, at=DAY + timedelta(hours=1))
    assert values(county, "study") == {second: ["4"], first: ["7"]}
    assert wrong(county) == []


def test_what_is_handed_on_to_another_kind_of_unit_asks_what_it_asked(county: Database) -> None:
    first, second = units(county, "organ")[0], units(county, "institution")[0]
    name = opened(county, "2026-11")
    no = number(county, name, first)
    before = form_of(county, no)
    assert before.fields
    merged(county, first, second, name)
    assert form_of(county, no) == before
    answer(county, no, {"study": "7"}, at=DAY + timedelta(hours=1))
    assert values(county, "study") == {first: ["7"]}
    assert wrong(county) == []


def test_the_page_and_the_sheet_say_of_which_former_unit_it_is(county: Database) -> None:
    first, second, *_ = units(county, "organ")
    name = opened(county, "2026-11")
    merged(county, first, second, name)
    own, handed = number(county, name, second), number(county, name, first)
    with county.read() as connection:
        called = people.names_of_units(connection, [first])[first]
        shown = [detail(connection, queries.item(connection, no), DAY).former for no in (own, handed)]
        sheets = [blank_to_come(connection, no) for no in (own, handed)]
    assert shown == ["", called]
    said = [f"（原{called}的一份）" in sheet.name for sheet in sheets if sheet]
    assert said == [False, True]
    assert sheets[1]
    book = read_workbook(sheets[1].data, "表.xlsx")
    assert any(f"原{called}的一份" in str(cell) for row in book.sheets[0].rows for cell in row)


def test_what_the_successor_still_has_to_answer_for_the_other_is_no_question_of_its_own(county: Database) -> None:
    first, second, *_ = units(county, "organ")
    name = opened(county, "2026-11")
    answer(county, number(county, name, second), {"study": "4"})
    merged(county, first, second, name)
    with county.read() as connection:
        standing = standing_questions(connection, (FigureOf(figure="study", period="2026-11"),), but="", unit=second)
        of_all = standing_questions(connection, (FigureOf(figure="study", period="2026-11"),), but="")
    assert (standing, of_all[first], second in of_all) == (
        {},
        {("study", "2026-11"): number(county, name, first)},
        False,
    )
