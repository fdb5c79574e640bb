"""What an item owes so often, as it is shown: how many of how many about each, by when, what counted; and the form in
which something is reported for it. Reads only."""

from datetime import date

from pydantic import Field
from sqlalchemy import Connection

from desk.answers import form_for
from desk.showing.questions import asks_for, questions_of
from desk.showing.register import show_lamp
from desk.showing.values import Shown, ShownField, ShownLamp
from ledger.chain import pinned
from ledger.reading.queries import ItemView
from rules.dates.calendar import local_date
from rules.dates.clocks import lamp_of
from rules.dates.distance import distance
from rules.forms.answering import known_of
from rules.forms.form import AnswerKind
from rules.forms.tally import Tally
from rules.machine.commands import CommandKind, Status
from rules.machine.fields import FIELDS
from rules.machine.turns import limits_on_nodes
from rules.moves.tallying import amount_text
from rules.nodes.node import OwedNode, Tallied
from rules.nodes.owing import Owing, counted, dates, subjects
from rules.process import Process
from rules.telling.tally_words import tally_words

_REPORT = str(CommandKind.REPORT)


class ShownCount(Shown):
    """A report that counted: which entry, on which day, how much."""

    entry: int
    on: date
    amount: str = Field(examples=["1", "200.50"])


class ShownMark(Shown):
    """A mark on the strip of a year: at the `day`-th day, of the kind met (counted), owed, late (passed, not met)."""

    day: int
    kind: str
    words: str


class ShownOwed(Shown):
    """What is owed about one subject: `have` of `least`; the next number by `due`, or by the end of the step."""

    about: str = ""
    have: str
    least: str
    met: bool
    next: str = Field(default="", description="下一份：第几次，或满多少")
    due: date | None = None
    provisional: bool = False
    late: bool = False
    words: str = Field(default="", description="还有几天，或逾期几天")
    lamp: ShownLamp | None = None
    counts: tuple[ShownCount, ...] = ()
    marks: tuple[ShownMark, ...] = ()


class ShownTally(Shown):
    """One tally of the item's process, in words, with what is owed about each. `fields`: of the form in which something
    is reported for it now; none where nothing can be."""

    id: str
    name: str
    words: str
    year: int
    rows: tuple[ShownOwed, ...] = ()
    fields: tuple[ShownField, ...] = ()


def tallies_of(connection: Connection, view: ItemView, process: Process, now: date) -> tuple[ShownTally, ...]:
    """Every tally of the process, once its step has begun or something counted for it."""
    state = view.state
    shown = []
    for tally in process.tallies:
        runs = state.status is Status.WORKING and state.step == tally.step
        ever = any(a.tally == tally.id for one in state.tallied for a in one.amounts)
        if runs or ever:
            shown.append(_tally(connection, view, process, tally, now, runs=runs))
    return tuple(shown)


def _tally(
    connection: Connection, view: ItemView, process: Process, tally: Tally, now: date, *, runs: bool
) -> ShownTally:
    state = view.state
    calendar = pinned.calendar(connection, state.calendar)
    owing = Owing(
        process=process,
        calendar=calendar,
        since=state.owed_since or state.at,
        answers=state.answers,
        members=state.unit.members,
        said_year=state.year,
        limits=limits_on_nodes(state.cap),
        known=known_of(process, state.answers),
    )
    nodes = {node.about: node for node in state.nodes if node.tally == tally.id}
    known = subjects(owing, tally)
    abouts = dict.fromkeys((*known, *(one.about for one in state.tallied if _counts(one.amounts, tally))))
    year = strip_year(owing, tally, state.tallied)

    def row(about: str) -> ShownOwed:
        node, have = nodes.get(about), counted(state.tallied, tally.id, about)
        due = node.clock.due if node and node.clock else None
        counts = tuple(
            ShownCount(entry=one.entry, on=one.on, amount=a.amount)
            for one in state.tallied
            if one.about == about
            for a in one.amounts
            if a.tally == tally.id
        )
        late = bool(node and node.clock and node.clock.late)
        lamp = show_lamp(lamp_of(process, calendar, (node.clock,), state.at)) if node and node.clock else None
        return ShownOwed(
            about=about,
            have=amount_text(have),
            least=str(tally.least),
            met=have >= tally.least,
            next=_next(node),
            due=due.date if due else None,
            provisional=bool(due and due.provisional),
            late=late,
            words=distance(calendar, due.date, now, late=late) if due else "",
            lamp=lamp,
            counts=counts,
            marks=marks_on_strip(owing, tally, about, node, counts, year),
        )

    return ShownTally(
        id=tally.id,
        name=tally.name,
        words=tally_words(process, tally),
        year=year,
        rows=tuple(row(about) for about in abouts),
        fields=_fields(view, process, tally, known, now) if runs and tally.reported else (),
    )


