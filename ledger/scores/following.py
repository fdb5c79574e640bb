"""What becomes of scores that stand when what they rest on is other than it was: in the transaction of the entry."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, and_, bindparam, select

from ledger.chain import pinned
from ledger.chain.family.in_rounds import COMING_IN, ROUND_UNIT
from ledger.chain.figures.values import given_by
from ledger.scores.appeals import decide_appeals
from ledger.scores.recording import rescore
from ledger.scores.rows import SCORE_ROW
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.driver import PreparedQuery
from rules.machine.events import Event
from rules.machine.state import State
from rules.rounds.periods import read_period

_ANY = PreparedQuery(select(SCORE_ROW.c.month).where(SCORE_ROW.c.unit == bindparam("unit")).limit(1))
_OF_ITEM = select(ROUND_UNIT.c.round).where(ROUND_UNIT.c.no == bindparam("no"))
_AWAITED = (
    select(SCORE_WAIT.c.round)
    .join(ROUND_UNIT, and_(ROUND_UNIT.c.round == SCORE_WAIT.c.round, ROUND_UNIT.c.unit == SCORE_WAIT.c.unit))
    .where(ROUND_UNIT.c.no == bindparam("no"))
)
_CORRECTED = "corrected"
_CORRECTION, _AFTER_LOCK, _ASKED_LATER = "更正了所报的数", "锁定以后补报", "后一轮才问的，现在报来"
_TELLING = frozenset({*COMING_IN, _CORRECTED})


def rescore_after(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """After these events of an item its unit's scores are what they give, where they gave figures or closed what a
    round asked for, and the unit has been scored already."""
    against = decide_appeals(connection, state, events, events[-1].at)
    if against is not None:
        day = read_period(against.period).last
        rescore(connection, against.unit, [day], events[-1].at, f"申诉 {state.no}", only=against.assessment)
        return
    telling = [one for one in events if one.kind in _TELLING or _answers(one)]
    if not telling or _ANY.first(connection, unit=state.answers_for) is None:
        return
    process = pinned.process(connection, state.process)
    days: set[date] = {
        read_period(str(row["period"])).last for event in telling for row in given_by(process, state, event)
    }
    if any(one.kind in _TELLING for one in telling):
        for round_ in connection.execute(_OF_ITEM, {"no": state.no}).scalars():
            days.add(read_period(round_.partition("/")[2]).last)
    if days:
        why = _CORRECTION if any(one.kind == _CORRECTED for one in telling) else _why(connection, state.no)
        rescore(connection, state.answers_for, sorted(days), events[-1].at, why)


def _why(connection: Connection, no: str) -> str:
    """An item of a round for which the score has waited says what no earlier one has asked for: nobody was late."""
    return _ASKED_LATER if connection.execute(_AWAITED, {"no": no}).first() else _AFTER_LOCK


def _answers(event: Event) -> bool:
    return bool(getattr(event.fact, "answers", False))
