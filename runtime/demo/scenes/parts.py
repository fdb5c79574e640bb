"""What a scene of the demonstration is made of: what is issued to whom, who gives which command when. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

When: TypeAlias = int | str
"""So many working days after the story begins; or "03-19", a day of the year in which a list of the year is issued."""

SECOND = "second_supervisor"
ONE_ABOVE = "superior"
LOOK = "look"
"""A cue that is no command: somebody looks for the item by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDay:
    """In a field or an answer: that day, as a date."""

    day: When


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """In a field or an answer: a file of that name which says that, stored as evidence."""

    name: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """At that time somebody gives a command to an item of the scene. `item`: "1" is the first that was issued, "2-1"
    the first follow-up of the second. `role`: a role of rules.process; another supervisor than the one who has the
    item in hand (SECOND); whoever stands above the unit (ONE_ABOVE); or a person's id. `refused`: the product has to
    refuse it, and what it says is told."""

    at: When
    item: str
    role: str
    command: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    refused: bool = False


def cue(at: When, item: str, role: str, command: str, **fields: Any) -> Cue:
    """A cue, short to write."""
    return Cue(at=at, item=item, role=role, command=command, fields=fields)


def vain(at: When, item: str, role: str, command: str, **fields: Any) -> Cue:
    """A cue that the product refuses."""
    return Cue(at=at, item=item, role=role, command=command, fields=fields, refused=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """The units are drawn: `share` of a hundred of those of the `kinds`, at most `most`, each with so many of the
    `inspectors`. `numbers`: each witness's own."""

    title: str
    by: str
    share: int
    most: int
    inspectors: tuple[str, ...]
    each: int
    numbers: Mapping[str, str]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Items of one process that are issued together, and what becomes of them. `begins`: when they are issued;
    `until`: to when each of them is brought that still runs. `opening`, `told`, `of_children`: what is said
    before, and which kinds of entry are told of them and of what follows from them, where the scene is told at all."""

    name: str
    process: str
    title: str
    cues: tuple[Cue, ...]
    units: tuple[str, ...] = ()
    variant: str = ""
    matter: tuple[tuple[str, str], ...] = ()
    begins: When = 0
    until: When = 42
    lots: Lots | None = None
    opening: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    of_children: tuple[str, ...] = ()
