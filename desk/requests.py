"""The desk: a person's request in plain fields, checked against what is known, made into a command and given.

The command line, the JSON routes, the pages and the demo all come through here, so that they refuse alike and in the
same words, with people called by their names.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection

from desk.answers import form_read, named_in, read_answers
from desk.caller import Caller
from ledger.chain import erasable, lookup, pinned
from ledger.chain.bulk_commands import GIVEN_IDS
from ledger.chain.holders import with_members
from ledger.directory import people, substitutes
from ledger.directory.sight import seen_by
from ledger.reading import queries
from ledger.reading.spoken import spoken
from ledger.store import evidence
from ledger.store.database import Database, hashing_of
from ledger.store.evidence import EvidenceStore
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.figures.asking import is_asked
from rules.forms.form import Form
from rules.machine.commands import (
    BY_THEMSELVES,
    TABLE,
    Actor,
    Assignment,
    Command,
    CommandKind,
    EntryRef,
    Status,
)
from rules.machine.fields import ASKED, Field, FieldKind, Said
from rules.machine.state import State
from rules.names import COMMAND_NAMES, FIELD_NAMES, ROLE_NAMES, names_of
from rules.permitting import check_role
from rules.process import Process, Role, Words
from workflows.gateway import Gateway, Receipt

__all__ = ["FIELD_LIMIT", "Desk", "Receipt", "Request", "allowed", "choices", "command_kind"]

_MARKED = re.compile(r"\{\{([^{}]{1,64})\}\}")
_RUNS_AGAIN = (CommandKind.REOPEN, CommandKind.WATCH)
"""What makes an ended item run again: its calendar may have been replaced since."""
FIELD_LIMIT = 100_000
"""No field of a request is longer than this many characters; the rules' own, smaller limits say it better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Said):
    """What somebody asks of an item. `unit`: the one to reassign to, by id, name or alias. `successor`: the supervisor
    to hand it over to, by id or name. `entry`: the seq of the one that is wrong. `id`: the idempotency key; made up
    when left empty, and then a retry is another request. Where the caller does not say for whom they stand in, it is
    whoever is away and has the post that this takes."""

    no: str
    kind: str
    caller: Caller
    id: str = ""
    unit: str | None = None
    entry: int | None = None
    successor: str | None = None


