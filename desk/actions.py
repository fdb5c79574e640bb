"""Which commands somebody may give an item now, and with which fields. The rules themselves are asked, with a sample
command that nothing is done with: so a page never offers what would be refused, and never hides what would not."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.answers import form_in
from desk.figures.asked import known_beside, with_answered, with_old
from desk.registers.rounds_shown import title_of
from desk.requests import allowed, choices
from desk.showing.deciding import deciding
from desk.showing.questions import asks_for, checks_of, questions_of
from desk.showing.values import ShownCommand, ShownField
from ledger.chain import pinned
from ledger.directory import people, substitutes
from ledger.directory.people import Somebody
from ledger.reading.entry_words import EntryWords
from ledger.reading.queries import ItemView
from ledger.rounds.of_items import locked_out, round_of_item
from rules.dates.calendar import LOCAL, Calendar, local_date
from rules.dates.explain import long_day
from rules.dates.windows import window_words
from rules.errors import Code, RuleViolation
from rules.forms.form import AnswerKind
from rules.forms.samples import samples
from rules.machine.commands import Actor, Assignment, Command, CommandKind, EntryRef
from rules.machine.fields import ASKED, FIELDS, Field, FieldKind
from rules.machine.item import decide
from rules.machine.limits import due_room, pause_room, room
from rules.names import ROLE_NAMES, names_of
from rules.permitting import OF_AREA, OF_UNIT, roles_for, speaks_for
from rules.process import Process, Role, Window
from rules.telling.process_words import publicity_words

K = CommandKind
ORDER = (
    K.SIGN,
    K.SUBMIT,
    K.REPORT,
    K.PUBLISH,
    K.OBJECT,
    K.ANSWER_OBJECTION,
    K.SET_DUE,
    K.ASK_EXTENSION,
    K.DECLINE,
    K.DECIDE_EXTENSION,
    K.DECIDE_CORRECTION,
    K.APPROVE,
    K.CLOSE,
    K.RETURN,
    K.WATCH,
    K.REOPEN,
    K.REASSIGN,
    K.HAND_OVER,
    K.URGE,
    K.REMARK,
    K.PAUSE,
    K.RESUME,
    K.CORRECT,
    K.ANNUL,
)
"""The order in which commands are offered: what moves the item first, what ends it last."""

SAID_BEFORE = frozenset(
    {
        Code.EXTENSION_PENDING,
        Code.EXTENSION_SPENT,
        Code.EXTENSION_NO_ROOM,
        Code.EXTENSION_AFTER_DUE,
        Code.EXTENSION_NEEDS_LEADER,
        Code.CORRECTION_PENDING,
        Code.OWN_MATTER,
        Code.ANSWERED,
        Code.CORRECTION_NEEDS_LEADER,
        Code.PAUSED,
        Code.PAUSE_SPENT,
        Code.URGE_TOO_SOON,
        Code.URGE_SPENT,
        Code.NOT_PUBLISHED,
        Code.PUBLICITY_LASTS,
        Code.OBJECTION_OPEN,
        Code.TOO_MANY_OBJECTIONS,
        Code.TALLIES_UNMET,
        Code.CHILDREN_OPEN,
        Code.ROUND_LOCKED,
    }
)
"""Refusals worth showing beforehand: another day, or somebody else, could. Any other one simply hides the command. None
of them speaks of what was filled in: nobody has filled in anything yet."""

OF_ANSWERS = frozenset({Code.ANSWERS_CONTRADICT, Code.OUTCOME_CONTRADICTED, Code.CYCLES_SPENT, Code.FOLLOW_UP_REFUSED})
"""Refusals that speak of the sample's answers or verdict: another one may well be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _InHand:
    """An item as the rules judge it."""

    connection: Connection
    view: ItemView
    process: Process
    now: datetime


def takes(view: ItemView, process: Process) -> tuple[ShownCommand, ...]:
    """What the item's status takes from anybody, without fields."""
    names = names_of(process.words).command
    return tuple(ShownCommand(command=str(kind), name=names[kind]) for kind in allowed(view.row["status"]))


def commands_for(
    connection: Connection, view: ItemView, process: Process, who: Somebody, now: datetime
) -> tuple[ShownCommand, ...]:
    """What that person may do now, in the order of ORDER; those that must wait carry the reason."""
    asked = _InHand(connection=connection, view=view, process=process, now=max(now, view.state.at))
    today = local_date(now)
    away = substitutes.represented(substitutes.standing_in(connection, today), who.id)
    roles = {post.role for one in (who.id, *away) for post in people.somebody(connection, one).posts}
    kinds = [k for k in ORDER if k in allowed(view.row["status"]) and roles_for(k, process) & roles]
    actors = [substitutes.actor_for(connection, who.id, kind, process, view.state, day=today) for kind in kinds]
    shown = [_show(asked, kind, actor) for kind, actor in zip(kinds, actors, strict=True)]
    return tuple(command for command in shown if command)


