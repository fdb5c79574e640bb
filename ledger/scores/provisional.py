"""What a unit would get for months that are not locked, by what is known now: as their rounds' lock would score it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from ledger.chain.family.in_rounds import DROPPED, ROUND_UNIT
from ledger.rounds.rows import row_of
from ledger.scores.in_force import assessment_for
from ledger.scores.recording import figures_of_round, opened_at, reckon
from rules.assessment.assessment import Assessment, months_of
from rules.assessment.lines import ScoreLine
from rules.assessment.state import ScoreState
from rules.dates.calendar import local_date
from rules.rounds.periods import Period


def provisional_lines(
    connection: Connection, assessment: Assessment, state: ScoreState, unit: str, over: Period, now: datetime
) -> Iterator[ScoreLine]:
    """The lines of the months in the period that have begun and have no score. None of a month whose round has opened
    without the unit, or has left it out since: that is never scored. By the file and the figures of the round's
    opening."""
    for month in months_of(over):
        if month.id in state.scored or month.first > local_date(now):
            continue
        round_ = f"{assessment.campaign}/{month.id}"
        opened = row_of(connection, round_) is not None
        if opened and not _asked(connection, round_, unit):
            continue
        by = assessment_for(connection, assessment.id, opened_at(connection, round_)) if opened else assessment
        register = figures_of_round(connection, round_)
        found = reckon(connection, by or assessment, register, month, (unit,), now).get(unit)
        if found:
            yield from found.found.lines


def _asked(connection: Connection, round_: str, unit: str) -> bool:
    query = select(ROUND_UNIT.c.state).where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.unit == unit)
    return connection.execute(query).scalar() not in (None, DROPPED)
