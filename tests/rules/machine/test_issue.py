"""Issuing: what an item needs to begin, and what its first dates are."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codec import decode, encode
from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs, read
from rules.machine.facts import Issued
from rules.machine.issuing import CO_UNITS_LIMIT
from tests.support.factories import OTHER_UNIT, K, Play, at
from tests.support.matters import MATTER


def refusal(**start: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        Play(**start)  # type: ignore[arg-type]
    return refused.value


def test_an_issued_item_waits_for_its_unit_to_sign() -> None:
    state = Play("2026-03-02").state
    assert (state.status, state.seq, state.cycle, state.late_count) == ("unsigned", 1, 1, 0)
    assert state.clock is not None
    assert state.clock.due.date == date(2026, 3, 5)
    assert state.clock.due.at == at("2026-03-05", "17:30")
    assert state.cap is not None
    assert state.cap.trace.amount == 100


def test_a_title_is_needed() -> None:
    assert refusal(about={"title": " \n"}).code is Code.ANSWERS_INVALID


LONG = "长" * 2001
TOO_MANY = tuple((f"measures.{n}.what", "改") for n in range(1, 52))


@pytest.mark.parametrize(
    ("matter", "told"),
    [
        ((("goal", LONG),), "“整改目标”有 2001 字；应为2000 字以内"),
        ((("person", "名" * 51),), "“责任人”有 51 字；应为50 字以内"),
        ((("basis", "一\x07"),), "“依据”第 2 个字符是不可见的控制字符；应为没有控制字符的文字"),
        (TOO_MANY, "“整改措施”有 51 行；应为0 至 50 行"),
        ((("measures.1.what", LONG),), "“整改措施第 1 行措施”有 2001 字；应为2000 字以内"),
        ((("points", "5"),), "“points”不是这张表要填的；应为其中之一：title（问题）、"),
        ((("goal", ""),), "不是规定的写法"),
        ((("goal", "甲 "),), "不是规定的写法"),
        ((("source", "巡察"), ("category", "学习")), "不是规定的写法"),
    ],
)
def test_what_the_item_is_about_is_checked_by_its_processs_form(matter: Pairs, told: str) -> None:
    refused = refusal(about={"title": "制度执行不严", "matter": matter})
    assert refused.code is Code.ANSWERS_INVALID
    assert told in str(refused)


SIGNS = st.sampled_from("三会一课，。 aZ0-9\n<>&=+@🚩\u3000")
WORDS = st.text(SIGNS, max_size=30)
ANSWERS = st.fixed_dictionaries(
    {"title": WORDS.filter(str.strip)},
    optional={field: WORDS for field in ("goal", "source", "person", "measures.1.what", "measures.3.what")},
)


@given(ANSWERS)
def test_whatever_can_be_filled_in_can_be_issued_and_stands_in_the_entry_as_it_was_read(said: dict[str, str]) -> None:
    (_, title), *matter = read(MATTER, said)
    fact = Play(about={"title": title, "matter": tuple(matter)}).events[0].fact
    assert isinstance(fact, Issued)
    assert decode(Issued, json.loads(json.dumps(encode(fact)))) == fact
    assert (fact.title, fact.matter) == (title, tuple(matter))
    assert read(MATTER, {"title": title, **{at: text for at, text in matter}}) == ((("title", title)), *matter)


def test_a_title_is_bounded_and_printable() -> None:
    assert "“问题”有 2001 字" in str(refusal(about={"title": LONG}))
    assert "控制字符" in str(refusal(about={"title": "一\x07"}))


def test_co_units_are_bounded() -> None:
    assert refusal(co_units=("u",) * (CO_UNITS_LIMIT + 1)).code is Code.FIELD_TOO_LONG


def test_a_deadline_before_today_is_refused_today_itself_is_not() -> None:
    assert refusal(now="2026-03-02", deadline=date(2026, 3, 1)).code is Code.DATE_IN_PAST
    assert Play("2026-03-02", deadline=date(2026, 3, 2)).state.deadline == date(2026, 3, 2)


def test_a_deadline_beyond_the_calendar_is_refused_at_issue_not_when_the_unit_signs() -> None:
    assert refusal(deadline=date(2099, 12, 31)).code is Code.DATE_OUT_OF_CALENDAR


def test_a_unit_is_refused_with_the_process_of_another_kind() -> None:
    assert refusal(unit=OTHER_UNIT).code is Code.FIELD_INVALID


def test_a_deadline_cuts_the_time_to_sign_and_to_plan_and_is_the_date_of_the_execution() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 20))
    assert play.state.clocks[0].due.date == date(2026, 3, 5)
    play.do(K.SIGN, "2026-03-05")
    assert play.state.clocks[0].due.date == date(2026, 3, 12)
    play.do(K.SUBMIT, "2026-03-12")
    play.do(K.RETURN, "2026-03-16")
    assert play.state.clocks[0].due.date == date(2026, 3, 20)
    assert play.state.clocks[0].due.trace.cap_rule == "交办时限"
    play.do(K.SUBMIT, "2026-03-17")
    play.do(K.APPROVE, "2026-03-17")
    assert play.state.clocks[0].due.date == date(2026, 3, 20)
    assert play.state.clocks[0].due.trace.given_by == "交办时限"


def test_a_deadline_does_not_cut_the_correction_after_the_inspection() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 20))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    play.do(K.SUBMIT, "2026-03-19")
    play.do(K.RETURN, "2026-03-19")
    assert play.state.clocks[0].due.date == date(2026, 3, 31)


def test_a_deadline_on_a_sunday_is_kept_on_the_monday_in_every_step() -> None:
    play = Play("2026-03-09", deadline=date(2026, 3, 15))
    play.do(K.SIGN, "2026-03-10")
    assert play.state.clocks[0].due.date == date(2026, 3, 16)
    play.do(K.SUBMIT, "2026-03-10")
    play.do(K.APPROVE, "2026-03-10")
    assert play.state.clocks[0].due.date == date(2026, 3, 16)


def test_a_deadline_past_the_whole_items_span_is_cut_by_it() -> None:
    play = Play("2026-03-02", deadline=date(2026, 12, 31))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    cap = play.state.cap
    assert cap is not None
    assert play.state.clocks[0].due.date == cap.date
    assert play.state.clocks[0].due.trace.cap_rule == "事项总时限"
