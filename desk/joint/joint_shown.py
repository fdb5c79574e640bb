"""Joint acts as pages and the console show them: what exactly will be done, who asked, who may confirm. Reads only."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.directory import people
from ledger.directory.joint import acts, rows
from ledger.directory.people import Somebody
from ledger.store.canonical import parse
from rules.errors import RuleViolation
from rules.joint.acts import (
    JOINT_ACT_NAMES,
    JOINT_STATUS_NAMES,
    MAY_CONFIRM,
    STILL_OPEN,
    JointState,
    JointStatus,
    check_joint,
)
from rules.joint.facts import JointConfirmed, JointRefused, JointStep
from rules.machine.commands import Actor, Via
from rules.permitting import roles_for, roles_named
from rules.telling.posts import by_hand

VOID = "已过期"


class ShownJointDetail(Shown):
    """One thing that fixes what is to be done."""

    name: str
    value: str


class ShownJointAct(Shown):
    """A joint act. `digest`: of what fixes it, which whoever confirms sends back; `asked_hand`, `decided_hand`: what
    marks that it was not done at the site; `same_hand`: both were done at the console by the same user there."""

    number: int
    act: str = Field(examples=["erase"])
    act_name: str = Field(examples=["依规删除个人信息"])
    details: tuple[ShownJointDetail, ...]
    gains: tuple[str, ...] = Field(description="涉及的人：编号和姓名")
    foreseen: tuple[str, ...] = Field(description="提请时看到的后果")
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    asked_hand: str = ""
    until: datetime
    digest: str
    status: str = Field(examples=["asked"])
    status_name: str
    is_open: bool = Field(description="还可以复核，或照此办理")
    others: str = Field(description="哪些职务的人可以复核")
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_hand: str = ""
    same_hand: bool = False
    reason: str = ""
    carried_at: datetime | None = None
    may_confirm: bool = Field(default=False, description="来人现在可以同意")
    may_refuse: bool = Field(default=False, description="来人现在可以不同意")
    may_withdraw: bool = Field(default=False, description="来人提请的，还可以撤回")
    why_not: str = Field(default="", description="来人为什么不能同意")


def joint_acts_shown(
    connection: Connection, now: datetime, me: Somebody | None = None, *, waiting: bool = False
) -> list[ShownJointAct]:
    """The joint acts, the newest first; those only that something can still become of, where `waiting`. With what the
    person may do about each, at the site."""
    known = rows.joint_acts(connection)
    wanted = [known[number] for number in sorted(known, reverse=True) if not waiting or known[number].is_open(now)]
    return _shown(connection, wanted, now, me)


def joint_act_shown(connection: Connection, number: int, now: datetime) -> ShownJointAct:
    """The one of that number. Raises unknown_joint."""
    return _shown(connection, [rows.joint_act(connection, number)], now, None)[0]


def joint_matters(connection: Connection, me: Somebody, now: datetime) -> list[tuple[int, str]]:
    """What waits for the person's word, and what was confirmed for them to carry out: number and words."""
    if not rows.any_open(connection, now):
        return []  # asked for every page
    found = []
    for one in joint_acts_shown(connection, now, me, waiting=True):
        if one.may_confirm:
            found.append((one.number, f"{one.act_name}：{one.asked_by_name}提请，等您复核"))
        elif one.asked_by == me.id and one.status == JointStatus.CONFIRMED:
            found.append((one.number, f"{one.act_name}：{one.decided_by_name}已复核同意，请您照原样办理"))
    return found


def _shown(
    connection: Connection, states: Iterable[JointState], now: datetime, me: Somebody | None
) -> list[ShownJointAct]:
    states = list(states)
    ids = {one for state in states for one in (state.asker, state.decider, *state.asked.gains) if one}
    names = people.names_of(connection, ids)
    return [_one(connection, state, names, now, me) for state in states]


def _one(
    connection: Connection, state: JointState, names: dict[str, str], now: datetime, me: Somebody | None
) -> ShownJointAct:
    is_open, called = state.is_open(now), _called_apart(connection, state)
    confirm = JointConfirmed(number=state.number, digest=state.asked.digest)
    why_not = _why_not(connection, state, confirm, now, me) if me else ""
    no = JointRefused(number=state.number, reason="x")
    asked_hand, decided_hand = _hand(state.asked_as), _hand(state.decided_as) if state.decided_as else ""
    return ShownJointAct(
        number=state.number,
        act=str(state.act),
        act_name=JOINT_ACT_NAMES[state.act],
        details=tuple(ShownJointDetail(name=one.name, value=one.value) for one in state.details),
        gains=tuple(f"{called.get(one) or names.get(one, '')}（{one}）" for one in state.asked.gains),
        foreseen=state.asked.foreseen,
        asked_by=state.asker,
        asked_by_name=names.get(state.asker, state.asker),
        asked_at=state.asked_at,
        asked_hand=asked_hand,
        until=state.asked.until,
        digest=state.asked.digest,
        status=str(state.status),
        status_name=VOID if state.status in STILL_OPEN and not is_open else JOINT_STATUS_NAMES[state.status],
        is_open=is_open,
        others=roles_named(MAY_CONFIRM[state.act]),
        decided_by=state.decider,
        decided_by_name=names.get(state.decider, state.decider),
        decided_at=state.decided_at,
        decided_hand=decided_hand,
        same_hand=bool(asked_hand) and asked_hand == decided_hand,
        reason=state.reason,
        carried_at=state.carried_at,
        may_confirm=bool(me) and not why_not,
        may_refuse=me is not None and not _why_not(connection, state, no, now, me),
        may_withdraw=me is not None and is_open and me.id == state.asker,
        why_not=why_not,
    )


def _called_apart(connection: Connection, state: JointState) -> dict[str, str]:
    """Names and addresses that the act is fixed by, of people whom the directory may not know yet."""
    apart, _ = rows.apart_of(connection, state.number)
    if not apart:
        return {}
    return {id_: "，".join(filter(None, called)) for id_, called in parse(apart).items()}


def _why_not(connection: Connection, state: JointState, fact: JointStep, now: datetime, me: Somebody) -> str:
    """Why the person cannot do that now, in their own session; empty: they can."""
    fitting = [post for post in me.posts if post.role in roles_for(MAY_CONFIRM[state.act])]
    if not fitting:
        return f"可以复核的是：{roles_named(MAY_CONFIRM[state.act])}。"
    stand_ins = acts.stand_ins_of(connection, state.asker, now)
    try:
        check_joint(state, fact, replace(fitting[0], via=Via.SITE), now, stand_ins)
    except RuleViolation as refusal:
        return str(refusal)
    return ""


def _hand(actor: Actor) -> str:
    return by_hand(str(actor.via or ""), actor.through, named=True)
