"""A county that is assessed: its monthly rounds are answered at the ledger and locked, its units scored, without an
engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path

from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.campaigns import put_figures_in_force
from ledger.rounds.coming import step
from ledger.rounds.rounds import check_appended
from ledger.scores.following import rescore_after
from ledger.scores.in_force import put_assessments_in_force
from ledger.scores.recording import score_round
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.machine.commands import Actor, Command, CommandKind, EntryRef, Via
from rules.process import Role
from rules.rounds.periods import read_period
from tests.support.product import SUPERVISOR, copied
from tests.support.rounds.answered import LOADED, answer, item_of, know_and_ask, opened
from tests.support.shipped import every_assessment, every_figure

ASSESSMENT = "organ_2026"
BOSS = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)


def assessed(folder: Path) -> Database:
    """A county that knows the shipped figures, campaigns and assessment."""
    return copied("assessed", folder, know_and_assess)


def know_and_assess(database: Database) -> None:
    """The empty database comes to know all that."""
    know_and_ask(database)
    assess(database)


def assess(database: Database) -> None:
    """A county that knows the shipped campaigns comes to know the figures and the assessment."""
    with database.write() as connection:
        put_figures_in_force(connection, every_figure(), LOADED)
        put_assessments_in_force(connection, every_assessment(), LOADED)


def after_lock(period: str) -> datetime:
    """An instant at which the round of that month is locked."""
    return instant_of(read_period(period).moved(1).last, time(18))


def locked(database: Database, round_: str) -> datetime:
    """The round is locked and everybody in it scored; when that was."""
    now = after_lock(round_.partition("/")[2])
    with database.write() as connection:
        step(connection, round_, now)
    taken = 1
    while taken:
        with database.write() as connection:
            taken = score_round(connection, round_, now)
    return now


def month(database: Database, period: str, told: Mapping[str, Mapping[str, str]]) -> datetime:
    """The month's round is asked, these units answer a day later, it is locked, and everybody is scored. `told`: by
    unit the figures that it says (samples for the rest). Returns the instant of the scoring."""
    round_ = opened(database, period)
    for unit, said in told.items():
        answer(database, item_of(database, round_, unit), said, id_=f"{period}/{unit}")
    return locked(database, round_)


def corrected(database: Database, round_: str, unit: str, said: Mapping[str, str], now: datetime) -> None:
    """The unit's liaison says what is right instead, and the supervisor agrees: what rests on it follows."""
    no = item_of(database, round_, unit)
    with database.read() as connection:
        person = people.holders(connection, Role.LIAISON, unit=unit)[0]
    liaison = Actor(id=person, role=Role.LIAISON, unit=unit, via=Via.SITE)
    asked = Command(
        kind=CommandKind.CORRECT,
        id=f"c/{now}",
        actor=liaison,
        entry=EntryRef(seq=2, kind="completed", unit=unit, role=Role.LIAISON),
        answers=tuple(said.items()),
        text="应为所写的数",
        reason="报错了",
    )
    agreed = Command(kind=CommandKind.DECIDE_CORRECTION, id=f"d/{now}", actor=BOSS, grant=True)
    for command in (asked, agreed):
        decide_here(database, no, command, now, away=False, check=check_appended, then=rescore_after)


def later(now: datetime, days: int = 1) -> datetime:
    """So many days after."""
    return now + timedelta(days=days)
