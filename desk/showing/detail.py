"""One item as a whole: the same for the page, the JSON routes and the command line. Reads only."""

from datetime import date, datetime

from pydantic import Field
from sqlalchemy import Connection

from desk.actions import commands_for, takes
from desk.caller import Caller
from desk.showing.entries import pending_correction, timeline
from desk.showing.item_view import extension_of, matter_of, pause_of, turn_line, units_of, why
from desk.showing.parts.follow_ups import ShownFamily, family_of
from desk.showing.parts.tallies import ShownTally, tallies_of
from desk.showing.register import RegisterRow, RowNames, ShownItem
from desk.showing.steps import steps_of
from desk.showing.values import (
    Shown,
    ShownAnswer,
    ShownCommand,
    ShownCorrection,
    ShownDue,
    ShownEntry,
    ShownExtension,
    ShownPause,
    ShownStep,
    ShownUnit,
    ShownWhy,
)
from ledger.directory import people
from ledger.reading.queries import ItemView
from ledger.rounds.of_items import former_unit
from rules.dates.calendar import local_date
from rules.machine.turns import deadline_words


class ShownDetail(Shown):
    """One item: its row, what it is about, where it is, its dates, its whole life, and which commands it takes.

    `commands`: of the person who is asked for, with fields; without one, all that the status takes, without fields.
    """

    item: ShownItem
    former: str = Field(default="", description="原来是问哪个单位的：它并入了办这一份的单位，填报的数仍是它的")
    turn: str = Field(default="", description="轮到谁办什么、到何时；没有在走的时限时，事项的状态")
    matter: tuple[ShownAnswer, ...] = Field(description="事由：交办时填的各项，第一项是事项本身")
    co_units: tuple[ShownUnit, ...] = ()
    deadline: date | None = None
    deadline_words: str = Field(default="", description="交办时限；被事项总时限截短时，也说明以哪一天为准")
    steps: tuple[ShownStep, ...] = ()
    due: ShownDue | None = None
    why: ShownWhy
    extension: ShownExtension
    pause: ShownPause | None = None
    correction: ShownCorrection | None = Field(default=None, description="待批复的更正")
    seq: int
    reopened: int = 0
    urges: int = 0
    tallies: tuple[ShownTally, ...] = Field(default=(), description="逐次记的：各欠多少，有了多少，何时到期")
    commands: tuple[ShownCommand, ...] = ()
    family: ShownFamily = Field(default=ShownFamily(), description="上级事项和子项")
    entries: tuple[ShownEntry, ...] = Field(default=(), description="办理过程：每一条记录，从交办开始")


def detail(connection: Connection, view: ItemView, now: datetime, *, caller: Caller | None = None) -> ShownDetail:
    """The item as of `now`; with the commands that the caller may give, if anybody asks. Raises unknown_person."""
    row = RegisterRow(RowNames(connection, now), view.row)
    process, state, dates = row.process, view.state, why(connection, view.state, now)
    commands = takes(view, process)
    if caller and caller.person:
        commands = commands_for(connection, view, process, people.somebody(connection, caller.person), now)
    return ShownDetail(
        item=(shown := row.shown()),
        former=former_unit(connection, state),
        turn=turn_line(shown, dates),
        matter=matter_of(connection, view),
        co_units=units_of(connection, row.names, process, state.co_units),
        deadline=state.deadline,
        deadline_words=deadline_words(state.deadline, state.cap),
        steps=steps_of(process, state, view.events),
        due=dates.clocks[0] if dates.clocks else dates.watch,
        why=dates,
        extension=extension_of(connection, view, process, now),
        pause=pause_of(view),
        correction=pending_correction(connection, view),
        seq=state.seq,
        family=family_of(connection, view, now),
        reopened=state.reopened,
        urges=state.urges,
        tallies=tallies_of(connection, view, process, local_date(max(now, state.at))),
        commands=commands,
        entries=timeline(connection, view),
    )
