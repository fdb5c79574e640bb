"""Units over time: whatever order of changes there was, any day is as the changes up to it say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Code, RuleViolation
from rules.units.checking import DEEPEST, check_superiors, with_facts
from rules.units.comparing import compare, merge, split
from rules.units.facts import (
    ConditionsGiven,
    GivenCondition,
    KnownUnit,
    MovedUnit,
    UnitFact,
    UnitsEnded,
    UnitsMoved,
    UnitsOpened,
)
from rules.units.selecting import Selector, selected
from rules.units.spans import UnitLife, UnitThen, after, as_of

DAY = date(2026, 3, 2)
IDS = ("u1", "u2", "u3", "u4", "u5")


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def unit(id_: str, **other: str | None) -> KnownUnit:
    return KnownUnit(**{"id": id_, "name": f"单位{id_}", "kind": "organ", "area": "a1", **other})  # type: ignore[arg-type]


def lives_of(*facts: UnitFact) -> dict[str, UnitLife]:
    return with_facts({}, facts)[0]


def there(lives: dict[str, UnitLife], day: date) -> list[str]:
    return [one.id for one in as_of(lives, day)]


directories = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.lists(st.sampled_from(IDS), unique=True),
        st.lists(st.sampled_from([None, *IDS]), min_size=5, max_size=5),
        st.lists(st.sampled_from(["organ", "social"]), min_size=5, max_size=5),
        st.lists(st.sampled_from(["", "weak", "slack"]), min_size=5, max_size=5),
        st.one_of(st.none(), st.sampled_from([(a, b) for a in IDS for b in IDS])),
    ),
    max_size=8,
)
"""Each so many days after the one before: the units of the file, of each the superior, the kind and the condition;
perhaps one that is merged into another."""


@given(directories)
def test_any_day_is_as_the_directories_until_then_say(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    """Against a plain model: the directory as the last file before or on that day left it."""
    lives: dict[str, UnitLife] = {}
    model: dict[str, KnownUnit] = {}
    conditions: dict[str, str] = {}
    history: list[tuple[date, dict[str, KnownUnit], dict[str, str]]] = []
    day = DAY
    for days, named, parents, kinds, given_, merged in sequence:
        day += timedelta(days=days)
        units = [unit(one, parent=parents[IDS.index(one)], kind=kinds[IDS.index(one)]) for one in named]
        said = {one: given_[IDS.index(one)] for one in named if given_[IDS.index(one)]}
        try:
            facts = compare(lives, units, day, conditions=said, ended=set(model) - set(named))
            found, _ = with_facts(lives, facts)
            if merged and merged[0] in named and merged[1] in named:
                found, _ = with_facts(found, merge(found, [merged[0]], merged[1], day))
        except RuleViolation:
            continue  # which ones are refused, the table below says
        lives, model, conditions = found, {one.id: one for one in units}, conditions | said
        if merged and merged[0] in named and merged[1] in named:
            gone, into = merged
            above = model.pop(gone).parent
            for one in model.values():
                if one.parent == gone:
                    model[one.id] = replace(one, parent=above if one.id == into else into)
        history.append((day, dict(model), dict(conditions)))
    for n in range(-1, (day - DAY).days + 2):
        on = later(n)
        then, conditioned = next(((m, c) for d, m, c in reversed(history) if d <= on), ({}, {}))
        expected = {id_: UnitThen(known=one, condition=conditioned.get(id_, "")) for id_, one in then.items()}
        assert {one.id: one for one in as_of(lives, on)} == expected
        check_superiors({one.id: one.known.parent for one in as_of(lives, on)})
    for life in lives.values():
        assert [span.first for span in life.spans] == sorted({span.first for span in life.spans})
        for span, following in zip(life.spans, life.spans[1:], strict=False):
            assert span.first <= (span.until or date.max) <= following.first, "no two spans of a unit share a day"


@given(directories)
def test_a_file_loaded_twice_changes_nothing_the_second_time(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    for _, named, _, kinds, given_, _ in sequence:
        units = [unit(one, kind=kinds[IDS.index(one)]) for one in named]
        said = {one: given_[IDS.index(one)] for one in named if given_[IDS.index(one)]}
        lives = lives_of(*compare({}, units, DAY, conditions=said))
        assert compare(lives, units, DAY, conditions=said) == ()
        assert compare(lives, units, later(30), conditions=said) == ()


def test_a_unit_may_close_and_open_again() -> None:
    one = unit("u1")
    lives = lives_of(
        UnitsOpened(day=DAY, units=(one,)),
        UnitsEnded(day=later(10), units=("u1",)),
        UnitsOpened(day=later(20), units=(replace(one, name="新名"),)),
    )
    assert [there(lives, later(n)) for n in (-1, 0, 9, 10, 19, 20, 99)] == [[], ["u1"], ["u1"], [], [], ["u1"], ["u1"]]
    names = [then.known.name for n in (0, 20) if (then := lives["u1"].as_of(later(n)))]
    assert names == ["单位u1", "新名"]


def test_a_merged_unit_is_in_no_selection_from_that_day_and_its_spans_stand() -> None:
    lives = lives_of(UnitsOpened(day=DAY, units=(unit("u1"), unit("u2"), unit("u3", parent="u1"))))
    lives, _ = with_facts(lives, merge(lives, ["u1"], "u2", later(5), document="县编〔2026〕3号"))
    every = Selector(units=("u1",), kinds=("organ",))
    assert [one.id for one in selected(as_of(lives, later(4)), every)] == ["u1", "u2", "u3"]
    assert [one.id for one in selected(as_of(lives, later(5)), every)] == ["u2", "u3"]
    assert lives["u1"].spans[-1].became == ("u2",)
    assert [one.known.parent for one in as_of(lives, later(5))] == [None, "u2"], "what stood under it stands under that"


def test_a_unit_is_merged_into_one_that_stands_under_it() -> None:
    lives = lives_of(UnitsOpened(day=DAY, units=(unit("u1"), unit("u2", parent="u1"))))
    lives, _ = with_facts(lives, merge(lives, ["u1"], "u2", later(5)))
    assert [(one.id, one.known.parent) for one in as_of(lives, later(5))] == [("u2", None)]


def test_a_unit_is_split_and_goes_on_only_as_one_of_its_parts() -> None:
    lives = lives_of(UnitsOpened(day=DAY, units=(unit("u1"),)))
    apart, _ = with_facts(lives, split(lives, "u1", [unit("u2"), unit("u3")], later(5)))
    kept, _ = with_facts(lives, split(lives, "u1", [unit("u1"), unit("u3")], later(5)))
    assert (there(apart, later(5)), apart["u1"].spans[-1].became) == (["u2", "u3"], ("u2", "u3"))
    assert there(kept, later(5)) == ["u1", "u3"]


A = UnitsOpened(day=DAY, units=(unit("u1"), unit("u2", parent="u1")))
REFUSED: dict[str, tuple[Sequence[UnitFact], str]] = {
    "opened twice": ((A, UnitsOpened(day=later(1), units=(unit("u1"),))), "已经设立"),
    "never opened": ((UnitsEnded(day=DAY, units=("u9",)),), "没有这个单位"),
    "before what is known": ((A, UnitsMoved(day=later(-1), units=(MovedUnit(id="u1"),))), "只能从那天或以后再改"),
    "a superior that is no more": ((A, UnitsEnded(day=later(1), units=("u1",))), "上级 u1 已撤销或不存在"),
    "a ring": ((A, UnitsMoved(day=later(1), units=(MovedUnit(id="u1", parent="u2"),))), "上级绕回了自己"),
    "a name of two": ((A, UnitsOpened(day=later(1), units=(unit("u3", name="单位u1"),))), "也是 u1 的名称"),
    "too deep": (
        tuple(UnitsOpened(day=DAY, units=(unit(f"d{n}", parent=f"d{n - 1}" if n else None),)) for n in range(7)),
        f"最多 {DEEPEST} 层",
    ),
    "a ring to come": (
        (
            UnitsOpened(day=DAY, units=(unit("u1"), unit("u2"))),
            UnitsMoved(day=later(9), units=(MovedUnit(id="u1", parent="u2"),)),
            UnitsMoved(day=later(1), units=(MovedUnit(id="u2", parent="u1"),)),
        ),
        "上级绕回了自己",
    ),
    "into itself": ((A, *merge(lives_of(A), ["u2"], "u2", later(1))), "不能并入自己"),
    "a condition of nothing": ((ConditionsGiven(day=DAY, units=(GivenCondition(unit="u9"),)),), "没有这个单位"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name: str) -> None:
    facts, said = REFUSED[name]
    with pytest.raises(RuleViolation, match=said) as refused:
        with_facts({}, facts)
    assert refused.value.code is Code.UNITS_REFUSED


def test_what_stands_already_for_a_later_day_is_looked_at_too() -> None:
    *known, move = REFUSED["a ring to come"][0]
    lives, _ = with_facts({}, known)
    with pytest.raises(RuleViolation, match="上级绕回了自己"):
        with_facts(lives, (move,))


def test_selecting_by_condition_is_as_of_the_day() -> None:
    lives = lives_of(
        UnitsOpened(day=DAY, units=(unit("u1", size="branch"), unit("u2", area="a2"))),
        ConditionsGiven(day=later(3), units=(GivenCondition(unit="u1", condition="slack"),)),
        ConditionsGiven(day=later(9), units=(GivenCondition(unit="u1", condition="middle"),)),
    )

    def meant(day: date, **said: tuple[str, ...]) -> list[str]:
        return [one.id for one in selected(as_of(lives, day), Selector(**said))]  # type: ignore[arg-type]

    assert [meant(later(n), conditions=("slack",)) for n in (2, 3, 8, 9)] == [[], ["u1"], ["u1"], []]
    assert meant(DAY) == [], "with nothing said, none"
    assert [one.id for one in selected(as_of(lives, DAY), Selector(everybody=True))] == ["u1", "u2"]
    assert [one.id for one in selected(as_of(lives, DAY), Selector(everybody=True, areas=("a2",)))] == ["u2"]
    assert meant(DAY, units=("u2",)) == ["u2"], "one by one, and no others"
    assert meant(DAY, sizes=("branch",), units=("u2",), excepted=("u1",)) == ["u2"]
    assert meant(DAY, areas=("a2",), kinds=("organ",)) == ["u2"]


def test_100_000_branches_are_checked_each_once() -> None:
    """No walk up from every unit to the top, no comparison of each with each: 100,000 in a few seconds, not hours."""
    units = tuple(unit(f"b{n}", parent=f"b{n // 10}" if n >= 10 else None) for n in range(100_000))
    facts = UnitsOpened(day=DAY, units=units)
    lives = after({}, facts)
    check_superiors({one.id: one.known.parent for one in as_of(lives, DAY)})
    assert len(selected(as_of(lives, DAY), Selector(kinds=("organ",), excepted=("b7",)))) == 99_999
