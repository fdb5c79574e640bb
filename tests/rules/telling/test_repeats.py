"""Findings that come again: when two are the same, when one counts as come again, and what is said about it."""

from datetime import timedelta
from random import Random

import pytest

from rules.telling.repeats import Answered, common, normal, returned
from tests.support.factories import at

FIRST = Answered(
    no="A-1",
    unit="u1",
    unit_name="农科院",
    category="理论学习",
    text="学习不深入",
    issued=at("2025-01-06"),
    closed=(at("2025-03-03"),),
)


def _again(no: str, day: str, **other: object) -> Answered:
    return FIRST._replace(no=no, issued=at(day), closed=(), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“三会一课”记录不全", "三会一课 记录不全。"),
        ("ＡＢＣ　１２３", "abc123"),
        ("（一）学习，不深入；", "(一)学习、不深入"),
        ("学习\u200b不\n深入", "学习不深入"),
    ],
)
def test_width_case_spaces_and_punctuation_make_no_difference(one: str, other: str) -> None:
    assert normal(one) == normal(other) != ""


def test_words_do() -> None:
    assert normal("学习不深入") != normal("学习不够深入")


def test_the_same_unit_and_category_after_closing_is_said_with_both_dates() -> None:
    (group,) = returned([FIRST, _again("A-2", "2026-03-03", category="理论学习 ")])
    (time,) = group.times
    assert (time.earlier, time.later, time.days) == ("A-1", "A-2", 365)
    assert time.why == "A-1 于2025年3月3日办结，A-2 于2026年3月3日交办，相隔 365 天，在 12 个月之内"
    assert group.why == "农科院的“理论学习 ”类问题办结后 12 个月内又出现 1 次"


@pytest.mark.parametrize(
    "other",
    [
        _again("A-2", "2026-03-04"),
        _again("A-2", "2025-02-28"),
        _again("A-2", "2025-06-01", unit="u2"),
        _again("A-2", "2025-06-01", category="作风"),
        _again("A-2", "2025-06-01", category=""),
    ],
    ids=["a day too late", "before closing", "another unit", "another category", "no category"],
)
def test_what_is_no_repetition(other: Answered) -> None:
    assert returned([FIRST, other]) == ()


def test_findings_without_category_are_not_taken_for_one_another() -> None:
    assert returned([FIRST._replace(category=""), _again("A-2", "2025-06-01", category="")]) == ()


def test_the_period_is_chosen() -> None:
    later = _again("A-2", "2025-06-04")
    assert returned([FIRST, later], months=3) == ()
    assert len(returned([FIRST, later], months=4)) == 1


def test_findings_issued_before_a_day_still_count_as_the_earlier_ones() -> None:
    later = _again("A-2", "2025-06-04")
    assert len(returned([FIRST, later], since=at("2025-06-04"))) == 1
    assert returned([FIRST, later], since=at("2025-06-05")) == ()


def test_a_finding_is_measured_by_the_last_closing_before_it() -> None:
    twice = FIRST._replace(closed=(at("2025-03-03"), at("2025-05-06")))
    (group,) = returned([twice, _again("A-2", "2025-05-07"), _again("A-3", "2025-04-01")])
    assert [(t.earlier, t.later, t.days) for t in group.times] == [("A-1", "A-3", 29), ("A-1", "A-2", 1)]


def test_the_same_words_in_three_units_are_one_group() -> None:
    findings = [
        FIRST._replace(no=f"A-{n}", unit=f"u{n}", unit_name=f"单位{n}", text=text)
        for n, text in enumerate(["学习不深入", "学习不深入。", "“学习”不深入", "学习不够深入"], 1)
    ]
    (group,) = common(findings)
    assert [f.no for f in group.findings] == ["A-1", "A-2", "A-3"]
    assert group.why == ("同一问题（不计全角半角、大小写、空格和标点）出现在 3 个单位、3 个事项：单位1、单位2、单位3")
    assert common(findings, units=4) == ()


def test_three_times_in_one_unit_is_not_in_many_units() -> None:
    assert common([FIRST._replace(no=f"A-{n}") for n in range(3)]) == ()


def test_what_was_issued_together_is_said_to_be() -> None:
    together = [FIRST._replace(no=f"A-{n}", unit=f"u{n}", batch="b1") for n in range(3)]
    assert common(together)[0].why.endswith("；都出自同一批交办，可能是统一部署")
    apart = [*together[:2], together[2]._replace(batch="b2")]
    assert "统一部署" not in common(apart)[0].why


def test_the_order_in_which_findings_come_does_not_matter() -> None:
    findings = [
        FIRST._replace(
            no=f"A-{n:02d}",
            unit=f"u{n % 4}",
            text=f"问题{n % 3}",
            category=f"类{n % 2}",
            issued=at("2025-01-06") + timedelta(days=9 * n),
            closed=(at("2025-01-20") + timedelta(days=9 * n),),
        )
        for n in range(40)
    ]
    shuffled = findings[:]
    Random(7).shuffle(shuffled)
    assert returned(findings) == returned(shuffled) != ()
    assert common(findings) == common(shuffled) != ()
