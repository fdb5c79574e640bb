"""Which commands somebody may give an item now, and with which fields. The rules themselves are asked, with a sample
command that nothing is done with: so a page never offers what would be refused, and never hides what would not."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.requests import allowed
from desk.showing.steps import window_words
from desk.showing.values import ShownCommand, ShownField
from ledger.chain import pinned
from ledger.directory import people, substitutes
from ledger.directory.people import Somebody
from ledger.reading.queries import ItemView
from rules.dates.calendar import LOCAL, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import FIELDS, PERMITTED, Actor, Assignment, Command, CommandKind, EntryRef
from rules.machine.extending import room
from rules.machine.item import decide
from rules.names import COMMAND_NAMES, FIELD_NAMES, ROLE_NAMES, WATCH_RESULT_NAMES
from rules.process import Process, Role, Window
from rules.telling.story import tell

K = CommandKind
ORDER = (
    K.SIGN,
    K.SUBMIT,
    K.REPORT,
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
    K.URGE,
    K.REMARK,
    K.PAUSE,
    K.RESUME,
    K.CORRECT,
    K.ANNUL,
)
"""The order in which commands are offered: what moves the item first, what ends it last."""

NOT_NOW = frozenset(
    {
        Code.EXTENSION_PENDING,
        Code.EXTENSION_SPENT,
        Code.EXTENSION_NO_ROOM,
        Code.EXTENSION_AFTER_DUE,
        Code.EXTENSION_NEEDS_LEADER,
        Code.CORRECTION_PENDING,
        Code.OWN_MATTER,
        Code.CORRECTION_NEEDS_LEADER,
        Code.PAUSED,
        Code.PAUSE_SPENT,
        Code.URGE_TOO_SOON,
        Code.URGE_SPENT,
    }
)
"""Refusals worth showing beforehand: another day, or somebody else, could. Any other one simply hides the command. None
of them speaks of what was filled in: nobody has filled in anything yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _InHand:
    """An item as the rules judge it."""

    connection: Connection
    view: ItemView
    process: Process
    now: datetime


def takes(view: ItemView) -> tuple[ShownCommand, ...]:
    """What the item's status takes from anybody, without fields."""
    return tuple(ShownCommand(command=str(kind), name=COMMAND_NAMES[kind]) for kind in allowed(view.row["status"]))


def commands_for(
    connection: Connection, view: ItemView, process: Process, who: Somebody, now: datetime
) -> tuple[ShownCommand, ...]:
    """What that person may do now, in the order of ORDER; those that must wait carry the reason."""
    asked = _InHand(connection=connection, view=view, process=process, now=max(now, view.state.at))
    today = local_date(now)
    away = substitutes.represented(substitutes.standing_in(connection, today), who.id)
    roles = {post.role for one in (who.id, *away) for post in people.somebody(connection, one).posts}
    kinds = [k for k in ORDER if k in allowed(view.row["status"]) and PERMITTED[k] & roles]
    unit, area, co_units = view.row["unit"], view.row["area"], view.state.co_units
    actors = [
        substitutes.actor_for(connection, who.id, kind, unit, area=area, co_units=co_units, day=today) for kind in kinds
    ]
    shown = [_show(asked, kind, actor) for kind, actor in zip(kinds, actors, strict=True)]
    return tuple(command for command in shown if command)


def _show(asked: _InHand, kind: CommandKind, actor: Actor) -> ShownCommand | None:
    calendar = pinned.calendar(asked.connection, asked.view.state.calendar)
    said = {"command": str(kind), "name": COMMAND_NAMES[kind], "role_name": _as_whom(asked.connection, actor)}
    try:
        decide(asked.process, calendar, asked.view.state, _sample(asked, kind, actor), asked.now)
    except RuleViolation as refusal:
        if refusal.code in NOT_NOW:
            return ShownCommand(**said, refusal=str(refusal), code=str(refusal.code))
        if refusal.code is not Code.SAME_UNIT:
            return None
    return ShownCommand(**said, fields=_fields(asked, kind, actor))


def _as_whom(connection: Connection, actor: Actor) -> str:
    """The role in which the command would be given, and for whom who is away."""
    role = ROLE_NAMES[actor.role]
    return f"{role}，代{people.somebody(connection, actor.behalf).name}" if actor.behalf else role


