"""Whether what somebody does in an assessment can be done: judging, crediting, excusing, declaring, deciding a tier."""

from collections.abc import Collection, Sequence
from datetime import date

from rules.assessment.assessment import POINT, Assessment, Indicator, IndicatorKind, Tiers
from rules.assessment.known import MeritTold
from rules.assessment.scoring import value_figures
from rules.assessment.sheets import points_text
from rules.assessment.state import ScoreState
from rules.burden.budget import WATCHED_WORDS
from rules.dates.explain import long_day
from rules.errors import Code, RuleViolation
from rules.figures.figure import FigureRegister
from rules.machine.commands import Actor, UnitRef
from rules.names import OFFICE_ACT_NAMES, ROLE_NAMES
from rules.permitting import OF_AREA, OfficeAct
from rules.rounds.periods import Period, read_period

SAID_LENGTH = 500
_PLACES = 2


def check_judging(
    indicator: Indicator, state: ScoreState, actor: Actor, area: str, period: str, points: int, reason: str
) -> None:
    """That actor may give the unit of that area so many points for the indicator in the period. Raises
    score_refused, field_missing, field_too_long."""
    if indicator.kind is not IndicatorKind.JUDGED or indicator.judge is None:
        raise refused(f"“{indicator.name}”不由人评定")
    _check_period(indicator, period)
    if actor.role is not indicator.judge or (actor.role in OF_AREA and actor.area != area):
        raise refused(f"“{indicator.name}”不由您的职务评定")
    if not 0 <= points <= indicator.full:
        raise refused(f"“{indicator.name}”写的是 {points_text(points)} 分，应为 0 至 {points_text(indicator.full)} 分")
    check_reason("评定", reason, needed=points < indicator.full)
    given = state.judged.get((indicator.id, period), ())
    if indicator.second and actor.id not in {one.by for one in given}:
        if len(given) >= 2 and abs(given[0].points - given[1].points) <= indicator.second:
            raise refused("两人评定的相差不大，已取平均，不必第三人再评")
        if len(given) > 2:
            raise refused("已有三人评定")


def check_merit(indicator: Indicator, merit: str, points: int, day: date, document: str, evidence: str) -> None:
    """A merit or a fault of that kind may be entered. Raises score_refused, field_missing."""
    kind = indicator.merit(merit)
    if indicator.kind is not IndicatorKind.ADD_DEDUCT or kind is None:
        known = "、".join(one.name for one in indicator.merits) or "（没有）"
        raise refused(f"“{indicator.name}”没有“{merit}”这一项，有的是{known}")
    if points != kind.points:
        raise refused(f"“{kind.name}”是 {points_text(kind.points)} 分")
    for key, said, label in (("document", document, "依据的文件"), ("evidence", evidence, "佐证材料")):
        if key in indicator.needs and not said.strip():
            raise RuleViolation(Code.FIELD_MISSING, command=f"记“{kind.name}”", field=label)


def check_once(merits: Sequence[MeritTold], indicator: Indicator, merit: str, day: date, document: str) -> None:
    """The same has not been entered by the same document already. Raises score_refused."""
    same = (indicator.id, merit, day, document)
    twice = next((o for o in merits if (o.indicator, o.merit, o.day, o.document) == same and not o.withdrawn), None)
    if twice is not None:
        kind = indicator.merit(merit)
        by = f"凭“{document}”" if document else ""
        what = f"{long_day(day)}的“{kind.name if kind else merit}”{by}已记过一次（得分记录第 {twice.seq} 条）"
        raise refused(f"{what}，不重复计分；记错了的先撤回那一条")


def check_withdrawal(merits: Sequence[MeritTold], seq: int, reason: str) -> MeritTold:
    """The merit that this entry entered may be taken back. Raises score_refused, field_missing, field_too_long."""
    found = next((one for one in merits if one.seq == seq), None)
    if found is None:
        raise refused(f"得分记录第 {seq} 条不是这个单位的加减分")
    if found.withdrawn:
        raise refused(f"得分记录第 {seq} 条已经撤回了")
    check_reason("撤回加减分", reason, needed=True)
    return found


def check_apart(act: OfficeAct, unit: UnitRef, places: Collection[str | None], *, declared: bool = False) -> None:
    """Nobody says what their own unit is worth (`places`: to which units they belong, or where they have a post), nor
    reviews what they `declared` themselves. Raises score_refused."""
    what = OFFICE_ACT_NAMES[act]
    if unit.id in places:
        raise refused(f"您是{unit.name}的人，或在那里任职，{what}要由别人办")
    if declared:
        raise refused(f"这些指标是您申报的，{what}要由别人办")


def check_excuse(indicator: Indicator, assessment: Assessment, period: str, reason: str) -> None:
    """The indicator may be left out for the unit in that period. Raises score_refused, field_missing,
    field_too_long."""
    if not assessment.rescales:
        raise refused("这份考核不折算，没有不计入的")
    _check_period(indicator, period)
    check_reason("不计入", reason, needed=True)


