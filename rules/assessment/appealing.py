"""Whether a unit may appeal against a line, and what an appeal's end decides."""

from rules.assessment.assessment import POINT, Assessment
from rules.assessment.deciding import refused
from rules.assessment.lines import ScoreLine, ScoreRule
from rules.machine.facts import Closed


def check_appeal(assessment: Assessment, line: ScoreLine | None, *, passed: int, before: int, again: bool) -> None:
    """The unit may appeal against the line, `passed` working days after the lock, having appealed `before` times in
    that half-year, or (`again`) against this very line. Raises score_refused."""
    rule = assessment.appeal
    if rule is None:
        raise refused(f"“{assessment.name}”没有申诉")
    if line is None:
        raise refused("这一项还没有锁定的得分，没有可申诉的")
    if again:
        raise refused("这一项已经申诉过")
    if line.rule is ScoreRule.MERITS:
        raise refused("加减分按文件记，不在申诉之列；文件有误的请更正那一笔")
    if passed > rule.within:
        raise refused(f"锁定已过 {passed} 个工作日，{rule.within} 个工作日以内可以申诉")
    if rule.most and before >= rule.most:
        raise refused(f"这个半年已申诉 {before} 次，最多 {rule.most} 次")


def points_decided(assessment: Assessment, fact: Closed) -> int | None:
    """The points in hundredths that an appeal ended with; None where it was not upheld."""
    rule = assessment.appeal
    if rule is None or fact.outcome != rule.upheld:
        return None
    form, _, field = rule.points.partition(".")
    text = next((pair[1] for pair in fact.answers if pair[0] == field), "") if fact.form in (form, "") else ""
    whole, _, part = text.partition(".")
    return int(whole) * POINT + int(part.ljust(2, "0") or 0) if text else None
