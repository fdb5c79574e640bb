"""What bulk work is done over, one function for each kind: which items, in which order, and what each is given."""

from datetime import datetime

from ledger.chain.bulk import Selection
from ledger.chain.entries import ITEM
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.machine.commands import ENDED, SYSTEM, Actor, Command, CommandKind
from rules.machine.ticks import tick

RECALCULATIONS = "recalculate/"
"""How the ids of the commands begin that give items a calendar."""


def due(now: datetime) -> Selection:
    """Every item whose alarm came before `now` and has not been rung, the earliest first, and its tick.

    Nobody has to be told: the alarm moves later, so the item's workflow wakes at the old one, adopts, and sleeps on.
    """
    return Selection(
        where=(ITEM.c.alarm_at <= instant_text(now),),
        order=(ITEM.c.alarm_at, ITEM.c.no),
        actor=SYSTEM,
        command=lambda state: tick(state.seq),
    )


def other_calendar(calendar: Calendar, cause: str, actor: Actor) -> Selection:
    """Every open item that reckons with another calendar, by number, and the command that gives it this one.

    `cause`: the notice that brought it; `actor`: the administrator who adopts it.
    """
    command = Command(
        kind=CommandKind.RECALCULATE,
        id=f"{RECALCULATIONS}{calendar.version}",
        actor=actor,
        reason=cause,
        calendar=calendar,
    )
    return Selection(
        where=(ITEM.c.status.not_in(ENDED), ITEM.c.calendar_ref != calendar.version),
        order=(ITEM.c.no,),
        actor=actor,
        command=lambda state: command,
        once=command.id,
    )
