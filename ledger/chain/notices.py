"""Who hears of an event: roles to persons, one notice row for each. Written with the entry; delivery is elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache

from sqlalchemy import Connection

from ledger.chain.holders import Holders, above, in_the_dark, wanted_at
from ledger.store.canonical import canonical
from ledger.store.tables import Notice, table_of
from rules.codec import Plain, instant_text
from rules.family import ChildEnded, ChildReopened
from rules.machine.events import Event
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    HandedOver,
    Issued,
    Objected,
    Reassigned,
    Remarked,
    Reopened,
    Returned,
    Submitted,
    Urged,
)
from rules.machine.state import State
from rules.machine.timed import DueSet, Migrated, Paused, Recalculated, Resumed, RungReached
from rules.permitting import movers, usual_post
from rules.process import HOLDERS, REVIEWERS, ClockKind, Party, PostPlace, Posts, Process, Role

NOTICE = table_of(Notice)


class Hearer(StrEnum):
    """Who hears of a command's event: whoever has the next move, or has it where the item is worked on; those who act
    for what has the item, the first of them or all; or who reviews it."""

    MOVER = "mover"
    WORKER = "worker"
    HOLDER = "holder"
    HOLDERS = "holders"
    REVIEWER = "reviewer"


_H = Hearer
AUDIENCE: dict[type[Fact], tuple[Hearer, ...]] = {
    Issued: (_H.MOVER, _H.HOLDER),
    Declined: (_H.MOVER,),
    Reassigned: (_H.MOVER, _H.HOLDER),
    HandedOver: (_H.REVIEWER,),
    Submitted: (_H.MOVER,),
    Approved: (_H.MOVER, _H.HOLDER),
    Returned: (_H.MOVER, _H.HOLDER),
    ExtensionGranted: (_H.MOVER,),
    ExtensionRefused: (_H.MOVER,),
    Objected: (_H.MOVER,),
    Urged: (_H.MOVER, _H.HOLDERS),
    Remarked: (_H.MOVER, _H.HOLDERS, _H.REVIEWER),
    Closed: (_H.HOLDER,),
    Completed: (_H.REVIEWER,),
    CycleStarted: (_H.MOVER, _H.HOLDERS),
    Reopened: (_H.MOVER, _H.HOLDERS),
    Annulled: (_H.HOLDER,),
    ChildEnded: (_H.MOVER,),
    ChildReopened: (_H.MOVER,),
    Paused: (_H.WORKER, _H.HOLDERS),
    Resumed: (_H.WORKER, _H.HOLDERS),
}
"""Who hears of a command's event. A rung names its own audience in the definition."""

TELLS_CO_UNITS = (Issued, Reassigned, Remarked, Paused, Resumed, Closed, Completed, CycleStarted, Reopened, Annulled)
"""Of these the liaisons of the co-units hear as well: that there is something to help with, for whom, how it goes on,
and that it ends. What the lead unit and its reviewer settle between them (reviews, extensions, ladder) is theirs."""

_AT_ONCE = (Urged, Remarked)


def audience(process: Process, state: State, fact: Fact) -> tuple[Posts, ...]:
    """The parties that hear of a fact about an item, on which it stands as `state`."""
    if isinstance(fact, RungReached):
        if fact.quiet:
            return ()
        mover = movers(process, state) if fact.mover else None
        return (*((mover,) if mover else ()), *map(_all_of, fact.audience))
    if isinstance(fact, DueSet):
        return (HOLDERS[process.holder],) if fact.calendar and fact.dates.moved else ()
    if isinstance(fact, Recalculated):
        return (HOLDERS[process.holder],) if fact.dates.moved else ()
    if isinstance(fact, Migrated):
        if fact.turn is None:
            return (HOLDERS[process.holder],) if fact.dates.moved else ()
        return _heard_by(Hearer.MOVER, process, state)
    if isinstance(fact, ExtensionAsked | CorrectionAsked):
        return (_all_of(fact.decider),)
    if isinstance(fact, Corrected | CorrectionRefused):
        return (_all_of(fact.asker_role),)
    found = (party for hearer in AUDIENCE.get(type(fact), ()) for party in _heard_by(hearer, process, state))
    return tuple(dict.fromkeys(found))


