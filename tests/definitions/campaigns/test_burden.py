"""The budget's file, and what a year's campaigns ask of each kind and size of unit against it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.burden.budget_file import BUDGET_KEYS, SHIPPED_BUDGET, load_budget_file
from definitions.burden.year import asked_by, burden_year, over_year
from definitions.campaigns.catalogue import load_campaigns
from definitions.campaigns.checks import ORDINARY
from definitions.mistakes import DefinitionErrors
from definitions.process import ProcessDefinition
from rules.burden.budget import Burden, excess
from rules.rounds.campaign import Asks, Campaign
from rules.rounds.periods import Rhythm, read_period
from rules.units.selecting import Selector
from tests.support.shipped import catalogue

YEAR = [read_period(f"2027-{month:02}") for month in range(1, 13)]
BUDGET = load_budget_file()
MONTHLY = """campaign: monthly
name: 月报
process: inquiry
variant: once
every: month
to: {kinds: all, sizes: [branch]}
opens: {working_day: -3}
due: {working_day: 5, after: period}
locks: {working_day: 15, after: period}
matter: {basis: 年初的计划, why: 每月一次}
"""


@pytest.fixture(scope="module")
def processes() -> tuple[ProcessDefinition, ...]:
    return catalogue()


def written(folder: Path, *texts: str) -> list[Path]:
    files = [folder / f"c{n}.yaml" for n in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    return files


def test_every_key_of_the_file_is_written_in_the_shipped_one_and_told() -> None:
    said = {line.partition(":")[0] for line in SHIPPED_BUDGET.read_text("utf-8").splitlines() if line[:1].isalpha()}
    assert said == {row.key for row in BUDGET_KEYS}
    assert BUDGET.version.startswith("2026.1#")


@pytest.mark.parametrize(
    ("word", "other", "line", "expected"),
    [
        ("requests: 1", "request: 1", 5, "requests"),
        ("fields: 12", "fields: 十二", 7, "0 至 1000 的整数"),
        ("evidence: 1", "evidence: -1", 8, "0 至 1000 的整数"),
    ],
)
def test_a_wrong_budget_is_refused_with_its_line(
    tmp_path: Path, word: str, other: str, line: int, expected: str
) -> None:
    path = tmp_path / "budget.yaml"
    path.write_text(SHIPPED_BUDGET.read_text("utf-8").replace(word, other), "utf-8")
    with pytest.raises(DefinitionErrors) as refusal:
        load_budget_file(path)
    assert any(one.line == line and expected in f"{one.what}{one.expected}" for one in refusal.value.mistakes)


def test_two_that_ask_in_the_same_month_are_refused_with_the_year(
    tmp_path: Path, processes: tuple[ProcessDefinition, ...]
) -> None:
    one, other = written(tmp_path, MONTHLY, MONTHLY.replace("monthly", "second").replace("month\n", "quarter\n"))
    assert load_campaigns([one], processes, budget=BUDGET)
    with pytest.raises(DefinitionErrors) as refusal:
        load_campaigns([one, other], processes, budget=BUDGET)
    (mistake,) = refusal.value.mistakes
    assert "党支部" in mistake.what
    assert "3 月周期填报（次） 2，上限 1" in mistake.what
    assert "全年：1 月 1 次 2 项" in mistake.what
    assert "以内" in mistake.expected
    with pytest.raises(DefinitionErrors):
        load_campaigns([other], processes, load_campaigns([one], processes), BUDGET)


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory, processes: tuple[ProcessDefinition, ...]) -> Campaign:
    (campaign,) = load_campaigns(written(tmp_path_factory.mktemp("monthly"), MONTHLY), processes)
    return campaign


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(Rhythm)[:4]), st.integers(1, 9), st.integers(0, 3)), max_size=4),
    st.sampled_from(["organ", "research"]),
)
def test_no_month_is_above_the_budget_where_nothing_is_said(
    monthly: Campaign, asks: list[tuple[Rhythm, int, int]], kind: str
) -> None:
    """Every month of the year reckoned from the campaign itself, period by period, agrees with the verdict."""
    processes = {one.id: one for one in catalogue()}
    campaign = replace(
        monthly,
        asks=tuple(
            Asks(rhythm=rhythm, figures=tuple(f"f{n}{k}" for k in range(count)), shifted=shifted)
            for n, (rhythm, count, shifted) in enumerate(asks)
        ),
    )
    years = burden_year([campaign], processes, ORDINARY)
    mine = next(year for year in years if kind in year.kinds and "branch" in year.sizes)
    again = [asked_by(campaign, processes["inquiry"], kind, period) for period in YEAR]
    assert list(mine.months) == again
    assert (over_year(BUDGET, [mine]) == []) is all(excess(BUDGET, month) == () for month in mine.months)


def test_whoever_is_not_among_those_that_are_asked_has_an_empty_year(
    monthly: Campaign, processes: tuple[ProcessDefinition, ...]
) -> None:
    years = burden_year([monthly], {one.id: one for one in processes}, ORDINARY)
    empty = next(year for year in years if set(year.months) == {Burden()})
    assert "branch" not in empty.sizes


def over(monthly: Campaign, processes: tuple[ProcessDefinition, ...], *to: Selector) -> list[str]:
    """What is too much where campaigns of these units ask every month."""
    campaigns = [replace(monthly, id=f"monthly{n}", to=one) for n, one in enumerate(to)]
    return over_year(BUDGET, burden_year(campaigns, {one.id: one for one in processes}, ORDINARY))


ORGANS = Selector(kinds=("organ",))


@pytest.mark.parametrize(
    "to",
    [
        (Selector(areas=("a1",)), Selector(areas=("a2",))),
        (
            Selector(kinds=("organ",), areas=("a1",)),
            Selector(everybody=True, areas=("a2",)),
            Selector(kinds=("social",), areas=("a1",)),
        ),
        (replace(ORGANS, excepted=("u001",)), Selector(units=("u001",))),
        (Selector(units=("u001",)), Selector(units=("u002",))),
    ],
)
def test_what_can_reach_no_unit_together_is_not_added_up(
    monthly: Campaign, processes: tuple[ProcessDefinition, ...], to: tuple[Selector, ...]
) -> None:
    assert over(monthly, processes, *to) == []


@pytest.mark.parametrize(
    ("to", "whose"),
    [
        ((ORGANS, Selector(kinds=("social",), units=("u001",))), "单位 u001 1 月周期填报（次） 2，上限 1"),
        ((Selector(areas=("a1",)), Selector(areas=("a1", "a2"))), "（片组 a1）1 月周期填报（次） 2，上限 1"),
        ((Selector(areas=("a1",)), ORGANS), "机关（片组 a1）1 月周期填报（次） 2，上限 1"),
        ((Selector(units=("u001",)), Selector(units=("u002", "u001"))), "单位 u001 1 月周期填报（次） 2，上限 1"),
    ],
)
def test_a_unit_that_two_may_reach_together_is_asked_both(
    monthly: Campaign, processes: tuple[ProcessDefinition, ...], to: tuple[Selector, ...], whose: str
) -> None:
    (said,) = over(monthly, processes, *to)
    assert whose in said
