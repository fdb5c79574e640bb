"""Nobody judges what they did or asked for, under whichever post or substitution: one rule for every judgement."""

from collections.abc import Iterable

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind
from rules.machine.state import State
from rules.names import names_of
from rules.permitting import roles_named
from rules.process import Words

K = CommandKind
JUDGEMENTS = frozenset(
    {
        K.APPROVE,
        K.RETURN,
        K.CLOSE,
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


def check_judge(kind: CommandKind, state: State, actor: Actor, words: Words) -> None:
    """Neither the person nor the one stood in for has done or asked for what is judged, or belongs to its units.

    Raises own_matter.
    """
    if kind not in JUDGEMENTS:
        return
    name, others = names_of(words).command[kind], roles_named(kind)
    if not {state.unit.id, *state.co_units}.isdisjoint(actor.units):
        why = f"事项 {state.no} 由您（或您代办的人）任职的单位承办"
        raise RuleViolation(Code.OWN_MATTER, command=name, why=why, others=others)
    asked = {K.DECIDE_EXTENSION: state.extension, K.DECIDE_CORRECTION: state.correction}.get(kind)
    if asked:
        why = f"事项 {state.no} 待批复的申请是您自己（或您代办的人、代您办的人）提出的"
        refuse_own(actor.people, asked.people, command=name, why=why, others=others)
    why = f"事项 {state.no} 是您自己（或您代办的人、代您办的人）以承办单位名义办理过的"
    refuse_own(actor.people, state.doers, command=name, why=why, others=others)


def refuse_own(judges: Iterable[str], did: Iterable[str], *, command: str, why: str, others: str) -> None:
    """None of those who judge is among those whose word or work it is; all are ids of persons. Raises own_matter.

    `others`: in which posts somebody else could.
    """
    if not set(judges).isdisjoint(did):
        raise RuleViolation(Code.OWN_MATTER, command=command, why=why, others=others)
