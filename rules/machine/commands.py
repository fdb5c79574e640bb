"""What can be asked of an item: the commands, in which status, and whether one is sound by itself. No state here.

Their fields: rules/machine/fields.py. Who may give them: rules/permitting.py.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from rules.characters import UNPRINTABLE
from rules.dates.calendar import Calendar
from rules.dates.windows import DueChoice
from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs
from rules.machine.fields import ASKED, FIELDS, LIST_LIMIT, Field, FieldKind, Said
from rules.names import COMMAND_NAMES, FIELD_NAMES
from rules.process import Process, Role


class Status(StrEnum):
    """Where an item stands. Everything finer (step, cycle, clocks) is in its state."""

    UNSIGNED = "unsigned"
    DECLINED = "declined"
    WORKING = "working"
    REVIEWING = "reviewing"
    WAITING = "waiting"
    WATCHING = "watching"
    CLOSED = "closed"
    ANNULLED = "annulled"


ENDED = frozenset({Status.CLOSED, Status.ANNULLED})
"""Nothing can happen to the item by itself any more."""
NOBODYS_TURN = ENDED | {Status.WATCHING}
"""Nobody has to move: the item is brought to an end, for good or to be looked at again."""
IN_STEP = frozenset({Status.WORKING, Status.REVIEWING, Status.WAITING})
"""The item is in a step of the process: somebody has the move, or nobody until a day comes."""


class CommandKind(StrEnum):
    """Every command an item takes once it is issued."""

    SIGN = "sign"
    DECLINE = "decline"
    REASSIGN = "reassign"
    HAND_OVER = "hand_over"
    REPORT = "report"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    ASK_EXTENSION = "ask_extension"
    DECIDE_EXTENSION = "decide_extension"
    CORRECT = "correct"
    DECIDE_CORRECTION = "decide_correction"
    URGE = "urge"
    REMARK = "remark"
    PUBLISH = "publish"
    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    CLOSE = "close"
    WATCH = "watch"
    REOPEN = "reopen"
    ANNUL = "annul"
    PAUSE = "pause"
    RESUME = "resume"
    RECALCULATE = "recalculate"
    MIGRATE = "migrate"
    SET_DUE = "set_due"
    TICK = "tick"


class Via(StrEnum):
    """What somebody acts through: the site, a token of theirs, or the console, where a command is given in whoever's
    name it says; what comes about by itself came through the system."""

    SITE = "site"
    TOKEN = "token"
    CONSOLE = "console"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who gives a command, and as what. `id` names a person ("system" for an item's own alarm); `behalf`: the one who
    is away, whose post it is and for whom this person stands in. `units`: where either of them has a post, as far as
    the caller knows; `over`: the units above which this very post is the superior's. Both only bear on whether the
    command may be given, and no entry holds them.

    `via`: what they act through, and `through` which one: at the console the user of the operating system who gives the
    command there, of tokens the id. A post that somebody holds says neither; what is done says both (ADR 0026)."""

    id: str
    role: Role
    unit: str | None = None
    area: str | None = None
    behalf: str = ""
    units: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    via: Via | None = None
    through: str = ""

    @property
    def people(self) -> frozenset[str]:
        """Whose word it is: the one who acts, and the one stood in for."""
        return frozenset({self.id, self.behalf} - {""})

    @property
    def holder(self) -> str:
        """Whose post it is."""
        return self.behalf or self.id

    @property
    def is_system(self) -> bool:
        """Whether nobody has put their name to it: it comes about by itself, or by a command that names nobody."""
        return self.id == SYSTEM.id and self.role is Role.SYSTEM and not self.behalf


