"""Units change by a document: what follows is said before, done the same way, and what they had open is handed on."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desk.units import changing
from desk.units.changing import ToChange
from desk.units.unit_shown import known_unit, show_unit, show_units
from ledger.chain.entries import ENTRY
from ledger.directory import loading
from ledger.directory import units as over_time
from ledger.directory.following import Follows
from ledger.directory.people import POST
from ledger.proof.verifying.authority import verify_authority
from ledger.rounds.campaigns import load_campaigns
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.units.selecting import Selector
from tests.support.product import known_county
from tests.support.rounds.campaigns import MONTHLY as EVERYBODY
from tests.support.shipped import example_county

NOW = datetime.now(UTC)
TODAY = local_date(NOW)
HOW = ToChange(first=TODAY, document="县编〔2026〕3号")
CHANGES: dict[str, tuple[Callable[[Database, ToChange], Follows], set[str], set[str]]] = {
    "merge": (lambda db, how: changing.merge_units(db, ["县农科所"], "u077", how, NOW), {"u075"}, set()),
    "split": (
        lambda db, how: changing.split_unit(db, "u075", [("n1", "农一所"), ("n2", "农二所")], how, NOW),
        {"u075"},
        {"n1", "n2"},
    ),
    "end": (lambda db, how: changing.end_units(db, ["u075", "u077"], how, NOW), {"u075", "u077"}, set()),
    "judge": (lambda db, how: changing.judge_units(db, ["u075"], "软弱涣散", how, NOW), set(), set()),
    "move": (
        lambda db, how: changing.move_units(db, ["u075"], how, NOW, area="第一片组（党群）", parent=""),
        set(),
        set(),
    ),
}
"""Each change, with the units that it ends and those that it brings."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    county = known_county(folder)
    with county.write() as connection:
        load_campaigns(connection, (EVERYBODY,), NOW)
    county.close()
    return folder / "duban.db"


@pytest.fixture
def county(kept: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copyfile(kept, tmp_path / "duban.db")
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    yield database
    database.close()


def _state(database: Database, day: datetime = NOW) -> tuple[set[str], int]:
    with database.read() as connection:
        chosen = over_time.chosen(connection, Selector(everybody=True), local_date(day))
        return {one.id for one in chosen}, connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()


def _vouched(database: Database) -> bool:
    with database.read() as connection:
        return list(verify_authority(connection)) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_dry_run_says_what_the_change_then_does_and_changes_nothing(county: Database, name: str) -> None:
    change, gone, brought = CHANGES[name]
    units, entries = before = _state(county)
    foreseen = change(county, replace(HOW, dry_run=True))
    assert _state(county) == before
    assert change(county, HOW) == foreseen
    after, more = _state(county)
    assert after == units - gone | brought
    assert more == entries + len(foreseen.told)
    assert "依据县编〔2026〕3号" in foreseen.told[0]
    assert {one.unit for one in foreseen.vacancies} == brought
    assert any(one.by == "all" and one.after == len(after) for one in foreseen.populations) is bool(gone or brought)
    told = [(set(one.leaves), set(one.joins)) for one in foreseen.campaigns if one.campaign == EVERYBODY.id]
    assert told == [(gone, brought)] * bool(gone or brought)
    assert _vouched(county)


def test_a_unit_with_others_under_it_does_not_end_alone(county: Database) -> None:
    before = _state(county)
    with pytest.raises(RuleViolation, match="上级 u084 已撤销或不存在"):
        changing.end_units(county, ["县卫健局"], HOW, NOW)
    assert _state(county) == before


def test_a_unit_ends_on_a_day_to_come_and_is_opened_again(county: Database) -> None:
    due = NOW + timedelta(days=40)
    changing.end_units(county, ["u075"], replace(HOW, first=local_date(due)), NOW)
    assert "u075" in _state(county)[0]
    assert "u075" not in _state(county, due)[0]
    again = ToChange(first=local_date(due) + timedelta(days=5))
    changing.reopen_unit(county, "u075", again, NOW)
    assert "u075" in _state(county, due + timedelta(days=5))[0]
    with county.read() as connection:
        lines = changing.unit_history(connection, "u075")
    assert [("撤销" in line, "青溪县农业科学研究所" in line) for line in lines] == [(True, True), (False, True)]
    assert _vouched(county)


def test_the_page_of_a_unit_says_what_it_was_by_which_document_and_what_became_of_it(county: Database) -> None:
    changing.merge_units(county, ["u075"], "u077", HOW, NOW)
    with county.read() as connection:
        gone, there = (show_unit(connection, unit) for unit in ("u075", "u077"))
        assert known_unit(connection, "县农科所") == "u075", "also by the name of one that is no more"
        assert show_units(connection)[-1].unit == "u075"
        with pytest.raises(RuleViolation, match="nobody"):
            show_unit(connection, "nobody")
    assert ([one for one, _ in gone.became], gone.ended, gone.parts) == (["u077"], TODAY.isoformat(), ())
    assert [one for one, _ in there.parts] == ["u075"]
    assert ["单位设立" in gone.entries[0].words, "依据县编〔2026〕3号" in gone.entries[-1].words] == [True, True]
    assert "并入" in gone.lines[0]


@pytest.mark.parametrize("days", [0, 40])
def test_a_directory_file_merges_units_from_its_day_on_and_twice_is_once(county: Database, days: int) -> None:
    first = TODAY + timedelta(days=days)
    file = example_county()
    units = (replace(one, merged=("u075",)) if one.id == "u077" else one for one in file.units if one.id != "u075")
    changed = replace(file, units=tuple(units), people=tuple(one for one in file.people if one.unit != "u075"))

    def loaded() -> int:
        with county.write() as connection:
            loading.load_directory(connection, changed, first=first, document=HOW.document, now=NOW)
            assert loading.missing(connection, [changed]).units == ()
            return connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()

    assert loaded() == loaded()
    with county.read() as connection:
        life = over_time.lives(connection, {"u075"})["u075"]
        held = connection.execute(select(func.count()).where(POST.c.unit == "u075")).scalar_one()
    assert (life.spans[-1].until, life.spans[-1].became) == (first, ("u077",))
    assert (held == 0) is (days == 0)
    assert _vouched(county)
