"""What a time-limit cell is taken to mean, form by form, seen from a Sunday in November 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.sheets.cells import Cell
from documents.sheets.written.dates import read_due, read_due_text
from tests.support.sheet_factory import HEADING, TODAY, grid

END = date(2026, 12, 31)

CERTAIN = [
    ("2026-12-31", END), ("2026/12/31", END), ("2026.12.31", END), ("2026年12月31日", END), ("2026年12月31日前", END),
    ("2026年12月底前", END), ("2026年12月底", END), ("2026年底", END), ("2026年年底前", END), ("2026年四季度末", END),
    ("２０２６年１２月３１日", END), ("　2026 年 12 月 31 日　", END), ("２０２６－１２－３１", END),
    ("20261231", END),
    ("二〇二六年十二月三十一日", END), ("二○二六年十二月底前", END), ("2026-12-31 00:00:00", END),
    ("2026年12月31日17:30前", END), ("2026年12月31日前完成整改", END), ("2026年12月31号", END), ("2026–12–31", END),
    ("2026年3月1日至2026年12月31日", END), ("2026.3.1-2026.12.31", END), ("2026年3月1日—12月31日", END),
    ("2026-11-22", TODAY), ("2026年12月31日 星期四", END), ("2026年12月31日（周四）", END),
    ("2026年12月31日24时前", END), ("2026年12月\n底前", END),
]  # fmt: skip
GUESSED = [
    ("12月底", END), ("12月底前", END), ("12月31日前", END), ("12月31日", END), ("年底前", END), ("今年年底", END),
    ("年内", END), ("2026年12月", END), ("2026-12", END), ("2026.12", END), ("2026年第四季度", END), ("第四季度", END),
    ("四季度末", END), ("2026年Q4", END), ("下半年", END), ("2026年内", END), ("月底", date(2026, 11, 30)),
    ("本月底前", date(2026, 11, 30)), ("下月底", END), ("明年3月底", date(2027, 3, 31)), ("1月底", date(2027, 1, 31)),
    ("2027年上半年", date(2027, 6, 30)), ("2026年12月中旬", date(2026, 12, 20)),
    ("2026年12月上旬", date(2026, 12, 10)),
    ("十二月底", END), ("12.31", END), ("26.12.31", END), ("12/31/2026", END), ("31/12/2026", END),
    ("2026年3月-12月", END), ("2026年3月至12月", END), ("2026.3-2026.12", END), ("2026.10-12", END), ("3月-12月", END),
    ("11月至3月", date(2027, 3, 31)), ("2026年10月—2027年3月", date(2027, 3, 31)), ("即日起至12月底", END),
    ("10个工作日内", date(2026, 12, 4)), ("十个工作日", date(2026, 12, 4)), ("三个月内", date(2027, 2, 22)),
    ("3个月", date(2027, 2, 22)), ("两周内", date(2026, 12, 6)), ("半年内", date(2027, 5, 22)),
    ("一年内", date(2027, 11, 22)),
    ("30日内", date(2026, 12, 22)), ("收到通知之日起15天内", date(2026, 12, 7)), ("46387", END),
    ("第一阶段2026年12月底前；第二阶段2027年3月底前", date(2027, 3, 31)), ("2026年12月31日前（力争提前）", END),
]  # fmt: skip
NOT_A_LIMIT = [
    "2026-02-30", "2026年2月30日", "2026年13月1日", "2026-11-31", "2026年4月31日前", "3206-01-01", "2126-01-01",
    "待定", "视情况",
    "另行通知", "尽快", "abc", "45", "0", "2027年元旦前", "2026年12月31日、2026年2月30日", "9999个月内",
]  # fmt: skip


@pytest.mark.parametrize(("text", "day"), CERTAIN)
def test_a_full_date_is_understood_in_every_spelling(text: str, day: date) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.day, due.kind, due.level, due.says) == (day, "staged", "sure", "")


@pytest.mark.parametrize(("text", "day"), GUESSED)
def test_what_had_to_be_inferred_is_a_guess_that_says_what_was_taken(text: str, day: date) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.day, due.kind, due.level) == (day, "staged", "guess")
    assert due.says


@pytest.mark.parametrize("text", NOT_A_LIMIT)
def test_what_is_no_date_is_wrong_and_says_what_was_expected(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert due.level == "wrong"
    assert "应为" in due.says


@pytest.mark.parametrize(
    "text", ["2026-05-01", "2026年10月底前", "10月底", "11月21日", "2026年11月21日", "2025年底", "46000"]
)
def test_a_day_before_today_is_wrong(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.level, due.code) == ("wrong", "date_in_past")
    assert "早于今天" in due.says


@pytest.mark.parametrize(
    "text", ["已完成", "已整改到位", "已全部完成", "已于2026年5月完成", "完成", "已销号", "整改完毕", "已办结"]
)
def test_what_is_finished_is_not_issued(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.level, due.done, due.day) == ("wrong", True, None)


@pytest.mark.parametrize(
    "text",
    ["立行立改", "即知即改", "立即整改", "即行即改", "立查立改", "边查边改", "马上整改", "立 行 立 改", "立行立改。"],
)
def test_at_once_needs_no_date(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.day, due.kind, due.level) == (None, "at_once", "sure")


@pytest.mark.parametrize(
    "text", ["长期坚持", "持续推进", "持续整改", "长期", "长期整改", "常态化推进", "常抓不懈", "长期坚持，持续推进"]
)
def test_long_term_needs_no_date(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.day, due.kind, due.level) == (None, "long_term", "sure")


@pytest.mark.parametrize(
    ("text", "day", "kind", "level"),
    [
        ("立行立改，长期坚持", None, "long_term", "guess"),
        ("立即整改并长期坚持", None, "long_term", "guess"),
        ("2026年12月底前完成，长期坚持", END, "long_term", "sure"),
        ("2026年12月31日（长期坚持）", END, "long_term", "sure"),
        ("立行立改，2026年11月30日前", date(2026, 11, 30), "at_once", "sure"),
        ("立行立改\n2026年12月31日", END, "at_once", "guess"),
        ("分阶段整改", None, "staged", "guess"),
        ("每季度末", None, "long_term", "guess"),
        ("长期坚持，每月自查", None, "long_term", "guess"),
        ("2026年10月底前完成，长期坚持", date(2026, 10, 31), "long_term", "wrong"),
    ],
)
def test_wording_and_date_together(text: str, day: date | None, kind: str, level: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is not None
    assert (due.day, due.kind, due.level) == (day, kind, level)


@pytest.mark.parametrize("text", ["", "  ", "　", "-", "—", "——", "/", "无", "\n"])
def test_an_empty_limit_says_nothing(text: str) -> None:
    assert read_due_text(text, TODAY) is None


def test_a_real_date_cell_is_certain_and_a_serial_number_is_a_guess() -> None:
    real = read_due(Cell(text="2026-12-31", day=END), TODAY)
    serial = read_due(Cell(text="46387", number=46387.0), TODAY)
    old_mac = read_due(Cell(text="44925", number=44925.0), TODAY, date1904=True)
    assert real is not None
    assert serial is not None
    assert old_mac is not None
    assert (real.day, real.level) == (END, "sure")
    assert (serial.day, serial.level) == (END, "guess")
    assert old_mac.day == END


def test_a_number_that_may_be_january_or_october_is_not_guessed() -> None:
    due = read_due(Cell(text="2026.1", number=2026.1), TODAY)
    assert due is not None
    assert due.level == "wrong"


FORMS = (
    "{y}-{m}-{d}",
    "{y}/{m:02}/{d:02}",
    "{y}.{m}.{d}",
    "{y}年{m}月{d}日",
    "{y}年{m:02}月{d:02}日前",
    "{y}{m:02}{d:02}",
)
WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")


@settings(deadline=None)
@given(
    st.dates(min_value=TODAY, max_value=date(2036, 12, 31)),
    st.sampled_from(FORMS),
    st.booleans(),
    st.sampled_from(["", " ", "　"]),
)
def test_every_day_comes_back_from_every_written_form(day: date, form: str, wide: bool, space: str) -> None:
    written = form.format(y=day.year, m=day.month, d=day.day)
    due = read_due_text(space + (written.translate(WIDE) if wide else written) + space, TODAY)
    assert due is not None
    assert (due.day, due.level) == (day, "sure")


@settings(deadline=None)
@given(st.dates(min_value=TODAY, max_value=date(2036, 12, 31)))
def test_every_serial_number_comes_back_as_its_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    due = read_due(Cell(text=str(serial), number=float(serial)), TODAY)
    assert due is not None
    assert due.day == day


@settings(deadline=None)
@given(st.dates(min_value=TODAY, max_value=date(2036, 12, 31)))
def test_chinese_numerals_come_back_as_their_day(day: date) -> None:
    digits = "〇一二三四五六七八九"

    def spoken(number: int) -> str:
        tens, ones = divmod(number, 10)
        return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")

    written = "".join(digits[int(sign)] for sign in str(day.year)) + f"年{spoken(day.month)}月{spoken(day.day)}日"
    due = read_due_text(written, TODAY)
    assert due is not None
    assert (due.day, due.level) == (day, "sure")


@settings(deadline=None)
@given(st.dates(min_value=TODAY, max_value=TODAY + timedelta(days=182)))
def test_a_day_without_its_year_is_the_next_such_day(day: date) -> None:
    due = read_due_text(f"{day.month}月{day.day}日前", TODAY)
    assert due is not None
    assert (due.day, due.level) == (day, "guess")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is None or due.level in {"sure", "guess", "wrong"}


@settings(deadline=None)
@given(st.text(alphabet="0123456789年月日底前-/.至第季度个工作内半上下旬末初一二三十〇 ，", max_size=30))
def test_no_mixture_of_date_signs_breaks_the_reading(text: str) -> None:
    due = read_due_text(text, TODAY)
    assert due is None or (due.level == "wrong") or due.day is None or due.day >= TODAY


@pytest.mark.parametrize(
    "cell", ["1个月内", "10个工作日内", "12月底", "年底", "立行立改，2026年12月31日前", "2026-12-31"]
)
def test_a_limit_has_one_name_on_whatever_day_it_is_read(cell: str) -> None:
    rest = ("改", "县教育局", "", "")
    rows = [HEADING, (1, "学习不够", *rest, cell, ""), (2, "记录不全", *rest, "同上", "")]
    readings = [grid(rows, today=day).findings for day in (date(2026, 10, 20), date(2026, 12, 1))]
    names = {finding.limit for findings in readings for finding in findings}
    assert len(names) == 1
    assert names != {""}
