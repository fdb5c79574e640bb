"""Acts of two people: asked for, confirmed or refused by another, carried out. Each step is an entry of the office
journal, in the same transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ledger.chain import journal
from ledger.directory import people, substitutes
from ledger.directory.joint import rows
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.joint.acts import (
    GOES_ON,
    JOINT_ACT_NAMES,
    LASTS,
    MAY_ASK,
    MAY_CONFIRM,
    JointAct,
    JointState,
    JointStatus,
    begun,
    check_joint,
    evolve_joint,
)
from rules.joint.facts import (
    JointAsked,
    JointCarriedOut,
    JointConfirmed,
    JointDetail,
    JointRefused,
    JointStep,
    JointWithdrawn,
)
from rules.machine.commands import Actor, check_text
from rules.machine.fields import TEXT_LIMIT
from rules.permitting import check_role, roles_for, roles_named

MANY = 60
"""So many lines of what was foreseen stand in an entry at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointWanted:
    """An act that takes two people, fixed by `details`, `gains` (ids of those who get something by it) and `apart`
    (canonical JSON of what names people, so that it stands in no entry). `foreseen`: what it would lead to, as of
    now."""

    act: JointAct
    details: tuple[JointDetail, ...]
    gains: tuple[str, ...] = ()
    apart: str = ""
    foreseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Two people want it: it may be done, in this transaction or (what goes on) from here on."""

    number: int
    asked_by: str
    confirmed_by: str


class SecondNeeded(RuleViolation):
    """Nothing was done: another has to confirm the `wanted` act that the `actor` would carry out. `waiting`: it is
    asked for already; `before`: it was refused the last time."""

    def __init__(
        self, wanted: JointWanted, actor: Actor, waiting: JointState | None = None, before: JointState | None = None
    ) -> None:
        act = wanted.act
        super().__init__(Code.SECOND_NEEDED, act=JOINT_ACT_NAMES[act], others=roles_named(MAY_CONFIRM[act]))
        self.wanted, self.actor, self.waiting, self.before = wanted, actor, waiting, before


def check_agreed(connection: Connection, wanted: JointWanted, actor: Actor, now: datetime) -> Agreed:
    """The act as another confirmed it for that actor; nothing is written. Raises SecondNeeded, wrong_role."""
    return _agreed(connection, wanted, actor, now)[1]


def carry_out(connection: Connection, wanted: JointWanted, actor: Actor, now: datetime) -> Agreed:
    """The act is carried out, by two: an entry says so in this transaction, and it can be carried out no more. What
    goes on is gone on with. Raises SecondNeeded, wrong_role."""
    state, agreed = _agreed(connection, wanted, actor, now)
    if state.status is not JointStatus.CARRIED:
        fact = JointCarriedOut(
            number=state.number,
            act=state.asked.act,
            digest=state.asked.digest,
            asked_by=agreed.asked_by,
            confirmed_by=agreed.confirmed_by,
        )
        _step(connection, state, fact, actor, now)
    return agreed


def check_going_on(connection: Connection, wanted: JointWanted, actor: Actor, now: datetime) -> None:
    """The act was carried out in that actor's name, and may be gone on with. Raises as carry_out."""
    state, _ = _agreed(connection, wanted, actor, now)
    if state.status is not JointStatus.CARRIED:
        raise SecondNeeded(wanted, actor, state)


def _agreed(connection: Connection, wanted: JointWanted, actor: Actor, now: datetime) -> tuple[JointState, Agreed]:
    check_role(MAY_ASK[wanted.act], actor.role)
    substitutes.check_post(connection, actor, local_date(now))
    known = rows.joint_acts(connection)
    digest = rows.digest_of(connection, wanted.act, wanted.details, wanted.gains)
    of_kind = [known[number] for number in sorted(known, reverse=True) if known[number].asked.act == wanted.act]
    same = [
        state
        for state in of_kind
        if state.asked.digest == digest and state.asker == actor.id and _same_apart(connection, state, wanted)
    ]
    for state in same:
        last = next((one for one in of_kind if one.status is JointStatus.CARRIED), None)
        going_on = wanted.act in GOES_ON and state is last and state.goes_on(now)
        if going_on or (state.status is JointStatus.CONFIRMED and state.is_open(now)):
            return state, Agreed(number=state.number, asked_by=state.asker, confirmed_by=state.decider)
    waits = next((one for one in same if one.status is JointStatus.ASKED and one.is_open(now)), None)
    before = same[0] if same and same[0].status is JointStatus.REFUSED else None
    raise SecondNeeded(wanted, actor, waits, before)


