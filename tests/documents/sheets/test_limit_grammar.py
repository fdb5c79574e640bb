"""One table of the spellings of a time limit, ranges, lists, short years, seen from a Sunday in November 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.sheets.written.dates import ReadLimit, read_due_text
from tests.support.sheet_factory import TODAY

# Spelling, status (sure, guess or wrong), day or None, a word of the reason.
SPELLINGS: list[tuple[str, str, str | None, str]] = [
    # lengths of time, as ranges: the longer
    ("3-6个月", "guess", "2027-05-22", "较晚"), ("1-2个月内", "guess", "2027-01-22", "较晚"),
    ("5-10个工作日", "guess", "2026-12-04", "10 个工作日"), ("5至10个工作日内", "guess", "2026-12-04", "10 个工作日"),
    ("五到十个工作日", "guess", "2026-12-04", "10 个工作日"), ("10-15日内", "guess", "2026-12-07", "15日内"),
    ("10日-15日内", "guess", "2026-12-07", "15日内"), ("1-2周", "guess", "2026-12-06", "2周"),
    ("3、5个工作日", "guess", "2026-11-27", "5 个工作日"), ("6个月至1年", "guess", "2027-11-22", "1年"),
    ("三五天内", "guess", "2026-11-27", "5天"), ("两三个月", "guess", "2027-02-22", "3个月"),
    ("三四年内", "guess", "2030-11-22", "4年"), ("中期（1-2年）", "guess", "2028-11-22", "2年"),
    ("短期（3个月）", "guess", "2027-02-22", "3个月"), ("长期（3-5年）", "guess", "2031-11-22", "5年"),
    # lengths of time
    ("15个自然日内", "guess", "2026-12-07", "起数"), ("15日历日", "guess", "2026-12-07", "起数"),
    ("15工作日", "guess", "2026-12-11", "15 个工作日"), ("30个工作日以内", "guess", "2027-01-01", "30 个工作日"),
    ("60日", "guess", "2027-01-21", "起数"), ("60天之内", "guess", "2027-01-21", "起数"),
    ("1年", "guess", "2027-11-22", "起数"), ("1年半", "guess", "2028-05-22", "起数"),
    ("两年半", "guess", "2029-05-22", "起数"), ("一个半月", "guess", "2027-01-06", "起数"),
    ("半年内", "guess", "2027-05-22", "起数"), ("半年", "guess", "2027-05-22", "起数"),
    ("半个月", "guess", "2026-12-07", "起数"), ("两周内", "guess", "2026-12-06", "起数"),
    ("一个季度内", "guess", "2027-02-22", "起数"), ("24小时内", "guess", "2026-11-23", "起数"),
    ("48小时", "guess", "2026-11-24", "起数"), ("10年内", "guess", "2036-11-22", "起数"),
    ("接到通知后15日内", "guess", "2026-12-07", "起数"), ("自签收之日起十个工作日内", "guess", "2026-12-04", "起数"),
    ("2026年12月1日起30日内", "guess", "2026-12-31", "从 2026-12-01 起数"),
    ("不超过3个月", "guess", "2027-02-22", "起数"), ("一年左右", "guess", "2027-11-22", "左右"),
    # quarters and half years
    ("2027年第一、二季度", "guess", "2027-06-30", "最晚"), ("2027年二、三季度", "guess", "2027-09-30", "最晚"),
    ("2027年一二季度", "guess", "2027-06-30", "最后一个"), ("2027年1-2季度", "guess", "2027-06-30", "较晚"),
    ("2027年第1-2季度", "guess", "2027-06-30", "较晚"), ("2027年一至三季度", "guess", "2027-09-30", "较晚"),
    ("2027年第一季度至第三季度", "guess", "2027-09-30", "较晚"), ("2027年Q1-Q2", "guess", "2027-06-30", "较晚"),
    ("2027年前三季度", "guess", "2027-09-30", "季度末"), ("2027年三季度或四季度", "guess", "2027-12-31", "最晚"),
    ("明年一季度", "guess", "2027-03-31", "季度末"), ("第一季度内", "guess", "2027-03-31", "没有写年份"),
    ("本季度末", "guess", "2026-12-31", "今天"), ("下季度", "guess", "2027-03-31", "季度末"),
    ("27年3季度", "guess", "2027-09-30", "只有两位"), ("2027年第三季度末", "sure", "2027-09-30", ""),
    ("2027年上、下半年", "guess", "2027-12-31", "期末"), ("2027年上半年至下半年", "guess", "2027-12-31", "期末"),
    ("2027年上半年", "guess", "2027-06-30", "期末"), ("一至三季度", "wrong", "2026-09-30", "早于今天"),
    # years of two digits, years in words
    ("27年12月底前", "guess", "2027-12-31", "只有两位"), ("28年3月底", "guess", "2028-03-31", "只有两位"),
    ("27年6月底", "guess", "2027-06-30", "只有两位"), ("27年底", "guess", "2027-12-31", "只有两位"),
    ("二七年底", "guess", "2027-12-31", "只有两位"), ("27年", "guess", "2027-12-31", "只有两位"),
    ("27年6月30日", "guess", "2027-06-30", "只有两位"), ("27.12.31", "guess", "2027-12-31", "只有两位"),
    ("27/12/31", "guess", "2027-12-31", "只有两位"), ("'27年12月", "guess", "2027-12-31", "只有两位"),
    ("’27年12月", "guess", "2027-12-31", "只有两位"), ("27-28年", "guess", "2028-12-31", "2028"),
    ("2027-2028年", "guess", "2028-12-31", "较晚"), ("25年底", "wrong", "2025-12-31", "早于今天"),
    ("今明两年", "guess", "2027-12-31", "年底"), ("后年底", "guess", "2028-12-31", "今天"),
    ("2027年初", "guess", "2027-01-31", "年初"), ("2027年年中", "guess", "2027-06-30", "年中"),
    ("2027年底至2028年初", "guess", "2028-01-31", "年初"), ("2026年底至2027年底", "sure", "2027-12-31", ""),
    ("2026年12月至次年3月", "guess", "2027-03-31", "月底"), ("2027年10月至次年3月", "guess", "2028-03-31", "月底"),
    # months and their parts
    ("2027年元月底", "sure", "2027-01-31", ""), ("元月底前", "guess", "2027-01-31", "2027"),
    ("2027年6月中下旬", "guess", "2027-06-30", "下旬"), ("2027年6月上中旬", "guess", "2027-06-20", "中旬"),
    ("2027年6月上旬至中旬", "guess", "2027-06-20", "中旬"), ("2027年6月下旬", "guess", "2027-06-30", "下旬"),
    ("2027年6、7月", "guess", "2027-07-31", "最晚"), ("2027年6/7月", "guess", "2027-07-31", "最晚"),
    ("2027年六七月份", "guess", "2027-07-31", "最晚"), ("2027年3至5月", "guess", "2027-05-31", "较晚"),
    ("2027.6-9", "guess", "2027-09-30", "较晚"), ("2027年1月、4月、7月", "guess", "2027-07-31", "最晚"),
    ("2026年12月、3月", "guess", "2027-03-31", "2027"), ("3月内", "guess", "2027-03-31", "可以是"),
    ("下个月15日", "guess", "2026-12-15", "今天"), ("次月底", "guess", "2026-12-31", "今天"),
    ("2027年6月15—30日", "sure", "2027-06-30", ""), ("6月15-30日", "wrong", "2026-06-30", "早于今天"),
    ("30日前", "guess", "2026-11-30", "没有写月份"), ("30日", "guess", "2026-12-22", "可以是"),
    ("12月15-30日", "guess", "2026-12-30", "没有写年份"), ("27年6月至9月底", "guess", "2027-09-30", "只有两位"),
    ("明年6月1日至9月30日", "guess", "2027-09-30", "今天"), ("几年内", "wrong", None, "几年"),
    ("下周内", "guess", "2026-11-29", "今天"), ("下周三前", "guess", "2026-11-25", "今天"),
    # several days
    ("自2026年12月1日至2027年3月31日", "sure", "2027-03-31", ""),
    ("2027年3月31日至2026年12月1日", "guess", "2027-03-31", "颠倒"),
    ("12月31日或2027年3月31日", "guess", "2027-03-31", "最晚"),
    ("2027年12月底前，其中第一项6月底前", "guess", "2027-12-31", "最晚"),
    # partly done is not done
    ("2027年6月30日前（已完成50%）", "guess", "2027-06-30", "没有完成"),
    ("已完成80%，剩余2027年6月底前完成", "guess", "2027-06-30", "没有完成"),
    ("已完成3项，剩余2项2027年6月底前完成", "guess", "2027-06-30", "没有完成"),
    ("基本完成，2027年6月底前全部完成", "guess", "2027-06-30", "没有完成"),
    ("6月30日前（已完成50%）", "wrong", "2026-06-30", "早于今天"), ("已完成50%", "guess", None, "进度"),
    ("已完成一半", "guess", None, "进度"), ("部分完成", "guess", None, "进度"),
    ("已完成100%", "wrong", None, "已经完成"),
    # refused, each in words
    ("2026年12月31日起", "wrong", None, "开始"), ("2026年12月31日后", "wrong", None, "开始"),
    ("2027年6月30日至", "wrong", None, "开始"), ("至少6个月", "wrong", None, "至少"),
    ("不早于2027年6月30日", "wrong", None, "不早于"), ("3个多月", "wrong", None, "3个多月"),
    ("十五六天", "wrong", None, "十五六天"), ("几个月内", "wrong", None, "几个月"), ("一二月", "wrong", None, "一二月"),
    ("2027年春季", "wrong", None, "春季"), ("2027年正月", "wrong", None, "正月"), ("十四五末", "wrong", None, "末"),
    ("2027年5季度", "wrong", None, "5季"), ("2027年13月", "wrong", None, "不存在"), ("近期", "wrong", None, "近期"),
    ("2026年12月31日前，3个多月", "wrong", None, "3个多月"), ("28.6", "wrong", None, "不存在"),
    ("2027年15日", "wrong", None, "不存在"), ("0年", "wrong", None, "0年"),
]  # fmt: skip


def _read(text: str, today: date = TODAY) -> ReadLimit:
    due = read_due_text(text, today)
    assert due is not None
    return due


@pytest.mark.parametrize(("text", "status", "day", "reason"), SPELLINGS)
def test_a_spelling_is_the_day_of_the_table_or_refused_in_words(
    text: str, status: str, day: str | None, reason: str
) -> None:
    due = _read(text)
    assert (due.level, due.day and due.day.isoformat()) == (status, day), due.says
    assert reason in due.says
    assert bool(due.says) == (status != "sure")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("长期（3-5年）", "long_term"), ("2027年6月30日至长期坚持", "long_term"), ("中期（1-2年）", "staged")],
)
def test_a_range_leaves_the_kind_of_rectification(text: str, kind: str) -> None:
    assert _read(text).kind == kind


DAYS = st.dates(min_value=TODAY, max_value=date(2036, 6, 30))
FORMS = st.sampled_from(
    ["{d.year}年{d.month}月{d.day}日", "{d.year}-{d.month:02}-{d.day:02}", "{d.year}.{d.month}.{d.day}"]
)
JOINS = st.sampled_from(["至", "到", "—", "-", "~", "、", "，", "和", "或", "前，", "起至"])


@settings(deadline=None)
@given(DAYS, DAYS, FORMS, FORMS, JOINS)
def test_two_days_however_joined_never_give_an_earlier_one_than_the_later(
    one: date, other: date, form: str, second: str, join: str
) -> None:
    due = _read(form.format(d=one) + join + second.format(d=other))
    assert due.day == max(one, other)
    assert due.level == "guess" or (one <= other and join not in {"、", "，", "和", "或", "前，"})


@settings(deadline=None)
@given(
    st.integers(1, 60), st.integers(1, 60), st.sampled_from(["个工作日", "天", "个自然日", "周", "个月"]),
    st.sampled_from(["-", "至", "到", "—", "、", "或"]), st.sampled_from(["", "内", "以内", "之内"]),
)  # fmt: skip
def test_a_range_of_lengths_is_the_longer_one_as_a_guess(one: int, other: int, unit: str, join: str, end: str) -> None:
    both, longer = _read(f"{one}{join}{other}{unit}{end}"), _read(f"{max(one, other)}{unit}{end}")
    assert (both.day, both.level) == (longer.day, "guess")


PARTS = st.sampled_from(
    [
        "第一季度",
        "3季度",
        "上半年",
        "下半年",
        "6月",
        "6月底",
        "6月中旬",
        "6月下旬",
        "6月15日",
        "底",
        "初",
        "元月",
        "12月31日",
    ]
)


@settings(deadline=None)
@given(st.integers(2027, 2036), PARTS, PARTS, st.sampled_from(["至", "—", "、", "和"]))
def test_parts_of_one_year_joined_never_give_an_earlier_day_than_each_alone(
    year: int, one: str, other: str, join: str
) -> None:
    alone = [read_due_text(f"{year}年{part}", date(2026, 1, 1)) for part in (one, other)]
    both = _read(f"{year}年{one}{join}{year}年{other}", date(2026, 1, 1))
    assert both.day == max(due.day for due in alone if due and due.day)


AMBIGUOUS = st.sampled_from(
    ["{n}日", "{n}月", "{n}个月", "{n}天", "{n}-{m}", "{n}.{m}", "{n}年", "{n}-{m}月", "{n}月内",
     "{n}、{m}季度", "{n}月{m}日", "{n}至{m}日", "27年{n}月至{m}月底", "12月{n}-{m}日", "明年{n}月1日至{m}月2日",
     "下{n}个月", "{n}日内",
     "{n}-{m}-2027", "27年{n}月", "{n}/{m}", "2027年{n}、{m}月"]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(AMBIGUOUS, st.integers(1, 40), st.integers(1, 40), st.sampled_from(["", "前", "内", "底", "左右", "前后", "多"]))
def test_what_leaves_out_a_year_a_month_or_a_start_is_never_understood(form: str, n: int, m: int, end: str) -> None:
    due = _read(form.format(n=n, m=m) + end)
    assert due.level in {"guess", "wrong"}
    assert due.says


@settings(deadline=None)
@given(
    st.text(
        alphabet="0123456789年月日底前-/.至第季度个工作内半上下旬末初中一二三十〇 ，、和起后元明今两周天'", max_size=24
    ),
    st.integers(0, 400),
)
def test_no_mixture_of_words_breaks_the_reading_or_gives_a_day_that_has_passed(text: str, later: int) -> None:
    today = TODAY + timedelta(days=later)
    due = read_due_text(text, today)
    assert due is None or due.level == "wrong" or due.day is None or due.day >= today
