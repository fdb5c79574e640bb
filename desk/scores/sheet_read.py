"""A unit's sheet for whoever asks: where the assessment says so, it is noted first who sees what is not locked yet."""

from datetime import datetime

from desk.acting import acting
from desk.caller import Caller
from desk.scores.sheet_shown import ShownSheet, score_sheet
from ledger.chain import journal
from ledger.scores.in_force import assessments_in_force
from ledger.store.database import Database
from rules.assessment.facts import ScoreSeen
from rules.permitting import OfficeAct


def read_sheet(
    database: Database, caller: Caller, unit: str, now: datetime, *, period: str = "", assessment: str = ""
) -> ShownSheet:
    """As `score_sheet`. Raises wrong_role besides."""
    with database.read() as connection:
        found = score_sheet(connection, unit, now, period=period, assessment=assessment)
        if not (found.provisional and assessments_in_force(connection)[found.assessment].seen):
            return found
        actor = acting(connection, caller, OfficeAct.READ)
    with database.write() as connection:
        fact = ScoreSeen(assessment=found.assessment, unit=found.unit, period=found.period)
        journal.note(connection, fact, actor, now)
    return found
