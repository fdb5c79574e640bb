"""An item and its follow-ups, as the item itself knows them: what it issues, what became of each, what it waits for.

It knows them by their running number; the number of the item and that one make the follow-up's (XM2026-0003-1). So
whoever issues them again, after a crash, makes the very same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from rules.links import CHILD_LIMIT, ChildLink


class ChildStatus(StrEnum):
    """How a follow-up stands, as far as the item that issued it has to know. HELD: others have to end before it."""

    HELD = "held"
    OPEN = "open"
    ENDED = "ended"
    ANNULLED = "annulled"


_TO_COME = frozenset({ChildStatus.HELD, ChildStatus.OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The `row`-th row of a rule's table becomes an item of that `process`; at once, unless it is `held` until those
    `after` which it comes have ended. What the row says is found where the form was answered.

    `waits`: the item that issues it waits, until of the follow-ups made with it at most `spare` are left.
    """

    n: int
    issue: str
    process: str
    row: int
    link: ChildLink
    after: tuple[int, ...] = ()
    held: bool = False
    waits: bool = True
    spare: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A follow-up as the item keeps it: made in which entry (`at`) of which cycle, by which rule, for which row."""

    n: int
    issue: str
    row: int
    at: int
    link: ChildLink
    status: ChildStatus = ChildStatus.OPEN
    cycle: int = 1
    after: tuple[int, ...] = ()
    waits: bool = True
    spare: int = 0
    outcome: str = ""

    @property
    def to_come(self) -> bool:
        """Whether it has not been brought to an end."""
        return self.status in _TO_COME


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """The follow-up of that number has been brought to an end, or annulled: with an `outcome`, which its process calls
    `verdict`. Those of the numbers `begun`, which were held back for it, are issued with this."""

    by: ClassVar[None] = None
    no: str
    status: ChildStatus
    outcome: str = ""
    verdict: str = ""
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildReopened:
    """The follow-up of that number, which had ended, runs again."""

    by: ClassVar[None] = None
    no: str


def child_no(no: str, n: int) -> str:
    """The number of the `n`-th follow-up of the item of that number."""
    return f"{no}-{n}"


def place_of_child(no: str) -> int:
    """The running number of a follow-up of that number."""
    return int(no.rpartition("-")[2])


def depth(no: str) -> int:
    """How many follow-ups deep the item of that number is; 0 of one that none issued."""
    return no.count("-") - 1


def family_after(children: tuple[Child, ...], fact: Any, seq: int, cycle: int) -> tuple[Child, ...]:
    """The follow-ups after one more fact, entry `seq`, of the item while it was in that cycle."""
    match fact:
        case ChildEnded():
            begun = {place_of_child(no) for no in fact.begun}
            ended = place_of_child(fact.no)
            return tuple(
                replace(one, status=fact.status, outcome=fact.outcome)
                if one.n == ended
                else replace(one, status=ChildStatus.OPEN)
                if one.n in begun
                else one
                for one in children
            )
        case ChildReopened():
            again = place_of_child(fact.no)
            return tuple(
                replace(one, status=ChildStatus.OPEN, outcome="") if one.n == again else one for one in children
            )
    if gone := getattr(fact, "annulled", ()):
        return tuple(replace(one, status=ChildStatus.ANNULLED) if one.n in gone else one for one in children)
    issued: tuple[FollowUp, ...] = getattr(fact, "issued", ())
    return _kept((*children, *(_made(one, seq, cycle) for one in issued))) if issued else children


def _made(one: FollowUp, seq: int, cycle: int) -> Child:
    return Child(
        n=one.n,
        issue=one.issue,
        row=one.row,
        at=seq,
        link=one.link,
        status=ChildStatus.HELD if one.held else ChildStatus.OPEN,
        cycle=cycle,
        after=one.after,
        waits=one.waits,
        spare=one.spare,
    )


def _kept(children: tuple[Child, ...]) -> tuple[Child, ...]:
    """At most CHILD_LIMIT of them: the oldest that have ended go. The register has them all."""
    spare = len(children) - CHILD_LIMIT
    kept = []
    for one in children:
        if spare > 0 and not one.to_come:
            spare -= 1
        else:
            kept.append(one)
    return tuple(kept)


def awaited(children: Iterable[Child]) -> tuple[Child, ...]:
    """Those which an item has to wait for now, in order: of what was made together more is left than may be."""
    left: dict[tuple[int, str], list[Child]] = {}
    for one in children:
        if one.waits and one.to_come:
            left.setdefault((one.at, one.issue), []).append(one)
    return tuple(one for together in left.values() if len(together) > together[0].spare for one in together)


def ready(children: Iterable[Child], ended: int) -> tuple[int, ...]:
    """The running numbers of those held back that are to be issued, now that the `ended`-th has ended too."""
    over = {one.n for one in children if not one.to_come} | {ended}
    known = {one.n for one in children}
    return tuple(
        one.n
        for one in children
        if one.status is ChildStatus.HELD and all(n in over or n not in known for n in one.after)
    )
