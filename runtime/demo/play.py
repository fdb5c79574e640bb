"""Plays the parts on the running product: moves each item's own time forward, then gives the commands of that day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, RowMapping

from definitions.catalogue import EXAMPLE
from desk.caller import on_site
from desk.requests import Request
from ledger.chain import lookup, pinned
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.dates.calendar import Calendar, local_date
from rules.errors import RuleViolation
from rules.process import Role
from runtime.demo.script import DAYS, ELASTIC, ELASTIC_KINDS, LONG_TERM, PARTS_BY_VARIANT, Act, Storyline
from runtime.demo.skipping import Skipping
from runtime.product import Product

EVERYBODY = (12, 25, DAYS[-1])
"""The days on which all items are brought forward, whether they act or not."""


@dataclass(slots=True)
class Played:
    """One item in the play, and its part."""

    no: str
    unit_kind: str
    part: Storyline
    refused: list[str] = field(default_factory=list)


class Play:
    """The register's play: of the items that there are now. `told` hears the working day and its date whenever one has
    passed."""

    def __init__(self, product: Product, skipping: Skipping, told: Callable[[int, date], None]) -> None:
        self._product, self._skipping, self._told = product, skipping, told
        with product.database.read() as connection:
            self._calendar: Calendar = pinned.current_calendar(connection)
            rows = queries.register(connection, Filters(process=EXAMPLE), size=queries.PAGE_LIMIT).rows
            self._units = people.all_units(connection)
        self.items = list(_cast(sorted(rows, key=lambda row: (row["parent"] or "", str(row["no"])))))
        self._start = local_date(datetime.now(UTC))

    async def run(self) -> None:
        """Two months pass."""
        for day in DAYS:
            today = self._calendar.add(self._start, day)
            async with asyncio.TaskGroup() as group:
                for item in self.items:
                    group.create_task(self._live(item, day, today))
            self._told(day, today)

    async def _live(self, item: Played, day: int, today: date) -> None:
        acts = [act for act in item.part.acts if act.day == day]
        if not acts and day not in EVERYBODY:
            return
        async with self._skipping.turns:
            await self._skipping.forward(item.no, today)
            for act in acts:
                await self._perform(item, act)

    async def _perform(self, item: Played, act: Act) -> None:
        try:
            await self._product.desk.give(await asyncio.to_thread(self._request, item, act))
        except RuleViolation as refusal:  # e.g. no time left to extend: the story goes on, and says so at the end
            item.refused.append(str(refusal))

    def _another(self, row: RowMapping) -> str:
        """The unit that takes over: the next one of the same area."""
        after = [u["id"] for u in self._units if u["area"] == row["area"] and u["id"] > row["unit"]]
        return str(after[0] if after else next(u["id"] for u in self._units if u["id"] != row["unit"]))

    def _request(self, item: Played, act: Act) -> Request:
        with self._product.database.read() as connection:
            row = lookup.item_row(connection, item.no)
            person = _person(connection, row, Role(act.role))
        fields = dict(act.fields)
        if "to" in fields:
            running = lookup.state_of(row).clock
            assert running is not None, "whoever asks for more time has the move"
            due = running.due.date
            fields["to"] = self._calendar.add(due, int(str(fields["to"])))
        if "unit" in fields:
            fields["unit"] = self._another(row)
        id_ = f"demo/{item.no}/{act.day}/{act.command}"
        request = Request(no=item.no, kind=act.command, caller=on_site(person), id=id_)
        return replace(request, **fields)


def _person(connection: Connection, row: RowMapping, role: Role) -> str:
    """Who acts for the item in that role."""
    if role is Role.SUPERVISOR:
        return str(row["supervisor"])
    return people.holders(connection, role, unit=row["unit"], area=row["area"])[0]


def _cast(rows: Iterable[RowMapping]) -> Iterable[Played]:
    """Which item plays which part: in turn by kind of process, so that every part is played if items suffice."""
    taken = dict.fromkeys(PARTS_BY_VARIANT, 0)
    for row in rows:
        variant, kind = row["variant"], row["unit_kind"]
        parts = PARTS_BY_VARIANT[variant]
        if variant == "staged" and kind in ELASTIC_KINDS:
            part = ELASTIC
        elif variant == "long_term":
            part = LONG_TERM
        else:
            part = parts[taken[variant] % len(parts)]
            taken[variant] += 1
        yield Played(no=row["no"], unit_kind=kind, part=part)
