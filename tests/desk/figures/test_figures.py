"""Figures at the desk: imported by a document, never asked again, shown over periods with gaps, exported."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from desk.caller import on_site
from desk.exporting import Format, exported
from desk.figures.drawing import chart
from desk.figures.extract import FigureSelection
from desk.figures.importing import FiguresTaken, import_figures
from desk.figures.showing import SeriesWanted, shown_figures, shown_series
from ledger.directory import people
from ledger.rounds.rounds import known_round
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import answer, counted, form_of, item_of, opened, wrong

NOW = instant_of(date(2027, 1, 5), time(12))
OFFICE, OTHER = "县教育局", "县审计局"


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return counted(tmp_path / "county")


def unit(database: Database, name: str) -> str:
    with database.read() as connection:
        return people.unit_ref(connection, name).id


def taken(database: Database, table: str, document: str = "县组〔2026〕5号", now: datetime = NOW) -> FiguresTaken:
    return import_figures(database, table.encode(), "名册.csv", document, on_site(SUPERVISOR), now)


def test_what_is_imported_is_not_asked_and_a_unit_of_which_all_is_known_gets_no_form(county: Database) -> None:
    heads = "单位,期,有无,支委会次数,党小组会次数,study,主题党日次数,党员数\n".replace("有无", "本月有无党员转入转出")
    table = heads + f"{OFFICE},2026-11,是,1,2,3,1,31\n{OTHER},2026-11,,2,,,,28\n"
    assert taken(county, table, now=NOW - timedelta(days=60)) == FiguresTaken(values=8, units=2, same=0)
    assert taken(county, table, now=NOW - timedelta(days=60)) == FiguresTaken(values=0, units=0, same=8)
    name = opened(county, "2026-11")
    with county.read() as connection:
        state = known_round(connection, name)
    assert (state.opened.count, state.opened.known) == (95, 1)
    assert item_of(county, name, unit(county, OFFICE)) == ""
    asked = form_of(county, item_of(county, name, unit(county, OTHER)))
    assert [one.id for one in asked.fields] == ["moved", "groups", "study", "theme_day"]
    assert wrong(county) == []


BAD = [
    ("单位,党员数\n县教育局,3\n", "没有“期”一栏"),
    ("单位,期,党员\n县教育局,2026-11,3\n", "“党员”不是数据项"),
    ("单位,期,按期销号率\n县教育局,2026-Q4,3\n", "由留痕算出"),
    ("单位,期,党员数\n县教育,2026-11,3\n县教育局,2026-13,3\n", "第 3 行"),
    ("单位,期,党员数\n县教育局,2026-Q4,3\n", "应形如 2026-11"),
    ("单位,期,党员数\n县教育局,2026-11,-3\n", "不小于 0 的整数"),
    ("单位,期,党员数\n县教育局,2026-11,3\n县教育局,2026-11,4\n", "重复"),
]


def test_a_table_with_one_wrong_cell_is_not_taken_at_all(county: Database) -> None:
    for table, why in BAD:
        with pytest.raises(RuleViolation, match=why) as refusal:
            taken(county, table)
        assert refusal.value.code is Code.FIGURES_REFUSED


def test_what_a_unit_has_answered_is_corrected_and_not_imported_over(county: Database) -> None:
    answer(county, item_of(county, opened(county, "2026-11"), unit(county, OFFICE)), {"study": "4"})
    with pytest.raises(RuleViolation, match="请用更正"):
        taken(county, f"单位,期,集中学习次数\n{OFFICE},2026-11,5\n")
    with pytest.raises(RuleViolation, match="依据的文件"):
        taken(county, f"单位,期,党员数\n{OFFICE},2026-11,5\n", document=" ")


def test_a_series_shows_gaps_as_gaps_and_adds_nothing_up(county: Database) -> None:
    for period, said in (("2026-09", "3"), ("2026-10", "4"), ("2026-12", "2")):
        taken(county, f"单位,期,集中学习次数\n{OFFICE},{period},{said}\n")
    with county.read() as connection:
        alone = shown_series(connection, SeriesWanted(figure="集中学习次数", unit=OFFICE, last=5), NOW)
        organs = shown_series(connection, SeriesWanted(figure="study", kind="机关", last=5), NOW)
        some = shown_series(connection, SeriesWanted(figure="study", kind="机关", last=5, most=2), NOW)
        listed = {one.id: one for one in shown_figures(connection)}
    assert (len(some.rows), some.meant, organs.meant) == (2, len(organs.rows), len(organs.rows))
    (row,) = alone.rows
    assert [cell.words for cell in row.cells] == ["3", "4", "", "2", ""]
    assert alone.chart is not None
    assert (len(alone.chart.lines), len(alone.chart.marks), len(alone.chart.gaps)) == (1, 3, 2)
    assert len(organs.rows) > 1
    assert (organs.known, organs.chart) == (3, None)
    assert listed["study"].asked_by == ("党建月报",)
    assert "占多少" in listed["closed_on_time"].how
    with county.read() as connection:
        told = shown_series(connection, SeriesWanted(figure="published", unit=OFFICE, last=2), NOW)
        none = shown_series(connection, SeriesWanted(figure="closed_on_time", unit=OFFICE, last=2), NOW)
    assert [cell.words for cell in told.rows[0].cells] == ["0", "0"], "nothing was published: that is known"
    assert [cell.words for cell in none.rows[0].cells] == ["", ""], "nothing was closed: no share of nothing"


def test_a_chart_of_nothing_is_none_and_one_value_is_a_point() -> None:
    assert chart([("2026", None, "")], "x") is None
    found = chart([("2026", None, ""), ("2027", 3, "3"), ("2028", None, "")], "x")  # type: ignore[list-item]
    assert found is not None
    assert (found.lines, len(found.marks), len(found.gaps)) == ((), 1, 2)


def test_values_are_exported_one_a_row_and_the_ledger_knows_who_took_them(county: Database, tmp_path: Path) -> None:
    taken(county, f"单位,期,党员数,集中学习次数\n{OFFICE},2026-12,31,3\n")
    asked = FigureSelection(wanted=SeriesWanted(figure="", last=3), now=NOW)
    with exported(county, asked, Format.CSV, caller=on_site(SUPERVISOR), now=NOW, folder=tmp_path) as made:
        text = made.path.read_text("utf-8-sig")
    assert "members,党员数" in text
    assert f"{OFFICE},2026-12,3,导入" in text
    assert wrong(county) == []
