"""The language: what is written is what is read, what it comes to is what Python's fractions make of it, the rest is
refused with what could stand there instead."""

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules.forms.expressions import Expression, ExpressionFault, names_in
from rules.forms.form import Form, FormField
from rules.forms.parsing import DEPTH_LIMIT, parse
from rules.forms.reckoning import AnswerValues, holds, reckon
from rules.forms.scope import Scope, ValueKind
from tests.support.chance.ballots import (
    BALLOT,
    HELD,
    ROWS,
    SCOPE,
    A,
    conditions,
    known,
    numbers,
    read_back,
    within_limits,
)


def says(text: str, ballot: dict[str, str] = HELD | ROWS) -> Any:
    """What the text comes to."""
    return reckon(SCOPE.settled(parse(text)), known(ballot))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.one_of(numbers, conditions))
def test_what_is_written_is_read_as_the_same_tree(expression: Expression) -> None:
    assert read_back(within_limits(expression)) == expression


def by_python(text: str, answers: dict[str, str], voters: str) -> Any:
    """What Python makes of the same text, whose grammar is a part of its own."""

    class Row:
        def __init__(self, n: int) -> None:
            self.yes = Fraction(answers[f"votes.{n}.yes"])

    rows = [Row(n) for n in range(1, len(answers)) if f"votes.{n}.yes" in answers]
    text = re.sub(r"(?<![\w.])[0-9]+(\.[0-9]+)?", r'F("\g<0>")', text)
    text = text.replace("count(ballot.votes)", "len(rows)")
    text = re.sub(r"\b(count|sum|any)\(", r"\1_(lambda row: ", text).replace("ballot.votes.", "row.")
    for name in ("present", "share"):
        text = text.replace(f"ballot.{name}", f'F("{answers[name]}")')
    text = text.replace("notice.voters", f'F("{voters}")').replace("ballot.secret", str(answers["secret"] == "yes"))
    tools = {
        "F": Fraction,
        "rows": rows,
        "count_": lambda f: sum(1 for row in rows if f(row)),
        "sum_": lambda f: sum(f(row) for row in rows),
        "any_": lambda f: any([f(row) for row in rows]),
    }
    return eval(text, tools)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    st.one_of(numbers, conditions),
    st.integers(0, 500),
    st.integers(0, 10**4),
    st.lists(st.integers(0, 99), max_size=4),
    st.booleans(),
)
def test_it_comes_to_what_pythons_fractions_make_of_it(
    expression: Expression, present: int, share: int, votes: list[int], secret: bool
) -> None:
    ballot = {
        "present": str(present),
        "share": f"{share // 100}.{share % 100:02d}",
        "secret": "yes" if secret else "no",
    }
    rows = {f"votes.{n}.yes": str(yes) for n, yes in enumerate(votes, 1)}
    text = within_limits(expression)
    try:
        expected = by_python(text, ballot | rows, "40")
    except ZeroDivisionError:
        assume(False)
    whole = SCOPE.settled(read_back(text))
    assert reckon(whole, known(ballot | rows)) == expected


@pytest.mark.parametrize(
    ("text", "comes_to"),
    [
        ("present * 5 >= notice.voters * 4", False),
        ("count(votes.yes * 2 > present)", 1),
        ("sum(votes.yes)", 27),
        ("any(votes.local and votes.yes > 19)", True),
        ("count(votes)", 2),
        ("share + 0.1", Fraction(35, 100)),
        ('way == "hall" and not secret', False),
        ("held < held", False),
        ("1 / 3 * 3 == 1", True),
        ("present / (share - 0.25)", None),
        ("2 - 3 - 4", -5),
        ("2 - (3 - 4)", 3),
    ],
)
def test_examples(text: str, comes_to: Any) -> None:
    assert says(text) == comes_to


def test_what_is_unknown_stays_unknown_but_where_the_rest_decides() -> None:
    assert says("present > 3", {}) is None
    assert says("present > 3 and secret", {"secret": "no"}) is False
    assert says("present > 3 or secret", {"secret": "yes"}) is True
    assert says("present > 3 or secret", {"secret": "no"}) is None
    assert says("not (present > 3)", {}) is None
    assert says("count(votes.yes > 3)", {"votes.1.who": "甲", "votes.2.yes": "7"}) == 1, "a blank does not count"
    assert says("count(votes)", {}) == 0, "the form was filled in, the table left empty"
    assert holds(parse("notice.voters > 3"), AnswerValues()) is None, "the form was not"


@pytest.mark.parametrize(
    ("text", "what", "expected"),
    [
        ("present >", "没有写完", "一个数"),
        ("(present", "括号没有合上", ")"),
        ("present > 1 > 0", "不能连写", "and"),
        ("present > １", "认不出“１”", "“1”"),
        ("present = 3", "认不出“=”", "=="),
        ("present ≥ 3", "认不出“≥”", ">="),
        ("share > 80%", "认不出“%”", "不带百分号"),
        ("round(share)", "没有“round”这个函数", "count"),
        ("present 3", "多余", "运算符"),
        ("prezent > 3", "没有“prezent”", "ballot.present"),
        ("present > way", "拿数和文字相比", "同一种"),
        ("held > 3", "拿日期和数相比", "同一种"),
        ('way < "hall"', "比较文字的大小", "=="),
        ('way == "garden"', "没有“garden”这个选项", "hall、box"),
        ("teller == teller", "不能参加计算", "数"),
        ("count(votes.who == votes.who)", "不能参加计算", "数"),
        ("votes.yes > 3", "是表里的一列", "count"),
        ("votes > 3", "是一张表", "count(ballot.votes)"),
        ("sum(votes)", "sum(ballot.votes)", "一列"),
        ("count(present > 3)", "没有表里的列", "恰好一张表"),
        ("count(any(votes.yes > 3))", "套在另一个函数里", "不套用"),
        ("sum(votes.local)", "是是或否", "数"),
        ("secret + 1", "是是或否", "数"),
        ("not present", "是数", "是或否"),
        ("present and secret", "是数", "是或否"),
        ("1" * 19, "19 位", "18 位"),
        ("(" * (DEPTH_LIMIT + 1), "层以上", "分成几条"),
        ("1 +" * 170 + "1", "个字符", "500"),
    ],
)
def test_what_does_not_stand_is_refused_with_what_could(text: str, what: str, expected: str) -> None:
    with pytest.raises(ExpressionFault) as refused:
        SCOPE.settled(parse(text))
    assert what in refused.value.what
    assert expected in refused.value.expected


def test_a_condition_is_no_number() -> None:
    with pytest.raises(ExpressionFault, match="是数"):
        SCOPE.condition(parse("present + 1"))
    assert SCOPE.kind(SCOPE.condition(parse("secret"))) is ValueKind.YES_NO


def test_names_become_whole_and_one_that_may_be_two_is_asked_for() -> None:
    assert [name.text for name in names_in(SCOPE.settled(parse("count(votes.yes * 2 > present)")))] == [
        "ballot.votes.yes",
        "ballot.present",
    ]
    twice = Form(id="votes", fields=(FormField(id="yes", name="赞成", kind=A.COUNT),))
    with pytest.raises(ExpressionFault, match="可以是两项"):
        Scope([BALLOT, twice], home="ballot").settled(parse("count(votes.yes > 1)"))
