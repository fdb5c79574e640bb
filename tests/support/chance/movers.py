"""Whose move an item is, for tests that let everybody do what is theirs."""

from collections.abc import Mapping
from dataclasses import replace

from rules.machine.commands import Actor, CommandKind
from rules.machine.state import State
from rules.permitting import place_of, posts_for, stands_at
from rules.process import Process, Role


def mover(process: Process, state: State, kind: CommandKind, usual: Actor, actors: Mapping[Role, Actor]) -> Actor:
    """The usual actor where that one may; else somebody at the first post that the step names and has not answered."""
    posts, unit = posts_for(process, state, kind), state.unit
    if posts is None or usual.role is Role.SYSTEM:
        return usual
    agreed = {one.post for one in state.endorsed}
    left = [post for post in posts if post not in agreed] or list(posts)
    if any(stands_at(usual, post, unit) for post in left):
        return usual
    of_unit, _ = place_of(left[0].role, unit.id, unit.area)
    return replace(actors[left[0].role], unit=of_unit, area=unit.area, over=(unit.id,))