class Desk:
    """Where requests are handed in."""

    def __init__(self, gateway: Gateway, database: Database, files: EvidenceStore) -> None:
        self._gateway, self._database, self._files = gateway, database, files

    @property
    def gateway(self) -> Gateway:
        """Where what is handed in here goes on to."""
        return self._gateway

    async def give(self, request: Request) -> Receipt:
        """The request's command stands in the ledger. Raises RuleViolation with every person called by name."""
        request = replace(request, no=lookup.number(request.no))
        with self._named(request):
            return await self._gateway.give(request.no, partial(self._command, request), same=bool(request.id))

    def _command(self, request: Request) -> Command:
        """What the request means; the names that it answers wait beside the ledger, and travel under their hashes."""
        if request.id.startswith(GIVEN_IDS):  # what is given to many items at once bears such a one
            actual, expected = request.id[:40], f"不以 {GIVEN_IDS} 开头的编号"
            raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["id"], actual=actual, expected=expected)
        caller = request.caller
        with self._database.seen(seen_by(caller.people, units=caller.units)).read() as connection:
            try:
                command, form = understood(connection, request)
            except RuleViolation as refusal:
                if refusal.code is Code.UNKNOWN_ITEM:  # to whom nobody knows, nothing is there: that is said first
                    people.somebody(connection, caller.person)
                raise
            places = named_in(form, command)
        if not places:
            return command
        names = [pair[1] for pair in command.answers if pair[0] in places]
        with self._database.write() as connection:
            hashing, cause = hashing_of(connection), f"{request.no}/{command.id}"
            apart = erasable.set_aside(connection, hashing, cause, names, datetime.now(UTC))
        answers = tuple((at, apart[text] if at in places else text) for at, text in command.answers)
        return replace(command, answers=answers)

    def attach(self, *, data: bytes, name: str, media_type: str, caller: Caller) -> str:
        """The file is stored as evidence; returns its id, to be named in a request."""
        with self._database.read() as connection:
            who = people.somebody(connection, caller.person)
            evidence.refuse_erased(connection, self._files.id_of(data))
        stored = evidence.put(self._files, data, name)  # written and synced before anybody else has to wait
        with self._database.write() as connection:
            evidence.know(
                connection,
                stored,
                name=name,
                size=len(data),
                media_type=media_type,
                person=who.id,
                now=datetime.now(UTC),
            )
        return stored

    @contextmanager
    def _named(self, request: Request) -> Iterator[None]:
        """Refusals name people by id, since rules know no others; here ids become names. And they say what can be done
        instead in the post of the command, since rules know no others; here it is what can be in any post held."""
        try:
            yield
        except RuleViolation as violation:
            refusal = self._in_words(request, violation)
            if refusal.code is Code.WRONG_STATUS:
                refusal = RuleViolation(refusal.code, **{**refusal.fields, "allowed": self._instead(request)})
            ids = people_in(refusal)
            if not ids and refusal is violation:
                raise
            with self._database.read() as connection:
                names = people.names_of(connection, ids)
            raise naming(refusal, names) from violation

    def words(self, no: str) -> Words:
        """How the item's process calls things. Raises unknown_item."""
        with self._database.read() as connection:
            return pinned.process(connection, lookup.item_row(connection, no)["process_ref"]).words

    def _in_words(self, request: Request, violation: RuleViolation) -> RuleViolation:
        """The refusal, in which the command is called as the item's process calls it: whoever refuses before the item
        is looked at knows no process."""
        plain = {name: kind for kind, name in COMMAND_NAMES.items() if kind in ("close", "return")}
        kind = plain.get(violation.fields.get("command", ""))
        if kind is None:
            return violation
        called = names_of(self.words(request.no)).command[kind]
        return RuleViolation(violation.code, **violation.fields | {"command": called})

    def _instead(self, request: Request) -> str:
        """What the person may do now, in all posts held today and for all who are away, as a sentence."""
        from desk.actions import commands_for  # here and not above: it asks for what stands here

        with self._database.read() as connection:
            view = queries.item(connection, request.no)
            process = pinned.process(connection, view.state.process)
            who = people.somebody(connection, request.caller.person)
            now = commands_for(connection, view, process, who, datetime.now(UTC))
        can = {one.command for one in now if not one.refusal}
        called = names_of(process.words).command
        names = [called[kind] for kind in CommandKind if str(kind) in can]
        return f"此时可以：{'、'.join(names)}。" if names else ""


def people_in(refusal: RuleViolation) -> set[str]:
    """The ids of the people whom the refusal speaks of."""
    return {id_ for value in refusal.fields.values() for id_ in _MARKED.findall(value)}


def naming(refusal: RuleViolation, names: Mapping[str, str]) -> RuleViolation:
    """The refusal with these people called by their names."""
    fields = refusal.fields.items()
    return RuleViolation(
        refusal.code, **{name: _MARKED.sub(lambda m: names.get(m[1], m[1]), value) for name, value in fields}
    )


ActingAs = Callable[[Process, State, EntryRef | None], Actor]
"""Of an item's process and state, and of the entry that is said to be wrong: as who somebody gives it a command."""


def acting_as(connection: Connection, caller: Caller, kind: CommandKind) -> ActingAs:
    """As who the caller gives such a command today; what is the same for many items is looked up once."""
    today, known = local_date(datetime.now(UTC)), dict[tuple[object, ...], Actor]()

    def actor(process: Process, state: State, entry: EntryRef | None) -> Actor:
        key = (process.ref, state.status, state.step, state.unit, state.co_units, entry)
        if key not in known:
            known[key] = caller.acting(
                substitutes.actor_for(
                    connection, caller.person, kind, process, state, day=today, behalf=caller.behalf, entry=entry
                )
            )
        return known[key]

    return actor


def command_of(connection: Connection, request: Request, acting: ActingAs | None = None) -> Command:
    """What the request means; raises as `understood` does."""
    return understood(connection, request, acting)[0]