def _sample(asked: _InHand, kind: CommandKind, actor: Actor) -> Command:
    """A command of that kind that is filled in without fault, as far as anybody could."""
    required, _ = FIELDS[kind]
    state, process = asked.view.state, asked.process
    step = next((s for s in process.steps if s.id == state.step), None)
    sample: dict[str, object] = {}
    for field in ("reason", "text"):
        if field in required:
            sample[field] = "-"
    if kind is K.SUBMIT and step and "measures" in step.requires:
        sample["measures"] = ("-",)
    if kind is K.SUBMIT and step and "evidence" in step.requires:
        sample["evidence"] = ("0" * 64,)
    if kind is K.ASK_EXTENSION and state.clock:
        calendar = pinned.calendar(asked.connection, state.calendar)
        sample["to"] = local_date(asked.now)  # where there is no room, that is what the rules say first
        with suppress(RuleViolation):
            sample["to"] = room(process, calendar, state, asked.now).first
    if kind is K.PAUSE:
        sample["to"] = local_date(asked.now) + timedelta(days=1)
    if kind in (K.DECIDE_EXTENSION, K.DECIDE_CORRECTION):
        sample["grant"] = True
    if kind is K.CORRECT:
        own = correctable(asked.view, actor)
        sample["entry"] = own[-1] if own else EntryRef(seq=1, kind="issued")
    if kind is K.CLOSE:
        sample["outcome"] = process.outcomes[0].id
    if kind is K.WATCH:
        sample["result"] = "held"
    if kind is K.REASSIGN:
        sample["assignment"] = Assignment(unit=state.unit, process=process)
    return Command(kind=kind, id="sample", actor=actor, **sample)  # type: ignore[arg-type]


def _fields(asked: _InHand, kind: CommandKind, actor: Actor) -> tuple[ShownField, ...]:
    """The fields that the command takes in this step, in the order in which they are asked for."""
    required, optional = FIELDS[kind]
    step = next((s for s in asked.process.steps if s.id == asked.view.state.step), None)
    needed = set(required) | (set(step.requires) if step and kind is K.SUBMIT else set())
    made = {
        "grant": _choice("grant", (("yes", "同意"), ("no", "不同意")), True),
        "outcome": _choice("outcome", _outcomes(asked.process), True),
        "result": _choice("result", tuple(WATCH_RESULT_NAMES.items()), True),
        "assignment": ShownField(name="unit", label="改派给", kind="unit", required=True),
        "to": _DATES[kind](asked) if kind in _DATES else None,
        "days": _days_field(asked, kind),
        "entry": _entry_field(asked, correctable(asked.view, actor)) if kind is K.CORRECT else None,
        "measures": _field("measures", "lines", needed, "一行一条"),
        "reason": _field("reason", "text", needed, "不同意时必须填写" if "grant" in required else ""),
        "text": _field("text", "text", needed, "", _TEXT_LABELS.get(kind, "")),
        "evidence": _field("evidence", "files", needed, "可选多个文件，合计不超过 50 MB"),
    }
    order = _CORRECTION if kind is K.CORRECT else _ORDER
    wanted = required | optional | needed
    return tuple(field for name in order if name in wanted and (field := made[name]))


def correctable(view: ItemView, actor: Actor) -> tuple[EntryRef, ...]:
    """The entries that the actor may say are wrong: a unit's people those of their unit."""
    every = (EntryRef(seq=e.seq, kind=e.kind, unit=e.actor.unit) for e in view.events)
    of_unit = actor.role in (Role.LIAISON, Role.UNIT_HEAD)
    return tuple(e for e in every if not of_unit or (e.unit is not None and e.unit == actor.unit))


