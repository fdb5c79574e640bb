"""Forms filled in by half, as they are kept beside the ledger: one for each person, item and command.

They are no facts, so they do not last: a form that was handed in takes its half along; of a step that the item has
left, nothing is kept beyond the next self-check; what nobody went on with goes after KEPT_FOR, and where names of
people are asked for after NAMED_FOR already. A name that is erased takes along every half in which it stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select

from ledger.chain.entries import ITEM
from ledger.store.aside_tables import Unfinished
from ledger.store.tables import table_of
from rules.codec import instant_text

UNFINISHED = table_of(Unfinished)
KEPT_FOR, NAMED_FOR = timedelta(days=60), timedelta(days=7)
"""How long a half is kept that nobody goes on with; the second where the form asks for names of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """What has been filled in for one command, and when it was kept. `said`: the command's fields beside the form.
    `source`: the file that it was read from. `mark`: of the questions that it answers."""

    command: str
    step: str
    at: str
    mark: str
    named: bool
    answers: Mapping[str, str]
    said: Mapping[str, str]
    source: str = ""


def store(connection: Connection, no: str, person: str, half: Half) -> None:
    """It stands in place of what was kept before; where nothing is filled in, nothing does."""
    forget(connection, no=no, person=person, command=half.command)
    if half.answers or half.said:
        plain = {name: getattr(half, name) for name in ("command", "step", "at", "mark", "named", "source")}
        texts = {name: json.dumps(dict(getattr(half, name)), ensure_ascii=False) for name in ("answers", "said")}
        connection.execute(UNFINISHED.insert(), {"no": no, "person": person, **plain, **texts})


def halves_of(connection: Connection, *, no: str, person: str) -> dict[str, Half]:
    """What the person has kept for the item, by command."""
    query = select(UNFINISHED).where(UNFINISHED.c.no == no, UNFINISHED.c.person == person)
    return {row["command"]: _half(dict(row)) for row in connection.execute(query).mappings()}


def _half(row: dict[str, object]) -> Half:
    plain = {name: row[name] for name in ("command", "step", "at", "mark", "named", "source")}
    texts = {name: json.loads(str(row[name])) for name in ("answers", "said")}
    return Half(**plain, **texts)  # type: ignore[arg-type]


def forget(connection: Connection, *, no: str, person: str, command: str) -> None:
    """What the person kept for that command is gone."""
    mine = (UNFINISHED.c.no == no, UNFINISHED.c.person == person, UNFINISHED.c.command == command)
    connection.execute(delete(UNFINISHED).where(*mine))


def forget_named(connection: Connection, name: str, *, no: str = "", person: str = "") -> None:
    """A name is erased: every half in which it stands is gone, and what was kept for that item where names are asked
    for, or by that person."""
    gone = [UNFINISHED.c.answers.contains(_within(name), autoescape=True)] if name else []
    gone += [UNFINISHED.c.said.contains(_within(name), autoescape=True)] if name else []
    gone += [and_(UNFINISHED.c.no == no, UNFINISHED.c.named)] if no else []
    gone += [UNFINISHED.c.person == person] if person else []
    connection.execute(delete(UNFINISHED).where(or_(*gone)))


def _within(name: str) -> str:
    """The name as it stands inside a JSON text."""
    return json.dumps(name, ensure_ascii=False)[1:-1]


def sweep(connection: Connection, now: datetime) -> int:
    """What is kept no longer is gone; returns how many there were."""
    there = select(ITEM.c.no).where(ITEM.c.no == UNFINISHED.c.no, ITEM.c.step == UNFINISHED.c.step).exists()
    old = UNFINISHED.c.at < instant_text(now - KEPT_FOR)
    named = and_(UNFINISHED.c.named, UNFINISHED.c.at < instant_text(now - NAMED_FOR))
    return connection.execute(delete(UNFINISHED).where(or_(~there, old, named))).rowcount
