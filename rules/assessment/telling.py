"""Why a line has the points it has, in words: what was counted, what was owed, by which rule. What is told is read off
the line and its indicator alone, so nobody can be told another reason than the one that counted.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from rules.assessment.assessment import WHOLE_SHARE, Indicator
from rules.assessment.lines import LeftLine, LeftOut, LineInput, ScoreLine, ScoreRule
from rules.assessment.scoring import ratio_of
from rules.assessment.sheets import Exact, mean, points_text
from rules.dates.explain import long_day
from rules.errors import RuleViolation
from rules.figures.figure import FigureRegister, FigureSource
from rules.forms.answers import number_text
from rules.rounds.periods import read_period

HOW_NAMES = {"on_time": "按时", "late": "迟报", "missing": "未报"}
"""How a unit stands in a round."""
LEFT_NAMES = {
    LeftOut.NOT_APPLICABLE: "不适用",
    LeftOut.NOTHING_OWED: "本期没有应办的",
    LeftOut.NOT_ASKED: "还没有问到",
    LeftOut.EXCUSED: "不计入",
    LeftOut.NOT_JUDGED: "尚未评定",
    LeftOut.NOT_DECLARED: "没有申报",
}
"""Why an indicator has no line."""
_RUNGS, _JUDGE = "rungs", "judge"
_UNTOLD = {FigureSource.ASKED: "没有报", FigureSource.IMPORTED: "没有导入", FigureSource.LEDGER: "没有应办的"}


def why(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str] | None = None) -> str:
    """One sentence. `names`: of those who judged, and of the documents by which merits were entered, by entry."""
    return f"{_TOLD[line.rule](indicator, register, line, names or {})}：{_got(line)}"


def why_not(left: LeftLine) -> str:
    """Why there is no line."""
    if left.awaits:
        return f"{LEFT_NAMES[left.why]}，{read_period(left.awaits.partition('/')[2]).name}的一轮才问，报了就算"
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


def full_text(indicator: Indicator) -> str:
    """So many points it is worth, or how far up and down it goes."""
    if indicator.of_base:
        return f"{points_text(indicator.full)} 分"
    parts = [f"最多加 {points_text(indicator.add)} 分"] if indicator.add else []
    parts += [f"最多扣 {points_text(indicator.deduct)} 分"] if indicator.deduct else []
    return "、".join(parts)


def _got(line: ScoreLine) -> str:
    return f"{points_text(line.full)} 分中得 {points_text(line.points)} 分" if line.full else f"共{_added(line.points)}"


def _added(points: int) -> str:
    """What adds or deducts so many."""
    return f"{'扣' if points < 0 else '加'} {points_text(abs(points))} 分"


def _beside(name: str, value: str) -> str:
    return f"{name}{'' if name.endswith('）') else ' '}{value}"


def _figures(line: ScoreLine) -> list[LineInput]:
    return [one for one in line.inputs if one.name not in (_RUNGS, _JUDGE)]


def _by_name(inputs: Iterable[LineInput]) -> dict[str, list[LineInput]]:
    found: dict[str, list[LineInput]] = {}
    for one in inputs:
        found.setdefault(one.name, []).append(one)
    return found


def _values(register: FigureRegister, line: ScoreLine, inputs: list[LineInput]) -> str:
    """Each figure with its values, and of which periods these are where that is not the line's."""
    told = []
    for figure, found in _by_name(inputs).items():
        named = [
            _value(register, one)
            if one.period in ("", line.period)
            else f"{period_name(one.period)} {_value(register, one)}"
            for one in found
        ]
        told.append(_beside(register.named(figure), "、".join(named)))
    return "，".join(told)


def _value(register: FigureRegister, one: LineInput) -> str:
    figure = register.figure(one.name)
    if not one.value:
        return _UNTOLD[figure.source if figure else FigureSource.ASKED]
    if one.value in ("yes", "no"):
        return "是" if one.value == "yes" else "否"
    return f"{one.value}%" if figure is not None and figure.kind == "percent" else one.value


def _taken(line: ScoreLine) -> str:
    taken = [int(one.value) for one in line.inputs if one.name == _RUNGS]
    return f"；督办阶梯扣 {len(taken)} 次，共 {points_text(sum(taken))} 分" if taken else ""


def _percent(value: Exact) -> str:
    """Cut off, not rounded: what stands below a bound must not look as if it had reached it."""
    hundredths = (value * 100).__floor__()
    return f"{points_text(hundredths)}%"


def _reached(indicator: Indicator, percent: Exact) -> str:
    """Which level this percentage reaches, and what that gives."""
    for level in indicator.levels:
        if percent * 100 >= level.least:
            gives = "计满分" if level.share == WHOLE_SHARE else f"计 {share_text(level.share)}"
            return f"{points_text(level.least)}% 以上{gives}"
    return f"不到 {points_text(indicator.levels[-1].least)}%，不得分" if indicator.levels else "不得分"


