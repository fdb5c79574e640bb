"""How the units of a round stand when it is reported on, by its rows."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, and_, or_, select

from ledger.chain.entries import ITEM
from ledger.chain.family.in_rounds import IN, LATE, OWING, ROUND_UNIT
from ledger.rounds.rows import ROUND_ROW
from rules.codec import instant_text
from rules.rounds.reporting import UnitReport, UnitStands
from rules.rounds.state import RoundState


def standing_of(connection: Connection, round_: str) -> tuple[UnitStands, ...]:
    """How those stand who are in: on time by the round's own date, or late; some wait to be judged."""
    query = select(ROUND_UNIT.c.unit, ROUND_UNIT.c.state, ROUND_UNIT.c.reviewing, ROUND_ROW.c.locks, ROUND_UNIT.c.held)
    query = query.join(ROUND_ROW, ROUND_ROW.c.id == ROUND_UNIT.c.round)
    query = query.where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state.in_((IN, LATE)))
    return tuple(
        UnitStands(
            unit=unit,
            reported=UnitReport.ON_TIME if how == IN else UnitReport.LATE,
            reviewing=waits,
            until=date.fromisoformat(held) if held and held > locks else None,
        )
        for unit, how, waits, locks, held in connection.execute(query)
    )


def put_off(connection: Connection, state: RoundState, now: datetime) -> Iterator[UnitStands]:
    """Who is not in, and has a day of its own after the lock that has not ended; or will have, once the pause ends that
    began before it was late."""
    locks = state.days.locks.date.isoformat()
    later = and_(ROUND_UNIT.c.held > locks, ROUND_UNIT.c.due_at > instant_text(now))
    query = select(ROUND_UNIT.c.unit, ROUND_UNIT.c.held, later).join(ITEM, ITEM.c.no == ROUND_UNIT.c.no)
    query = query.where(ROUND_UNIT.c.round == state.id, ROUND_UNIT.c.state == OWING)
    query = query.where(or_(later, and_(ITEM.c.paused, ~ITEM.c.late)))
    for unit, held, is_later in connection.execute(query):
        until = date.fromisoformat(held) if is_later else None
        yield UnitStands(unit=unit, reported=UnitReport.NOT_DUE, until=until)
