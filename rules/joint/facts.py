"""What can have happened to a joint act: one that somebody asks for, another confirms, and the first carries out. And
what such an act brings about that has no entry of its own elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class JointDetail:
    """One thing that fixes what is to be done: what it is called, and what it is. No name of a person stands here."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAsked:
    """Somebody asks for the act `act`, which is fixed by `details` and `gains` (ids of those who get something by it),
    of which `digest` is the hash. `foreseen`: what it would lead to when it was asked for. After `until` it is void.
    `stand_ins`: who stood in for the asker then. `seal`: a salted hash of what fixes it besides and stands apart, since
    it names people; empty for none."""

    number: int
    act: str
    digest: str
    details: tuple[JointDetail, ...]
    until: datetime
    foreseen: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    seal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointConfirmed:
    """Another agrees to just that."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointRefused:
    """Another does not agree, or no longer; it is not done."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointWithdrawn:
    """Whoever asked does not want it any more."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JointCarriedOut:
    """The act is done, in this very transaction or from here on, as `asked_by` asked and `confirmed_by` confirmed. The
    entries that it leads to name the number."""

    number: int
    act: str
    digest: str
    asked_by: str
    confirmed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadKeyMade:
    """A key encrypts what workflows carry, in place of `previous`, from the instant `since` on; nothing of it stands
    here. `joint`: the number of the joint act."""

    key: str
    previous: str
    since: datetime
    joint: int


JointStep: TypeAlias = JointAsked | JointConfirmed | JointRefused | JointWithdrawn | JointCarriedOut
JointFact: TypeAlias = JointStep | PayloadKeyMade
JOINT_FACTS: dict[str, type[JointFact]] = {
    "joint_asked": JointAsked,
    "joint_confirmed": JointConfirmed,
    "joint_refused": JointRefused,
    "joint_withdrawn": JointWithdrawn,
    "joint_carried_out": JointCarriedOut,
    "payload_key_made": PayloadKeyMade,
}
"""Kind of entry to its fact."""
JOINT_EVENT_NAMES = {
    "joint_asked": "提请双人办理",
    "joint_confirmed": "复核同意",
    "joint_refused": "复核不同意",
    "joint_withdrawn": "撤回提请",
    "joint_carried_out": "双人办理办成",
    "payload_key_made": "启用流程内容的密钥",
}
"""Kind to its Chinese name."""