def _levels(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    figures = _figures(line)
    values = [Fraction(one.value) for one in figures if one.value]
    if not values:
        return _values(register, line, figures) + _taken(line)
    percent = mean(values)
    told = [_values(register, line, figures), *([f"平均 {_percent(percent)}"] if len(values) > 1 else [])]
    return "，".join((*told, _reached(indicator, percent))) + _taken(line)


def _yes_no(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    return f"{_values(register, line, _figures(line))}{_taken(line)}"


def _counted(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    parts, missing = [], Fraction(0)
    silent = not any(one.value for one in _figures(line))
    for figure, found in _by_name(_figures(line)).items():
        done = sum((Fraction(one.value) for one in found if one.value), Fraction(0))
        owed = Fraction(found[0].owed or 0)
        short = max(Fraction(0), owed - done)
        missing += short
        said = [f"至少 {_plain(owed)}"] if owed else ["不作要求"]
        if silent:
            parts.append(_beside(register.named(figure), f"{_value(register, found[0])}（{said[0]}）"))
            continue
        said += [f"少 {_plain(short)}"] if short else []
        untold = [one for one in found if not one.value]
        said += [_untold(register, untold, of=len(found))] if untold else []
        parts.append(_beside(register.named(figure), f"{_plain(done)}（{'，'.join(said)}）"))
    cost = ""
    if missing and silent:
        cost = "，不得分"
    elif missing:
        cost = f"；每少 1 次扣 {points_text(indicator.short)} 分" if indicator.short else "；次数不足，不得分"
    return "、".join(parts) + cost + _taken(line)


def _untold(register: FigureRegister, untold: list[LineInput], *, of: int) -> str:
    told = _value(register, untold[0])
    return told if of == 1 else f"有 {len(untold)} 期{told}"


def _plain(value: Fraction) -> str:
    return number_text(value, 0 if value.denominator == 1 else 2)


def _ratio(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    told = _values(register, line, list(line.inputs))
    ratio = ratio_of(indicator, {one.name: one.value for one in line.inputs})
    if ratio is None:
        return f"{told}，算不出来，不得分"
    return f"{told}，合 {_percent(ratio * 100)}，{_reached(indicator, ratio * 100)}"


def _on_time(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    by_how: dict[str, list[str]] = {}
    for one in line.inputs:
        by_how.setdefault(one.value, []).append(period_name(one.period) if one.period != line.period else "")
    told = "，".join(f"{'、'.join(periods)}{HOW_NAMES.get(how, how)}" for how, periods in by_how.items())
    shares = [
        f"{HOW_NAMES[how]}{f'计 {share_text(share)}' if share else '不计分'}"
        for how, share in (("late", indicator.late), ("missing", indicator.missing))
        if how in by_how
    ]
    return told + (f"；{'，'.join(shares)}" if shares else "")


def _judged(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    judges = [one for one in line.inputs if one.name == _JUDGE]
    told = "，".join(f"{names.get(one.entry, '')}评 {points_text(int(one.value))} 分" for one in judges)
    if indicator.second and len(judges) > 1:
        far = abs(int(judges[0].value) - int(judges[1].value)) > indicator.second
        told += f"，相差超过 {points_text(indicator.second)} 分，以第三人为准" if far else "，取平均"
    reason = f"（{line.reason}）" if line.reason else ""
    shown = _values(register, line, _figures(line))
    return told + reason + (f"；参看{shown}" if shown else "")


def _merits(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    told = []
    for one in line.inputs:
        kind = indicator.merit(one.name)
        document = names.get(one.entry, "")
        by = f"，凭{document}" if document else ""
        told.append(f"{kind.name if kind else one.name}（{_day(one.period)}{by}）{_added(int(one.value))}")
    up, down = (sum(int(o.value) for o in line.inputs if (int(o.value) > 0) is way) for way in (True, False))
    caps = [f"加分最多 {points_text(indicator.add)} 分"] if up > indicator.add else []
    caps += [f"扣分最多 {points_text(indicator.deduct)} 分"] if -down > indicator.deduct else []
    return "、".join(told) + (f"；{'，'.join(caps)}" if caps else "")


def _day(period: str) -> str:
    return long_day(read_period(period).first)


def _appeal(indicator: Indicator, register: FigureRegister, line: ScoreLine, names: Mapping[str, str]) -> str:
    *counted, decided = line.inputs
    before = line._replace(
        points=int(decided.value), rule=ScoreRule(decided.name), inputs=tuple(counted), reason="", difference=0
    )
    told = _TOLD[before.rule](indicator, register, before, names)
    was = f"原得 {points_text(before.points)} 分" if line.full else f"原共{_added(before.points)}"
    return f"{told}，{was}；经申诉改定（{line.reason}）"


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