def _heard_by(hearer: Hearer, process: Process, state: State) -> tuple[Posts, ...]:
    match hearer:
        case Hearer.MOVER | Hearer.WORKER:
            mover = movers(process, state)
            away = hearer is Hearer.WORKER and state.party is not Party.UNIT
            return (mover,) if mover and not away else ()
        case Hearer.HOLDER:
            return (HOLDERS[process.holder],)
        case Hearer.HOLDERS:
            return _EVERY_HOLDER[process.holder]
        case Hearer.REVIEWER:
            return (REVIEWERS,)


@cache
def _all_of(role: Role) -> Posts:
    """Everybody in that role who has to do with the item."""
    return Posts(of=(usual_post(role),))


_EVERY_HOLDER = {holder: tuple(Posts(of=(post,)) for post in posts.of) for holder, posts in HOLDERS.items()}


def at_once(fact: Fact) -> bool:
    """Whether whoever hears of it does so without waiting for the morning."""
    return fact.immediate if isinstance(fact, RungReached) else isinstance(fact, _AT_ONCE)


def heard_of(connection: Connection, told: Sequence[tuple[Process, State, Event]]) -> list[dict[str, Role]]:
    """Who hears of each of many items' events, as what."""
    parties = [audience(process, state, event.fact) for process, state, event in told]
    asked = [(post, state.unit) for of, (_, state, _) in zip(parties, told, strict=True) for p in of for post in p.of]
    lines = above(connection, (unit.id for post, unit in asked if post.place is PostPlace.PARENT))
    wanted = {one for post, unit in asked for one in wanted_at(post, unit.id, unit.area, lines)} | {
        (Role.LIAISON, unit, None)
        for _, state, event in told
        if isinstance(event.fact, TELLS_CO_UNITS)
        for unit in state.co_units
    }
    holders = Holders.of_these(connection, wanted, lines)
    heard = [hearers(holders, of, state, event.fact) for of, (_, state, event) in zip(parties, told, strict=True)]
    for who, (_, state, _) in zip(heard, told, strict=True):
        if state.veiled:
            for person in in_the_dark(connection, who, (state.unit.id, *state.co_units)):
                del who[person]
    return heard


def hearers(holders: Holders, parties: Iterable[Posts], state: State, fact: Fact) -> dict[str, Role]:
    """Who hears of the fact about the item, each once, as what: these parties, whoever asked, and the co-units."""
    heard: dict[str, Role] = {}
    if isinstance(fact, Corrected | CorrectionRefused):  # perhaps of a unit that the item has left
        heard[fact.asker] = fact.asker_role
    answered = _answered(state, fact)
    for party in parties:
        for person, role in holders.who(party, state):
            if person and person not in answered:
                heard.setdefault(person, role)
    if isinstance(fact, HandedOver) and fact.former in holders.of(Role.SUPERVISOR, state.unit):
        heard.setdefault(fact.former, Role.SUPERVISOR)
    if isinstance(fact, TELLS_CO_UNITS):
        for helper in state.co_units:
            for person in holders.of_unit(Role.LIAISON, helper):
                heard.setdefault(person, Role.LIAISON)
    return heard


def _answered(state: State, fact: Fact) -> frozenset[str]:
    """Who need not be reminded, having agreed where others still have to."""
    if not state.endorsed or not isinstance(fact, RungReached) or fact.clock_kind is not ClockKind.REVIEWING:
        return frozenset()
    return frozenset(person for one in state.endorsed for person in one.people)


def told_text(heard: Mapping[str, Role]) -> str:
    """Who hears, as it stands in the entry: canonical JSON of [person, role] pairs in the order of persons."""
    return canonical(sorted([person, str(role)] for person, role in heard.items())).decode()


def rows_of(no: str, event: Event, heard: Mapping[str, Role]) -> list[Plain]:
    """The notices that one event causes for those who hear of it. All but `state` and `read_at` follows from the
    entry, which verification checks."""
    return [_row(no, event, role, person) for person, role in heard.items()]


def _row(no: str, event: Event, role: Role, person: str) -> Plain:
    fact = event.fact
    rung = fact if isinstance(fact, RungReached) else None
    return {
        "id": f"{no}/{event.seq}/{person}",
        "stream": no,
        "seq": event.seq,
        "at": instant_text(event.at),
        "person": person,
        "role": str(role),
        "kind": event.kind,
        "rung": rung.rung if rung else "",
        "lamp": rung.lamp if rung else "",
        "immediate": at_once(fact),
        "state": "pending",
    }
