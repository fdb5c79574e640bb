"""A small assessment with an indicator of every kind, and its figures; what the tests of scoring reckon with."""

from __future__ import annotations

from dataclasses import replace

from rules.assessment.assessment import (
    Applies,
    Assessment,
    Band,
    Counting,
    Indicator,
    IndicatorKind,
    LeastOf,
    Level,
    MeritKind,
    Tiers,
)
from rules.assessment.facts import Scored, ScoreFact
from rules.assessment.known import UnitKnown
from rules.assessment.scoring import indicators_of, score
from rules.assessment.sheets import sheet
from rules.assessment.state import ScoreState, changed, evolve_scores
from rules.figures.figure import Figure, FigureRegister, FigureSource
from rules.forms.form import AnswerKind
from rules.process import Role
from rules.rounds.periods import Rhythm, read_period

MONTH, QUARTER, HALF, YEAR = Rhythm.MONTH, Rhythm.QUARTER, Rhythm.HALF_YEAR, Rhythm.YEAR
LEDGER, ASKED, IMPORTED = FigureSource.LEDGER, FigureSource.ASKED, FigureSource.IMPORTED


def _figure(id_: str, name: str, kind: AnswerKind, every: Rhythm, source: FigureSource) -> Figure:
    return Figure(id=id_, name=name, kind=kind, every=every, source=source)


REGISTER = FigureRegister(
    version="1#f",
    figures=(
        _figure("closed", "按期销号率", AnswerKind.PERCENT, QUARTER, LEDGER),
        _figure("nodes", "任务节点按期率", AnswerKind.PERCENT, QUARTER, LEDGER),
        _figure("elected", "换届按期", AnswerKind.YES_NO, YEAR, LEDGER),
        _figure("published", "党务公开次数", AnswerKind.COUNT, QUARTER, LEDGER),
        _figure("study", "集中学习次数", AnswerKind.COUNT, MONTH, ASKED),
        _figure("committee", "支委会次数", AnswerKind.COUNT, MONTH, ASKED),
        _figure("lectures", "党课次数", AnswerKind.COUNT, QUARTER, ASKED),
        _figure("paid", "实缴党费（元）", AnswerKind.MONEY, QUARTER, ASKED),
        _figure("owed", "应缴党费（元）", AnswerKind.MONEY, QUARTER, ASKED),
        _figure("members", "党员数", AnswerKind.COUNT, MONTH, IMPORTED),
        _figure("moved", "本月有无党员转入转出", AnswerKind.YES_NO, MONTH, ASKED),
        _figure("talks", "廉政教育次数", AnswerKind.COUNT, HALF, ASKED),
    ),
)
LEVELS = (Level(least=9000, share=10_000), Level(least=7500, share=8000), Level(least=6000, share=6000))
RECTIFY = Indicator(
    id="rectify",
    name="问题整改",
    kind=IndicatorKind.LEDGER,
    every=QUARTER,
    full=500,
    figure="closed",
    levels=LEVELS,
    rungs=True,
)
TASKS = Indicator(
    id="tasks", name="重点任务", kind=IndicatorKind.LEDGER, every=HALF, full=800, figure="nodes", levels=LEVELS
)
BUILDING = Indicator(id="building", name="组织建设", kind=IndicatorKind.LEDGER, every=YEAR, full=400, figure="elected")
OPEN = Indicator(
    id="open",
    name="党务公开",
    kind=IndicatorKind.LEDGER,
    every=QUARTER,
    full=400,
    figure="published",
    counts=(Counting(figure="published", least=(LeastOf(least=2),)),),
    short=150,
)
STUDY = Indicator(
    id="study",
    name="集中学习",
    kind=IndicatorKind.COUNTED,
    every=MONTH,
    full=500,
    counts=(Counting(figure="study", least=(LeastOf(least=4, kind="organ"), LeastOf(least=1, kind="social"))),),
    short=50,
)
MEETINGS = Indicator(
    id="meetings",
    name="三会一课",
    kind=IndicatorKind.COUNTED,
    every=QUARTER,
    full=800,
    counts=(
        Counting(figure="committee", least=(LeastOf(least=3),)),
        Counting(figure="lectures", least=(LeastOf(least=1),)),
    ),
    short=50,
)
THEME = Indicator(
    id="theme",
    name="主题党课",
    kind=IndicatorKind.COUNTED,
    every=QUARTER,
    full=500,
    counts=(Counting(figure="lectures", least=(LeastOf(least=1),)),),
)
DUES = Indicator(
    id="dues",
    name="党费收缴",
    kind=IndicatorKind.COMPUTED,
    every=QUARTER,
    full=400,
    value="figure.paid / figure.owed",
    levels=(Level(least=10_000, share=10_000), Level(least=9500, share=8000)),
)
REPORT = Indicator(
    id="report",
    name="按时填报",
    kind=IndicatorKind.ON_TIME,
    every=QUARTER,
    full=300,
    campaign="monthly",
    late=5000,
)
ROSTER = Indicator(
    id="roster",
    name="信息更新",
    kind=IndicatorKind.ON_TIME,
    every=MONTH,
    full=400,
    campaign="monthly",
    figure="moved",
    late=5000,
    missing=1000,
)
LEARNING = Indicator(
    id="learning", name="学习型机关", kind=IndicatorKind.JUDGED, every=YEAR, full=200, judge=Role.SUPERVISOR
)
INTEGRITY = Indicator(
    id="integrity",
    name="党风廉政",
    kind=IndicatorKind.JUDGED,
    every=HALF,
    full=500,
    judge=Role.SUPERVISOR,
    figures=("talks",),
    second=100,
)
PERFORMANCE = Indicator(
    id="performance",
    name="绩效",
    kind=IndicatorKind.ADD_DEDUCT,
    every=HALF,
    add=300,
    deduct=400,
    merits=(
        MeritKind(id="award", name="县级表彰", points=200),
        MeritKind(id="circular", name="被通报批评", points=-200),
        MeritKind(id="accountable", name="被问责", points=-300),
    ),
    needs=("document", "date"),
)
PAIRING = Indicator(
    id="pairing",
    name="结对共建",
    kind=IndicatorKind.LEDGER,
    every=HALF,
    full=500,
    figure="nodes",
    levels=LEVELS,
    applies=Applies(kinds=("organ",), sizes=("branch",), conditions=("", "weak")),
)
EVERY = (
    RECTIFY,
    TASKS,
    BUILDING,
    OPEN,
    STUDY,
    MEETINGS,
    THEME,
    DUES,
    REPORT,
    ROSTER,
    LEARNING,
    INTEGRITY,
    PERFORMANCE,
    PAIRING,
)
TIERS = Tiers(
    every=HALF,
    bands=(
        Band(id="advanced", name="先进", enter=9000, leave=8700),
        Band(id="middle", name="中间", enter=7500, leave=7200),
        Band(id="weak", name="薄弱"),
    ),
    down_after=2,
)