def check_declared(
    assessment: Assessment, state: ScoreState, declared: Sequence[Indicator], register: FigureRegister
) -> None:
    """The unit may propose these for the year, which read figures of the register. Raises score_refused."""
    own = assessment.individual
    if own is None:
        raise refused(f"“{assessment.name}”没有个性指标")
    if state.own:
        raise refused("本年的个性指标已经审定，一年不变")
    if len(declared) != own.count:
        raise refused(f"申报了 {len(declared)} 项，应为 {own.count} 项")
    for one in declared:
        if one.kind not in own.kinds:
            raise refused(f"“{one.name}”是 {one.kind}，个性指标不能是这一种")
        if not own.least <= one.full <= own.most:
            bounds = f"{points_text(own.least)} 至 {points_text(own.most)}"
            raise refused(f"“{one.name}”{points_text(one.full)} 分，每项 {bounds} 分")
        _check_basis(one, register)
    names = [one.name for one in (*assessment.indicators, *declared)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise refused(f"“{twice}”重复了")
    whole = sum(one.full for one in declared)
    if whole != own.full:
        raise refused(f"各项加起来 {points_text(whole)} 分，应为 {points_text(own.full)} 分")


def check_decision(
    assessment: Assessment,
    state: ScoreState,
    actor: Actor,
    condition: str,
    tier: str,
    *,
    agreed: bool,
    reason: str,
) -> None:
    """That actor may say in which tier the unit of that condition is: what is proposed, or what is given and lifted by
    decision only. Raises wrong_role, score_refused, field_missing, field_too_long."""
    tiers = assessment.tiers
    if tiers is None:
        raise refused(f"“{assessment.name}”不评状况")
    check_confirming(tiers, actor)
    by_decision = {tiers.by_decision} - {""}
    held = bool(by_decision & {state.tier, condition})
    proposed = state.proposed.to if state.proposed and not held else ""
    lifts = held and agreed and tiers.band(tier) is not None
    if tier not in {proposed, *by_decision} and not lifts:
        raise refused("没有这样的建议；由分数评的状况只按建议认定")
    check_reason("认定状况", reason, needed=not agreed or tier in by_decision or lifts)


def _check_basis(own: Indicator, register: FigureRegister) -> None:
    figures = [register.named(one) for one in (*own.reads, *value_figures(own))]
    for told in (own.name, own.standard, *figures):
        if word := next((one for one in WATCHED_WORDS if one in told), ""):
            raise refused(f"“{told}”里有“{word}”：在线、打卡、点赞之类不作为考核的依据")


def check_confirming(tiers: Tiers, actor: Actor) -> None:
    """The actor holds the post that decides on tiers. Raises wrong_role."""
    if actor.role is not tiers.confirm:
        who, allowed = ROLE_NAMES[actor.role], ROLE_NAMES[tiers.confirm]
        act = OFFICE_ACT_NAMES[OfficeAct.DECIDE_TIER]
        raise RuleViolation(Code.WRONG_ROLE, role=who, command=act, allowed=allowed)


def check_comparison(assessment: Assessment, before: bool, *, agreed: bool, document: str, reason: str) -> None:
    """Somebody may say that units are compared, or are no longer (`before`: as it was). Raises score_refused,
    field_missing, field_too_long."""
    if not assessment.ranking:
        raise refused(f"“{assessment.name}”的文件没有写单位之间比较（ranking: units）")
    if agreed == before:
        raise refused("单位之间本来就比较" if before else "单位之间本来就不比较")
    if agreed and not document.strip():
        raise RuleViolation(Code.FIELD_MISSING, command="同意单位之间比较", field="依据的文件")
    check_reason("不再比较", reason, needed=not agreed)


def check_reason(what: str, reason: str, *, needed: bool) -> None:
    """A reason is given where one is needed, and not too long. Raises field_missing, field_too_long."""
    if needed and not reason.strip():
        raise RuleViolation(Code.FIELD_MISSING, command=what, field="理由")
    if len(reason) > SAID_LENGTH:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="理由", limit=f"{SAID_LENGTH} 个字", actual=len(reason))


def read_points_said(text: str) -> int:
    """So many hundredths as somebody writes points: 4, 3.5. Raises field_invalid."""
    whole, dot, part = text.strip().partition(".")
    sound = whole.isascii() and whole.isdigit() and len(whole) <= 4 and (not dot or (part.isascii() and part.isdigit()))
    if not sound or len(part) > _PLACES:
        expected = "分数，最多两位小数，如 4 或 3.5"
        raise RuleViolation(Code.FIELD_INVALID, field="得分", actual=text[:20], expected=expected)
    return int(whole) * POINT + int(part.ljust(_PLACES, "0") or 0)


def _check_period(indicator: Indicator, period: str) -> None:
    found: Period = read_period(period)
    if found.rhythm is not indicator.every:
        raise refused(f"“{indicator.name}”没有 {period} 这一期")


def refused(why: str) -> RuleViolation:
    """The act is refused, for that reason."""
    return RuleViolation(Code.SCORE_REFUSED, why=why)
