"""Why this date: every part of a trace is said, and nothing that is not in it."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given

from rules.dates.explain import explain, recompute
from rules.dates.windows import Due, Limit, due_after, due_on
from rules.process import Window, WindowUnit
from tests.rules.dates.test_windows import dues
from tests.support.factories import CALENDAR

DUE_TIME = time(17, 30)
CAP = Limit(date=date(2026, 4, 15), rule="事项总时限")


def reckoned(start: str, window: Window, proposed: int | None = None, *limits: Limit, tier: str = "机关") -> str:
    begun = date.fromisoformat(start)
    due = due_after(
        CALENDAR, begun, window, rule="制定整改方案", tier=tier, at=DUE_TIME, proposed=proposed, limits=limits
    )
    return "\n".join(explain(due))


def given_on(start: str, day: str, by: str, *limits: Limit) -> str:
    begun, on = date.fromisoformat(start), date.fromisoformat(day)
    due = due_on(CALENDAR, begun, on, rule="整改落实", tier="机关", at=DUE_TIME, given_by=by, limits=limits)
    return "\n".join(explain(due))


def test_a_fixed_window_over_a_holiday_is_explained_in_full() -> None:
    assert reckoned("2026-09-24", Window(amount=6)).splitlines() == [
        "从2026年9月24日的次日起算。",
        "机关的“制定整改方案”时限是固定的：6 个工作日。",
        "只数工作日，周末不计；跳过：中秋节 9月25日 休、国庆节 10月1日至7日 休。",
        "周末上班的日子照数：10月10日 调休上班。",
        "因此“制定整改方案”于2026年10月10日（星期六）17:30 到期。",
        "日历版本：2025-2026#literal。",
    ]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "弹性的，5 至 15 个工作日：按自报（或退回时指定）的 12 个工作日",
            reckoned("2026-04-01", Window(amount=15, minimum=5), 12),
        ),
        ("没有自报，按上限 15 个工作日", reckoned("2026-04-01", Window(amount=15, minimum=5))),
        ("科研院所的", reckoned("2026-04-01", Window(amount=15, minimum=5), tier="科研院所")),
        (
            "最后一日2026年10月1日不上班，依照《民法典》第二百零三条顺延至2026年10月8日",
            reckoned("2026-07-01", Window(amount=3, unit=WindowUnit.MONTHS)),
        ),
        ("3 个月", reckoned("2026-07-01", Window(amount=3, unit=WindowUnit.MONTHS))),
        ("超过了事项总时限2026年4月15日，以事项总时限为准", reckoned("2026-04-01", Window(amount=40), None, CAP)),
        (
            "至少留一个工作日：2026年4月17日",
            reckoned("2026-04-16", Window(amount=40), None, CAP),
        ),
        ("日期由交办时限定为2026年4月10日", given_on("2026-04-01", "2026-04-10", "交办时限")),
        ("日期由延期批复定为2026年4月10日", given_on("2026-04-01", "2026-04-10", "延期批复")),
        ("这一天不上班", given_on("2026-03-01", "2026-06-01", "交办时限", replace(CAP, date=date(2026, 4, 5)))),
        ("顺延至其后的第一个工作日", given_on("2026-03-01", "2026-05-03", "交办时限", CAP)),
        ("2027 年放假安排尚未公布，暂按周末推算", reckoned("2026-12-25", Window(amount=10))),
        ("春节 2月16日至23日 休", reckoned("2026-02-13", Window(amount=5))),
    ],
)
def test_the_explanation_says(said: str, text: str) -> None:
    assert said in text


@pytest.mark.parametrize(
    ("unsaid", "text"),
    [
        ("跳过", reckoned("2026-04-08", Window(amount=5))),
        ("周末", given_on("2026-09-24", "2026-10-09", "交办时限")),
        ("周末", reckoned("2026-07-01", Window(amount=3, unit=WindowUnit.MONTHS))),
        ("民法典", reckoned("2026-04-08", Window(amount=5))),
        ("尚未公布", reckoned("2026-04-08", Window(amount=5))),
        ("弹性", reckoned("2026-04-08", Window(amount=5))),
    ],
)
def test_the_explanation_is_silent_about_what_did_not_happen(unsaid: str, text: str) -> None:
    assert unsaid not in text


@given(dues())
def test_every_explanation_ends_with_the_date_and_the_calendar(made: tuple[Due, tuple[Limit, ...]]) -> None:
    due, _ = made
    sentences = explain(due)
    day = f"{due.date.year}年{due.date.month}月{due.date.day}日"
    assert any(day in s and "17:30 到期" in s for s in sentences)
    assert sentences[-1] == "日历版本：2025-2026#literal。"
    assert all(s.endswith("。") and "None" not in s for s in sentences)
    assert ("尚未公布" in "".join(sentences)) is due.provisional


def test_a_new_calendar_moves_a_date_that_is_reckoned_again() -> None:
    due = due_after(CALENDAR, date(2026, 12, 30), Window(amount=3), rule="签收", tier="机关", at=DUE_TIME)
    published = replace(
        CALENDAR,
        version="2027",
        last_year=2027,
        exceptions=(*CALENDAR.exceptions, replace(CALENDAR.exceptions[0], day=date(2027, 1, 1), working=False)),
    )
    moved = recompute(due.trace, published, DUE_TIME)
    assert (due.date, due.provisional) == (date(2027, 1, 4), True)
    assert (moved.date, moved.provisional, moved.trace.calendar) == (date(2027, 1, 5), False, "2027")