def _show(asked: _InHand, kind: CommandKind, actor: Actor) -> ShownCommand | None:
    said: dict[str, str] = {
        "command": str(kind),
        "name": names_of(asked.process.words).command[kind],
        "role_name": _as_whom(asked.connection, actor),
    }
    if kind is K.ASK_EXTENSION and not asked.process.extension.times:
        return None  # it is never granted here: nothing that another day could bring
    try:
        decide(asked.process, _calendar(asked), asked.view.state, _sample(asked, kind, actor), asked.now)
        _take_by_round(asked, kind, actor)
    except RuleViolation as refusal:
        if refusal.code in OF_ANSWERS or (refusal.code is Code.TALLIES_UNMET and _ends_short(asked)):
            return _offered(asked, kind, actor, said)
        if refusal.code in SAID_BEFORE:
            return ShownCommand(**said, refusal=str(refusal), code=str(refusal.code))
        if refusal.code is not Code.SAME_UNIT:
            return None
    return _offered(asked, kind, actor, said)


def _take_by_round(asked: _InHand, kind: CommandKind, actor: Actor) -> None:
    """What a unit brings in is still taken by the round that asks for it. Raises round_locked."""
    if kind not in (K.SUBMIT, K.REPORT) or actor.role not in OF_UNIT | OF_AREA:
        return
    of = round_of_item(asked.connection, asked.view.state.no)
    if of and of.closed(local_date(asked.now)):
        raise locked_out(asked.connection, title_of(asked.connection, of.round), of.unit, asked.view.state)


def _calendar(asked: _InHand) -> Calendar:
    return pinned.calendar(asked.connection, asked.view.state.calendar)


def _ends_short(asked: _InHand) -> bool:
    """Whether something is owed in the step, and it may be ended without, with a reason."""
    state = asked.view.state
    return bool(state.nodes) and any(step.short for step in asked.process.steps if step.id == state.step)


def _offered(asked: _InHand, kind: CommandKind, actor: Actor, said: dict[str, str]) -> ShownCommand:
    """The command with its form, and what it decides on."""
    words = EntryWords(asked.connection, asked.view.entries)
    judged = deciding(asked.view, asked.process, words, kind)
    return ShownCommand(**said, fields=_fields(asked, kind, actor), deciding=judged)


def _as_whom(connection: Connection, actor: Actor) -> str:
    """The role in which the command would be given, and for whom who is away."""
    role = ROLE_NAMES[actor.role]
    return f"{role}，代{people.somebody(connection, actor.behalf).name}" if actor.behalf else role


def _sample(asked: _InHand, kind: CommandKind, actor: Actor) -> Command:
    """A command of that kind that is filled in without fault, as far as anybody could."""
    needed = _needed(asked, kind)
    sample = {f.attribute: _example(asked, kind, actor, f) for f in FIELDS.values() if f.name in needed}
    return Command(kind=kind, id="sample", actor=actor, **sample)


def _needed(asked: _InHand, kind: CommandKind) -> frozenset[str]:
    """The names of the fields that the command must say in this step."""
    step = next((s for s in asked.process.steps if s.id == asked.view.state.step), None)
    besides = step.requires if step and kind is K.SUBMIT else ("text",) if kind is K.REPORT else ()
    form = ("answers",) if form_in(asked.process, asked.view.state, kind) else ()
    return frozenset(f.name for f in FIELDS.values() if kind in f.needed).union(besides, form)


def _example(asked: _InHand, kind: CommandKind, actor: Actor, field: Field) -> Any:
    state, process, today = asked.view.state, asked.process, local_date(asked.now)
    match field.kind:
        case FieldKind.ENTRY:
            own = correctable(asked.view, actor)
            return own[-1] if own else EntryRef(seq=1, kind="issued")
        case FieldKind.CHOICE:
            return next(iter(choices(field, process)))
        case FieldKind.PERSON:
            others = _other_supervisors(asked)
            return Actor(id=others[0] if others else state.supervisor, role=Role.SUPERVISOR)
        case FieldKind.UNIT:
            return Assignment(unit=state.unit, process=process)
        case FieldKind.DATE:
            with suppress(RuleViolation, KeyError):
                return _ROOMS[kind](process, _calendar(asked), state, asked.now).first
            return today  # where there is no room, that is what the rules say first
        case FieldKind.ANSWERS:
            return next(samples(form_in(process, state, kind)))
    return field.example


