"""The moves of several parties: one of them agrees where others have to as well; another has the item in hand."""

from rules.errors import Code, RuleViolation
from rules.machine.facts import Endorsed, Fact, HandedOver
from rules.moves.case import Case
from rules.names import FIELD_NAMES, ROLE_NAMES
from rules.permitting import answers_left, post_name, post_of
from rules.process import Role


def endorse(case: Case) -> Endorsed | None:
    """One of several agrees; None of the last one, who decides and fills in the step's form.

    Raises field_not_taken.
    """
    command = case.command
    left = answers_left(case.process, case.state) - 1
    if left < 1:
        return None
    post = post_of(command.actor, case.process, case.state)
    assert post is not None, "judging has seen it"
    if command.answers:
        name = f"{post_name(post)}{case.called(command.kind)}"
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["answers"])
    return Endorsed(post=post, left=left, **command.said_for(Endorsed))


def hand_over(case: Case) -> Fact:
    successor, state = case.command.successor, case.state
    assert successor is not None, "check_shape has seen it"
    if successor.role is not Role.SUPERVISOR:
        actual, expected = ROLE_NAMES[successor.role], ROLE_NAMES[Role.SUPERVISOR]
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["successor"], actual=actual, expected=expected)
    if successor.id == state.supervisor:
        raise RuleViolation(Code.SAME_SUPERVISOR, no=state.no, person=f"{{{{{successor.id}}}}}")
    return HandedOver(successor=successor.id, former=state.supervisor, **case.command.said_for(HandedOver))
