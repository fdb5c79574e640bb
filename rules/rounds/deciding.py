"""What follows from a command to a round: decide and alarm, of the same shape as an item's. Pure: who stands how with
what they owe is told by the command, since it stands in the items' own streams.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import TypeAlias

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import ID_LIMIT, Actor, check_text
from rules.permitting import OfficeAct, check_role
from rules.rounds.campaign import REMINDS, SHORTEST, Campaign, KindDay, RoundDays, days_of, locking, set_on
from rules.rounds.facts import (
    AskedUnit,
    LateAfterLock,
    OwnDay,
    RoundCorrectionAsked,
    RoundCorrectionRefused,
    RoundFact,
    RoundFellDue,
    RoundLocked,
    RoundMoved,
    RoundReminded,
    RoundStopped,
    UnitDropped,
    UnitHandedOn,
    UnitJoined,
    UnitRelocked,
    UnitUnlocked,
)
from rules.rounds.opening import locks_at, put_off, refused_round
from rules.rounds.periods import read_period
from rules.rounds.reporting import IS_IN, UnitReport, UnitStands, differs, put_off_units, reported
from rules.rounds.state import RoundState, evolve_round

ROUND_REASON_LIMIT = 500


class RoundVerb(StrEnum):
    """What can be done to a round."""

    TICK = "tick"
    JOIN = "join"
    DROP = "drop"
    HAND_ON = "hand_on"
    MOVE = "move"
    UNLOCK = "unlock"
    ASK_CORRECTION = "ask_correction"
    AGREE = "agree"
    REFUSE = "refuse"
    STOP = "stop"


REPORTING = frozenset({RoundVerb.TICK, RoundVerb.AGREE})
"""What asks how everybody stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCommand:
    """A command to a round; `id`: the same is done once. `stands`: how those stand who owe it; `annulled`: of whom
    somebody has annulled the item. Of the rest each verb takes what it needs: the `unit`, a `reason`, working `days`,
    whether to `annul`; who `joins`; whether the unit is `gone`, or who reports in its place (`to`)."""

    id: str
    verb: RoundVerb
    actor: Actor
    unit: str = ""
    reason: str = ""
    days: int = 0
    annul: bool = False
    gone: bool = False
    to: str = ""
    joins: AskedUnit | None = None
    stands: tuple[UnitStands, ...] = ()
    annulled: tuple[str, ...] = ()


_ACTS = {
    RoundVerb.UNLOCK: OfficeAct.ROUND,
    RoundVerb.ASK_CORRECTION: OfficeAct.ROUND,
    RoundVerb.STOP: OfficeAct.ROUND,
    RoundVerb.AGREE: OfficeAct.CORRECT_ROUND,
    RoundVerb.REFUSE: OfficeAct.CORRECT_ROUND,
}
"""What people do; the rest comes by itself."""


def decide_round(
    campaign: Campaign, calendar: Calendar, state: RoundState, command: RoundCommand, now: datetime
) -> tuple[RoundFact, ...]:
    """The facts that follow, none where nothing does. `calendar`: the round's own, or for `move` the one that it gets.
    Raises wrong_role, own_matter, round_refused, field_missing, field_too_long."""
    check_text("id", command.id, ID_LIMIT)
    if act := _ACTS.get(command.verb):
        check_role(act, command.actor.role)
        _check_reason(command)
    match command.verb:
        case RoundVerb.TICK:
            return tuple(_tick(campaign, calendar, state, command, now))
        case RoundVerb.JOIN:
            return _join(calendar, state, command, now)
        case RoundVerb.DROP:
            return _drop(state, command)
        case RoundVerb.HAND_ON:
            return _hand_on(state, command)
        case RoundVerb.MOVE:
            return _move(campaign, calendar, state, command, now)
        case RoundVerb.UNLOCK:
            return _unlock(calendar, state, command, campaign, now)
        case RoundVerb.ASK_CORRECTION:
            if not state.reports or state.asking:
                raise refused_round(state.id, "已有人申请更正，等另一位同意" if state.asking else "还没有通报")
            return (RoundCorrectionAsked(round=state.id, reason=command.reason),)
        case RoundVerb.AGREE | RoundVerb.REFUSE:
            return _correct(state, command)
        case RoundVerb.STOP:
            if state.stopped or state.locked:
                raise refused_round(state.id, "已经停止" if state.stopped else "已经锁定，不能再停止")
            return (RoundStopped(round=state.id, reason=command.reason, annul=command.annul),)


def _check_reason(command: RoundCommand) -> None:
    if not command.reason.strip() and command.verb is not RoundVerb.AGREE:
        raise RuleViolation(Code.FIELD_MISSING, command="办理轮次", field="理由")
    check_text("reason", command.reason, ROUND_REASON_LIMIT)


