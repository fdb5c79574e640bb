"""Nobody judges what they did or asked for, under whichever post or substitution, and of several who have to agree each
does so once: one rule for every judgement."""

from collections.abc import Iterable

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind
from rules.machine.state import State
from rules.names import names_of
from rules.permitting import answers_left, post_name, post_of, posts_for, roles_named, unanswered
from rules.process import Process

K = CommandKind
VERDICTS = frozenset({K.APPROVE, K.RETURN, K.CLOSE})
"""The commands that decide a step."""
JUDGEMENTS = VERDICTS | frozenset(
    {
        K.WATCH,
        K.DECIDE_EXTENSION,
        K.DECIDE_CORRECTION,
        K.REASSIGN,
        K.PAUSE,
        K.ANNUL,
    }
)
"""The commands that say whether a unit's work or wish holds, or that let the unit off: its time stands still, somebody
else gets the item, nobody has it any longer. To begin again, to urge and to instruct is no judgement."""


def check_judge(kind: CommandKind, process: Process, state: State, actor: Actor) -> None:
    """Neither the person nor the one stood in for has done or asked for what is judged, or belongs to its units.

    Raises own_matter.
    """
    if kind not in JUDGEMENTS:
        return
    posts = posts_for(process, state, kind)
    name = names_of(process.words).command[kind]
    others = roles_named(kind, process) if posts is None else "、".join(post_name(post) for post in posts)
    if not {state.unit.id, *state.co_units}.isdisjoint(actor.units):
        why = f"事项 {state.no} 由您（或您代办的人）任职的单位承办"
        raise RuleViolation(Code.OWN_MATTER, command=name, why=why, others=others)
    if kind in VERDICTS:
        _check_first_answer(kind, process, state, actor)
    asked = {K.DECIDE_EXTENSION: state.extension, K.DECIDE_CORRECTION: state.correction}.get(kind)
    if asked:
        why = f"事项 {state.no} 待批复的申请是您自己（或您代办的人、代您办的人）提出的"
        refuse_own(actor.people, asked.people, command=name, why=why, others=others)
    why = f"事项 {state.no} 是您自己（或您代办的人、代您办的人）以承办单位名义办理过的"
    refuse_own(actor.people, state.doers, command=name, why=why, others=others)


def _check_first_answer(kind: CommandKind, process: Process, state: State, actor: Actor) -> None:
    """Nobody answers for two of the parties that have to agree, or twice for one; nor judges their own approval."""
    name = names_of(process.words).command[kind]
    before = next((one for one in state.endorsed if not actor.people.isdisjoint(one.people)), None)
    if before or (state.endorsed and post_of(actor, process, state) is None):
        post = post_name(before.post if before else state.endorsed[0].post)
        waiting = "、".join(post_name(one) for one in unanswered(process.posts_of(process.step(state.step)), state))
        raise RuleViolation(Code.ANSWERED, command=name, no=state.no, post=post, left=waiting)
    if kind is K.CLOSE and (left := answers_left(process, state) - 1) > 0:
        raise RuleViolation(Code.NOT_ENDORSED, command=name, step=state.step_name, left=left)
    why = f"事项 {state.no} 送到这里，是您自己（或您代办的人、代您办的人）通过的"
    refuse_own(actor.people, state.approvers, command=name, why=why, others="有权审核的人")


def refuse_own(judges: Iterable[str], did: Iterable[str], *, command: str, why: str, others: str) -> None:
    """None of those who judge is among those whose word or work it is; all are ids of persons. Raises own_matter.

    `others`: in which posts somebody else could.
    """
    if not set(judges).isdisjoint(did):
        raise RuleViolation(Code.OWN_MATTER, command=command, why=why, others=others)
