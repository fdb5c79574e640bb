"""Plays scenes on the running product: issues what they begin with when they begin, and gives each cue's command in its
time. Beside each other; within a scene one after the other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select
from temporalio.common import WorkflowIDConflictPolicy

from activities.starting import input_of, start_asleep
from desk.acting import issuer
from desk.caller import on_site
from desk.issuing import ToIssue, UnitChoice, propose
from desk.registers import draws
from desk.registers.draws import ShownDraw, ToDraw
from desk.requests import Request
from ledger.chain import batches, lookup, pinned
from ledger.chain.entries import ENTRY, ITEM
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.dates.calendar import Calendar, instant_of, local_date
from rules.errors import RuleViolation
from rules.family import depth
from rules.machine.commands import ENDED
from rules.names import names_of
from rules.process import Role
from rules.telling.posts import in_post
from runtime.demo.scenes.parts import LOOK, ONE_ABOVE, SECOND, Cue, Lots, OnDay, Paper, Scene, When
from runtime.demo.skipping import OFFICE_HOUR, Skipping
from runtime.product import Product
from workflows.contracts import DISPATCH, DispatchInput, dispatch_id

ISSUER = "p0001"
"""Who issues what scenes begin with: a supervisor."""
_ISSUING_HOUR = time(9, 30)
_LAST_OF_JANUARY = (1, 11)
"""A list of the year is issued in January; after this day, in the next one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What no entry says: a refusal, or that somebody looks and sees something or nothing. After the entry of that
    `position` in the ledger."""

    at: datetime
    position: int
    no: str
    line: str


@dataclass(slots=True)
class Performed:
    """A scene as it was played. `numbers`: of what it began with; `troubles`: what did not go as it should."""

    scene: Scene
    numbers: tuple[str, ...] = ()
    asides: list[Aside] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    draw: ShownDraw | None = None


class Troupe:
    """Plays scenes on a product; all of them from today on, or from a later day on."""

    def __init__(self, product: Product, skipping: Skipping, today: date | None = None) -> None:
        self._product, self._skipping = product, skipping
        with product.database.read() as connection:
            self._calendar: Calendar = pinned.current_calendar(connection)
        self._today = today or local_date(datetime.now(UTC))

    async def perform(self, scenes: Sequence[Scene]) -> list[Performed]:
        """All of them, beside each other."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._scene(scene)) for scene in scenes]
        return [task.result() for task in tasks]

    def day(self, when: When) -> date:
        """The date."""
        if isinstance(when, int):
            return self._calendar.add(self._today, when)
        month, day = (int(part) for part in when.split("-"))
        first = (self._today.month, self._today.day) > _LAST_OF_JANUARY
        return self._calendar.roll(date(self._today.year + first, month, day))

    async def _scene(self, scene: Scene) -> Performed:
        played = Performed(scene=scene)
        async with self._skipping.turns:
            await self._issue(scene, played)
        for cue in sorted(scene.cues, key=lambda one: self.day(one.at)):
            async with self._skipping.turns:
                await self._follow(cue, played)
        for no in await asyncio.to_thread(self._running, played.numbers):
            async with self._skipping.turns:
                await self._bring(no, self.day(scene.until))
        return played

    async def _issue(self, scene: Scene, played: Performed) -> None:
        if scene.lots:
            played.draw = await asyncio.to_thread(self._draw, scene.lots)
        begins, now = instant_of(self.day(scene.begins), _ISSUING_HOUR), datetime.now(UTC)
        later = begins > now
        asked = ToIssue(
            process=scene.process,
            variant=scene.variant,
            to=UnitChoice(units=scene.units),
            answers=(("title", scene.title), *scene.matter),
            draw=played.draw.draw if played.draw else "",
        )
        caller = on_site(ISSUER)
        batch = await asyncio.to_thread(propose, self._product.database, asked, caller, max(begins, now))
        if later:
            await self._begin_later(batch, begins)
        await self._product.intake.confirm(batch, caller=caller)
        played.numbers = await asyncio.to_thread(self._issued, batch)

    async def _begin_later(self, batch: str, at: datetime) -> None:
        """The batch is dispatched at that instant, to which the dispatch's own time is moved forward."""

        def confirm() -> None:
            with self._product.database.write() as connection:
                batches.confirm(connection, batch, issuer(connection, on_site(ISSUER)), datetime.now(UTC))

        await asyncio.to_thread(confirm)
        await self._product.client.start_workflow(
            DISPATCH,
            DispatchInput(batch=batch),
            id=dispatch_id(batch),
            task_queue=self._product.settings.task_queue,
            start_delay=at - datetime.now(UTC),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self._skipping.forward(dispatch_id(batch), local_date(at), _ISSUING_HOUR)

    def _issued(self, batch: str) -> tuple[str, ...]:
        with self._product.database.read() as connection:
            page = queries.register(connection, Filters(batch=batch), size=queries.PAGE_LIMIT)
        return tuple(sorted(row["no"] for row in page.rows))

    def _draw(self, lots: Lots) -> ShownDraw:
        database, now, by = self._product.database, datetime.now(UTC), on_site(ISSUER)
        asked = ToDraw(
            draw=f"{self._today.year}-cc1",
            title=lots.title,
            by=lots.by,
            share=lots.share,
            most=lots.most,
            kinds=lots.kinds,
            inspectors=lots.inspectors,
            each=lots.each,
            witnesses=tuple(lots.numbers),
        )
        draws.seal(database, asked, by, now)
        salts = {person: secrets.token_hex(16) for person in lots.numbers}
        for given in (draws.seal_number, draws.open_number):
            for person, number in lots.numbers.items():
                given(database, asked.draw, number, salts[person], on_site(person), now)
        with database.read() as connection:
            return draws.show_draw(connection, asked.draw)

    def _running(self, numbers: Sequence[str]) -> list[str]:
        """These items and what followed from them, those that have not ended."""
        with self._product.database.read() as connection:
            found = lookup.item_rows(connection, with_children(connection, numbers))
        return sorted(row["no"] for row in found if row["status"] not in ENDED)

    async def _bring(self, no: str, day: date) -> None:
        """The item's own time is that day, and that of what it followed from. What has only now been issued has its
        workflow before."""
        if depth(no):
            await self._bring(no.rpartition("-")[0], day)
            row, start = await asyncio.to_thread(self._row_and_input, no)
            await start_asleep(self._product.client, self._product.settings.task_queue, row, start)
        elif await asyncio.to_thread(self._has_ended, no):
            return
        await self._skipping.forward(no, day)

    def _has_ended(self, no: str) -> bool:
        with self._product.database.read() as connection:
            return lookup.item_row(connection, no)["status"] in ENDED

    def _row_and_input(self, no: str) -> tuple[RowMapping, Any]:
        with self._product.database.read() as connection:
            row = lookup.item_row(connection, no)
            return row, input_of(connection, row)

    def _called(self, no: str, command: str) -> str:
        """What the item's process calls the command."""
        return names_of(self._product.desk.words(no)).command[command]

    async def _follow(self, cue: Cue, played: Performed) -> None:
        no, day = named(played.numbers, cue.item), self.day(cue.at)
        if cue.command == LOOK:
            played.asides.append(await asyncio.to_thread(self._look, cue, no, day))
            return
        said = who = ""
        try:
            await self._bring(no, day)
            request, who = await asyncio.to_thread(self._request, cue, no)
            await self._product.desk.give(request)
        except RuleViolation as refusal:  # one that was not meant: the other scenes go on, and it is told at the end
            said = str(refusal)
        if bool(said) != cue.refused:
            played.troubles.append(f"{no} {day} {who} {cue.command}：{said or '本该拒绝，却办成了'}")
        elif said:
            line = f"{who} 要{await asyncio.to_thread(self._called, no, cue.command)}，不成：{said}"
            played.asides.append(await asyncio.to_thread(self._aside, no, day, line))

    def _aside(self, no: str, day: date, line: str) -> Aside:
        with self._product.database.read() as connection:
            position = connection.execute(select(func.max(ENTRY.c.position))).scalar() or 0
        return Aside(at=instant_of(day, OFFICE_HOUR), position=position, no=no, line=line)

    def _look(self, cue: Cue, no: str, day: date) -> Aside:
        """What somebody sees who looks for the item by its number, and in the register of its unit."""
        with self._product.database.read() as connection:
            row = lookup.item_row(connection, no)
            who = people.somebody(connection, _person(connection, row, cue.role))
            unit = row["unit"]
        with self._product.database.seen(seen_by((who.id,))).read() as connection:
            listed = {one["no"] for one in queries.register(connection, Filters(unit=unit), size=50).rows}
            try:
                found = f"看得到“{lookup.item_row(connection, no)['title']}”"
            except RuleViolation as refusal:
                found = f"{refusal}"
        there = "台账里也有" if no in listed else "台账里也没有"
        return self._aside(no, day, f"{in_post(who.name, who.role_names)}按编号查：{found.rstrip('。')}；{there}。")

    def _request(self, cue: Cue, no: str) -> tuple[Request, str]:
        with self._product.database.read() as connection:
            row = lookup.item_row(connection, no)
            who = people.somebody(connection, _person(connection, row, cue.role))
        caller = on_site(who.id)
        request = Request(no=no, kind=cue.command, caller=caller, id=f"demo/{no}/{cue.at}/{secrets.token_hex(4)}")
        return replace(request, **self._filled(cue.fields, who.id)), who.name

    def _filled(self, fields: Mapping[str, Any], person: str) -> dict[str, Any]:
        """The fields with their days as dates and their papers stored."""
        said: dict[str, Any] = {}
        for name, value in fields.items():
            if name == "answers":
                said[name] = tuple((at, str(self._known(answer, person))) for at, answer in value)
            else:
                said[name] = self._known(value, person)
        return said

    def _known(self, value: Any, person: str) -> Any:
        match value:
            case OnDay():
                return self.day(value.day)
            case Paper():
                data = value.says.encode()
                return self._product.desk.attach(
                    data=data, name=value.name, media_type="text/plain; charset=utf-8", caller=on_site(person)
                )
        return value


def named(numbers: Sequence[str], item: str) -> str:
    """The number of the item that a cue calls that: "2" the second of these, "2-1" what followed from it first."""
    n, *child = item.split("-")
    return "-".join((numbers[int(n) - 1], *child))


def with_children(connection: Connection, numbers: Sequence[str]) -> list[str]:
    """These numbers, and those of what followed from the items."""
    query = select(ITEM.c.no).where(ITEM.c.no.in_(numbers) | ITEM.c.parent.in_(numbers))
    return list(connection.execute(query.order_by(ITEM.c.no)).scalars())


def _person(connection: Connection, row: RowMapping, role: str) -> str:
    """Who plays that role for the item."""
    if role == SECOND:
        return next(one for one in people.holders(connection, Role.SUPERVISOR) if one != row["supervisor"])
    if role == ONE_ABOVE:
        above = next(one["parent"] for one in people.all_units(connection) if one["id"] == row["unit"])
        return people.holders(connection, Role.UNIT_HEAD, unit=above)[0]
    if role == Role.SUPERVISOR:
        return str(row["supervisor"])
    return people.holders(connection, Role(role), unit=row["unit"], area=row["area"])[0]