def _entry_field(asked: _InHand, entries: tuple[EntryRef, ...]) -> ShownField:
    """Newest first: what somebody got wrong was most likely said lately."""
    outcomes = {o.id: o.name for o in asked.process.outcomes}

    def words(entry: EntryRef) -> str:
        event = asked.view.events[entry.seq - 1]
        line = f"第 {entry.seq} 条，{event.at.astimezone(LOCAL):%m月%d日 %H:%M}，{tell(event.fact, outcomes)}"
        return line if len(line) <= CHOICE_LIMIT else f"{line[: CHOICE_LIMIT - 1]}…"

    choices = tuple((str(entry.seq), words(entry)) for entry in reversed(entries))
    hint = "原记录不会改动，更正写在它的旁边；须由另一人批复"
    return ShownField(
        name="entry", label=FIELD_NAMES["entry"], kind="select", required=True, hint=hint, choices=choices
    )


CHOICE_LIMIT = 60
"""Characters of an entry's sentence in the list to choose from."""

_ORDER = ("grant", "outcome", "result", "assignment", "to", "days", "reason", "text", "measures", "evidence")
_CORRECTION = ("entry", "text", "reason", "evidence")
_TEXT_LABELS = {
    K.SIGN: "签收说明",
    K.REPORT: "进展情况",
    K.SUBMIT: "办理情况",
    K.APPROVE: "审核意见",
    K.ASK_EXTENSION: "目前进展",
    K.CORRECT: "应当怎样写",
    K.URGE: "催办内容",
    K.REMARK: "批示内容",
    K.RESUME: "恢复说明",
    K.CLOSE: "认定说明",
    K.WATCH: "回头看情况",
}


def _field(name: str, kind: str, needed: set[str], hint: str, label: str = "") -> ShownField:
    return ShownField(name=name, label=label or FIELD_NAMES[name], kind=kind, required=name in needed, hint=hint)


def _choice(name: str, choices: tuple[tuple[str, str], ...], required: bool) -> ShownField:
    return ShownField(name=name, label=FIELD_NAMES[name], kind="choice", required=required, choices=choices)


def _outcomes(process: Process) -> tuple[tuple[str, str], ...]:
    watch = f"，销号后回头看 {window_words(process.watch)}" if process.watch else "，销号"
    leads = {"watch": watch, "close": "，销号"}
    return tuple(
        (o.id, o.name + (leads.get(o.then) or f"，转入下一轮，从“{process.step(o.then).name}”开始"))
        for o in process.outcomes
    )


def _date_field(asked: _InHand) -> ShownField | None:
    state = asked.view.state
    if state.clock is None:
        return None
    calendar = pinned.calendar(asked.connection, state.calendar)
    could = room(asked.process, calendar, state, asked.now)
    hint = f"还可延 {could.left} 个工作日；超过 {asked.process.extension.leader_over} 个工作日由分管领导批复"
    return ShownField(
        name="to",
        label="申请延至",
        kind="date",
        required=True,
        hint=hint,
        minimum=could.first.isoformat(),
        maximum=could.latest.isoformat(),
    )


def _last_paused_field(asked: _InHand) -> ShownField | None:
    rule, today = asked.process.pause, local_date(asked.now)
    if rule is None:
        return None
    latest = pinned.calendar(asked.connection, asked.view.state.calendar).add(today, rule.days)
    return ShownField(
        name="to",
        label="暂停至",
        kind="date",
        required=True,
        hint=f"这一天结束时自动恢复；一次最多 {rule.days} 个工作日，每个事项最多 {rule.times} 次",
        minimum=(today + timedelta(days=1)).isoformat(),
        maximum=latest.isoformat(),
    )


_DATES = {K.ASK_EXTENSION: _date_field, K.PAUSE: _last_paused_field}


def _days_field(asked: _InHand, kind: CommandKind) -> ShownField | None:
    """Only where a length may be named: for the step that begins, where its window is elastic."""
    process = asked.process
    step = next((s for s in process.steps if s.id == asked.view.state.step), None)
    target = None
    if kind is K.SIGN:
        target = process.first_step
    elif kind is K.SUBMIT and step and step.proposes:
        target = process.step(step.proposes)
    elif kind is K.RETURN and step and step.return_to:
        target = process.step(step.return_to)
    if target is None or target.window.minimum is None:
        return None
    window: Window = target.window
    return ShownField(
        name="days",
        label=f"“{target.name}”拟用天数",
        kind="number",
        hint=f"{window_words(window)}；不填按 {window.amount} 计",
        minimum=str(window.minimum),
        maximum=str(window.amount),
    )
