"""How much a process asks of a unit, and what of a month is more than its budget."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.catalogue import EXAMPLE
from rules.burden.budget import Burden, BurdenBudget, burden_of, excess, total
from rules.forms.form import AnswerKind, Form, FormField, Question
from tests.support.shipped import catalogue

BUDGET = BurdenBudget(name="预算", version="1", requests=1, extras=1, fields=12, evidence=1)
COUNTS = st.builds(
    Burden, requests=st.integers(0, 3), extras=st.integers(0, 3), fields=st.integers(0, 30), evidence=st.integers(0, 3)
)
INQUIRY = next(one for one in catalogue() if one.id == "inquiry").resolve("organ", "once")


def test_what_is_asked_by_hand_is_an_extra_and_what_comes_by_itself_a_request() -> None:
    by_hand, by_itself = burden_of(INQUIRY, by_hand=True), burden_of(INQUIRY, by_hand=False)
    assert by_hand == Burden(extras=1, fields=2, evidence=1)
    assert by_itself == replace(by_hand, requests=1, extras=0)


def test_work_is_no_burden_whatever_its_forms_ask() -> None:
    work = next(one for one in catalogue() if one.id == EXAMPLE).resolve("organ", "staged")
    assert burden_of(work, by_hand=True) == Burden()


def test_each_column_of_a_table_counts_and_what_is_derived_does_not() -> None:
    table = FormField(
        id="rows",
        name="表",
        kind=AnswerKind.ROWS,
        columns=(
            Question(id="a", name="甲", kind=AnswerKind.TEXT),
            Question(id="b", name="乙", kind=AnswerKind.COUNT),
            Question(id="c", name="丙", kind=AnswerKind.EVIDENCE),
        ),
    )
    derived = FormField(id="sum", name="合计", kind=AnswerKind.COUNT, derive="sum(rows.b)")
    old = FormField(id="old", name="上月", kind=AnswerKind.COUNT, prefill="matter.old")
    form = Form(id="answer", fields=(table, derived, old))
    asked = burden_of(replace(INQUIRY, forms=(form,)), by_hand=True)
    assert asked == Burden(extras=1, fields=3, evidence=1, prefilled=1)


@given(COUNTS)
def test_it_is_over_just_where_something_is_more_than_may_be(month: Burden) -> None:
    over = {one.what: one for one in excess(BUDGET, month)}
    pairs = ((month.requests, 1), (month.extras, 1), (month.fields, 12), (month.evidence, 1))
    assert len(over) == sum(actual > limit for actual, limit in pairs)
    assert all(one.actual > one.limit for one in over.values())


@given(st.lists(COUNTS, max_size=5))
def test_a_month_is_the_sum_of_what_was_asked_in_whatever_order(burdens: list[Burden]) -> None:
    assert total(burdens) == total(reversed(burdens))
    assert total(burdens).fields == sum(one.fields for one in burdens)


@pytest.mark.parametrize("less", [1, 2])
def test_less_is_never_over_where_more_is_not(less: int) -> None:
    month = Burden(requests=1, fields=12)
    assert excess(BUDGET, month) == ()
    assert excess(BUDGET, replace(month, fields=12 - less)) == ()
