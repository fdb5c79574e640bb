"""Who stands in for whom while somebody is away: naming, calling off, and following the chain on one day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ledger.chain import journal, pinned
from ledger.chain.entries import Check
from ledger.chain.holders import Holders
from ledger.directory import people
from ledger.directory.people import Somebody
from ledger.store.driver import PreparedQuery
from ledger.store.tables import Substitute, table_of
from rules.codec import instant_text
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind, EntryRef
from rules.machine.events import Event
from rules.machine.facts import HandedOver
from rules.machine.judging import JUDGEMENTS, check_judge
from rules.machine.state import State
from rules.names import ROLE_NAMES
from rules.office.facts import SubstituteNamed, SubstitutionEnded
from rules.permitting import Near, may, nearness, roles_for, wrong_post, wrong_role
from rules.process import Process, Role

SUBSTITUTE = table_of(Substitute)
_STANDING_IN = PreparedQuery(  # every command asks
    select(SUBSTITUTE.c.person, SUBSTITUTE.c.stand_in).where(
        SUBSTITUTE.c.ended_at.is_(None), SUBSTITUTE.c.first <= bindparam("on"), SUBSTITUTE.c.last >= bindparam("on")
    )
)
CHAIN_LIMIT = 3
"""So many times may a substitution be passed on: more, and nobody knows any longer who answers."""


def standing_in(connection: Connection, day: date) -> dict[str, str]:
    """Who is away on that day, to the one named by each (who may be away too)."""
    return {row["person"]: row["stand_in"] for row in _STANDING_IN.all(connection, on=day.isoformat())}


def last_of(named: Mapping[str, str], person: str) -> str:
    """Who acts and hears for the person in the end: the person, where nobody is named."""
    for _ in range(CHAIN_LIMIT):
        if person not in named:
            break
        person = named[person]
    return person


def hearing(connection: Connection, day: date) -> Callable[[str], str]:
    """Of a person: who hears on that day what the person is to hear."""
    return partial(last_of, standing_in(connection, day))


def represented(named: Mapping[str, str], person: str) -> tuple[str, ...]:
    """For whom that person may act: everybody whose chain leads to or through this one, by id."""
    return tuple(sorted(away for away in named if person in tuple(_chain(named, away))[1:]))


def _chain(named: Mapping[str, str], person: str) -> Iterator[str]:
    """The person, then everybody the substitution is passed on to; ends after coming round."""
    seen: set[str] = set()
    while True:
        yield person
        if person in seen or person not in named:
            return
        seen.add(person)
        person = named[person]


def name(
    connection: Connection, *, person: str, stand_in: str, first: date, last: date, named_by: Actor, now: datetime
) -> None:
    """From `first` to `last` the stand-in acts and hears for the person. All are ids of people who are known.

    Raises stand_in_overlap, stand_in_cycle, stand_in_chain, field_invalid.
    """
    if last < first:
        actual, expected = f"{first} 至 {last}", "不早于开始日期的结束日期"
        raise RuleViolation(Code.FIELD_INVALID, field="委托期限", actual=actual, expected=expected)
    for row in _overlapping(connection, first, last):
        if row["person"] == person:
            raise RuleViolation(
                Code.STAND_IN_OVERLAP,
                person=_named(connection, person),
                stand_in=_named(connection, row["stand_in"]),
                first=row["first"],
                last=row["last"],
            )
    for day in _days_of_change(connection, first, last):
        _check(connection, standing_in(connection, day) | {person: stand_in}, person, day)
    connection.execute(
        insert(SUBSTITUTE).values(
            person=person,
            first=first.isoformat(),
            last=last.isoformat(),
            stand_in=stand_in,
            named_by=named_by.id,
            named_at=instant_text(now),
        )
    )
    journal.note(connection, SubstituteNamed(person=person, stand_in=stand_in, first=first, last=last), named_by, now)


def _overlapping(connection: Connection, first: date, last: date) -> list[RowMapping]:
    query = select(SUBSTITUTE).where(
        SUBSTITUTE.c.ended_at.is_(None),
        SUBSTITUTE.c.first <= last.isoformat(),
        SUBSTITUTE.c.last >= first.isoformat(),
    )
    return list(connection.execute(query).mappings())


def _days_of_change(connection: Connection, first: date, last: date) -> list[date]:
    """The days of the period on which another set of substitutions begins to hold; the first day among them."""
    begins = {date.fromisoformat(row["first"]) for row in _overlapping(connection, first, last)}
    return sorted({first} | {day for day in begins if first <= day <= last})


def _check(connection: Connection, named: Mapping[str, str], person: str, day: date) -> None:
    """No chain through the person comes round or is too long."""
    for start in named:
        chain = tuple(_chain(named, start))
        if person not in chain:
            continue
        names = {p: _named(connection, p) for p in chain}
        words = " → ".join(names[p] for p in chain)
        said = {"person": names[person], "stand_in": names[named[person]], "day": day, "chain": words}
        if len(set(chain)) < len(chain):
            raise RuleViolation(Code.STAND_IN_CYCLE, **said)
        if len(chain) - 1 > CHAIN_LIMIT:
            raise RuleViolation(Code.STAND_IN_CHAIN, limit=CHAIN_LIMIT, **said)


def _named(connection: Connection, person: str) -> str:
    return people.names_of(connection, {person}).get(person, person)


def call_off(connection: Connection, person: str, by: Actor, now: datetime) -> int:
    """Nobody stands in for the person any longer, now or later. Returns how many substitutions ended."""
    query = update(SUBSTITUTE).where(SUBSTITUTE.c.person == person, SUBSTITUTE.c.ended_at.is_(None))
    ended = connection.execute(query.values(ended_at=instant_text(now))).rowcount
    if ended:
        journal.note(connection, SubstitutionEnded(person=person), by, now)
    return ended


def listed(connection: Connection, day: date) -> list[RowMapping]:
    """Every substitution that holds on that day or later, by its first day."""
    query = select(SUBSTITUTE).where(SUBSTITUTE.c.ended_at.is_(None), SUBSTITUTE.c.last >= day.isoformat())
    return list(connection.execute(query.order_by(SUBSTITUTE.c.first, SUBSTITUTE.c.person)).mappings())


def actor_for(
    connection: Connection,
    person: str,
    kind: CommandKind,
    process: Process,
    state: State,
    *,
    day: date,
    behalf: str = "",
    entry: EntryRef | None = None,
) -> Actor:
    """The person as who may give that command to the item: by a post of one's own, else by one of somebody for whom the
    person stands in on that day. `behalf`: for that one and nobody else. `entry`: the one that is said to be wrong. For
    a judgement its `units` say where either of them has a post.

    A person without a fitting post acts in the nearest one held, so that the refusal can name it. Raises
    unknown_person, not_stand_in, wrong_role.
    """
    who = people.somebody(connection, person)
    away = represented(standing_in(connection, day), who.id)
    if behalf:
        other = people.somebody(connection, behalf)
        if other.id not in away:
            raise RuleViolation(Code.NOT_STAND_IN, stand_in=who.name, person=other.name, today=day)
        away = (other.id,)
    superior = _superior(connection, process, state)

    def fits(post: Actor) -> bool:
        return may(post, process, state, kind, entry)

    def nearest(one: Somebody) -> Actor:
        """By the post that the process lets do that, if any, which is nearest to the item."""
        fitting = [post for post in one.posts if post.role in roles_for(kind, process)]
        if not one.posts:
            raise wrong_role(kind, people.held(one), process=process)
        posts = [_above(post, superior, state) for post in fitting or one.posts]
        return min(posts, key=lambda post: (not fits(post), _near(post, kind, state, entry)))

    def standing() -> Iterator[Actor]:
        for one in away:
            yield replace(nearest(people.somebody(connection, one)), id=who.id, behalf=one)

    if behalf:
        return _with_units(connection, kind, next(standing()))
    for_others = [post for post in standing() if fits(post)]
    if not who.posts and for_others:
        return _with_units(connection, kind, for_others[0])
    own = nearest(who)
    return _with_units(connection, kind, own if fits(own) or not for_others else for_others[0])


def may_give(
    connection: Connection, posts: Sequence[Actor], kinds: Iterable[CommandKind], process: Process, state: State
) -> frozenset[CommandKind]:
    """Which of these commands may be given to the item in one of these posts."""
    superior = _superior(connection, process, state)
    known = [_above(post, superior, state) for post in posts]
    return frozenset(kind for kind in kinds if any(may(post, process, state, kind) for post in known))


def _near(post: Actor, kind: CommandKind, state: State, entry: EntryRef | None) -> Near:
    unit = (entry.unit or "") if entry else state.unit.id  # who speaks for an entry is near to whoever made it
    return nearness(post, kind, unit, state.unit.area, state.co_units)


def _superior(connection: Connection, process: Process, state: State) -> tuple[Role, str | None] | None:
    """In which role and unit the post above the item's unit is held now, where the process gives it a move."""
    return Holders.superiors(connection, state.unit.id).superior(state.unit.id) if process.looks_up else None


