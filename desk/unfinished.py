"""Forms filled in by half: kept for whoever fills them in, seen by nobody else, and gone when the form is handed in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ledger.store.aside_tables import Unfinished
from ledger.store.database import Database
from ledger.store.tables import table_of
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import ANSWERS_LIMIT
from rules.machine.fields import FIELDS

UNFINISHED = table_of(Unfinished)
_SIZE_LIMIT = 100_000
"""Characters of all answers of one form together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """What has been filled in for one command, and when it was kept."""

    command: str
    at: str
    answers: Mapping[str, str]


def keep(
    database: Database, *, no: str, person: str, command: str, step: str, answers: Mapping[str, str], now: datetime
) -> None:
    """What has been filled in is kept in place of what was; with nothing filled in, nothing is. Raises
    field_too_long."""
    filled = {at: text for at, text in answers.items() if text.strip()}
    size = sum(len(at) + len(text) for at, text in filled.items())
    if size > _SIZE_LIMIT or len(filled) > ANSWERS_LIMIT:
        limit, actual = f"合计 {_SIZE_LIMIT} 字、{ANSWERS_LIMIT} 项", f"{size} 字、{len(filled)} 项"
        raise RuleViolation(Code.FIELD_TOO_LONG, field=FIELDS["answers"].label, limit=limit, actual=actual)
    row = {"no": no, "person": person, "command": command, "step": step, "at": instant_text(now)}
    with database.write() as connection:
        _drop(connection, no=no, person=person, command=command)
        if filled:
            connection.execute(UNFINISHED.insert(), {**row, "answers": json.dumps(filled, ensure_ascii=False)})


def kept(connection: Connection, *, no: str, person: str, step: str) -> dict[str, Half]:
    """What the person has kept for the step in which the item is, by command."""
    query = select(UNFINISHED).where(UNFINISHED.c.no == no, UNFINISHED.c.person == person, UNFINISHED.c.step == step)
    return {
        row["command"]: Half(command=row["command"], at=row["at"], answers=json.loads(row["answers"]))
        for row in connection.execute(query).mappings()
    }


def drop(database: Database, *, no: str, person: str, command: str) -> None:
    """What the person kept for that command is gone: the form was handed in."""
    with database.read() as connection:
        where = (UNFINISHED.c.no == no, UNFINISHED.c.person == person, UNFINISHED.c.command == command)
        if connection.execute(select(UNFINISHED.c.no).where(*where)).first() is None:
            return
    with database.write() as connection:
        _drop(connection, no=no, person=person, command=command)


def _drop(connection: Connection, *, no: str, person: str, command: str) -> None:
    connection.execute(
        delete(UNFINISHED).where(UNFINISHED.c.no == no, UNFINISHED.c.person == person, UNFINISHED.c.command == command)
    )
