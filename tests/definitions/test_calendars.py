"""Calendar snapshots agree with a second library on every day and every sum of days; overlays change what they say."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import definitions
from definitions.calendars import load_overlay, overlays_in, snapshot
from definitions.mistakes import DefinitionErrors
from tests.definitions.sound import marked_line, mistakes_of

CALENDARS = Path(definitions.__file__).parent / "calendars"
CALENDAR = snapshot()
DAYS_2025_2026 = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]

NEXT = CALENDAR.last_year + 1
NOTICE = f"""\
id: notice
year: {NEXT}
whole_year: true
source: {{document: 假想的通知, date: {NEXT - 1}-11-10}}
rest:
  - {{from: {NEXT}-01-01, to: {NEXT}-01-03, name: 元旦}}
"""
LOCAL = """\
id: local
year: 2026
source: {document: 本县通知, date: 2026-03-01}
rest: [{day: 2026-05-20, name: 县庆日}]
work: [{day: 2026-05-23}]
"""


class OtherLibrary:
    """The same questions put to the `holidays` package, which reaches its answers by rules of its own."""

    def __init__(self) -> None:
        from holidays import country_holidays

        self._china = country_holidays("CN", years=[2024, 2025, 2026, 2027])

    def is_working(self, day: date) -> bool:
        return bool(self._china.is_working_day(day))

    def add(self, day: date, count: int) -> date:
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day


@pytest.fixture(scope="module")
def other() -> OtherLibrary:
    return OtherLibrary()


def file(folder: Path, text: str, name: str = "o.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_every_day_of_2025_and_2026_is_worked_or_not_as_the_second_library_says(other: OtherLibrary) -> None:
    assert [d for d in DAYS_2025_2026 if CALENDAR.is_working(d) != other.is_working(d)] == []


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 40, 80, -1, -2, -5])
def test_the_nth_working_day_from_every_day_is_counted_from_the_day_after(other: OtherLibrary, count: int) -> None:
    safe = [d for d in DAYS_2025_2026 if d + timedelta(days=2 * count + 15) <= date(2026, 12, 31)]
    assert len(safe) > 500
    assert [d for d in safe if CALENDAR.add(d, count) != other.add(d, count)] == []


def test_a_window_that_starts_on_a_day_off_counts_the_first_working_day_as_its_first() -> None:
    assert CALENDAR.add(date(2026, 10, 3), 1) == date(2026, 10, 8)


@settings(deadline=None)
@given(st.sampled_from(DAYS_2025_2026), st.integers(1, 200))
def test_adding_working_days_and_counting_them_are_inverse(day: date, count: int) -> None:
    last = CALENDAR.add(day, count)
    assert CALENDAR.is_working(last)
    assert CALENDAR.count(day, last) == count


def test_a_snapshot_holds_only_exceptions_to_monday_to_friday_in_order() -> None:
    assert all(e.working == (e.day.weekday() >= 5) for e in CALENDAR.exceptions)
    assert [e.day for e in CALENDAR.exceptions] == sorted({e.day for e in CALENDAR.exceptions})
    assert len(CALENDAR.exceptions) < 40 * (CALENDAR.last_year - CALENDAR.first_year + 1)


def test_holidays_have_their_chinese_names() -> None:
    names = {e.day: e.name for e in CALENDAR.exceptions}
    assert set(names.values()) <= {"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节", "调休上班"}
    assert [names[date(2026, month, day)] for month, day in ((1, 1), (2, 17), (5, 1), (10, 1), (10, 10))] == [
        "元旦",
        "春节",
        "劳动节",
        "国庆节",
        "调休上班",
    ]


def test_the_make_up_days_of_2026_are_those_of_the_notice() -> None:
    found = [f"{e.day:%m-%d}" for e in CALENDAR.exceptions if e.working and e.day.year == 2026]
    assert found == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_unpublished_years_are_provisional() -> None:
    after = date(CALENDAR.last_year + 1, 3, 1)
    assert CALENDAR.is_provisional(after)
    assert not CALENDAR.is_provisional(date(2026, 12, 31))


def test_a_version_names_library_overlays_and_content(tmp_path: Path) -> None:
    changed = snapshot([file(tmp_path, LOCAL)])
    assert re.fullmatch(r"chinesecalendar-[0-9.]+#[0-9a-f]{12}", CALENDAR.version)
    assert re.fullmatch(r"chinesecalendar-[0-9.]+\+local#[0-9a-f]{12}", changed.version)
    assert snapshot() == CALENDAR
    assert changed.version.partition("#")[2] != CALENDAR.version.partition("#")[2]


def test_a_county_adds_a_day_off_and_its_make_up_day(tmp_path: Path) -> None:
    changed = snapshot([file(tmp_path, LOCAL)])
    assert not changed.is_working(date(2026, 5, 20))
    assert changed.is_working(date(2026, 5, 23))
    assert {e.name for e in changed.exceptions} - {e.name for e in CALENDAR.exceptions} == {"县庆日"}
    assert len(changed.exceptions) == len(CALENDAR.exceptions) + 2


def test_a_correction_makes_a_holiday_an_ordinary_working_day_again(tmp_path: Path) -> None:
    text = LOCAL[: LOCAL.index("rest")] + "work: [{day: 2026-10-07}]\nrest: [{day: 2026-10-10, name: 更正}]\n"
    changed = snapshot([file(tmp_path, text)])
    assert changed.is_working(date(2026, 10, 7))
    assert not changed.is_working(date(2026, 10, 10))
    assert len(changed.exceptions) == len(CALENDAR.exceptions) - 2


def test_a_whole_year_publishes_the_year_after(tmp_path: Path) -> None:
    changed = snapshot([file(tmp_path, NOTICE)])
    assert changed.last_year == NEXT
    assert not changed.is_provisional(date(NEXT, 6, 1))
    assert not changed.is_working(date(NEXT, 1, 1))


def test_a_whole_year_replaces_what_was_known_of_that_year(tmp_path: Path) -> None:
    changed = snapshot([file(tmp_path, LOCAL.replace("year: 2026", "year: 2026\nwhole_year: true"))])
    assert [str(e.day) for e in changed.exceptions if e.day.year == 2026] == ["2026-05-20", "2026-05-23"]
    assert [e for e in changed.exceptions if e.day.year == 2025] == [
        e for e in CALENDAR.exceptions if e.day.year == 2025
    ]


def test_single_days_of_an_unpublished_year_leave_it_provisional(tmp_path: Path) -> None:
    text = LOCAL[: LOCAL.index("work")].replace("year: 2026", f"year: {NEXT}").replace("2026-05-20", f"{NEXT}-05-20")
    changed = snapshot([file(tmp_path, text)])
    assert not changed.is_working(date(NEXT, 5, 20))
    assert changed.is_provisional(date(NEXT, 5, 20))


def test_later_overlays_win(tmp_path: Path) -> None:
    back = "year: 2026\nsource: {document: 更正, date: 2026-04-01}\nwork: [{day: 2026-05-20}]\n"
    changed = snapshot([file(tmp_path, LOCAL, "a.yaml"), file(tmp_path, back, "b.yaml")])
    assert changed.is_working(date(2026, 5, 20))
    assert "+local+b#" in changed.version
    assert overlays_in(tmp_path) == (tmp_path / "a.yaml", tmp_path / "b.yaml")


def test_nothing_is_shipped_as_an_official_notice_and_the_example_loads() -> None:
    assert overlays_in(CALENDARS) == ()
    examples = overlays_in(CALENDARS / "examples")
    assert [load_overlay(path).whole_year for path in examples] == [False]
    assert not snapshot(examples).is_working(date(2026, 11, 12))


BROKEN = {
    "a date of another year": ("day: 2026-05-20", "day: 2025-05-20 #!\n ", "rest[1]", "不在 2026 年", "2026"),
    "no date": ("day: 2026-05-20, ", "", "rest[1]", "没有日期", "from"),
    "a date that does not exist": ("day: 2026-05-20", "day: 2026-02-30", "rest[1].day", "2026-02-30", "2026-10-01"),
    "a day off without a name": (", name: 县庆日", "", "rest[1].name", "缺少“name”", "国庆节"),
    "a day both off and worked": ("day: 2026-05-23", "day: 2026-05-20", "work[1]", "重复", "第 4 行"),
    "a make-up day that is worked anyway": ("day: 2026-05-23", "day: 2026-05-22", "work[1]", "星期五", "不上班"),
    "a span that ends before it begins": (
        "{day: 2026-05-20,", "{from: 2026-05-20, to: 2026-05-19,", "rest[1].to", "2026-05-19", "晚于"),
    "a span of a season": (
        "{day: 2026-05-20,", "{from: 2026-05-20, to: 2026-08-19,", "rest[1].to", "2026-08-19", "一个月"),
    "an unknown key": ("rest:", "rests: [] #!\nrest:", "rests", "是不是“rest”", "work"),
    "no source": ("source: {document: 本县通知, date: 2026-03-01}", "", "source", "缺少“source”", "document"),
    "a source without a date": (", date: 2026-03-01", "", "source.date", "缺少“date”", "2026-10-01"),
    "an id with a space": ("id: local", "id: my county #!", "id", "my county", "连字符"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_an_overlay_is_refused_for(name: str, tmp_path: Path) -> None:
    old, new, path, found, expected = BROKEN[name]
    assert LOCAL.count(old) == 1
    text = LOCAL.replace(old, new)
    (mistake,) = mistakes_of(lambda p: snapshot([p]), tmp_path, text)
    assert mistake.path == path
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text:
        assert mistake.line == marked_line(text)


def test_an_overlay_that_says_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="没有任何日期"):
        load_overlay(file(tmp_path, LOCAL[: LOCAL.index("rest")]))


def test_a_year_far_from_the_published_ones_is_refused(tmp_path: Path) -> None:
    text = NOTICE.replace(str(NEXT), str(NEXT + 2))
    (mistake,) = mistakes_of(lambda p: snapshot([p]), tmp_path, text)
    assert (mistake.line, "不相连" in mistake.what) == (2, True)


def test_two_overlays_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="已被前面的文件使用"):
        snapshot([file(tmp_path, LOCAL, "a.yaml"), file(tmp_path, LOCAL, "b.yaml")])
