"""Forms filled in by half: kept for whoever may hand them in, seen by nobody else, and gone when they are.

The last one kept counts; whoever keeps one over another that they had not seen is told when that was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from desk.actions import commands_for
from desk.answers import form_in
from desk.requests import command_kind
from ledger.chain import pinned
from ledger.chain.entries import ENTRY
from ledger.directory import halves, people
from ledger.directory.halves import UNFINISHED, Half
from ledger.directory.people import Somebody
from ledger.reading import queries
from ledger.store.database import Database
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.forms.fingerprint import questions_mark
from rules.forms.form import AnswerKind, Form
from rules.machine.commands import ANSWERS_LIMIT, CommandKind
from rules.machine.fields import FIELDS
from rules.machine.state import State
from rules.names import ROLE_NAMES, names_of
from rules.permitting import roles_for
from rules.process import Process

SIZE_LIMIT = 100_000
"""Characters of all that is kept of one form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Which form is filled in: the one that a command of that kind takes now, or what is reported for that tally."""

    kind: CommandKind
    tally: str = ""

    @property
    def key(self) -> str:
        """Under what it is kept."""
        return f"{self.kind}.{self.tally}" if self.tally else str(self.kind)


def slot_of(command: str, tally: str = "") -> Slot:
    """The slot of a form on the page. Raises unknown_command."""
    return Slot(kind=command_kind(command), tally=tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAsked:
    """A form that somebody may hand in now: of which item, and what marks its questions."""

    no: str
    person: str
    slot: Slot
    process: Process
    state: State
    form: Form
    mark: str


def asked_for(connection: Connection, no: str, person: str, slot: Slot, now: datetime) -> FormAsked:
    """The form, for whoever may give the command. Raises unknown_item, unknown_person, wrong_role, wrong_step,
    field_not_taken."""
    who = people.somebody(connection, person)
    view = queries.item(connection, no)
    process = pinned.process(connection, view.state.process)
    name = names_of(process.words).command[slot.kind]
    can = {one.command for one in commands_for(connection, view, process, who, now)}
    if str(slot.kind) not in can:
        raise _refused(process, who, slot.kind, view.state, name)
    form = form_in(process, view.state, slot.kind, slot.tally or None)
    if form is None:
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELDS["answers"].label)
    return _asked(process, view.state, who.id, slot, form)


def forms_for(connection: Connection, no: str, person: str, now: datetime) -> tuple[FormAsked, ...]:
    """Every form of the item that the person may hand in now, the item's own step first. Raises unknown_item,
    unknown_person."""
    who = people.somebody(connection, person)
    view = queries.item(connection, no)
    process, state = pinned.process(connection, view.state.process), view.state
    found = []
    for command in commands_for(connection, view, process, who, now):
        kind = CommandKind(command.command)
        tallies = tuple(one.id for one in process.tallies) if kind is CommandKind.REPORT else ("",)
        for slot in (Slot(kind=kind, tally=tally) for tally in tallies):
            form = form_in(process, state, slot.kind, slot.tally or None)
            if form is not None:
                found.append(_asked(process, state, who.id, slot, form))
    return tuple(found)


def _asked(process: Process, state: State, person: str, slot: Slot, form: Form) -> FormAsked:
    mark = mark_of(form, state, slot)
    return FormAsked(no=state.no, person=person, slot=slot, process=process, state=state, form=form, mark=mark)


def _refused(process: Process, who: Somebody, kind: CommandKind, state: State, name: str) -> RuleViolation:
    """Why the person cannot give the command: in none of their posts, or not as the item stands."""
    roles, held = roles_for(kind, process), {post.role for post in who.posts}
    if held & roles:
        return RuleViolation(Code.WRONG_STEP, command=name, no=state.no, step=state.step_name)
    allowed = "、".join(ROLE_NAMES[role] for role in ROLE_NAMES if role in roles)
    said = "、".join(ROLE_NAMES[role] for role in ROLE_NAMES if role in held)
    return RuleViolation(Code.WRONG_ROLE, role=said or who.name, command=name, allowed=allowed)


def mark_of(form: Form, state: State, slot: Slot) -> str:
    """What marks these questions of the item here and now: in another step or cycle it is another one."""
    return questions_mark(form, slot.key, state.step, str(state.cycle))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHalf:
    """A half is kept, at that instant; `over`: when one was kept that whoever kept this had not seen."""

    at: str
    over: str = ""


def keep(
    database: Database,
    asked: FormAsked,
    answers: Mapping[str, str],
    now: datetime,
    *,
    said: Mapping[str, str] | None = None,
    seen: str | None = None,
    source: str = "",
    command_id: str = "",
) -> KeptHalf | None:
    """What has been filled in is kept in place of what was. `seen`: when the one was kept that they went on from;
    `command_id`: of the command that hands the form in: once that stands, nothing is kept any more (None). Raises
    field_too_long."""
    half = Half(
        command=asked.slot.key,
        step=asked.state.step,
        at=instant_text(now),
        mark=asked.mark,
        named=asks_names(asked.form),
        answers=_filled(answers),
        said=_filled(said or {}),
        source=source,
    )
    _check_size(half)
    with database.write() as connection:
        if command_id and _handed_in(connection, asked.no, command_id):
            return None
        mine = (UNFINISHED.c.no == asked.no, UNFINISHED.c.person == asked.person, UNFINISHED.c.command == half.command)
        before = connection.execute(select(UNFINISHED.c.at).where(*mine)).scalar() or ""
        halves.store(connection, asked.no, asked.person, half)
    return KeptHalf(at=half.at, over=before if seen is not None and before != seen else "")


def _handed_in(connection: Connection, no: str, key: str) -> bool:
    """Whether a command stands that the form on the page with that key gave (it goes on with a hash of what it
    says)."""
    given = (ENTRY.c.stream == no, ENTRY.c.command.startswith(f"{key}-", autoescape=True))
    return connection.execute(select(ENTRY.c.seq).where(*given).limit(1)).first() is not None


def asks_names(form: Form) -> bool:
    """Whether a name of a person is asked for anywhere in it."""
    every = (*form.fields, *(column for one in form.fields for column in one.columns))
    return any(one.kind is AnswerKind.NAME for one in every)


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {at: text for at, text in texts.items() if text.strip()}


def _check_size(half: Half) -> None:
    size = sum(len(at) + len(text) for texts in (half.answers, half.said) for at, text in texts.items())
    count = len(half.answers)
    if size > SIZE_LIMIT or count > ANSWERS_LIMIT:
        limit, actual = f"合计 {SIZE_LIMIT} 字、{ANSWERS_LIMIT} 项", f"{size} 字、{count} 项"
        raise RuleViolation(Code.FIELD_TOO_LONG, field=FIELDS["answers"].label, limit=limit, actual=actual)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHalf:
    """A half as it is shown again. `left_out`: it was filled in before the form changed, and so many of its answers are
    asked for no longer; `changed`: it was, whether anything had to be left out or not."""

    half: Half
    changed: bool = False
    left_out: int = 0


def kept(connection: Connection, process: Process, state: State, person: str) -> dict[str, FoundHalf]:
    """What the person has kept for the step in which the item is, by the key of its slot: of a form that has changed
    since, what its fields still ask for."""
    found = {}
    for key, half in halves.halves_of(connection, no=state.no, person=person).items():
        kind, _, tally = key.partition(".")
        form = form_in(process, state, CommandKind(kind), tally or None)
        if form is None or half.step != state.step:
            continue
        if half.mark == mark_of(form, state, slot_of(kind, tally)):
            found[key] = FoundHalf(half=half)
            continue
        still = {at: text for at, text in half.answers.items() if form.question(at)}
        left_out = len(half.answers) - len(still)
        found[key] = FoundHalf(half=replace(half, answers=still), changed=True, left_out=left_out)
    return found


def drop(database: Database, *, no: str, person: str, slot: Slot) -> None:
    """What the person kept for that form is gone: it was handed in, or is not wanted."""
    with database.read() as connection:
        if slot.key not in halves.halves_of(connection, no=no, person=person):
            return
    with database.write() as connection:
        halves.forget(connection, no=no, person=person, command=slot.key)
