"""The desk for many items at once: a command said once, looked at item by item, then confirmed and given to each.

What is refused is said beforehand, in the same words as for one item. Entrances ask here alike.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from desk.bulk.shown import ShownBulk, show_bulk
from desk.caller import Caller
from desk.requests import Request, acting_as, command_kind, command_of, supervisor
from ledger.chain import bulk_commands, lookup
from ledger.chain.bulk import outcome
from ledger.chain.bulk_commands import BULK_COMMANDS, BULK_LIMIT, BulkCounts, Previewed
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.directory.substitutes import events_checked
from ledger.reading import queries
from ledger.reading.filters import Filters, in_words, understood
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from rules.machine.commands import CommandKind, check_shape
from rules.machine.fields import Said
from rules.names import COMMAND_NAMES, FIELD_NAMES
from workflows.gateway import Gateway

_ID = re.compile(r"[A-Za-z0-9._-]{1,60}")
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest(Said):
    """What somebody asks of many items: of those with these `numbers`, or else of all that `filters` let through. `id`:
    the idempotency key; made up when left empty, and then a retry is another request."""

    kind: str
    caller: Caller
    numbers: tuple[str, ...] = ()
    filters: Filters | None = None
    id: str = ""
    successor: str | None = None


def bulk_kind(text: str) -> CommandKind:
    """The command of that name, English or Chinese. Raises unknown_command, not_in_bulk."""
    kind = command_kind(text)
    if kind not in BULK_COMMANDS:
        expected = "、".join(COMMAND_NAMES[one] for one in BULK_COMMANDS)
        raise RuleViolation(Code.NOT_IN_BULK, command=COMMAND_NAMES[kind], expected=expected)
    return kind


class Bulks:
    """Where requests for many items are handed in; without a gateway they can only be looked at."""

    def __init__(self, gateway: Gateway | None, database: Database) -> None:
        self._gateway, self._database = gateway, database

    def preview(self, request: BulkRequest, now: datetime) -> str:
        """The request stands with what is foreseen of each item, to be confirmed; returns its id. Nothing has happened
        to any item.

        Raises what is wrong whichever item it is for: the request's own fields, the numbers, how many they are.
        """
        kind, bulk = bulk_kind(request.kind), request.id or uuid4().hex
        if not _ID.fullmatch(bulk):
            expected = "最多 60 个字母、数字、点、横线"
            raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["id"], actual=bulk[:60], expected=expected)
        seen = self._database.seen(seen_by(request.caller.people, units=request.caller.units))
        with seen.read() as connection:
            person, behalf = (
                people.somebody(connection, one).id if one else ""
                for one in (request.caller.person, request.caller.behalf)
            )
            numbers, words = chosen(connection, request.numbers, request.filters)
            resolved = {} if request.successor is None else {"successor": supervisor(connection, request.successor)}
            items = tuple(_foreseen(connection, request, resolved, kind, bulk, numbers, now))
        with self._database.write() as connection:
            bulk_commands.save(
                connection,
                bulk,
                kind,
                request.said_for(Said) | resolved,
                items,
                person=person,
                behalf=behalf,
                words=words,
                now=now,
            )
        return bulk

    async def confirm(self, bulk: str, caller: Caller, now: datetime) -> None:
        """Each item of it has its command, or is refused it. Confirming again joins or resumes, and does nothing twice.

        Raises unknown_bulk, bulk_not_own, bulk_still_going.
        """
        assert self._gateway, "only looked at"
        if await asyncio.to_thread(self._confirm, bulk, caller, now):
            await self._gateway.give_all(bulk)

    def shown(self, bulk: str) -> ShownBulk:
        """How it stands. Raises unknown_bulk."""
        with self._database.read() as connection:
            return show_bulk(connection, bulk)

    def counts(self, bulk: str) -> BulkCounts:
        """How far it is."""
        with self._database.read() as connection:
            return bulk_commands.counts(connection, bulk)

    def _confirm(self, bulk: str, caller: Caller, now: datetime) -> bool:
        """Whether anything is left to do."""
        with self._database.write() as connection:
            row, who = bulk_commands.row(connection, bulk), people.somebody(connection, caller.person)
            if row["person"] != who.id:
                name = people.names_of(connection, {row["person"]}).get(row["person"], row["person"])
                raise RuleViolation(Code.BULK_NOT_OWN, person=name)
            bulk_commands.confirm(connection, bulk, caller.via, caller.through, now)
            return bulk_commands.counts(connection, bulk).left > 0


def chosen(connection: Connection, numbers: tuple[str, ...], filters: Filters | None) -> tuple[tuple[str, ...], str]:
    """The numbers of the items that are meant, and how they were chosen, in words.

    Raises bulk_empty, bulk_too_large, and what the filters raise.
    """
    found, words = tuple(dict.fromkeys(map(lookup.number, numbers))), "逐项勾选"
    if not numbers and filters is not None:
        found, words = _narrowed(connection, understood(connection, filters))
    if not found:
        raise RuleViolation(Code.BULK_EMPTY)
    _check_count(len(found))
    return found, words


def _narrowed(connection: Connection, filters: Filters) -> tuple[tuple[str, ...], str]:
    _check_count(sum(queries.lamp_counts(connection, filters).values()))
    chunks = queries.register_chunks(connection, filters, _CHUNK)
    words = "；".join(" ".join(said) for said in in_words(connection, filters))
    return tuple(row["no"] for rows in chunks for row in rows), words or "全部事项"


def _check_count(count: int) -> None:
    if count > BULK_LIMIT:
        raise RuleViolation(Code.BULK_TOO_LARGE, actual=count, limit=BULK_LIMIT)


def _foreseen(
    connection: Connection,
    request: BulkRequest,
    resolved: dict[str, Any],
    kind: CommandKind,
    bulk: str,
    numbers: tuple[str, ...],
    now: datetime,
) -> Iterator[Previewed]:
    """Each item's command, decided on the item as it stands, and thrown away. `resolved`: what of it is looked up once
    for all of them."""
    acting, check = acting_as(connection, request.caller, kind), events_checked()
    said = request.said_for(Said)
    for no in numbers:
        asked = Request(no=no, kind=kind, caller=request.caller, id=bulk_commands.command_id(bulk, no), **said)
        try:
            command = replace(command_of(connection, asked, acting), **resolved)
        except RuleViolation as refused:
            # Its step asks a form, which is answered item by item; or whoever asks has no post that this item takes.
            if not isinstance(refused, AnswersRefused) and refused.code is not Code.WRONG_ROLE:
                raise
            yield Previewed(no=no, refusal=refused)
            continue
        check_shape(command)
        row, refusal = lookup.item_row(connection, no), None
        try:
            outcome(connection, row, lookup.state_of(row), command, now, check)
        except RuleViolation as violation:
            refusal = violation
        yield Previewed(no=no, command=command, refusal=refusal)
