"""What a step publishes: that it was, until when it has to stand, and what is objected meanwhile."""

from rules.dates.calendar import local_date
from rules.dates.windows import due_after
from rules.errors import Code, RuleViolation
from rules.machine.facts import Fact, Objected, ObjectionAnswered, Published
from rules.moves.case import Case
from rules.names import FIELD_NAMES, SCOPE_NAMES
from rules.process import Window
from rules.publicity import Publicity

PUBLICITY_RULE = "公示期"
OBJECTION_LIMIT = 50
"""So many objections may wait for an answer at once: a state is bounded."""


def publish(case: Case) -> Fact:
    """It was published today, or on a day since the step began. What is published again, at a further place, has to
    stand there as long, and what was longer to stand still has to."""
    rule, on, today, running = _rule(case), case.command.on, local_date(case.now), case.state.clock
    assert on is not None, "check_shape has seen it"
    assert running is not None, "a step that somebody works on has its clock"
    first = running.due.trace.start
    if not first <= on <= today:
        expected = f"本环节开始之日 {first} 至今天 {today}"
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["on"], actual=on.isoformat(), expected=expected)
    process, window = case.process, Window(amount=rule.days)
    tier, at = process.unit_kind_name, process.due_time
    until = due_after(case.calendar, on, window, rule=PUBLICITY_RULE, tier=tier, at=at)
    if case.state.publicity and case.state.publicity.at > until.at:
        until = case.state.publicity
    return Published(scope=rule.scope, what=rule.what, until=until, **case.command.said_for(Published))


def object_(case: Case) -> Fact:
    _rule(case)
    if case.state.publicity is None:
        raise case.wrong_step("还没有公示。")
    if len(case.state.objections) >= OBJECTION_LIMIT:
        raise RuleViolation(Code.TOO_MANY_OBJECTIONS, count=OBJECTION_LIMIT)
    return Objected(**case.command.said_for(Objected))


def answer_objection(case: Case) -> Fact:
    """The one that has waited longest is answered."""
    if not case.state.objections:
        raise RuleViolation(Code.OBJECTION_NONE, no=case.state.no)
    return ObjectionAnswered(entry=case.state.objections[0], **case.command.said_for(ObjectionAnswered))


def check_publicity(case: Case) -> None:
    """What the step publishes has stood long enough, and every objection is answered.

    Raises not_published, publicity_lasts, objection_open.
    """
    rule, until = case.step.publish, case.state.publicity
    if rule and until is None:
        scope = SCOPE_NAMES[rule.scope]
        raise RuleViolation(Code.NOT_PUBLISHED, step=case.step.name, what=rule.what, scope=scope, least=rule.days)
    if rule and until and case.now < until.at:
        day, time = until.date.isoformat(), f"{case.process.due_time:%H:%M}"
        raise RuleViolation(Code.PUBLICITY_LASTS, what=rule.what, until=day, time=time)
    if case.state.objections:
        raise RuleViolation(Code.OBJECTION_OPEN, count=len(case.state.objections))


def _rule(case: Case) -> Publicity:
    if case.step.publish is None:
        raise case.wrong_step("本环节没有要公示的。")
    return case.step.publish
