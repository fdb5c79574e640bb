"""Why a line has the points it has, in words: what was counted, what was owed, by which rule, and the difference to the
period before. What is told is read off the line alone, so nobody can be told another reason than the one that counted.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

from rules.assessment.assessment import WHOLE_SHARE, Indicator
from rules.assessment.lines import LeftLine, LeftOut, LineInput, ScoreLine, ScoreRule
from rules.assessment.sheets import points_text
from rules.errors import RuleViolation
from rules.figures.figure import FigureRegister
from rules.forms.answers import number_text
from rules.rounds.periods import read_period

HOW_NAMES = {"on_time": "按时", "late": "迟报", "missing": "未报"}
"""How a unit stands in a round."""
LEFT_NAMES = {
    LeftOut.NOT_APPLICABLE: "不适用",
    LeftOut.NOTHING_OWED: "本期没有应办的",
    LeftOut.EXCUSED: "不计入",
    LeftOut.NOT_JUDGED: "尚未评定",
    LeftOut.NOT_DECLARED: "没有申报",
}
"""Why an indicator has no line."""


def why(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str] | None = None) -> str:
    """One sentence. `names`: of those who judged, by entry."""
    told = _TOLD[line.rule](indicator, register, line, names or {})
    got = f"得 {points_text(line.points)} 分" if not line.full else f"{_of(line)} 分"
    return f"{told}：{got}" if told else got


def why_not(left: LeftLine) -> str:
    """Why there is no line."""
    return LEFT_NAMES[left.why] + (f"：{left.reason}" if left.reason else "")


def difference_text(difference: int) -> str:
    """+0.5, -2, or 不变."""
    return f"{'+' if difference > 0 else ''}{points_text(difference)}" if difference else "不变"


def share_text(share: int) -> str:
    """A share of the whole as a percentage."""
    return f"{number_text(Fraction(share * 100, WHOLE_SHARE), 2 if share % 100 else 0)}%"


def period_name(period: str) -> str:
    """As people say it; what is no period as it stands."""
    try:
        return read_period(period).name
    except RuleViolation:
        return period


def _of(line: ScoreLine) -> str:
    return f"{points_text(line.full)} 分中得 {points_text(line.points)}"


def _figures(line: ScoreLine) -> list[LineInput]:
    return [one for one in line.inputs if one.name != _RUNGS]


_RUNGS = "rungs"


def _values(register: FigureRegister, inputs: list[LineInput], own: str) -> str:
    """What was told; of which period, where it is not the line's own."""
    return "，".join(
        f"{register.named(one.name)}{_when(one) if one.period != own else ''} {_value(register, one)}" for one in inputs
    )


def _when(one: LineInput) -> str:
    return f"（{period_name(one.period)}）" if one.period else ""


def _value(register: FigureRegister, one: LineInput) -> str:
    if not one.value:
        return "没有报"
    figure = register.figure(one.name)
    if one.value in ("yes", "no"):
        return "是" if one.value == "yes" else "否"
    return f"{one.value}%" if figure is not None and figure.kind == "percent" else one.value


def _taken(line: ScoreLine) -> str:
    taken = [one for one in line.inputs if one.name == _RUNGS]
    if not taken:
        return ""
    points = sum(int(one.value) for one in taken)
    return f"；督办阶梯 {len(taken)} 次，扣 {points_text(points)} 分"


def _levels(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    return f"{_values(register, _figures(line), line.period)}，按 {_bounds(indicator)} 计{_taken(line)}"


def _bounds(indicator: Indicator) -> str:
    return "、".join(
        f"{number_text(Fraction(level.least, 100), 0 if level.least % 100 == 0 else 2)}% 以上 {share_text(level.share)}"
        for level in indicator.levels
    )


def _yes_no(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    return f"{_values(register, _figures(line), line.period)}{_taken(line)}"


def _counted(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    parts, missing = [], Fraction(0)
    by_figure: dict[str, list[LineInput]] = {}
    for one in _figures(line):
        by_figure.setdefault(one.name, []).append(one)
    for figure, found in by_figure.items():
        done = sum((Fraction(one.value) for one in found if one.value), Fraction(0))
        owed = Fraction(found[0].owed or 0)
        short = max(Fraction(0), owed - done)
        missing += short
        untold = sum(1 for one in found if not one.value)
        parts.append(
            f"{register.named(figure)} {_plain(done)}，应 {_plain(owed)}"
            + (f"，少 {_plain(short)}" if short else "")
            + (f"（{untold} 期没有报）" if untold else "")
        )
    cost = f"；每少一次扣 {points_text(indicator.short)} 分" if missing and indicator.short else ""
    return "，".join(parts) + cost + ("；不足即不得分" if missing and not indicator.short else "") + _taken(line)


def _plain(value: Fraction) -> str:
    return number_text(value, 0 if value.denominator == 1 else 2)


def _ratio(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    return f"{_values(register, list(line.inputs), line.period)}，按 {_bounds(indicator)} 计"


def _on_time(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    told = "、".join(
        f"{period_name(one.period) if one.period != line.period else ''}{HOW_NAMES.get(one.value, one.value)}"
        for one in line.inputs
    )
    hows = {one.value for one in line.inputs}
    shares = [f"迟报计 {share_text(indicator.late)}"] if "late" in hows else []
    shares += [f"未报计 {share_text(indicator.missing)}"] if "missing" in hows else []
    return told + (f"；{'，'.join(shares)}" if shares else "")


def _judged(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    judges = [one for one in line.inputs if one.name == "judge"]
    told = "，".join(f"{names.get(one.entry, '')}评 {points_text(int(one.value))} 分" for one in judges)
    shown = _values(register, [one for one in line.inputs if one.name != "judge"], line.period)
    return "；".join(part for part in (told, shown, line.reason) if part)


def _merits(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    told = []
    for one in line.inputs:
        kind = indicator.merit(one.name)
        points = int(one.value)
        sign = "加" if points > 0 else "扣"
        told.append(f"{kind.name if kind else one.name}（{one.period}）{sign} {points_text(abs(points))} 分")
    caps = []
    up, down = (sum(int(o.value) for o in line.inputs if (int(o.value) > 0) is way) for way in (True, False))
    if up > indicator.add:
        caps.append(f"加分最多 {points_text(indicator.add)} 分")
    if -down > indicator.deduct:
        caps.append(f"扣分最多 {points_text(indicator.deduct)} 分")
    return "，".join(told) + (f"；{'，'.join(caps)}" if caps else "")


def _appeal(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    before = line.inputs[-1]
    return f"原按规则得 {points_text(int(before.value))} 分，申诉后改定：{line.reason}"


Teller = Callable[[Indicator, FigureRegister, ScoreLine, Mapping[str, str]], str]
_TOLD: dict[ScoreRule, Teller] = {
    ScoreRule.LEVELS: _levels,
    ScoreRule.YES_NO: _yes_no,
    ScoreRule.LEAST: _counted,
    ScoreRule.COUNTED: _counted,
    ScoreRule.RATIO: _ratio,
    ScoreRule.ON_TIME: _on_time,
    ScoreRule.JUDGED: _judged,
    ScoreRule.MERITS: _merits,
    ScoreRule.APPEAL: _appeal,
}


def full_text(indicator: Indicator) -> str:
    """So many points it is worth, or how far up and down it goes."""
    if indicator.of_base:
        return f"{points_text(indicator.full)} 分"
    parts = [f"加至多 {points_text(indicator.add)} 分"] if indicator.add else []
    parts += [f"扣至多 {points_text(indicator.deduct)} 分"] if indicator.deduct else []
    return "、".join(parts)
