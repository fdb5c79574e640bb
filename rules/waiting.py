"""For whom an item waits: those whose move it is, and who has to decide on what somebody asked for."""

from rules.machine.state import State
from rules.permitting import movers
from rules.process import PostAt, PostPlace, Process, Role


def awaited(process: Process, state: State) -> tuple[PostAt, ...]:
    """The posts of whose holders the item waits for something."""
    moving = movers(process, state)
    deciding = (one.decider for one in (state.extension, state.correction) if one)
    asked = (PostAt(role=role, place=PostPlace.SITE) for role in deciding)
    return tuple(dict.fromkeys((*(moving.of if moving else ()), *asked)))


def awaited_text(process: Process, state: State) -> str:
    """The same as a text by which items are found: `leader@site supervisor@site`."""
    return " ".join(sorted(map(str, awaited(process, state))))


def read_awaited(text: str) -> tuple[PostAt, ...]:
    """The posts of such a text."""
    pairs = (one.split("@") for one in text.split())
    return tuple(PostAt(role=Role(role), place=PostPlace(place)) for role, place in pairs)
