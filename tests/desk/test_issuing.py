"""Who is meant by a choice of units, what is refused before anything is issued, what names a matter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from definitions.catalogue import EXAMPLE
from desk.acting import issuer
from desk.caller import on_site
from desk.intake import _import_key
from desk.issuing import IssuePlan, ToIssue, UnitChoice, chosen_units, plan, propose
from desk.units.changing import ToChange, judge_units
from ledger.chain import batches
from ledger.directory import people
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from tests.support.product import SUPERVISOR, known_county
from tests.support.sheet_factory import HEADING, grid

NOW = datetime.now(UTC)
ONE = UnitChoice(units=("县教育局",))
ASKED = ToIssue(process=EXAMPLE, variant="staged", to=ONE, answers=(("title", "学习制度落实不到位"),))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = known_county(tmp_path_factory.mktemp("issuing"))
    yield database
    database.close()


def chosen(county: Database, **to: Any) -> list[str]:
    with county.read() as connection:
        return [unit.id for unit in chosen_units(connection, UnitChoice(**to))]


def planned(county: Database, asked: ToIssue, by: str = SUPERVISOR) -> IssuePlan:
    with county.read() as connection:
        return plan(connection, asked, issuer(connection, on_site(by)), NOW)


def refused(county: Database, **change: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refusal:
        planned(county, replace(ASKED, **change))
    return refusal.value


def test_kinds_and_areas_narrow_each_other_single_units_come_on_top_and_exceptions_go(county: Database) -> None:
    with county.read() as connection:
        units = list(people.all_units(connection))
    area = units[0]["area"]
    research = [u["id"] for u in units if u["kind"] == "research"]
    assert chosen(county, kinds=("科研院所",)) == research
    assert chosen(county, areas=(area,)) == [u["id"] for u in units if u["area"] == area]
    both = [u["id"] for u in units if u["area"] == area and u["kind"] == "organ"]
    assert chosen(county, kinds=("organ",), areas=(area,)) == both
    assert chosen(county, kinds=("organ",), areas=(area,), excepted=(both[0],)) == both[1:]
    where = next(u["area"] for u in units if u["size"] == "branch")
    small = [u["id"] for u in units if u["size"] == "branch" and u["area"] == where]
    assert chosen(county, sizes=("党支部",), areas=(where,)) == small
    assert chosen(county, sizes=("committee", "党支部")) == [
        u["id"] for u in units if u["size"] in ("committee", "branch")
    ]
    assert set(chosen(county, kinds=("organ",), areas=(area,), units=(research[0],))) == {*both, research[0]}


def test_what_units_are_is_asked_of_the_day(county: Database) -> None:
    tomorrow = local_date(NOW) + timedelta(days=1)
    judge_units(county, ["u075", "u077"], "软弱涣散", ToChange(first=tomorrow), NOW)
    assert chosen(county, conditions=("软弱涣散",), on=tomorrow) == ["u075", "u077"]
    assert chosen(county, conditions=("软弱涣散",), units=("u030",)) == ["u030"], "not today; whoever is named, always"
    assert chosen(county, conditions=("slack",), excepted=("u075",), on=tomorrow) == ["u077"]


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"to": UnitChoice()}, Code.FIELD_MISSING, "单位"),
        ({"to": UnitChoice(units=("u001",), excepted=("u001",))}, Code.FIELD_MISSING, "单位"),
        ({"to": UnitChoice(units=("没有这个局",))}, Code.UNKNOWN_UNIT, "没有这个局"),
        ({"to": UnitChoice(kinds=("乡镇",))}, Code.FIELD_INVALID, "科研院所"),
        ({"to": UnitChoice(sizes=("小组",))}, Code.FIELD_INVALID, "党总支"),
        ({"co_units": ("没有这个局",)}, Code.UNKNOWN_UNIT, "没有这个局"),
        ({"variant": ""}, Code.FIELD_MISSING, "立行立改"),
        ({"variant": "慢慢改"}, Code.FIELD_INVALID, "分阶段整改"),
        ({"process": "没有"}, Code.FIELD_INVALID, "整改事项"),
        ({"answers": (("title", " "),)}, Code.ANSWERS_INVALID, "“问题”没有填"),
        (
            {"answers": (("title", "一"), ("goal", "长" * 2001), ("person", "一\x07"))},
            Code.ANSWERS_INVALID,
            "有 2 处要改",
        ),
        ({"answers": (("title", "一"), ("mark", "5"))}, Code.ANSWERS_INVALID, "不是这张表要填的"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_stored(
    county: Database, change: dict[str, Any], code: Code, told: str
) -> None:
    refusal = refused(county, **change)
    assert refusal.code is code
    assert told in str(refusal)


def test_more_units_than_one_batch_may_hold_are_refused(county: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.issuing.LIMIT", 2)
    assert refused(county, to=UnitChoice(kinds=("organ",))).code is Code.TOO_MANY_ITEMS


def test_rows_beyond_the_table_are_refused_by_field(county: Database) -> None:
    refusal = refused(county, answers=(("title", "一"), *(("measures", f"第 {n} 条") for n in range(61))))
    assert isinstance(refusal, AnswersRefused)
    assert [(fault.at, fault.actual) for fault in refusal.faults] == [("measures", "有 61 行")]


def test_only_whoever_may_issue_sees_what_issuing_would_be(county: Database) -> None:
    with pytest.raises(RuleViolation) as refusal:
        planned(county, ASKED, by="p2001")
    assert refusal.value.code is Code.WRONG_ROLE


def test_each_unit_has_its_first_date_and_why_and_a_date_that_is_over_is_refused_unit_by_unit(county: Database) -> None:
    both = UnitChoice(units=("县教育局",), kinds=("research",))
    found = planned(county, replace(ASKED, to=both))
    by_kind = {one.kind_name: (one.first, one.due) for one in found.foreseen}
    assert by_kind["机关"][0] == by_kind["科研院所"][0] == "签收"
    assert by_kind["机关"][1] < by_kind["科研院所"][1]  # type: ignore[operator]
    assert all(one.why and not one.refusal for one in found.foreseen)
    late = planned(county, replace(ASKED, deadline=date(2020, 1, 1)))
    assert "早于今天" in late.refused[0].refusal
    with pytest.raises(RuleViolation, match="县教育局"):
        propose(county, replace(ASKED, deadline=date(2020, 1, 1)), on_site(SUPERVISOR), NOW)


def test_the_same_is_one_batch_and_under_another_id_another(county: Database) -> None:
    first, again = (propose(county, ASKED, on_site(SUPERVISOR), NOW) for _ in range(2))
    assert first == again
    other = propose(county, replace(ASKED, id="once more"), on_site(SUPERVISOR), NOW)
    assert other != first
    with county.write() as connection:
        batches.confirm(connection, first, issuer(connection, on_site(SUPERVISOR)), NOW)
        batches.issue_chunk(connection, first, 10, NOW)
    (one,) = planned(county, replace(ASKED, id="later")).foreseen
    assert "相同" in one.before


@pytest.mark.parametrize("limit", ["1个月内", "12月底", "2026年12月31日", "长期坚持"])
def test_a_register_read_on_another_day_names_the_same_matters(limit: str) -> None:
    rows = [HEADING, (1, "学习不够", "改", "县教育局", "", "", limit, "")]
    keys = {_import_key(grid(rows, today=day).findings[0], "u1") for day in (date(2026, 11, 20), date(2026, 11, 24))}
    assert len(keys) == 1


def test_another_time_limit_is_another_matter() -> None:
    table = [[HEADING, (1, "学习不够", "改", "县教育局", "", "", limit, "")] for limit in ("2026-12-30", "2026-12-31")]
    assert len({_import_key(grid(rows).findings[0], "u1") for rows in table}) == 2
