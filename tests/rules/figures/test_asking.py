"""Over whatever campaigns a loader would take: nobody is asked a figure twice for one period, nor what is known; and
the form grows by what the longer periods end with."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rules.figures.asking import asked_twice, asks_form, is_asked, left_to_ask, question_of, takes_asks, with_questions
from rules.figures.figure import Figure, FigureRegister, FigureSource
from rules.forms.answers import check
from rules.forms.form import ASKS, AnswerKind, Form
from rules.forms.samples import samples
from rules.rounds.campaign import Asks, Campaign, FigureOf, asked_for, asked_in, asked_with
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, read_period
from rules.units.facts import KnownUnit
from rules.units.selecting import Selector, disjoint, selected
from rules.units.spans import UnitThen
from tests.support.factories import PROCESS
from tests.support.rounds.campaigns import MONTHLY

RHYTHMS = list(MONTHS_OF_PERIOD)
KINDS, SIZES = ("organ", "social", "research"), ("branch", "committee")
FIGURES = tuple(
    Figure(id=f"{rhythm}{n}", name=f"{rhythm}{n}", kind=AnswerKind.COUNT, every=rhythm, source=FigureSource.ASKED)
    for rhythm in RHYTHMS
    for n in range(3)
)
REGISTER = FigureRegister(figures=FIGURES)


@st.composite
def selectors(draw: st.DrawFn) -> Selector:
    kinds = tuple(draw(st.sets(st.sampled_from(KINDS))))
    sizes = tuple(draw(st.sets(st.sampled_from(SIZES))))
    units = tuple(draw(st.sets(st.sampled_from(["u0", "u1"]))))
    excepted = tuple(draw(st.sets(st.sampled_from(["u0", "u1", "u2"]))))
    everybody = draw(st.booleans()) and not kinds and not sizes
    return Selector(everybody=everybody, kinds=kinds, sizes=sizes, units=units, excepted=excepted)


@st.composite
def asking(draw: st.DrawFn, name: str) -> Campaign:
    """A campaign as the loader takes it: every figure under its own rhythm, none twice, none shorter than it."""
    rhythm = draw(st.sampled_from(RHYTHMS))
    asks = []
    for one in RHYTHMS:
        figures = tuple(draw(st.sets(st.sampled_from([f.id for f in FIGURES if f.every is one]))))
        if figures and MONTHS_OF_PERIOD[one] >= MONTHS_OF_PERIOD[rhythm]:
            asks.append(Asks(rhythm=one, figures=figures, shifted=draw(st.integers(0, 2))))
    return replace(MONTHLY, id=name, rhythm=rhythm, to=draw(selectors()), asks=tuple(asks))


def unit(n: int, id_: str = "") -> UnitThen:
    kind, size = KINDS[n % len(KINDS)], SIZES[n // len(KINDS) % len(SIZES)]
    return UnitThen(known=KnownUnit(id=id_ or f"u{n}", name=f"单位{n}", kind=kind, size=size, area="a1"))


def rounds_of(campaign: Campaign, years: int = 3) -> list[Period]:
    first = {"month": "2026-01", "quarter": "2026-Q1", "half_year": "2026-H1", "year": "2026"}[campaign.rhythm]
    many = 12 * years // MONTHS_OF_PERIOD[campaign.rhythm]
    return [read_period(first).moved(n) for n in range(many)]


@given(st.data())
def test_no_figure_is_asked_twice_of_a_unit_for_a_period_and_nothing_known_ever(data: st.DataObject) -> None:
    campaigns = [data.draw(asking(f"c{n}")) for n in range(3)]
    sound: list[Campaign] = []
    for one in campaigns:  # as a loader refuses them
        if not list(asked_twice([*sound, one])):
            sound.append(one)
    units = tuple(unit(n) for n in range(6))
    imported = data.draw(st.sets(st.tuples(st.sampled_from([f.id for f in FIGURES]), st.just("2026-Q1"))))
    seen: set[tuple[str, str, str]] = set()
    for one in sound:
        meant = selected(units, one.to)
        for period in rounds_of(one):
            asked = left_to_ask(asked_for(one, period), imported)
            assert not {(of.figure, of.period) for of in asked} & imported
            for of in asked:
                for asked_unit in meant:
                    key = (asked_unit.id, of.figure, of.period)
                    assert key not in seen
                    seen.add(key)


@given(st.data())
def test_what_stands_open_is_asked_by_no_later_round_however_a_campaign_is_changed(data: st.DataObject) -> None:
    """Each month the campaign may be another one; each question is answered, annulled or left open."""
    known, standing = set[tuple[str, str]](), set[tuple[str, str]]()
    for period in rounds_of(replace(MONTHLY, rhythm=Rhythm.MONTH), years=1):
        campaign = replace(data.draw(asking("c")), rhythm=Rhythm.MONTH)
        asked = {(of.figure, of.period) for of in left_to_ask(asked_for(campaign, period), known, standing)}
        assert not asked & (known | standing)
        assert {(of.figure, of.period) for of in asked_for(campaign, period)} <= asked | known | standing
        standing |= asked
        done = data.draw(st.sets(st.sampled_from(sorted(standing)))) if standing else set()
        standing -= done
        known |= set(data.draw(st.sets(st.sampled_from(sorted(done))))) if done else set()


EVERY_SORT = tuple(unit(n, id_) for n in range(6) for id_ in ("u0", "u1", "u2", "u9"))
"""Whatever a unit of some id could be."""


@given(selectors(), selectors())
def test_what_is_disjoint_has_no_unit_in_common_and_what_is_not_has(one: Selector, other: Selector) -> None:
    common = set(selected(EVERY_SORT, one)) & set(selected(EVERY_SORT, other))
    assert disjoint(one, other) is not bool(common)


@given(asking("c"))
def test_every_figure_is_asked_once_for_each_of_its_periods(campaign: Campaign) -> None:
    every = [of for period in rounds_of(campaign) for of in asked_for(campaign, period)]
    assert len(every) == len(set(every))
    for asks in campaign.asks:
        for figure in asks.figures:
            periods = [read_period(of.period) for of in every if of.figure == figure]
            assert all(one.rhythm is asks.rhythm for one in periods)
    for period in rounds_of(campaign):
        for of in asked_for(campaign, period):
            assert asked_with(campaign, of.figure, read_period(of.period)) == period, "found the other way round too"
            assert all(before.moved(1) == after for before, after in pairwise(periods)), "in order, without a gap"


def test_december_asks_for_quarter_and_half_year_and_january_for_the_year_before() -> None:
    asks = (
        Asks(rhythm=Rhythm.MONTH, figures=("month0",)),
        Asks(rhythm=Rhythm.QUARTER, figures=("quarter0",)),
        Asks(rhythm=Rhythm.YEAR, figures=("year0",), shifted=1),
    )
    monthly = replace(MONTHLY, asks=asks)
    assert asked_in(monthly, read_period("2026-12")) == ("month0", "quarter0")
    assert asked_for(monthly, read_period("2027-01"))[1:] == (FigureOf(figure="year0", period="2026"),)
    assert asked_with(monthly, "year0", read_period("2026")) == read_period("2027-01")
    assert asked_with(monthly, "year1", read_period("2026")) is None


def test_the_questions_are_a_form_of_the_process_and_answered_like_any_other() -> None:
    base = replace(PROCESS, forms=(*PROCESS.forms, Form(id=ASKS, fields=())))
    of = tuple(FigureOf(figure=one.id, period="2026-12") for one in FIGURES[:2])
    asked = with_questions(base, asks_form(REGISTER, of))
    assert (takes_asks(base), is_asked(base), is_asked(asked), takes_asks(PROCESS)) == (True, False, True, False)
    form = asked.form(ASKS)
    assert form is not None
    assert [(one.figure, one.period, one.need) for one in form.fields] == [
        ("month0", "2026-12", True),
        ("month1", "2026-12", True),
    ]
    check(form, next(samples(form)))


def test_what_is_no_figure_any_more_is_not_asked() -> None:
    assert asks_form(REGISTER, [FigureOf(figure="gone", period="2026")]).fields == ()


def test_a_question_takes_the_bounds_of_its_figure() -> None:
    money = replace(FIGURES[0], kind=AnswerKind.MONEY, most=100, prefill=True, confirm=True)
    asked = question_of(money, "2026-Q4")
    assert (asked.kind, asked.most, asked.prefill, asked.confirm, asked.decimals) == ("money", 100, "last", True, 2)
