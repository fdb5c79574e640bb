"""A limit in working days counts the days that are worked: holidays left out, make-up days counted."""

from datetime import date

import pytest

from documents.sheets.register import read_register
from documents.sheets.written.dates import read_due_text
from tests.support.factories import CALENDAR, PUBLISHED
from tests.support.sheet_factory import COUNTY, HEADING, MEANINGS, workbook


@pytest.mark.parametrize(
    ("today", "written", "day"),
    [
        (date(2026, 9, 28), "10个工作日内", date(2026, 10, 16)),  # 国庆节 seven days off in a week and a half
        (date(2026, 9, 28), "5-10个工作日", date(2026, 10, 16)),
        (date(2026, 10, 8), "十个工作日", date(2026, 10, 21)),  # 10 October, a Saturday, is worked
        (date(2026, 2, 11), "3个工作日", date(2026, 2, 14)),  # a Saturday worked before 春节
        (date(2026, 9, 1), "自2026年9月28日起10个工作日内", date(2026, 10, 16)),
        (date(2026, 3, 2), "10天内", date(2026, 3, 12)),  # days are days
    ],
)
def test_working_days_are_those_of_the_calendar(today: date, written: str, day: date) -> None:
    due = read_due_text(written, today, CALENDAR)
    assert due is not None
    assert (due.day, due.level) == (day, "guess")
    assert "只除去周末" not in due.says


def test_what_the_calendar_does_not_know_is_said() -> None:
    beyond = read_due_text("30个工作日", date(2026, 12, 20), CALENDAR)
    assert beyond is not None
    assert beyond.day == date(2027, 1, 29)
    assert "2027 年起的放假安排还没有公布" in beyond.says
    known = read_due_text("30个工作日", date(2026, 12, 20), PUBLISHED)
    assert known is not None
    assert (known.day, "公布" in known.says) == (date(2027, 2, 1), False)
    none = read_due_text("10个工作日", date(2026, 9, 28))
    assert none is not None
    assert (none.day, "只除去周末" in none.says) == (date(2026, 10, 12), True)
    far = read_due_text("4000个工作日", date(2026, 9, 28), CALENDAR)
    assert far is not None
    assert far.level == "wrong"


def test_a_register_s_limit_in_working_days_is_read_by_the_calendar_that_is_handed_in() -> None:
    rows = [HEADING, (1, "三会一课记录不全", "补齐", "县教育局", "", "", "10个工作日内", "")]
    today = date(2026, 9, 28)
    found = [
        read_register(
            workbook(rows), "台账.xlsx", directory=COUNTY, today=today, calendar=calendar, meanings=MEANINGS
        ).findings[0]
        for calendar in (CALENDAR, None)
    ]
    assert [one.due for one in found] == [date(2026, 10, 16), date(2026, 10, 12)]
    assert found[0].limit == found[1].limit != ""