def _fields(asked: _InHand, kind: CommandKind, actor: Actor) -> tuple[ShownField, ...]:
    """The fields that the command takes in this step, in the order in which they are asked for."""
    needed, order = _needed(asked, kind), list(FieldKind)
    taken = sorted(
        (f for f in ASKED if f.taken_by(kind) and not (kind is K.REPORT and f.name in _OF_TALLIES)),
        key=lambda f: (order.index(f.kind), f.name != _FIRST.get(kind)),
    )
    if asks_for(form_in(asked.process, asked.view.state, kind), AnswerKind.EVIDENCE):
        taken = [f for f in taken if f.kind is not FieldKind.FILES]  # one place for files is enough
    shown = (_show_field(asked, kind, actor, field, required=field.name in needed) for field in taken)
    return tuple(field for field in shown if field)


_OF_TALLIES = frozenset({"tally", "about", "on", "answers"})
"""What is asked for where something is reported for a tally: each has a form of its own (desk/showing/tallies.py)."""
_FIRST = {K.CORRECT: "text"}
"""What is asked for before other fields of its kind."""


def _show_field(asked: _InHand, kind: CommandKind, actor: Actor, field: Field, *, required: bool) -> ShownField | None:
    """The field as it is asked for here and now; none where nothing can be said."""
    here: dict[str, Any] | None = {"hint": _HINTS.get(field.kind, "")}
    match field.kind:
        case FieldKind.ENTRY:
            here = _entries(asked, correctable(asked.view, actor))
        case FieldKind.PERSON:
            names = people.names_of(asked.connection, set(_other_supervisors(asked)))
            here = {"choices": tuple(sorted(names.items()))}
        case FieldKind.YES_NO:
            here = {"choices": (("yes", "同意"), ("no", "不同意"))}
        case FieldKind.CHOICE:
            here = _options(asked, field)
        case FieldKind.DATE:
            here = _DATES[kind](asked)
        case FieldKind.ANSWERS:
            here = _form(asked, kind)
        case FieldKind.NUMBER:
            here = _days(asked, kind)
        case FieldKind.TEXT if field.name == "reason" and kind is K.SUBMIT:
            here = {"hint": _missing_words(asked)} if _ends_short(asked) else None
        case FieldKind.TEXT if field.name == "reason" and kind in FIELDS["grant"].needed:
            here = {"hint": "不同意时必须填写"}
    if here is None:
        return None
    said = {"name": field.name, "label": field.labels.get(kind, field.label), "required": required}
    return ShownField(**{**said, "kind": _SHOWN_AS.get(field.kind, str(field.kind)), **here})


def _other_supervisors(asked: _InHand) -> list[str]:
    """The supervisors who do not have the item in hand, by id."""
    return [p for p in people.holders(asked.connection, Role.SUPERVISOR) if p != asked.view.state.supervisor]


_SHOWN_AS = {FieldKind.ENTRY: "select", FieldKind.PERSON: "select", FieldKind.YES_NO: "choice"}
_HINTS = {FieldKind.FILES: "可选多个文件，合计不超过 50 MB"}


def correctable(view: ItemView, actor: Actor) -> tuple[EntryRef, ...]:
    """The entries that the actor may say are wrong."""
    every = (EntryRef(seq=e.seq, kind=e.kind, unit=e.actor.unit, role=e.actor.role) for e in view.events)
    return tuple(entry for entry in every if speaks_for(actor, entry))


def _entries(asked: _InHand, entries: tuple[EntryRef, ...]) -> dict[str, Any]:
    """Newest first: what somebody got wrong was most likely said lately."""
    words = EntryWords(asked.connection, asked.view.entries)

    def told(entry: EntryRef) -> str:
        event = asked.view.events[entry.seq - 1]
        sentence = words.sentence(asked.view.entries[entry.seq - 1], event.fact)
        line = f"第 {entry.seq} 条，{event.at.astimezone(LOCAL):%m月%d日 %H:%M}，{sentence}"
        return line if len(line) <= CHOICE_LIMIT else f"{line[: CHOICE_LIMIT - 1]}…"

    listed = tuple((str(entry.seq), told(entry)) for entry in reversed(entries))
    return {"hint": "原记录不会改动，更正写在它的旁边；须由另一人批复", "choices": listed}


CHOICE_LIMIT = 60
"""Characters of an entry's sentence in the list to choose from."""


