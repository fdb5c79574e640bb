"""Which assessments there are to look at: a year's, and the next one's beside it from the day it is loaded."""

from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.scores.in_force import assessments_in_force


class ShownAssessment(Shown):
    """One of several in force; `current`: what is looked at."""

    id: str
    words: str
    current: bool


def assessments_shown(connection: Connection, current: str) -> tuple[ShownAssessment, ...]:
    """Those in force, the latest year first; none where there is nothing to choose between."""
    known = sorted(assessments_in_force(connection).values(), key=lambda one: (-one.year, one.id))
    if len(known) < 2:
        return ()
    return tuple(
        ShownAssessment(id=one.id, words=f"{one.name}（{one.year} 年）", current=one.id == current) for one in known
    )