def _same_apart(connection: Connection, state: JointState, wanted: JointWanted) -> bool:
    """Whether it is fixed by the same that stands apart: by the hash in the entry, whatever its row says."""
    if not state.asked.seal or not wanted.apart:
        return not state.asked.seal and not wanted.apart
    _, salt = rows.apart_of(connection, state.number)
    return bool(salt) and rows.seal_of_apart(connection, salt, wanted.apart) == state.asked.seal


def ask(connection: Connection, wanted: JointWanted, actor: Actor, now: datetime) -> JointState:
    """The act is asked for; what waits already, does so under the same number. Raises wrong_role, post_not_held and
    joint_refused where nobody there could confirm it."""
    try:
        agreed = check_agreed(connection, wanted, actor, now)
        return rows.joint_act(connection, agreed.number)
    except SecondNeeded as needed:
        if needed.waiting:
            return needed.waiting
    number = rows.next_number(connection)
    if not _others(connection, wanted, actor):
        able = roles_named(MAY_CONFIRM[wanted.act])
        why = f"现在没有另外的人能复核，可以复核的是{able}；请先在名录里给出这样的人，再提请"
        raise RuleViolation(Code.JOINT_REFUSED, number=number, why=why)
    salt = secrets.token_hex(16) if wanted.apart else ""
    foreseen = wanted.foreseen
    if len(foreseen) > MANY:
        foreseen = (*foreseen[: MANY - 1], f"……另有 {len(foreseen) - MANY + 1} 行")
    fact = JointAsked(
        number=number,
        act=str(wanted.act),
        digest=rows.digest_of(connection, wanted.act, wanted.details, wanted.gains),
        details=wanted.details,
        until=now + LASTS,
        foreseen=foreseen,
        gains=wanted.gains,
        stand_ins=stand_ins_of(connection, actor.id, now),
        seal=rows.seal_of_apart(connection, salt, wanted.apart),
    )
    journal.note(connection, fact, actor, now)
    state = begun(fact, actor, now)
    rows.put_new(connection, state, salt, wanted.apart)
    return state


def _others(connection: Connection, wanted: JointWanted, actor: Actor) -> bool:
    """Whether there is anybody else who could confirm it."""
    roles = [str(role) for role in roles_for(MAY_CONFIRM[wanted.act])]
    able = set(connection.execute(select(people.POST.c.person).where(people.POST.c.role.in_(roles))).scalars())
    return bool(able - {actor.id, *wanted.gains})


def confirm(connection: Connection, number: int, digest: str, actor: Actor, now: datetime) -> JointState:
    """The act of that number is confirmed, as the one with that `digest`, which is what was looked at. Raises
    unknown_joint, wrong_role, own_matter, joint_refused, post_not_held."""
    return _decide(connection, number, JointConfirmed(number=number, digest=digest), actor, now)


def refuse(connection: Connection, number: int, reason: str, actor: Actor, now: datetime) -> JointState:
    """The act is not done. Raises as `confirm`, and field_missing, field_too_long, control_characters."""
    check_text("reason", reason, TEXT_LIMIT)
    return _decide(connection, number, JointRefused(number=number, reason=reason.strip()), actor, now)


def _decide(connection: Connection, number: int, fact: JointStep, actor: Actor, now: datetime) -> JointState:
    state = rows.joint_act(connection, number)
    check_role(MAY_CONFIRM[state.act], actor.role)
    check_joint(state, fact, actor, now, stand_ins_of(connection, state.asker, now))  # before what a substitute holds
    substitutes.check_post(connection, actor, local_date(now))
    return _step(connection, state, fact, actor, now)


def withdraw(connection: Connection, number: int, actor: Actor, now: datetime) -> JointState:
    """Whoever asked wants it no more. Raises unknown_joint, joint_refused."""
    return _step(connection, rows.joint_act(connection, number), JointWithdrawn(number=number), actor, now)


def _step(connection: Connection, state: JointState, fact: JointStep, actor: Actor, now: datetime) -> JointState:
    check_joint(state, fact, actor, now, stand_ins_of(connection, state.asker, now))
    journal.note(connection, fact, actor, now)
    after = evolve_joint(state, fact, actor, now)
    rows.put(connection, after, now)
    return after


def stand_ins_of(connection: Connection, person: str, now: datetime) -> tuple[str, ...]:
    """Who may act for that person today."""
    named = substitutes.standing_in(connection, local_date(now))
    return tuple(sorted(one for one in set(named.values()) if person in substitutes.represented(named, one)))