def _above(post: Actor, superior: tuple[Role, str | None] | None, state: State) -> Actor:
    """The post, knowing whether it is the superior's."""
    return replace(post, over=(state.unit.id,)) if superior == (post.role, post.unit) else post


def check_post(connection: Connection, actor: Actor, day: date) -> None:
    """The actor holds the post that the act is done in, or stands in on that day for who does. The item's own alarm
    holds none, and does nothing else.

    Whoever reaches the engine can give a command in any name: here, in the transaction that stores what follows, the
    ledger's word counts. Raises post_not_held.
    """
    if actor.is_system:
        return
    stands_in = not actor.behalf or actor.behalf in represented(standing_in(connection, day), actor.id)
    if stands_in and people.holds(connection, actor):
        return
    who = people.names_of(connection, set(actor.people))
    behalf = f"，也没有受{who.get(actor.behalf, actor.behalf)}委托" if actor.behalf else ""
    raise RuleViolation(
        Code.POST_NOT_HELD, person=who.get(actor.id, actor.id[:64]), post=ROLE_NAMES[actor.role], behalf=behalf
    )


def check_events(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """Each event's actor holds the post it is done in, has the move by it where it is the superior's, and judges
    nothing of their own, in that state and by the ledger's word: the units that a command names as the judge's, and
    those above which it says the judge's post is, are only what its sender says.

    Raises post_not_held, own_matter, wrong_role and wrong_unit.
    """
    for event in events:
        _check_event(connection, state, event, partial(_as_known, connection))


def events_checked() -> Check:
    """The same for many items in one transaction: whoever acts in all of them is looked up once."""
    known: dict[tuple[Actor, date, CommandKind | None], Actor] = {}

    def check(connection: Connection, state: State, events: Sequence[Event]) -> None:
        def look_up(event: Event) -> Actor:
            who = event.actor, local_date(event.at), event.fact.by
            if who not in known:
                known[who] = _as_known(connection, event)
            return known[who]

        for event in events:
            _check_event(connection, state, event, look_up)

    return check


def _check_event(connection: Connection, state: State, event: Event, look_up: Callable[[Event], Actor]) -> None:
    kind = event.fact.by
    if event.actor.is_system or kind is None:
        return
    actor, process = look_up(event), pinned.process(connection, state.process)
    if isinstance(event.fact, HandedOver):
        check_post(connection, Actor(id=event.fact.successor, role=Role.SUPERVISOR), local_date(event.at))
    if process.looks_up:
        actor = _above(actor, _superior(connection, process, state), state)
        if kind is not CommandKind.CORRECT and not may(actor, process, state, kind):
            raise wrong_post(actor, process, state, kind)
    if kind in JUDGEMENTS:
        check_judge(kind, process, state, actor)


def _as_known(connection: Connection, event: Event) -> Actor:
    """The event's actor, who holds that post on its day, as the ledger knows them. Raises post_not_held."""
    check_post(connection, event.actor, local_date(event.at))
    return _with_units(connection, event.fact.by, event.actor)


def _with_units(connection: Connection, kind: CommandKind | None, actor: Actor) -> Actor:
    return replace(actor, units=people.units_of(connection, actor.people)) if kind in JUDGEMENTS else actor
