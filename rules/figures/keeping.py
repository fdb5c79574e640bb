"""What of an item was kept: its nodes by their dates, what it owes by tallies. Values out of its states."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from rules.dates.calendar import Calendar
from rules.machine.commands import Status
from rules.machine.state import State
from rules.nodes.owing import Owing, counted, subjects
from rules.process import Process


def kept_on_time(states: Sequence[State], now: datetime) -> Iterator[tuple[date, bool]]:
    """Every node with a date that has passed by then: the last date that it had, and whether it was met before.
    `states`: all that the item was in. What an annulled item owed was not."""
    if not states or states[-1].status is Status.ANNULLED:
        return
    due: dict[tuple[str, str, int], tuple[date, datetime]] = {}
    gone: dict[tuple[str, str, int], datetime] = {}
    for state in states:
        standing = {node.key: node.clock.due for node in state.nodes if node.clock}
        for key in due:
            if key not in standing:
                gone.setdefault(key, state.at)
        for key, one in standing.items():
            due[key] = (one.date, one.at)
            gone.pop(key, None)
    for key, (day, at) in due.items():
        met = gone.get(key)
        if met is not None and met <= at:
            yield day, True
        elif at < now:
            yield day, False


def met_tallies(process: Process, calendar: Calendar, state: State) -> Iterator[bool]:
    """For each tally and each of its subjects, whether all that is owed has counted."""
    owing = Owing(
        process=process,
        calendar=calendar,
        since=state.owed_since or state.issued or state.at,
        answers=state.answers,
        members=state.unit.members,
        tallied=state.tallied,
        said_year=state.year,
    )
    for tally in process.tallies:
        for about in subjects(owing, tally):
            yield counted(state.tallied, tally.id, about) >= tally.least
