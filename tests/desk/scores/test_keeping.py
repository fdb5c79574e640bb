"""What people do in an assessment: judged side by side, credited with documents, left out with a reason, tiers
confirmed; scores that stand follow at once, and nobody sees a foreign unit's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from desk.caller import on_site
from desk.figures.importing import import_figures
from desk.scores import keeping, leading
from desk.scores.honours_shown import honours
from desk.scores.judging_shown import judging
from desk.scores.overview_shown import overview
from desk.scores.sheet_read import read_sheet
from desk.scores.sheet_shown import ShownSheet, score_sheet
from desk.scores.tiers_shown import tiers_now
from ledger.chain import lookup
from ledger.chain.entries import ENTRY, unfolded
from ledger.directory import people
from ledger.directory import units as directory
from ledger.directory.sight import seen_by
from ledger.scores.guiding import guidance_of
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.rows import SCORE_HALF, SCORE_ROW, SCORE_SUM, TIER
from ledger.scores.streams import state_of
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.assessment.assessment import Counting, Honour, Indicator, IndicatorKind, LeastOf
from rules.assessment.facts import ScoreSeen
from rules.codec import decode
from rules.errors import Code, RuleViolation
from rules.process import Role
from rules.rounds.periods import Rhythm
from tests.desk.scores.refusing import refused
from tests.support.factories import at
from tests.support.product import LEADER, SUPERVISOR
from tests.support.rounds.answered import wrong
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

OTHER_SUPERVISOR, THIRD = "p0002", "p0003"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """A county with all that can befall scores."""
    database, now = half_year(tmp_path_factory.mktemp("filled") / "county")
    yield database, now
    database.close()


def sheet_of(database: Database, unit: str, now: datetime, period: str = "2026-H1") -> ShownSheet:
    with database.read() as connection:
        return score_sheet(connection, unit, now, period=period)


def judged(database: Database, now: datetime, person: str, points: int, reason: str = "", unit: str = "u001") -> None:
    keeping.judge(database, on_site(person), unit, "integrity", "2026-H1", points, reason, now)


def test_two_judge_and_where_they_are_far_apart_a_third_says(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    before = sheet_of(database, "u001", now)
    with pytest.raises(RuleViolation) as missing:
        judged(database, now, SUPERVISOR, 400)
    assert missing.value.code is Code.FIELD_MISSING, "less than full needs a reason"
    judged(database, now, SUPERVISOR, 500)
    assert sheet_of(database, "u001", now).score == before.score, "one of two has judged"
    judged(database, now, OTHER_SUPERVISOR, 300, "检查少一次")
    with database.read() as connection:
        assert ("integrity", "2026-H1") not in state_of(connection, ASSESSMENT, "u001").lines
    judged(database, now, THIRD, 350, "按检查记录")
    with database.read() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
    assert state.lines["integrity", "2026-H1"].points == 350
    assert state.scored["2026-06"].revision > 1
    line = next(one for one in sheet_of(database, "u001", now).indicators if one.id == "integrity").lines[0]
    assert "江凤霞评 5 分" in line.why
    assert "按检查记录" in line.why
    assert "不由您的职务评定" in refused(lambda: judged(database, now, LEADER, 500, unit="u002"))
    assert wrong(database) == []


def test_merits_come_with_their_document_and_within_their_caps(scored: tuple[Database, datetime]) -> None:
    database, now = scored

    def credit(merit: str, day: str, document: str = "县委〔2026〕3号") -> None:
        on, who = date.fromisoformat(day), on_site(SUPERVISOR)
        keeping.credit(database, who, "u002", "performance", merit, on, document, now)

    with pytest.raises(RuleViolation) as missing:
        credit("award_city", "2026-03-05", "")
    assert missing.value.code is Code.FIELD_MISSING
    assert "没有“medal”" in refused(lambda: credit("medal", "2026-03-05"))
    for day in ("2026-03-05", "2026-03-06", "2026-04-01", "2026-04-02"):
        credit("award_city", day)
    with database.read() as connection:
        line = state_of(connection, ASSESSMENT, "u002").lines["performance", "2026-H1"]
    assert (line.points, len(line.inputs)) == (600, 4), "four of two points, at most six"
    shown = next(one for one in sheet_of(database, "u002", now).indicators if one.id == "performance")
    assert (shown.counts, shown.weight) == ("6", "")
    assert "加分最多 6 分" in shown.lines[0].why


def test_what_does_not_count_leaves_the_denominator(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    who = on_site(SUPERVISOR)
    before = sheet_of(database, "u003", now)
    keeping.excuse(database, who, "u003", "open", "2026-Q1", "无可公开事项", now)
    keeping.excuse(database, who, "u003", "open", "2026-Q2", "无可公开事项", now)
    after = sheet_of(database, "u003", now)
    left = next(one for one in after.indicators if one.id == "open")
    assert (left.lines, left.left[0]) == ((), "2026年第一季度不计入：无可公开事项")
    assert sum(float(one.weight or 0) for one in after.indicators) == pytest.approx(100)
    assert before.score == after.score == "0"
    with database.read() as connection:
        query = select(SCORE_ROW.c.lines).where(SCORE_ROW.c.unit == "u003")
        lines = [parse(one) for one in connection.execute(query).scalars()]
        sums = {row["indicator"]: row for row in connection.execute(select(SCORE_SUM)).mappings() if row["lines"] == 0}
    assert not any("open" in one for one in lines)
    assert all(row["full"] == 0 for row in sums.values())
    assert "没有 2026-03 这一期" in refused(lambda: keeping.excuse(database, who, "u003", "open", "2026-03", "错", now))


def test_a_unit_declares_its_own_indicators_and_they_are_pinned(scored: tuple[Database, datetime]) -> None:
    database, later = scored
    now = at("2026-02-10")
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u004")[0]
    own = tuple(
        Indicator(
            id="x",
            name=f"特色工作{n}",
            kind=IndicatorKind.COUNTED,
            every=Rhythm.QUARTER,
            full=500,
            standard="每季一次",
            counts=(Counting(figure="lectures", least=(LeastOf(least=1),)),),
        )
        for n in range(4)
    )
    me, boss = on_site(liaison), on_site(SUPERVISOR)
    assert "应为 4 项" in refused(lambda: keeping.declare(database, me, "u004", own[:3], now))
    assert "不是本单位" in refused(lambda: keeping.declare(database, me, "u005", own, now))
    keeping.declare(database, me, "u004", own, now)
    keeping.review_declared(database, boss, "u004", now, agreed=False, reason="写具体些")
    assert "没有等着审定的" in refused(lambda: keeping.review_declared(database, boss, "u004", now, agreed=True))
    keeping.declare(database, me, "u004", own, now)
    late = "要在 2026 年 2 月 15 日以前审定"
    assert late in refused(lambda: keeping.declare(database, me, "u004", own, later))
    assert late in refused(lambda: keeping.review_declared(database, boss, "u004", later, agreed=True))
    keeping.review_declared(database, boss, "u004", now, agreed=True)
    assert "一年不变" in refused(lambda: keeping.declare(database, me, "u004", own, now))
    shown = sheet_of(database, "u004", later)
    assert [one.name for one in shown.indicators][-4:] == [one.name for one in own]
    assert not shown.asks_own


def test_a_tier_is_proposed_by_the_half_year_and_holds_when_the_leader_says_so(
    scored: tuple[Database, datetime],
) -> None:
    database, now = scored
    with database.read() as connection:
        shown = tiers_now(connection, now)
    assert shown is not None
    assert len(shown.proposed) == 96
    mine = next(one for one in shown.proposed if one.unit == "u010")
    assert (mine.proposed_name, mine.tier_name) == ("薄弱", "未评")
    leader = on_site(LEADER)
    assert "没有这样的建议" in refused(lambda: leading.decide_tier(database, leader, "u010", "advanced", now))
    with pytest.raises(RuleViolation) as role:
        leading.decide_tier(database, on_site(SUPERVISOR), "u010", "weak", now)
    assert role.value.code is Code.WRONG_ROLE
    with pytest.raises(RuleViolation) as reason:
        leading.decide_tier(database, leader, "u010", "weak", now, agreed=False)
    assert reason.value.code is Code.FIELD_MISSING
    leading.decide_tier(database, leader, "u010", "weak", now, agreed=False, reason="新组建，再看一期")
    leading.decide_tier(database, leader, "u011", "weak", now)
    with database.read() as connection:
        assert state_of(connection, ASSESSMENT, "u010").tier == ""
        changed = directory.lives(connection, ["u011"])["u011"]
    assert changed.condition(date(2026, 7, 31)) == "weak", "its condition in the directory is that"
    assert "现在等着确认的有 94 个" in refused(lambda: leading.decide_all(database, leader, now, count=96))
    assert leading.decide_all(database, leader, now, count=94)[0] == 94
    leading.decide_tier(database, leader, "u012", "slack", now, reason="班子不健全")
    with database.read() as connection:
        last = state_of(connection, ASSESSMENT, "u012").tiers[-1]
        brought = {unit: guidance_of(connection, ASSESSMENT, unit) for unit in ("u010", "u011", "u012", "u013")}
        issued = {no: lookup.item_row(connection, no) for many in brought.values() for _, no, _ in many}
        sheet = score_sheet(connection, "u012", now)
    assert (last.tier, last.until) == ("slack", date(2027, 7, 31))
    assert [len(brought[unit]) for unit in ("u010", "u011", "u012", "u013")] == [0, 1, 2, 1], (
        "each arrival brings its own"
    )
    (_, helped, title), (_, set_right, _) = brought["u012"]
    assert sheet.guided == ((helped, title), (set_right, brought["u012"][1][2]))
    assert title.endswith("分类指导（薄弱）")
    assert issued[helped]["process"] == "guidance"
    state = unfolded(issued[set_right]["state"])
    assert (issued[set_right]["process"], state.deadline) == ("rectification", date(2026, 12, 10)), "90 working days"
    why = "县级机关党建目标责任制考核评估：由人认定，软弱涣散。班子不健全"
    assert issued[set_right]["source"] == why
    assert wrong(database) == []


def test_whoever_sees_one_unit_sees_its_scores_and_no_other(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
    seen = database.seen(seen_by((liaison,)))
    with seen.read() as connection:
        for table in (SCORE_ROW, SCORE_HALF, TIER):
            assert {row["unit"] for row in connection.execute(select(table)).mappings()} == {"u001"}, table.name
        assert connection.execute(select(SCORE_SUM)).all() == []
        assert state_of(connection, ASSESSMENT, "u002").scored == {}
        assert state_of(connection, ASSESSMENT, "u001").scored
        rows = overview(connection, now).rows
        assert [row.id for row in rows] == ["u001"]
        assert [one.unit for one in judging(connection, (), now).units] == ["u001"]
        foreign = refused(lambda: score_sheet(connection, "u002", now))
        unknown = refused(lambda: score_sheet(connection, "u999", now))
        assert foreign.replace("u002", "") == unknown.replace("u999", "")


@pytest.mark.parametrize("period", ["2026-H1", "2026-Q2", "2026-06", "2026"])
def test_the_overview_says_of_a_unit_what_its_sheet_says(filled: tuple[Database, datetime], period: str) -> None:
    """But for what is added and deducted, of which no share can be told."""
    database, now = filled
    with database.read() as connection:
        rows = overview(connection, now, area="a1", period=period).rows
        sheets = {row.id: score_sheet(connection, row.id, now, period=period) for row in rows}
    assert len({row.whole.percent for row in rows}) > 1, "they are told apart"
    for row in rows:
        found = sheets[row.id]
        of_base = sum(Decimal(one.counts) for one in found.indicators if one.lines and one.share >= 0)
        assert abs(Decimal(row.whole.percent) + Decimal("0.5") - of_base * 100 / Decimal(found.total)) < 1, row.id


def test_before_the_lock_only_the_unit_and_its_area_see_what_is_to_come(
    scored: tuple[Database, datetime],
) -> None:
    database, now = scored
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
        assert not score_sheet(connection, "u001", now, period="2026-07").provisional
    seen = database.seen(seen_by((liaison,)))
    with seen.read() as connection:
        own = score_sheet(connection, "u001", now, period="2026-07")
    assert own.provisional


def test_who_sees_what_is_to_come_is_noted_first_where_the_file_says_so(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
        known = assessments_in_force(connection)[ASSESSMENT]
    seen = database.seen(seen_by((liaison,)))

    def noted() -> list[ScoreSeen]:
        with database.read() as connection:
            query = select(ENTRY.c.body).where(ENTRY.c.kind == "score_seen", ENTRY.c.actor == liaison)
            return [decode(ScoreSeen, parse(body)) for body in connection.execute(query).scalars()]

    for seen_is_noted in (False, True):
        with database.write() as connection:
            changed = replace(known, seen=seen_is_noted, version=f"seen {seen_is_noted}")
            put_assessments_in_force(connection, [changed], now)
        if not seen_is_noted:
            assert read_sheet(seen, on_site(liaison), "u001", now, period="2026-07").provisional
            assert noted() == [], "this file does not ask for it"
    read_sheet(seen, on_site(liaison), "u001", now, period="2026-07")
    read_sheet(seen, on_site(liaison), "u001", now, period="2026-06")
    assert noted() == [ScoreSeen(assessment=ASSESSMENT, unit="u001", period="2026-07")], "what is locked is no secret"
    assert wrong(database) == []


def test_a_figure_imported_after_the_lock_scores_its_unit_anew(filled: tuple[Database, datetime]) -> None:
    """And only where it is another; the same table again changes nothing."""
    database, now = filled

    def imported(members: int) -> int:
        table = f"单位,期,党员数\nu004,2026-03,{members}\n".encode()
        return import_figures(database, table, "名册.csv", "组〔2026〕9号", on_site(SUPERVISOR), now).rescored

    def ratio() -> str:
        with database.read() as connection:
            shown = score_sheet(connection, "u004", now, period="2026-Q1")
        return next(one.lines[0].why for one in shown.indicators if one.id == "own_2")

    before = ratio()
    assert imported(60) > 0
    assert ratio() != before
    with database.read() as connection:
        last = state_of(connection, ASSESSMENT, "u004").scored["2026-03"]
    assert last.reason == "导入 组〔2026〕9号"
    assert imported(60) == 0
    assert wrong(database) == []


def test_units_are_proposed_for_an_honour_by_the_standard_of_the_file(filled: tuple[Database, datetime]) -> None:
    """By the points of the year, the tier, and nothing deducted; what is used is told; nobody is ranked."""
    database, now = filled
    with database.read() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        points = {
            unit: score_sheet(connection, unit, now, period="2026").score for unit in ("u001", "u002", "u003", "u004")
        }
    least = int(Decimal(points["u002"]) * 100)
    anyhow = Honour(id="anyhow", name="进步单位", least=least)
    clean = Honour(id="clean", name="先进基层党组织", least=least, without=("performance",))
    in_tier = Honour(id="tier", name="示范", least=1, tier="weak")
    with database.write() as connection:
        changed = replace(known, honours=(anyhow, clean, in_tier), version="honours")
        put_assessments_in_force(connection, [changed], now)
    with database.read() as connection:
        all_, without, of_tier = honours(connection, now).honours
    assert {"u001", "u002", "u004"} <= {one.unit for one in all_.units}
    assert "u003" not in {one.unit for one in all_.units}, "it has no points left"
    assert {one.unit for one in all_.units} - {one.unit for one in without.units} == {"u001"}, "a circular of April"
    assert of_tier.units == (), "none of that tier has a point"
    assert {one.unit: one.score for one in all_.units if one.unit in points} == {
        unit: score for unit, score in points.items() if unit != "u003"
    }
    keeping.use_result(database, on_site(SUPERVISOR), "u002", "honour", "进步单位", "县发〔2026〕8号", now)
    with database.read() as connection:
        used = {one.unit for one in honours(connection, now).honours[0].units if one.used}
    assert used == {"u002"}
