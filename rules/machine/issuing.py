"""Issuing: an order made into an item's first event. What may be issued, to whom, until when."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.dates.calendar import Calendar, local_date
from rules.dates.windows import DueChoice
from rules.errors import Code, RuleViolation
from rules.family import FollowUp
from rules.forms import answers
from rules.forms.answers import Pairs
from rules.forms.form import TITLE
from rules.links import ChildLink
from rules.machine import turns
from rules.machine.commands import ID_LIMIT, Actor, UnitRef, check_list, check_text
from rules.machine.events import Decision, Event
from rules.machine.facts import Issued
from rules.machine.turns import check_kind
from rules.names import FIELD_NAMES
from rules.permitting import OfficeAct, check_role
from rules.process import Process, Role

CO_UNITS_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An item to be issued: its number, its unit, what it is about (its title, and the other answers to its process's
    matter as `rules.forms.answers.read` gives them), and the date the committee sets, if it sets one; the unit may
    choose one from `earliest` to that one, where there is such. `parent`: the item that it follows from, as its `link`,
    of whose `supervisor` it is too. `children`: over which it stands. `asked_by`: the very process (its ref) whose
    questions a round asks; `asked_of`: the unit of whom it asks them."""

    no: str
    unit: UnitRef
    title: str
    matter: Pairs = ()
    co_units: tuple[str, ...] = ()
    deadline: date | None = None
    earliest: date | None = None
    batch: str = ""
    parent: str = ""
    link: ChildLink | None = None
    supervisor: str = ""
    children: tuple[FollowUp, ...] = ()
    asked_by: str = ""
    asked_of: str = ""


def issue(process: Process, calendar: Calendar, order: Order, *, command: str, actor: Actor, now: datetime) -> Decision:
    """The item's first event. Raises wrong_role, answers_invalid, field_too_long, field_invalid,
    control_characters, date_in_past, date_out_of_calendar."""
    if not order.parent and actor.role is not Role.SYSTEM:
        # What follows from an item is issued by whoever moved that one on; what a round asks for, by its day.
        check_role(OfficeAct.ISSUE, actor.role)
    check_kind(process, order.unit)
    answers.check(process.matter, ((TITLE, order.title), *order.matter))
    _check_order(order, calendar, today := local_date(now))
    check_text("id", command, ID_LIMIT)
    span = turns.span_from(process, calendar, today)
    cap = turns.cap_from(process, calendar, today, span)
    members = order.unit.members
    year = next((int(pair[1]) for pair in order.matter if pair[0] == process.year_in), None)
    turn = turns.first_turn(process, calendar, now, no=1, cap=cap, deadline=order.deadline, members=members, year=year)
    fact = Issued(
        no=order.no,
        process=process.ref,
        calendar=calendar.version,
        unit=order.unit,
        title=order.title,
        matter=order.matter,
        turn=turn,
        co_units=order.co_units,
        deadline=order.deadline,
        cap=cap,
        span=span,
        batch=order.batch,
        parent=order.parent,
        link=order.link,
        supervisor=order.supervisor,
        veiled=process.veil != "",
        year=year,
        issued=order.children,
        choice=_choice(order),
        asked_of=order.asked_of,
    )
    return Decision(events=(Event(seq=1, at=now, command=command, actor=actor, fact=fact),))


def _choice(order: Order) -> DueChoice | None:
    if order.deadline is None or order.earliest is None or order.earliest >= order.deadline:
        return None
    return DueChoice(first=order.earliest, last=order.deadline)


def _check_order(order: Order, calendar: Calendar, today: date) -> None:
    check_list("co_units", order.co_units, ID_LIMIT, CO_UNITS_LIMIT)
    if order.deadline is None:
        return
    if order.deadline < today:
        raise RuleViolation(
            Code.DATE_IN_PAST, field=FIELD_NAMES["deadline"], actual=order.deadline.isoformat(), today=today.isoformat()
        )
    calendar.check(order.deadline)