SYSTEM = Actor(id="system", role=Role.SYSTEM, via=Via.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRef:
    """A unit as it was when the item was given to it; or an area, of the kind `area`, which then is its own, with the
    units that were in it where the process asks about each (`members`, by name)."""

    id: str
    name: str
    kind: str
    area: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The unit that an item goes to, and the process resolved for its kind. Made by the caller, checked here."""

    unit: UnitRef
    process: Process


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRef:
    """An entry of the item's stream: its place, its kind, the unit for which it was made and in which role. Read by the
    caller: what stands in the ledger never changes, so it is still so when the command is judged."""

    seq: int
    kind: str
    unit: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Said):
    """One command. `id` is the caller's idempotency key; which of the other fields are taken, FIELDS says.

    `calendar`: the one to reckon with from now on (an ended item that begins to run again may be pinned to an old one).
    `choice`: between which days the unit chooses, by the `calendar` of a round that moved.
    `successor`: who has the item in hand from now on, in the post that the caller found.
    `process`: the version to go on by; `steps`: where steps of the one before go on in it, as pairs; `given`: what the
    item's forms were answered with so far, as `form.field`, where the version reckons with more of it than before.
    """

    kind: CommandKind
    id: str
    actor: Actor
    assignment: Assignment | None = None
    calendar: Calendar | None = None
    choice: DueChoice | None = None
    process: Process | None = None
    steps: Pairs = ()
    given: Pairs = ()
    entry: EntryRef | None = None
    successor: Actor | None = None


ID_LIMIT = 120
ANSWERS_LIMIT = 1200
"""More than the largest form has: 60 fields, or tables of 60 rows."""
K = CommandKind

_ALWAYS = frozenset({K.CORRECT, K.DECIDE_CORRECTION, K.TICK})
_GIVEN_TO_ALL = frozenset({K.RECALCULATE, K.MIGRATE})
_RUNNING = _ALWAYS | _GIVEN_TO_ALL | {K.REMARK, K.HAND_OVER, K.ANNUL, K.PAUSE, K.RESUME, K.SET_DUE}
_PUBLICITY = frozenset({K.PUBLISH, K.OBJECT, K.ANSWER_OBJECTION})
TABLE: dict[Status, frozenset[CommandKind]] = {
    Status.UNSIGNED: _RUNNING | {K.SIGN, K.DECLINE, K.REASSIGN, K.URGE},
    Status.DECLINED: _RUNNING | {K.REASSIGN},
    Status.WORKING: _RUNNING
    | {K.REPORT, K.SUBMIT, K.ASK_EXTENSION, K.DECIDE_EXTENSION, K.REASSIGN, K.URGE}
    | _PUBLICITY,
    Status.REVIEWING: _RUNNING | {K.REPORT, K.APPROVE, K.RETURN, K.CLOSE, K.URGE},
    Status.WAITING: _RUNNING | {K.REPORT},
    Status.WATCHING: _ALWAYS | _GIVEN_TO_ALL | {K.WATCH, K.REOPEN, K.REMARK, K.HAND_OVER},
    Status.CLOSED: _ALWAYS | {K.WATCH, K.REOPEN},
    Status.ANNULLED: _ALWAYS,
}
"""Status to the commands it takes. A pair that is not here refuses."""

WHILE_PAUSED = _ALWAYS | _GIVEN_TO_ALL | {K.RESUME, K.REPORT, K.REMARK, K.HAND_OVER, K.ANNUL, K.OBJECT}
"""What an item takes while its clocks stand still: whatever moves it on has to wait until they run again."""

BY_THEMSELVES = _GIVEN_TO_ALL | {K.TICK}
"""What no person gives by hand: the alarm does, the adoption of a calendar, the migration to another version."""


def check_shape(command: Command) -> None:
    """Nothing is wrong with the command by itself: its fields, their sizes and their characters.

    Raises field_missing, field_not_taken, field_too_long, field_invalid, control_characters.
    """
    kind, name = command.kind, COMMAND_NAMES[command.kind]
    check_text("id", command.id, ID_LIMIT)
    if not command.id.strip():
        raise RuleViolation(Code.FIELD_MISSING, command=name, field=FIELD_NAMES["id"])
    values = [(field, getattr(command, field.attribute)) for field in FIELDS.values()]
    for field, value in values:
        given = _is_given(value)
        if given and not field.taken_by(kind):
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=field.label)
        if not given and kind in field.needed:
            raise RuleViolation(Code.FIELD_MISSING, command=name, field=field.label)
    for field, value in values:
        if value:
            _check_value(field, value)
    if kind in _REFUSALS and command.grant is False and not (command.reason or "").strip():
        raise RuleViolation(Code.FIELD_MISSING, command=_REFUSALS[kind], field=FIELD_NAMES["reason"])


_REFUSALS = {K.DECIDE_EXTENSION: "不同意延期", K.DECIDE_CORRECTION: "不同意更正"}
"""What is decided by yes or no: a no needs its reason."""


def _is_given(value: Any) -> bool:
    return value is not None and value != () and not (isinstance(value, str) and not value.strip())


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def command_hash(command: Command) -> str:
    """The same for two commands by which one person, for the same one, asks the same; it stands in the entry that the
    command brings about (docs/ledger.md), so that the same click again is told from another one under its id."""
    return hashlib.sha256(_CANONICAL.encode(asked(command)).encode()).hexdigest()


def asked(command: Command) -> dict[str, Any]:
    """What the command asks for and who asks, as JSON: neither its id nor what the caller found out meanwhile."""
    said = {"kind": command.kind.value, "actor": command.actor.id, "behalf": command.actor.behalf}
    values = ((field.name, getattr(command, field.attribute)) for field in ASKED)
    return said | {name: _as_written(value) for name, value in values if _is_given(value)}


def _as_written(value: Any) -> Any:
    """As it was filled in, before the caller looked it up."""
    match value:
        case Assignment():
            return value.unit.id
        case EntryRef():
            return value.seq
        case Actor():
            return value.id
        case date():
            return value.isoformat()
    return value


def _check_value(field: Field, value: Any) -> None:
    if field.kind in (FieldKind.TEXT, FieldKind.CHOICE):
        check_text(field.name, value, field.limit)
    elif field.kind is FieldKind.FILES:
        check_list(field.name, value, field.limit)
    elif field.kind is FieldKind.ANSWERS:
        _check_answers(field, value)
    if field.choices and value not in field.choices:
        expected = " 或 ".join(field.choices)
        raise RuleViolation(Code.FIELD_INVALID, field=field.label, actual=value, expected=expected)


def _check_answers(field: Field, pairs: Any) -> None:
    """They are pairs of texts of a size that some form may have; which ones, the step's form says."""
    if len(pairs) > ANSWERS_LIMIT:
        raise _too_long(field.name, f"{ANSWERS_LIMIT} 项", f"{len(pairs)} 项")
    for pair in pairs:
        if len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
            actual, expected = f"{pair}"[:40], "成对的（填报项，内容）"
            raise RuleViolation(Code.FIELD_INVALID, field=field.label, actual=actual, expected=expected)
        if len(pair[1]) > field.limit:
            raise _too_long(field.name, f"{field.limit} 字", f"{len(pair[1])} 字")
    for text in (pair[1] for pair in pairs) if UNPRINTABLE.search("".join(pair[1] for pair in pairs)) else ():
        check_text(field.name, text, field.limit)


def check_text(field: str, value: str, limit: int) -> None:
    """`value` is within `limit` characters and holds no control characters (line breaks and tabs are fine).

    Raises field_too_long, control_characters.
    """
    if len(value) > limit:
        raise _too_long(field, f"{limit} 字", f"{len(value)} 字")
    found = UNPRINTABLE.search(value)
    if found:
        raise RuleViolation(Code.CONTROL_CHARACTERS, field=FIELD_NAMES[field], position=found.start() + 1)


def check_list(field: str, values: tuple[str, ...], limit: int, count: int = LIST_LIMIT) -> None:
    """At most `count` values, each with something in it and within `limit` characters.

    Raises field_too_long, field_invalid, control_characters.
    """
    if len(values) > count:
        raise _too_long(field, f"{count} 项", f"{len(values)} 项")
    for position, value in enumerate(values, 1):
        check_text(field, value, limit)
        if not value.strip():
            actual, expected = f"第 {position} 项是空的", "每一项都有内容"
            raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES[field], actual=actual, expected=expected)


def _too_long(field: str, limit: str, actual: str) -> RuleViolation:
    return RuleViolation(Code.FIELD_TOO_LONG, field=FIELD_NAMES[field], limit=limit, actual=actual)