def assessment(*indicators: Indicator, total: int = 10_000) -> Assessment:
    """An assessment of these indicators."""
    return Assessment(
        id="organ",
        name="考核",
        version="1#a",
        year=2026,
        total=total,
        campaign="monthly",
        indicators=indicators,
        rescales=True,
        tiers=TIERS,
    )


def scored_again(of: Assessment, state: ScoreState, month: str, known: UnitKnown, reason: str = "") -> ScoreState:
    """The state after the unit was scored for the month by what is known now: an entry more, if anything is other."""
    known = state.known(known)
    found = changed(state, score(of, REGISTER, read_period(month), known))
    if not (found.lines or found.left):
        return state
    before = state.scored.get(month)
    fact = Scored(
        score_of=of.id,
        unit=known.unit,
        month=month,
        version=of.version,
        figures=REGISTER.version,
        kind=known.kind,
        revision=before.revision + 1 if before else 1,
        lines=found.lines,
        left=found.left,
        reason=reason,
    )
    after = told(state, fact)
    got = sheet(of, indicators_of(of, known), after.lines.values()).score
    return told(state, replace(fact, score=got))


def told(state: ScoreState, fact: ScoreFact, by: str = "p1") -> ScoreState:
    seq = state.seq + 1
    return evolve_scores(state, seq, by, f"~score/organ/u1#{seq}", fact)
