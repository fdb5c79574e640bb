"""What somebody has to do: the items that wait for them, late ones first, then those due this week; what else waits for
their word; and, of a supervisor, what was asked of others."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from desk.caller import Caller
from desk.joint.joint_shown import joint_matters
from desk.scores.matters import score_matters
from desk.showing.register import RegisterRow, RowNames, ShownItem
from desk.showing.values import Shown
from ledger.directory import people, substitutes
from ledger.directory.draws import wanted_numbers
from ledger.directory.people import Somebody
from ledger.reading.personal.waiting import Waiting, asked_of_others, waiting_for
from ledger.rounds.coming import held_up
from rules.dates.calendar import local_date
from rules.process import Role
from rules.telling.posts import on_behalf

TODO_LISTED = 100
"""So many items of each part are listed; of more it is said that there are."""


class ShownMatter(Shown):
    """Something that waits, and is no item: in `words`, done at that address."""

    words: str
    at: str


class ShownTodo(Shown):
    """What waits for a person. `late` and `this_week` (until its Sunday) and `later` are items in whose step one of
    their posts has the move, as far as listed; `more`: there are more. `others`: the open items that the person has
    given out and others have to move on, of which `others_late` are late; `others_more`: there are more."""

    person: str
    person_name: str
    standing_in: tuple[str, ...] = ()
    late: tuple[ShownItem, ...] = ()
    this_week: tuple[ShownItem, ...] = ()
    later: tuple[ShownItem, ...] = ()
    more: bool = False
    matters: tuple[ShownMatter, ...] = ()
    supervises: bool = Field(default=False, description="是不是督查员：有没有“我交办的”一栏")
    others: tuple[ShownItem, ...] = ()
    others_late: int = 0
    others_more: bool = False

    @property
    def count(self) -> int:
        """So much waits, as far as it is listed."""
        return len(self.late) + len(self.this_week) + len(self.later) + len(self.matters)


def show_todo(connection: Connection, caller: Caller, now: datetime) -> ShownTodo:
    """What waits for the caller, and for those whom the caller stands in for. Raises unknown_person."""
    today = local_date(now)
    who, away = _everyone(connection, caller.person, today)
    names = RowNames(connection, now)
    waiting = waiting_for(connection, (who, *away), today, TODO_LISTED)
    until = (today + timedelta(days=6 - today.weekday())).isoformat()
    supervises = any(post.role is Role.SUPERVISOR for post in who.posts)
    others = asked_of_others(connection, who.id, TODO_LISTED) if supervises else Waiting(rows=(), more=False)
    return ShownTodo(
        person=who.id,
        person_name=who.name,
        standing_in=tuple(one.name for one in away),
        **_parts(names, waiting.rows, until),
        more=waiting.more,
        matters=tuple(_matters(connection, who, away, now)),
        supervises=supervises,
        others=_shown(names, others.rows),
        others_late=sum(bool(row["late"]) for row in others.rows),
        others_more=others.more,
    )


def count_todo(connection: Connection, person: str, now: datetime) -> tuple[int, bool]:
    """So much waits for the person, for the head of every page: counted as far as it is listed; whether there is more.
    Raises unknown_person."""
    today = local_date(now)
    who, away = _everyone(connection, person, today)
    waiting = waiting_for(connection, (who, *away), today, TODO_LISTED)
    return len(waiting.rows) + sum(1 for _ in _matters(connection, who, away, now)), waiting.more


def _everyone(connection: Connection, person: str, today: date) -> tuple[Somebody, tuple[Somebody, ...]]:
    who = people.somebody(connection, person)
    away = substitutes.represented(substitutes.standing_in(connection, today), who.id)
    return who, tuple(people.somebody(connection, one) for one in away)


def _parts(names: RowNames, rows: Sequence[RowMapping], until: str) -> dict[str, Any]:
    late = [row for row in rows if row["late"]]
    soon = [row for row in rows if not row["late"] and row["due"] and row["due"] <= until]
    kept = {row["no"] for row in (*late, *soon)}
    later = [row for row in rows if row["no"] not in kept]
    return {"late": _shown(names, late), "this_week": _shown(names, soon), "later": _shown(names, later)}


def _shown(names: RowNames, rows: Sequence[RowMapping]) -> tuple[ShownItem, ...]:
    return tuple(RegisterRow(names, row).shown() for row in rows)


def _matters(connection: Connection, who: Somebody, away: Sequence[Somebody], now: datetime) -> list[ShownMatter]:
    """Draws for which a number is wanted; for a leader, rounds that are held up by the budget; what the person
    themselves, and no substitute, judges or decides in assessments, or confirms."""
    everyone = {one.id: one.name if one is not who else "" for one in (who, *away)}
    found = [
        ShownMatter(
            words=on_behalf(f"{draw.title}：等您{'打开' if draw.opening else '封'}数", [everyone[person]]),
            at=f"/draws/{draw.draw}",
        )
        for draw in wanted_numbers(connection)
        for person in draw.witnesses
        if person in everyone
    ]
    found += [
        ShownMatter(words=words, at=f"/confirmations#n{number}")
        for number, words in joint_matters(connection, who, now)
    ]
    found += [ShownMatter(words=words, at=at) for words, at in score_matters(connection, who.posts, local_date(now))]
    if any(post.role is Role.LEADER for one in (who, *away) for post in one.posts):
        found += [
            ShownMatter(words=f"{fact.title}：超出减负预算，等您同意", at="/campaigns")
            for fact in held_up(connection).values()
        ]
    return found
