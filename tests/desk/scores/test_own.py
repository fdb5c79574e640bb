"""Indicators that units write for themselves: read from a form, refused with what was expected, reviewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from desk.caller import Caller, on_site
from desk.scores import keeping
from desk.scores.own_shown import declared_now, own_indicators
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.store.database import Database
from rules.assessment.declaring import WrittenIndicator
from rules.process import Role
from tests.desk.scores.refusing import refused
from tests.support.factories import at
from tests.support.product import SUPERVISOR
from tests.support.scores.scored import assessed

EARLY, LATE = at("2026-02-10"), at("2026-02-16")
COUNTED = WrittenIndicator(
    name="读书班",
    full="5",
    kind="counted",
    every="quarter",
    standard="每季两次",
    figure="lectures",
    least="2",
    short="1.5",
)
COMPUTED = WrittenIndicator(
    name="志愿服务面",
    full="5",
    kind="computed",
    every="quarter",
    figure="volunteers",
    over="members",
    levels="95:100 80:60",
)
JUDGED = WrittenIndicator(
    name="窗口作风", full="4", kind="judged", every="half_year", standard="群众评价好", judge="supervisor"
)
OTHER = replace(JUDGED, name="科研攻关", full="6", judge="instructor")
ALL = (COUNTED, COMPUTED, JUDGED, OTHER)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = assessed(tmp_path_factory.mktemp("own") / "county")
    yield database
    database.close()


def of(database: Database, unit: str) -> Caller:
    with database.read() as connection:
        return on_site(people.holders(connection, Role.LIAISON, unit=unit)[0])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (replace(COUNTED, name=" "), "名称"),
        (replace(COUNTED, name="读" * 41), "40 个字"),
        (replace(COUNTED, kind="ledger"), "没有选分从哪里来"),
        (replace(COUNTED, every="week"), "没有选多久算一次"),
        (replace(COUNTED, full="五"), "如 4 或 3.5"),
        (replace(COUNTED, figure="moved"), "没有选数据项"),
        (replace(COUNTED, figure="nothing"), "没有选数据项"),
        (replace(COUNTED, every="month"), "“党课次数”却每季度才有一次"),
        (replace(COUNTED, least="0"), "1 至 1000 的整数"),
        (replace(COUNTED, short="x"), "如 4 或 3.5"),
        (replace(COUNTED, name="点赞达标"), "不作为考核的依据"),
        (replace(COUNTED, full="9"), "每项 3 至 8 分"),
        (replace(COMPUTED, over="volunteers"), "总是百分之百"),
        (replace(COMPUTED, levels=""), "如 95:100 80:60"),
        (replace(COMPUTED, levels="80:60 95:100"), "从高到低"),
        (replace(COMPUTED, levels="95:120"), "从高到低"),
        (replace(JUDGED, standard=" "), "标准"),
        (replace(JUDGED, standard="好" * 201), "200 个字"),
        (replace(JUDGED, judge="liaison"), "没有选由谁评定"),
    ],
)
def test_what_cannot_be_an_indicator_is_refused_and_nothing_is_declared(
    county: Database, written: WrittenIndicator, said: str
) -> None:
    mine = of(county, "u009")
    words = refused(lambda: keeping.declare_written(county, mine, "u009", (written, *ALL[1:]), EARLY))
    assert said in words, words
    with county.read() as connection:
        assert own_indicators(connection, "u009", EARLY).declared == ()


def test_declared_returned_changed_and_pinned(county: Database) -> None:
    mine, boss = of(county, "u001"), on_site(SUPERVISOR)
    assert "申报了 3 项，应为 4 项" in refused(lambda: keeping.declare_written(county, mine, "u001", ALL[:3], EARLY))
    keeping.declare_written(county, mine, "u001", ALL, EARLY)
    with county.read() as connection:
        shown, everybody = own_indicators(connection, "u001", EARLY), declared_now(connection, EARLY)
    assert [one.unit for one in everybody.waiting] == ["u001"]
    assert everybody.none == 95
    assert [one.how for one in shown.declared] == [
        "党课次数至少 2，每少一次扣 1.5 分",
        "志愿服务人次占党员数的百分比：95% 以上计 100%，80% 以上计 60%",
        "由督查员评定",
        "由指导员评定",
    ]
    keeping.review_declared(county, boss, "u001", EARLY, agreed=False, reason="第二项写具体些")
    with county.read() as connection:
        shown = own_indicators(connection, "u001", EARLY)
        assert (declared_now(connection, EARLY).returned, shown.returned) == (1, "第二项写具体些")
    again = tuple(WrittenIndicator(**one) for one in shown.written)
    assert again == ALL, "the form comes back as it was written"
    keeping.declare_written(county, mine, "u001", again, EARLY)
    assert "要在 2026 年 2 月 15 日以前审定" in refused(
        lambda: keeping.review_declared(county, boss, "u001", LATE, agreed=True)
    )
    keeping.review_declared(county, boss, "u001", EARLY, agreed=True)
    with county.read() as connection:
        shown = own_indicators(connection, "u001", LATE)
        assert (declared_now(connection, LATE).pinned, declared_now(connection, LATE).over) == (1, True)
    assert [one.name for one in shown.pinned] == [one.name for one in ALL]
    assert "一年不变" in refused(lambda: keeping.declare_written(county, mine, "u001", ALL, EARLY))
    assert "已过" in refused(lambda: keeping.declare_written(county, of(county, "u002"), "u002", ALL, LATE))


def test_a_foreign_units_are_to_others_as_if_there_were_none(county: Database) -> None:
    mine = of(county, "u003")
    with county.seen(seen_by((mine.person,))).read() as connection:
        foreign = refused(partial(own_indicators, connection, "u004", EARLY))
        unknown = refused(partial(own_indicators, connection, "u999", EARLY))
        assert foreign.replace("u004", "") == unknown.replace("u999", "")
        assert {one.unit for one in declared_now(connection, EARLY).waiting} <= {"u003"}