def understood(connection: Connection, request: Request, acting: ActingAs | None = None) -> tuple[Command, Form | None]:
    """What the request means: checked against what is known, and in the post that the caller acts in; with the form
    that it answers.

    Raises unknown_command, unknown_item, unknown_person, not_stand_in, wrong_role, entry_unknown, unknown_unit,
    unknown_process, unknown_evidence, field_not_taken, answers_invalid.
    """
    row = lookup.item_row(connection, request.no)
    state = lookup.state_of(row)
    process = pinned.process(connection, state.process)
    kind = command_kind(request.kind, process.words)
    entry = None if request.entry is None else lookup.entry_ref(connection, request.no, request.entry)
    actor = (acting or acting_as(connection, request.caller, kind))(process, state, entry)
    check_role(kind, actor.role, process)
    assignment = None
    if request.unit is not None:
        assignment = _assignment(connection, request.unit, process)
    successor = None if request.successor is None else supervisor(connection, request.successor)
    calendar = None
    if kind in _RUNS_AGAIN:
        calendar = pinned.current_calendar(connection)
    if request.evidence:
        evidence.known(connection, request.evidence)
    said = request.said_for(Command)
    for field in (field for field in ASKED if field.kind is FieldKind.CHOICE and field.name in said):
        said[field.name] = _chosen(said[field.name], choices(field, process))
    form = form_read(connection, request.no, state, kind, request.id, said.get("tally"))
    said["answers"] = read_answers(connection, form, request.answers, kind)
    command = Command(
        kind=kind,
        id=request.id or str(uuid4()),
        actor=actor,
        assignment=assignment,
        calendar=calendar,
        entry=entry,
        successor=successor,
        **said,
    )
    return command, form


def choices(field: Field, process: Process) -> Mapping[str, str]:
    """What can be chosen there, code to name: what the field says, or else what the process offers."""
    names: Mapping[str, str] = field.choices or getattr(process, field.offered)
    return names


def _chosen(written: str, names: Mapping[str, str]) -> str:
    """The code whose name is written; anything else as it is, for the rules to refuse."""
    plain = spoken(written)
    return next((code for code, name in names.items() if plain in {spoken(code), spoken(name)}), written)


def command_kind(text: str, words: Words | None = None) -> CommandKind:
    """The command of that name, English or Chinese, also by `words`. Raises unknown_command with those there are."""
    by_name = {name: CommandKind(kind) for kind, name in COMMAND_NAMES.items()} | {str(k): k for k in CommandKind}
    by_name |= {name: CommandKind(kind) for kind, name in names_of(words).command.items()} if words else {}
    kind = by_name.get(spoken(text).replace("-", "_"))
    if kind is None or kind in BY_THEMSELVES:
        expected = "、".join(f"{k}（{COMMAND_NAMES[k]}）" for k in CommandKind if k not in BY_THEMSELVES)
        raise RuleViolation(Code.UNKNOWN_COMMAND, actual=text[:40], expected=expected)
    return kind


def allowed(status: str) -> tuple[CommandKind, ...]:
    """The commands that an item in that status takes from people, in the order of the vocabulary."""
    return tuple(k for k in CommandKind if k in TABLE[Status(status)] and k not in BY_THEMSELVES)


def _assignment(connection: Connection, unit: str, process: Process) -> Assignment:
    ref = people.holder_ref(connection, unit, process.holder)
    if is_asked(process):
        current = pinned.asked_like(connection, process, ref.kind)
    else:
        current = pinned.current_process(connection, process.id, process.variant, ref.kind)
    return Assignment(unit=with_members(connection, ref, current), process=current)


def supervisor(connection: Connection, written: str) -> Actor:
    """That person as a supervisor. Raises unknown_person, field_invalid."""
    who, role = people.somebody(connection, written), ROLE_NAMES[Role.SUPERVISOR]
    found = next((post for post in who.posts if post.role is Role.SUPERVISOR), None)
    if found is None:
        actual = f"{who.name}不是{role}"
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["successor"], actual=actual, expected=f"一位{role}")
    return found