def _tick(
    campaign: Campaign, calendar: Calendar, state: RoundState, command: RoundCommand, now: datetime
) -> Iterator[RoundFact]:
    """All that has come, in the order in which it would have."""
    while (coming := _next(campaign, calendar, state)) and coming.at <= now:
        for fact in coming.makes(state, command, now):
            yield fact
            state = evolve_round(state, fact, command.actor.id) or state
    if state.locked:
        yield from put_off_units(state, command.stands)


def round_alarm(campaign: Campaign, calendar: Calendar, state: RoundState) -> datetime | None:
    """The one next instant at which something of the round happens by itself; None when nothing ever will."""
    coming = _next(campaign, calendar, state)
    return coming.at if coming else None


_Makes: TypeAlias = Callable[[RoundState, RoundCommand, datetime], tuple[RoundFact, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coming:
    """What comes next of itself: at which instant, which of several at one instant, and the facts that it brings."""

    at: datetime
    rank: int
    makes: _Makes


def _next(campaign: Campaign, calendar: Calendar, state: RoundState) -> _Coming | None:
    """A kind is reminded once and falls due once, whatever its date becomes."""
    if state.stopped and state.stopped.annul:
        return None
    if state.locked:
        return _unlocking_ends(campaign, state)
    coming: list[_Coming] = []
    for day, kinds in _by_day(state.days, state.fell_due):
        due = instant_of(day, campaign.due_time)
        coming.append(_Coming(at=due, rank=1, makes=partial(_fall, day, kinds)))
        if unreminded := tuple(kind for kind in kinds if kind not in state.reminded):
            at = instant_of(calendar.add(day, -REMINDS), campaign.open_time)
            coming.append(_Coming(at=at, rank=0, makes=partial(_remind, due, day, unreminded)))
    if not coming:
        return _Coming(at=locks_at(campaign, state.days), rank=2, makes=_lock)
    return min(coming, key=lambda one: (one.at, one.rank))


def _unlocking_ends(campaign: Campaign, state: RoundState) -> _Coming | None:
    if not state.unlocked:
        return None
    until = min(one.until for one in state.unlocked)
    return _Coming(at=instant_of(until, campaign.due_time), rank=3, makes=partial(_relock, until))


def _by_day(days: RoundDays, without: frozenset[str]) -> list[tuple[date, tuple[str, ...]]]:
    """The due dates with the kinds that owe by them, but for these kinds."""
    due = [one for one in days.due if one.kind not in without]
    return [
        (day, tuple(one.kind for one in due if one.day.date == day)) for day in sorted({one.day.date for one in due})
    ]


def _remind(
    due: datetime, day: date, kinds: tuple[str, ...], state: RoundState, command: RoundCommand, now: datetime
) -> tuple[RoundFact, ...]:
    """After an outage over the due date nobody is reminded of what is late already."""
    if due <= now:
        return _fall(day, kinds, state, command, now)
    return (RoundReminded(round=state.id, kinds=kinds, owing=_missing(state, command, kinds)),)


def _fall(
    day: date, kinds: tuple[str, ...], state: RoundState, command: RoundCommand, now: datetime
) -> tuple[RoundFact, ...]:
    return (RoundFellDue(round=state.id, kinds=kinds, day=day),)


def _lock(state: RoundState, command: RoundCommand, now: datetime) -> tuple[RoundFact, ...]:
    """Who is put off to a later day is unlocked at once (put_off_units)."""
    return (RoundLocked(round=state.id, day=state.days.locks.date), reported(state, command.stands))


def _relock(until: date, state: RoundState, command: RoundCommand, now: datetime) -> tuple[RoundFact, ...]:
    """These units are locked again; there is a new revision when they changed anything."""
    over = [one for one in state.unlocked if one.until == until]
    locked = tuple(UnitRelocked(round=state.id, unit=one.unit) for one in over)
    unlocked = tuple(LateAfterLock(unit=one.unit, reason=one.reason) for one in over)
    fresh = replace(reported(state, command.stands), unlocked=unlocked)
    return (*locked, fresh) if differs(state, fresh) else locked


def _missing(state: RoundState, command: RoundCommand, kinds: tuple[str, ...]) -> int:
    told = {one.unit: one.reported for one in command.stands}
    named = {one.kind for one in state.days.due if one.kind}
    of = [unit for unit in state.owing if unit.kind in kinds or ("" in kinds and unit.kind not in named)]
    return sum(told.get(unit.id, UnitReport.MISSING) not in IS_IN for unit in of)


def _join(calendar: Calendar, state: RoundState, command: RoundCommand, now: datetime) -> tuple[RoundFact, ...]:
    """It has at least the shortest time; where there is not so much left before the lock it owes from the next round
    on. A kind for which the campaign has no date owes nothing."""
    unit = command.joins
    if unit is None or state.locked or state.stopped:
        raise refused_round(state.id, "已经锁定或停止，不再加入单位")
    if unit.id in {one.id for one in state.owing} or not state.days.asks(unit.kind):
        return ()
    soonest = calendar.add(local_date(now), SHORTEST)
    if soonest >= state.days.locks.date:
        return ()
    due = soonest if soonest > state.days.of(unit.kind).date else None
    return (UnitJoined(round=state.id, unit=unit, due=due),)


def _hand_on(state: RoundState, command: RoundCommand) -> tuple[RoundFact, ...]:
    known = state.handed.get(command.unit)
    if command.unit not in {one.id for one in state.owing} or (known and known.to == command.to):
        return ()
    return (UnitHandedOn(round=state.id, unit=command.unit, to=command.to, reason=command.reason),)


def _drop(state: RoundState, command: RoundCommand) -> tuple[RoundFact, ...]:
    if command.unit not in {one.id for one in state.owing}:
        return ()
    if not command.reason.strip():
        raise RuleViolation(Code.FIELD_MISSING, command="办理轮次", field="理由")
    return (
        UnitDropped(round=state.id, unit=command.unit, reason=command.reason, annul=command.annul, gone=command.gone),
    )


def _move(
    campaign: Campaign, calendar: Calendar, state: RoundState, command: RoundCommand, now: datetime
) -> tuple[RoundFact, ...]:
    """The days by another calendar; what has fallen due stays, whether or not it was looked since, and nothing moves
    into the past."""
    if calendar.version == state.calendar or state.locked or state.stopped:
        return ()
    fresh = days_of(campaign, read_period(state.id.partition("/")[2]), calendar, state.opened.day)
    if state.opened.lost:
        fresh = put_off(campaign, fresh, calendar, state.opened.day, state.opened.lost)
    today = local_date(now)

    def settled(one: KindDay) -> KindDay:
        before = state.days.of(one.kind)
        if one.kind in state.fell_due or instant_of(before.date, campaign.due_time) <= now:
            return replace(one, day=before)
        if one.day.date <= today and one.day.date != before.date:
            return replace(one, day=set_on(one.day, calendar.add(today, 1), calendar))
        return one

    days = RoundDays(opens=state.days.opens, due=tuple(settled(one) for one in fresh.due), locks=fresh.locks)
    if days.locks.date <= today:
        days = replace(days, locks=set_on(days.locks, calendar.add(today, 1), calendar))
    days = locking(days, calendar)
    rolled = ((unit, day, calendar.roll(day)) for unit, day in sorted(state.own_due.items()))
    own = tuple(
        OwnDay(unit=unit, day=later)
        for unit, day, later in rolled
        if later != day and now < instant_of(day, campaign.due_time)
    )
    return (RoundMoved(round=state.id, calendar=calendar.version, days=days, cause=command.reason, own=own),)


def _unlock(
    calendar: Calendar, state: RoundState, command: RoundCommand, campaign: Campaign, now: datetime
) -> tuple[RoundFact, ...]:
    if not state.locked:
        raise refused_round(state.id, "还没有锁定，照常填报就是")
    if command.unit not in {unit.id for unit in state.owing}:
        merged = sorted(one.unit for one in state.handed.values() if one.to == command.unit)
        instead = f"；由它报的是 {'、'.join(merged)}，请写那一个" if merged else ""
        raise refused_round(state.id, f"单位 {command.unit} 不在其中{instead}")
    if not 1 <= command.days <= campaign.late.days:
        raise refused_round(state.id, f"解锁 1 至 {campaign.late.days} 个工作日，写的是 {command.days}")
    until = calendar.add(local_date(now), command.days)
    return (UnitUnlocked(round=state.id, unit=command.unit, until=until, reason=command.reason),)


def _correct(state: RoundState, command: RoundCommand) -> tuple[RoundFact, ...]:
    if not state.asking:
        raise refused_round(state.id, "没有人申请更正")
    if state.asking in command.actor.people:
        raise RuleViolation(Code.OWN_MATTER, command="同意更正通报", why="更正是您申请的", others="督查员或分管领导")
    if command.verb is RoundVerb.REFUSE:
        return (RoundCorrectionRefused(round=state.id, reason=command.reason),)
    drops = tuple(
        UnitDropped(round=state.id, unit=unit.id, reason="事项已作废")
        for unit in state.owing
        if unit.id in command.annulled
    )
    counted = state
    for fact in drops:
        counted = evolve_round(counted, fact, command.actor.id) or counted
    fresh = reported(counted, command.stands, state.asking_reason)
    if not differs(counted, fresh):
        ways = "要补报的先给单位解锁，问错的先作废它的事项，再同意；申请不成立的，写明理由不同意"
        raise refused_round(state.id, f"现在重新统计，与第 {state.revision} 版没有不同：{ways}")
    return (*drops, fresh)