def _form(asked: _InHand, kind: CommandKind) -> dict[str, Any] | None:
    """The questions of the step's form; nothing where the step asks none."""
    process, state = asked.process, asked.view.state
    form = form_in(process, state, kind)
    if form is None:
        return None
    if kind is K.CORRECT:  # only what is wrong is filled in
        blank = questions_of(process, form, (), {})
        return {"questions": with_answered(asked.connection, asked.view.row["batch"], state.answers_for, form, blank)}
    questions = questions_of(process, form, asked.view.events, no=state.no)
    return {
        "questions": with_old(asked.connection, asked.view.row["batch"], state.answers_for, form, questions),
        "checks": checks_of(process, state.step),
        "known": known_beside(asked.connection, asked.view.row["batch"], state.answers_for, form, asked.now),
    }


def _options(asked: _InHand, field: Field) -> dict[str, Any] | None:
    """What can be chosen; nothing where there is but one way anyhow."""
    match field.name:
        case "outcome":
            return {"choices": _outcomes(asked.process)}
        case "step":
            back = asked.process.step(asked.view.state.step).return_to
            first, *others = (asked.process.step(step).name for step in back)
            chosen = ((back[0], f"{first}（不选也是）"), *zip(back[1:], others, strict=True))
            return {"choices": chosen} if others else None
    return {"choices": tuple(field.choices.items())}


def _missing_words(asked: _InHand) -> str:
    nodes = asked.view.state.nodes
    shown = "、".join(node.words for node in nodes[:5])
    return f"还差 {len(nodes)} 项：{shown}{'……' if len(nodes) > 5 else ''}；都完成了才不必写理由"


def _outcomes(process: Process) -> tuple[tuple[str, str], ...]:
    close = f"，{process.words.close}"
    leads = {"watch": f"{close}后回头看 {window_words(process.watch)}" if process.watch else close, "close": close}
    return tuple(
        (o.id, o.name + (leads.get(o.then) or f"，转入下一轮，从“{process.step(o.then).name}”开始"))
        for o in process.outcomes
    )


def _extended_to(asked: _InHand) -> dict[str, Any] | None:
    if asked.view.state.clock is None:
        return None
    could = room(asked.process, _calendar(asked), asked.view.state, asked.now)
    hint = f"还可延 {could.left} 个工作日；超过 {asked.process.extension.leader_over} 个工作日由分管领导批复"
    return {"hint": hint, "minimum": could.first.isoformat(), "maximum": could.latest.isoformat()}


def _paused_to(asked: _InHand) -> dict[str, Any] | None:
    if (rule := asked.process.pause) is None:
        return None
    could = pause_room(asked.process, _calendar(asked), asked.view.state, asked.now)
    hint = f"这一天结束时自动恢复；一次最多 {could.left} 个工作日，每个事项最多 {rule.times} 次"
    return {"hint": hint, "minimum": could.first.isoformat(), "maximum": could.latest.isoformat()}


def _chosen_due(asked: _InHand) -> dict[str, Any] | None:
    could = due_room(asked.process, _calendar(asked), asked.view.state, asked.now)
    hint = f"{long_day(could.first)}至{long_day(could.latest)}之间的一个工作日；到期以前可以再改"
    return {"hint": hint, "minimum": could.first.isoformat(), "maximum": could.latest.isoformat()}


_ROOMS = {K.ASK_EXTENSION: room, K.PAUSE: pause_room, K.SET_DUE: due_room}


def _published_on(asked: _InHand) -> dict[str, Any] | None:
    step, running = asked.process.step(asked.view.state.step), asked.view.state.clock
    if step.publish is None or running is None:
        return None
    first, today = running.due.trace.start.isoformat(), local_date(asked.now).isoformat()
    return {"hint": publicity_words(step.publish), "minimum": first, "maximum": today}


_DATES = {K.SET_DUE: _chosen_due, K.ASK_EXTENSION: _extended_to, K.PAUSE: _paused_to, K.PUBLISH: _published_on}


def _days(asked: _InHand, kind: CommandKind) -> dict[str, Any] | None:
    """Only where a length may be named: for the step that begins, where its window is elastic."""
    process = asked.process
    step = next((s for s in process.steps if s.id == asked.view.state.step), None)
    target = None
    if kind is K.SIGN:
        target = process.first_step
    elif kind is K.SUBMIT and step and step.proposes:
        target = process.step(step.proposes)
    elif kind is K.RETURN and step and step.return_to:
        target = process.step(step.return_to[0])
    if target is None or target.window.minimum is None:
        return None
    window: Window = target.window
    return {
        "label": f"“{target.name}”拟用天数",
        "hint": f"{window_words(window)}；不填按 {window.amount} 计",
        "minimum": str(window.minimum),
        "maximum": str(window.amount),
    }
