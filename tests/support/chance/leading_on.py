"""What somebody says who wants an item to come to its end: the form filled in until a way leads onward."""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.machine.commands import Command, CommandKind
from rules.machine.facts import Completed
from rules.machine.item import decide
from rules.machine.state import State
from rules.permitting import answers_left
from rules.process import Process
from tests.support.chance.random_processes import answers_by_chance

TRIES = 40
"""So often somebody fills in a form until a way leads towards the end."""


def distances(process: Process) -> dict[str, int]:
    """How many steps there are from each one to the end, when nothing is returned."""
    found = {step.id: 0 for step in process.steps if step.ends_item}
    for _ in process.steps:
        for step in process.steps:
            ahead = [found[to] + 1 for to in step.onward if to in found]
            found[step.id] = min([*ahead, found.get(step.id, 99)])
    return found


def why_short(process: Process, state: State, kind: CommandKind) -> dict[str, Any]:
    """What is said besides where the step ends without all that is owed in it."""
    owes = kind is CommandKind.SUBMIT and state.nodes and process.step(state.step).reaches
    return {"reason": "确实做不到"} if owes else {}


def towards_the_end(
    process: Process, calendar: Calendar, state: State, asked: Command, now: datetime, chance: Random
) -> Command:
    """What is asked, filled in so that it is taken and leads onward; the nearest to the end of many tries."""
    step, far = process.step(state.step), distances(process)
    form = process.form(step.form) if answers_left(process, state) == 1 else None  # who agrees first fills in nothing
    if asked.kind is CommandKind.CLOSE:
        outcome = next(one.id for one in process.outcomes if one.ends and not one.when)
        asked = replace(asked, outcome=outcome, text="按时")
    nearest, found = 99, None
    for _ in range(TRIES):
        command = replace(asked, answers=answers_by_chance(form, chance))
        try:
            fact = decide(process, calendar, state, command, now).events[-1].fact
        except RuleViolation as violation:
            refusal = violation
            continue
        turn = getattr(fact, "turn", None)
        away = -1 if isinstance(fact, Completed) or turn is None else far[turn.step]
        if away < nearest:
            nearest, found = away, command
        if nearest < far[step.id]:
            break
    assert found is not None, f"{refusal}: {step} {process.forms}"
    return found
