"""Indicators that units declare for themselves: read from what somebody wrote, each refusal with what was expected."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules.assessment.assessment import (
    WHOLE_SHARE,
    Assessment,
    Counting,
    Indicator,
    IndicatorKind,
    Individual,
    LeastOf,
    Level,
)
from rules.assessment.deciding import check_reason, read_points_said, refused
from rules.errors import Code, RuleViolation
from rules.figures.figure import Figure, FigureRegister
from rules.forms.form import AnswerKind
from rules.process import Role
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Rhythm

OWN_RHYTHMS = (Rhythm.MONTH, Rhythm.QUARTER, Rhythm.HALF_YEAR, Rhythm.YEAR)
"""How often an indicator can come."""
OWN_JUDGES = (Role.SUPERVISOR, Role.INSTRUCTOR, Role.AREA_LEADER, Role.LEADER)
"""Who can judge what a unit declared for itself."""
_NAME_LENGTH = 40
_STANDARD_LENGTH = 200
_LEVELS = 6
_NUMBERS = (AnswerKind.COUNT, AnswerKind.NUMBER, AnswerKind.MONEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenIndicator:
    """What somebody wrote of one indicator, as it was written. counted: the `figure`, so often at `least`, and what
    every time less costs (`short`). computed: the `figure` as a share of the figure `over`, `levels` like "95:100
    80:60" (from so many percent on so many percent of the points). judged: by the post `judge`, by the standard."""

    name: str = ""
    full: str = ""
    kind: str = ""
    every: str = ""
    standard: str = ""
    figure: str = ""
    least: str = ""
    short: str = ""
    over: str = ""
    levels: str = ""
    judge: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was written of what people write themselves."""
        return not (self.name.strip() or self.full.strip() or self.standard.strip())


def read_own(written: WrittenIndicator, own: Individual, register: FigureRegister) -> Indicator:
    """The indicator. Raises field_missing, field_too_long, field_invalid, score_refused."""
    name = written.name.strip()
    if not name:
        raise RuleViolation(Code.FIELD_MISSING, command="申报个性指标", field="名称")
    if len(name) > _NAME_LENGTH:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="名称", limit=f"{_NAME_LENGTH} 个字", actual=len(name))
    if len(written.standard) > _STANDARD_LENGTH:
        limit = f"{_STANDARD_LENGTH} 个字"
        raise RuleViolation(Code.FIELD_TOO_LONG, field="标准", limit=limit, actual=len(written.standard))
    if written.kind not in own.kinds:
        raise refused(f"“{name}”没有选分从哪里来")
    if written.every not in OWN_RHYTHMS:
        raise refused(f"“{name}”没有选多久算一次")
    base = {
        "id": "own",
        "name": name,
        "kind": IndicatorKind(written.kind),
        "every": Rhythm(written.every),
        "full": read_points_said(written.full),
        "standard": written.standard.strip(),
        "individual": True,
    }
    match IndicatorKind(written.kind):
        case IndicatorKind.COUNTED:
            figure = _figure(name, written.figure, written.every, register)
            least = LeastOf(least=_whole(name, "至少几次", written.least))
            short = read_points_said(written.short) if written.short.strip() else 0
            return Indicator(**base, counts=(Counting(figure=figure.id, least=(least,)),), short=short)  # type: ignore[arg-type]
        case IndicatorKind.COMPUTED:
            part = _figure(name, written.figure, written.every, register)
            whole = _figure(name, written.over, written.every, register)
            if part.id == whole.id:
                raise refused(f"“{name}”的两个数是同一个，总是百分之百")
            value = f"figure.{part.id} / figure.{whole.id}"
            return Indicator(**base, value=value, levels=_levels(name, written.levels))  # type: ignore[arg-type]
    if not written.standard.strip():
        raise RuleViolation(Code.FIELD_MISSING, command=f"“{name}”由人评定", field="标准")
    if written.judge not in OWN_JUDGES:
        raise refused(f"“{name}”没有选由谁评定")
    return Indicator(**base, judge=Role(written.judge))  # type: ignore[arg-type]


def figures_for(register: FigureRegister) -> tuple[Figure, ...]:
    """Those that an indicator of a unit's own can count."""
    return tuple(one for one in register.figures if one.kind in _NUMBERS)


def check_in_time(assessment: Assessment, today: date) -> None:
    """Indicators of a unit's own are pinned before anybody knows how the year goes. Raises score_refused."""
    own = assessment.individual
    if own is not None and today > (last := date(assessment.year, own.month, own.day)):
        day = f"{last.year} 年 {last.month} 月 {last.day} 日"
        raise refused(f"个性指标要在 {day}以前审定，今天已过；本年按共性指标折算，不另扣分")


def check_returned(reason: str, *, agreed: bool) -> None:
    """What goes back goes back with a reason. Raises field_missing, field_too_long."""
    check_reason("退回申报", reason, needed=not agreed)


def _figure(name: str, figure: str, every: str, register: FigureRegister) -> Figure:
    found = register.figure(figure)
    if found is None or found.kind not in _NUMBERS:
        raise refused(f"“{name}”没有选数据项")
    if MONTHS_OF_PERIOD[found.every] > MONTHS_OF_PERIOD[Rhythm(every)]:
        own = RHYTHM_NAMES[found.every]
        often = RHYTHM_NAMES[Rhythm(every)]
        raise refused(f"“{name}”{often}算一次，“{found.name}”却{own}才有一次；改为{own}或更久")
    return found


def _whole(name: str, field: str, text: str) -> int:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and 1 <= int(plain) <= 1000):
        raise RuleViolation(
            Code.FIELD_INVALID, field=f"“{name}”{field}", actual=plain[:20], expected="1 至 1000 的整数"
        )
    return int(plain)


def _levels(name: str, text: str) -> tuple[Level, ...]:
    """From the highest down. A level is written percent:share, both whole."""
    expected = "从高到低，如 95:100 80:60，即 95% 以上得满分，80% 以上得六成"
    found: list[Level] = []
    for part in text.replace("，", " ").replace("、", " ").replace("：", ":").replace(",", " ").split():
        least, _, share = part.partition(":")
        sound = all(one.isascii() and one.isdigit() and len(one) <= 3 for one in (least, share))
        if not sound or int(share) > 100:
            raise RuleViolation(Code.FIELD_INVALID, field=f"“{name}”怎样折分", actual=part[:20], expected=expected)
        found.append(Level(least=int(least) * 100, share=int(share) * WHOLE_SHARE // 100))
    falls = all(a.least > b.least and a.share > b.share for a, b in pairwise(found))
    if not found or len(found) > _LEVELS or not falls:
        raise RuleViolation(Code.FIELD_INVALID, field=f"“{name}”怎样折分", actual=text[:40], expected=expected)
    return tuple(found)
