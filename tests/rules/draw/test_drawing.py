"""A draw: the same for any order of the list, recomputed from its facts, and not to be chosen by one witness alone."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.draw.drawing import (
    counts,
    draw,
    opened,
    population_text,
    recheck,
    replacement,
    seal_of,
    sealed,
    sha,
    strata_of,
)
from rules.draw.facts import (
    DrawFact,
    Drawn,
    DrawUnit,
    NumberOpened,
    PopulationSealed,
    Replaced,
    StratumBy,
    StratumShare,
    UnitDrawn,
)
from rules.draw.reading import read_draw
from rules.errors import Code, RuleViolation
from tests.support.chance.drawing import INSPECTORS, SALTS, UNITS, facts, population, state


def refused(call: Any, *args: Any, **said: Any) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **said)
    assert refusal.value.code is Code.DRAW_REFUSED
    return str(refusal.value)


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(UNITS), inspecting=st.permutations(INSPECTORS))
def test_it_is_the_same_for_any_order_of_the_list(order: Any, inspecting: Any) -> None:
    assert facts(population(units=tuple(order), inspectors=tuple(inspecting))) == facts(population())


def test_each_stratum_has_its_share_and_nobody_inspects_their_own_area() -> None:
    found = facts(population())
    areas = {one.id: one.area for one in UNITS}
    own = {one.person: one.area for one in INSPECTORS}
    standing = state(found).standing
    assert Counter(areas[one.unit] for one in standing) == {"a0": 2, "a1": 2, "a2": 2, "a3": 2}
    for one in standing:
        assert len(set(one.inspectors)) == 2
        assert all(own[person] != areas[one.unit] for person in one.inspectors)


def test_the_hashes_are_those_that_anybody_reckons_by_hand() -> None:
    of = population(units=UNITS[:3], share=34, by=StratumBy.KIND, each=0, inspectors=(), most=1)
    assert population_text(of) == (
        "draw 2026-jc1\nby kind\nshare 34\nmost 1\neach 0\nwitness wit1\nwitness wit2\n"
        "unit u000 organ branch a0 -\nunit u001 research branch a1 -\nunit u002 social branch a2 -\n"
    )
    assert of.population_hash == sha(population_text(of))
    done = state(facts(of))
    assert done.drawn
    assert done.drawn.seed == sha(f"31415:27182:{of.population_hash}")
    assert counts(of) == {"organ": 1, "research": 0, "social": 0}
    assert done.drawn.units == (UnitDrawn(unit="u000"),)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    share=st.integers(1, 100),
    most=st.one_of(st.none(), st.integers(1, 60)),
)
def test_largest_remainder_gives_each_stratum_its_quota_up_or_down(
    sizes: list[int], share: int, most: int | None
) -> None:
    units = tuple(
        DrawUnit(id=f"u{s}-{n}", kind="organ", area=f"a{s}") for s, size in enumerate(sizes) for n in range(size)
    )
    of = population(units=units, share=share, most=most, each=0)
    found, whole = counts(of), Fraction(sum(sizes) * share, 100)
    assert sum(found.values()) == min(max(1, int(whole + Fraction(1, 2))), most or 10**6)
    scale = Fraction(most) / whole if most and int(whole + Fraction(1, 2)) > most else Fraction(1)
    for name, members in strata_of(of).items():
        assert abs(found[name] - Fraction(len(members) * share, 100) * scale) < 1
        assert 0 <= found[name] <= len(members)


def test_what_cannot_be_drawn_is_refused() -> None:
    for said, why in (
        ({"witnesses": ("wit1", "wit1")}, "两位不同的见证人"),
        ({"units": ()}, "没有可以抽的单位"),
        ({"units": (*UNITS, UNITS[0])}, "同一个单位列了两次"),
        ({"left_out": ("u001",)}, "同一个单位列了两次"),
        ({"share": 0}, "百分之 1 至 100"),
        ({"shares": (StratumShare(stratum="a9", share=5),)}, "没有叫“a9”的一层"),
        ({"shares": tuple(StratumShare(stratum=f"a{n}", share=0) for n in range(4))}, "都是 0"),
        ({"inspectors": INSPECTORS[:2]}, "回避以后只有 1 位"),
        ({"draw": "第一次"}, "编号"),
    ):
        assert why in refused(population, **said), said


def test_a_number_is_sealed_once_opened_when_both_are_sealed_and_only_as_it_was_sealed() -> None:
    of = population()
    found: list[DrawFact] = [of]
    first = sealed(state(found), "wit1", seal_of(of.draw, "wit1", "7", SALTS[0]))
    found.append(first)
    assert "不能再换" in refused(sealed, state(found), "wit1", first.seal)
    assert "不是这次抽取的见证人" in refused(sealed, state(found), "somebody", first.seal)
    assert "另一位见证人还没有封好" in refused(opened, state(found), "wit1", "7", SALTS[0])
    found.append(sealed(state(found), "wit2", first.seal))
    assert "与封条不符" in refused(opened, state(found), "wit1", "8", SALTS[0])
    assert "与封条不符" in refused(opened, state(found), "wit2", "7", SALTS[0]), "another's seal is of no use"
    assert "32 至 64 位" in refused(opened, state(found), "wit1", "7a1", SALTS[0][2:]), (
        "nor the same digits otherwise cut"
    )
    assert "没有都打开" in refused(draw, state(found))


def test_whoever_sees_the_others_seal_and_may_still_choose_does_not_choose_the_outcome() -> None:
    """The second witness sees the first's seal, and is free to pick any number to seal. What they can reckon ahead with
    any guess of the first number is no better than chance: over many draws the unit that they want comes out as often
    as its share says."""
    of = population(units=UNITS[:10], share=10, by=StratumBy.KIND, each=0, inspectors=(), most=1)
    wish, chance, won, plays = "u003", Random(20261129), 0, 400
    for _ in range(plays):
        secret, salt = str(chance.randrange(10**12)), f"{chance.randrange(16**32):032x}"
        seal = seal_of(of.draw, "wit1", secret, salt)
        guess = str(int(seal[:8], 16))  # whatever they make of the seal
        best = next(
            str(n) for n in range(200) if [u.unit for u in state(facts(of, (guess, str(n)))).standing] == [wish]
        )
        won += [one.unit for one in state(facts(of, (secret, best))).standing] == [wish]
    organs = [one for one in of.units if one.kind == "organ"]
    assert "organ" in {k for k, n in counts(of).items() if n}
    assert wish in {one.id for one in organs}
    assert abs(won / plays - 1 / len(organs)) < 0.08, won / plays


def test_a_replacement_is_the_next_of_the_stratum_with_a_reason() -> None:
    found = facts(population())
    first = state(found).standing[0].unit
    assert "写明理由" in refused(replacement, state(found), first, " ")
    assert "不在抽中的单位里" in refused(replacement, state(found), "u999", "已撤销")
    instead = replacement(state(found), first, "单位已撤销")
    found.append(instead)
    areas = {one.id: one.area for one in UNITS}
    assert areas[instead.successor.unit] == areas[first]
    assert first not in {one.unit for one in state(found).standing}
    assert len(state(found).standing) == 8
    again = replacement(state(found), instead.successor.unit, "也撤销了")
    assert again.successor.unit not in {first, instead.successor.unit}
    assert recheck([*found, again]) == []


def test_every_fact_that_does_not_follow_is_found() -> None:
    found = facts(population())
    found.append(replacement(state(found), state(found).standing[0].unit, "单位已撤销"))
    assert recheck(found) == []
    of, opening, done, instead = found[0], found[3], found[5], found[6]
    assert isinstance(of, PopulationSealed)
    assert isinstance(opening, NumberOpened)
    assert isinstance(done, Drawn)
    assert isinstance(instead, Replaced)
    assert recheck([replace(of, units=of.units[1:]), *found[1:]])
    assert recheck([*found[:3], replace(opening, number="1"), *found[4:]])
    assert recheck([*found[:5], replace(done, units=done.units[1:]), instead])
    assert recheck([*found[:6], replace(instead, successor=UnitDrawn(unit="u039"))])
    assert recheck(found[:5]) == ["两个数都打开了，没有记下结果"]
    assert recheck([of, *found[2:]])
    assert recheck([*found, done])


def test_the_published_sample_follows_and_a_changed_one_does_not() -> None:
    text = (Path(__file__).parents[3] / "docs" / "vectors" / "draw.json").read_text("utf-8")
    assert recheck(read_draw(text)) == []
    assert recheck(read_draw(text.replace("31415", "31416")))
