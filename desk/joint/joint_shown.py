"""Joint acts as pages and the console show them: what exactly will be done, who asked, who may confirm. Reads only."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from desk.caller import Caller
from desk.showing.values import Shown
from ledger.directory import people
from ledger.directory.joint import acts, rows
from ledger.directory.people import Somebody
from ledger.store.canonical import parse
from rules.errors import RuleViolation
from rules.joint.acts import JOINT_ACT_NAMES, JOINT_STATUS_NAMES, MAY_CONFIRM, JointState, JointStatus, check_joint
from rules.joint.facts import JointConfirmed
from rules.machine.commands import Actor
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
    others: str = Field(description="哪些职务的人可以复核")
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_hand: str = ""
    same_hand: bool = False
    reason: str = ""
    carried_at: datetime | None = None
    may_decide: bool = Field(default=False, description="来人可以复核")
    why_not: str = Field(default="", description="来人为什么不能复核同意")
    own: bool = Field(default=False, description="来人自己提请的")


def joint_acts_shown(
    connection: Connection, now: datetime, caller: Caller | None = None, *, waiting: bool = False
) -> list[ShownJointAct]:
    """The joint acts, the newest first; those only that something can still become of, where `waiting`."""
    known = rows.joint_acts(connection)
    wanted = [known[number] for number in sorted(known, reverse=True) if not waiting or known[number].is_open(now)]
    return _shown(connection, wanted, now, caller)


def joint_act_shown(connection: Connection, number: int, now: datetime, caller: Caller | None = None) -> ShownJointAct:
    """The one of that number. Raises unknown_joint."""
    return _shown(connection, [rows.joint_act(connection, number)], now, caller)[0]


def to_confirm(connection: Connection, who: Somebody, now: datetime) -> int:
    """How many acts wait that the person may confirm or refuse, as far as posts and asking go."""
    roles = {post.role for post in who.posts}
    able = {str(act) for act, row in MAY_CONFIRM.items() if roles & roles_for(row)}
    return sum(1 for row in rows.waiting(connection, now) if row["act"] in able and row["asked_by"] != who.id)


def _shown(
    connection: Connection, states: Iterable[JointState], now: datetime, caller: Caller | None
) -> list[ShownJointAct]:
    states = list(states)
    ids = {one for state in states for one in (state.asker, state.decider, *state.asked.gains) if one}
    names = people.names_of(connection, ids)
    me = people.known(connection, caller.person) if caller else None
    return [_one(connection, state, names, now, caller, me) for state in states]


def _one(
    connection: Connection,
    state: JointState,
    names: dict[str, str],
    now: datetime,
    caller: Caller | None,
    me: Somebody | None,
) -> ShownJointAct:
    void = state.status in (JointStatus.ASKED, JointStatus.CONFIRMED) and not state.is_open(now)
    called = _called_apart(connection, state)
    row = MAY_CONFIRM[state.act]
    why_not = _why_not(connection, state, now, caller, me) if caller and me else ""
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
        asked_hand=_hand(state.asked_as),
        until=state.asked.until,
        digest=state.asked.digest,
        status=str(state.status),
        status_name=VOID if void else JOINT_STATUS_NAMES[state.status],
        others=roles_named(row),
        decided_by=state.decider,
        decided_by_name=names.get(state.decider, state.decider),
        decided_at=state.decided_at,
        decided_hand=_hand(state.decided_as) if state.decided_as else "",
        same_hand=bool(state.decided_as and _hand(state.asked_as) and _hand(state.asked_as) == _hand(state.decided_as)),
        reason=state.reason,
        carried_at=state.carried_at,
        may_decide=bool(me) and not why_not and state.status is JointStatus.ASKED and not void,
        why_not=why_not,
        own=bool(me) and me is not None and me.id == state.asker,
    )


def _called_apart(connection: Connection, state: JointState) -> dict[str, str]:
    """Names and addresses that the act is fixed by, of people whom the directory may not know yet."""
    apart, _ = rows.apart_of(connection, state.number)
    if not apart:
        return {}
    return {id_: "，".join(filter(None, called)) for id_, called in parse(apart).items()}


def _why_not(connection: Connection, state: JointState, now: datetime, caller: Caller, me: Somebody) -> str:
    """Why the caller cannot confirm it now; empty: they can."""
    fitting = [post for post in me.posts if post.role in roles_for(MAY_CONFIRM[state.act])]
    if not fitting:
        return f"可以复核的是：{roles_named(MAY_CONFIRM[state.act])}"
    fact = JointConfirmed(number=state.number, digest=state.asked.digest)
    try:
        check_joint(state, fact, caller.acting(fitting[0]), now, acts.stand_ins_of(connection, state.asker, now))
    except RuleViolation as refusal:
        return str(refusal)
    return ""


def _hand(actor: Actor) -> str:
    return by_hand(str(actor.via or ""), actor.through, named=True)