def _counts(amounts: tuple[object, ...], tally: Tally) -> bool:
    return any(getattr(amount, "tally", "") == tally.id for amount in amounts)


def _next(node: OwedNode | None) -> str:
    return node.much if node else ""


def strip_year(owing: Owing, tally: Tally, tallied: tuple[Tallied, ...]) -> int:
    """The year that the strip shows: of which the dates are; of what has no dates, that of the last report which
    counted."""
    began = owing.year
    if tally.dated:
        return began
    return max((one.on.year for one in tallied if _counts(one.amounts, tally)), default=began)


def marks_on_strip(
    owing: Owing, tally: Tally, about: str, node: OwedNode | None, counts: tuple[ShownCount, ...], year: int
) -> tuple[ShownMark, ...]:
    """What stands on the strip of that year, in the order of days: what is owed by when, where that is a rest day by
    the next working one, and what counted when."""
    clock = node.clock if node else None
    days = {
        clock.due.date if clock and node and node.nth == nth else owing.calendar.roll(day)
        for nth, day, _ in dates(owing, tally, about)
        if day
    }
    owed = [
        ShownMark(
            day=day.timetuple().tm_yday,
            kind="late" if clock and clock.late and day == clock.due.date else "owed",
            words=f"{day.month}月{day.day}日前",
        )
        for day in days
        if day.year == year
    ]
    met = [
        ShownMark(day=one.on.timetuple().tm_yday, kind="met", words=f"{one.on.month}月{one.on.day}日 {one.amount}")
        for one in counts
        if one.on.year == year
    ]
    return tuple(sorted((*owed, *met), key=lambda mark: (mark.day, mark.kind)))


def _fields(
    view: ItemView, process: Process, tally: Tally, known: tuple[str, ...], today: date
) -> tuple[ShownField, ...]:
    """What is asked of whoever reports for the tally, in the order in which it is asked."""
    form = form_for(process, tally.step, CommandKind.REPORT, tally.id)
    issued = view.state.issued
    asked = []
    if tally.each:
        asked.append(_field("about", "select", required=True, choices=tuple((one, one) for one in known)))
    first = local_date(issued).isoformat() if issued else ""
    asked.append(_field("on", "date", minimum=first, maximum=today.isoformat(), hint="不填是今天"))
    if form:
        questions = questions_of(process, form, ())
        asked.append(_field("answers", "answers", questions=questions))
    if not asks_for(form, AnswerKind.TEXT):
        asked.append(_field("text", "text", required=form is None))
    if not asks_for(form, AnswerKind.EVIDENCE):
        asked.append(_field("evidence", "files", hint="可选多个文件，合计不超过 50 MB"))
    return tuple(asked)


def _field(name: str, kind: str, **said: object) -> ShownField:
    field = FIELDS[name]
    return ShownField.model_validate(
        {"name": name, "label": field.labels.get(_REPORT, field.label), "kind": kind, **said}
    )
