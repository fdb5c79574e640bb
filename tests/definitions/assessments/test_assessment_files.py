"""Assessments' files: the shipped one works and adds up, all of a file is read, its version is its content's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from definitions.assessments.assessment_file import shipped_assessments
from definitions.assessments.checks import full_points
from rules.assessment.assessment import (
    AppealRule,
    Applies,
    Assessment,
    Band,
    Counting,
    Guidance,
    IndicatorKind,
    Individual,
    LeastOf,
    Level,
    Tiers,
)
from rules.codec import decode, encode
from rules.process import Role
from rules.rounds.periods import Rhythm
from tests.definitions.assessments.small import SMALL, campaigns, figures, loaded
from tests.support.shipped import catalogue


def test_the_shipped_one_is_read_with_its_24_indicators() -> None:
    (found,) = shipped_assessments(catalogue(), campaigns(), figures())
    assert decode(Assessment, encode(found)) == found
    assert found.version.startswith("2026.1#")
    base = [one for one in found.indicators if one.of_base]
    beside = [one for one in found.indicators if not one.of_base]
    assert found.individual
    assert (len(base), len(beside), found.individual.count) == (18, 2, 4)
    assert (sum(one.full for one in base), found.individual.full, found.total, found.most) == (
        8000,
        2000,
        10_000,
        11_000,
    )
    asks_nothing = {one.id for one in base if one.kind is IndicatorKind.LEDGER} | {"report"}
    assert asks_nothing == {"tasks", "building", "develop", "open", "six_ones", "report", "rectify"}


def test_the_shipped_ones_full_points_by_kind_and_size() -> None:
    (found,) = shipped_assessments(catalogue(), campaigns(), figures())
    table = {(one.kind, one.size): (one.full, one.count) for one in full_points(found)}
    sizes = ("committee", "general_branch", "branch")
    whole = {(kind, size): (10_000, 22) for kind in ("organ", "institution", "enterprise") for size in sizes}
    assert table == whole | {(kind, size): (9500, 21) for kind in ("research", "social") for size in sizes}
    assert found.rescales, "and only because it says so"


def test_full_points_look_at_conditions_where_an_indicator_does(tmp_path: Path) -> None:
    found = loaded(tmp_path, SMALL.replace("sizes: [branch]", "conditions: [weak, slack]"))
    table = {(one.kind, one.condition): one.full for one in full_points(found) if one.size == "branch"}
    assert len(table) == 5 * 5
    assert {key for key, full in table.items() if full == 10_000} == {("organ", "weak"), ("organ", "slack")}
    assert [one.of for one in full_points(found)][:3] == ["机关党委", "机关党委先进", "机关党委中间"]


def test_all_of_it_is_read(tmp_path: Path) -> None:
    found = loaded(tmp_path, SMALL)
    of = {one.id: one for one in found.indicators}
    usual = (Level(least=9000, share=10_000), Level(least=7500, share=8000), Level(least=6000, share=6000))
    assert (found.id, found.name, found.year, found.total, found.campaign) == (
        "county",
        "考核",
        2026,
        10_000,
        "monthly",
    )
    assert (found.rescales, found.ranking, found.seen, found.note) == (True, True, True, "说明")
    assert (of["rectify"].figure, of["rectify"].levels, of["rectify"].rungs) == ("closed_on_time", usual, True)
    assert (of["open"].counts, of["open"].short) == ((Counting(figure="published", least=(LeastOf(least=1),)),), 250)
    assert (of["building"].levels, of["building"].every) == ((), Rhythm.YEAR)
    assert [of["study"].counts[0].least_of(kind) for kind in ("organ", "social", "research")] == [4, 1, 2]
    assert [(one.figure, one.least_of("organ")) for one in of["meetings"].counts] == [("committee", 3), ("lectures", 1)]
    assert of["dues"].levels == (Level(least=10_000, share=10_000), Level(least=9500, share=8000))
    assert of["dues"].value == "figure.dues_paid / figure.dues_owed"
    assert [(of[one].figure, of[one].late, of[one].missing) for one in ("roster", "report")] == [
        ("moved", 5000, 0),
        ("", 5000, 1000),
    ]
    judged = of["integrity"]
    assert (judged.judge, judged.second, judged.figures, judged.standard) == (
        Role.SUPERVISOR,
        100,
        ("integrity",),
        "有检查",
    )
    assert of["six"].applies == Applies(kinds=("organ",), sizes=("branch",))
    merits = [(one.id, one.name, one.points) for one in of["performance"].merits]
    assert merits == [("award", "县级表彰", 200), ("circular", "通报批评", -250)]
    assert (of["performance"].add, of["performance"].deduct, of["performance"].needs) == (600, 1000, ("document",))
    assert found.individual == Individual(
        count=4,
        full=2000,
        least=300,
        most=800,
        kinds=(IndicatorKind.COUNTED, IndicatorKind.JUDGED),
        month=2,
        day=15,
    )
    assert found.tiers == Tiers(
        every=Rhythm.HALF_YEAR,
        bands=(
            Band(id="advanced", name="先进", enter=9000, leave=8700),
            Band(id="middle", name="中间", enter=7500, leave=7200),
            Band(id="weak", name="薄弱"),
        ),
        down_after=2,
        confirm=Role.LEADER,
        by_decision="slack",
        by_decision_name="软弱涣散",
        months=12,
        guidance=(Guidance(tier="weak", process="guidance", variant="help", days=60),),
    )
    assert found.appeal == AppealRule(
        process="score_appeal", variant="plain", within=5, upheld="upheld", points="verdict.points", most=2
    )


def test_the_version_is_the_contents(tmp_path: Path) -> None:
    one = loaded(tmp_path, SMALL)
    same = loaded(tmp_path, "# 说明\n" + SMALL)
    other = loaded(tmp_path, SMALL.replace("by: {100: 100%, 95: 80%}", "by: {100: 100%, 95: 79.5%}"))
    assert one == same
    assert one.version.startswith("7#")
    assert one.version != other.version
    assert replace(one, version="", indicators=()) == replace(other, version="", indicators=())
