"""Draws as they stand in their streams, and what they are drawn from: the directory as it is. Each draw has a stream of
its own, `~draw/<id>`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.chain.journal import DRAW, JOURNAL_KINDS, MARK, decode_note
from ledger.directory import people
from ledger.store.canonical import parse
from ledger.store.driver import PreparedQuery
from rules.codec import instant_text
from rules.draw.drawing import DrawState, fold_draw
from rules.draw.facts import DrawFact, Drawn, DrawUnit, PopulationSealed, Replaced
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNumbers:
    """A draw that is not drawn yet: whose numbers are still wanted, sealed first and then opened."""

    draw: str
    title: str
    opening: bool
    witnesses: tuple[str, ...]


DRAW_KINDS = tuple(kind for kind, (of, _) in JOURNAL_KINDS.items() if of == DRAW)
_DRAWN = journal.JOURNAL_KIND_OF[Drawn]
_SEALED = journal.JOURNAL_KIND_OF[PopulationSealed]
_TOUCHING = (_SEALED, _DRAWN, journal.JOURNAL_KIND_OF[Replaced])
_LATEST = PreparedQuery(
    select(ENTRY.c.stream, ENTRY.c.hash)
    .where(or_(*(ENTRY.c.kind == kind for kind in _TOUCHING)))
    .order_by(ENTRY.c.at, ENTRY.c.seq)
)
"""Made once: it is asked at every request."""
_STANDING = select(ENTRY.c.stream, ENTRY.c.hash, ENTRY.c.kind).where(ENTRY.c.kind.in_(DRAW_KINDS))
_STANDING = _STANDING.order_by(ENTRY.c.at, ENTRY.c.seq)
_WANTED: dict[str, WantedNumbers] = {}
"""What is wanted of a draw, by the hash of its last entry."""
_TOUCHED: dict[str, frozenset[str]] = {}
"""The units that a draw has touched, by the hash of the entry by which that last changed: it says all before it too."""


def stream_of_draw(draw: str) -> str:
    """The name of the draw's stream."""
    return f"{MARK}{DRAW}/{draw}"


def facts_of(connection: Connection, draw: str) -> tuple[DrawFact, ...]:
    """What happened in the draw, in order; nothing for one that there is not."""
    query = select(ENTRY.c.kind, ENTRY.c.body).where(ENTRY.c.stream == stream_of_draw(draw)).order_by(ENTRY.c.seq)
    return tuple(decode_note(kind, parse(body)) for kind, body in connection.execute(query))  # type: ignore[misc]


def draw_state(connection: Connection, draw: str) -> DrawState:
    """How the draw stands. Raises unknown_draw."""
    state = fold_draw(facts_of(connection, draw))
    if state is None:
        raise RuleViolation(Code.UNKNOWN_DRAW, actual=draw[:40])
    return state


def note_draw(connection: Connection, fact: DrawFact, actor: Actor, now: datetime) -> None:
    """The fact stands in the draw's stream, in this transaction, which has the writers' lock."""
    journal.note(connection, fact, actor, now)


def drawn_units(connection: Connection) -> dict[str, frozenset[str]]:
    """The units that each draw has touched, by its id; none, while nobody is drawn yet. A draw is read once: asked at
    every request, thirty of them took 10 ms each time (measured)."""
    latest = {row["stream"].partition("/")[2]: row["hash"] for row in _LATEST.all(connection)}
    for draw, head in latest.items():
        if head not in _TOUCHED:
            _TOUCHED[head] = draw_state(connection, draw).touched
    return {draw: _TOUCHED[head] for draw, head in latest.items()}


def wanted_numbers(connection: Connection) -> tuple[WantedNumbers, ...]:
    """The draws that wait for numbers. Each is read once as it stands: every page asks, and a population is long."""
    latest, drawn = dict[str, str](), set[str]()
    for stream, head, kind in connection.execute(_STANDING):
        latest[stream] = head
        if kind == _DRAWN:
            drawn.add(stream)
    waiting = {stream.partition("/")[2]: head for stream, head in latest.items() if stream not in drawn}
    for draw, head in waiting.items():
        if head not in _WANTED:
            _WANTED[head] = _wanted(draw_state(connection, draw))
    return tuple(_WANTED[head] for head in waiting.values())


def _wanted(state: DrawState) -> WantedNumbers:
    of, opening = state.population, len(state.seals) == len(state.population.witnesses)
    done = {one.person for one in (state.opened if opening else state.seals)}
    left = tuple(one for one in of.witnesses if one not in done)
    return WantedNumbers(draw=of.draw, title=of.title, opening=opening, witnesses=left)


def drawn_at(connection: Connection, draw: str) -> datetime | None:
    """When that draw had its outcome; None while it has none."""
    query = select(ENTRY.c.at).where(ENTRY.c.stream == stream_of_draw(draw), ENTRY.c.kind == _DRAWN)
    at = connection.execute(query).scalar()
    return datetime.fromisoformat(at) if at else None


def drawn_since(connection: Connection, begin: datetime) -> frozenset[str]:
    """The units that were drawn since then, by whichever draw."""
    query = select(ENTRY.c.stream).where(ENTRY.c.kind == _DRAWN, ENTRY.c.at >= instant_text(begin))
    draws = [stream.partition("/")[2] for stream in connection.execute(query).scalars().all()]
    return frozenset(unit for draw in draws for unit in draw_state(connection, draw).touched)


def units_now(connection: Connection, wanted: Iterable[str] | None = None) -> tuple[DrawUnit, ...]:
    """The units of the directory as they are, or of them those that are wanted."""
    only = None if wanted is None else set(wanted)
    return tuple(
        DrawUnit(id=row["id"], kind=row["kind"], size=row["size"], area=row["area"] or "", condition=row["condition"])
        for row in people.all_units(connection)
        if only is None or row["id"] in only
    )


def check_population(connection: Connection, of: PopulationSealed) -> None:
    """Every unit that may be drawn is still what it was when that was sealed. Raises draw_refused."""
    now = {one.id: one for one in units_now(connection)}
    changed = [one.id for one in of.units if now.get(one.id) != one]
    if changed:
        named = "、".join(changed[:10])
        why = f"封存以后名录变了（{named}）；请以新的编号重新封存"
        raise RuleViolation(Code.DRAW_REFUSED, draw=of.draw, why=why)
