"""What a check-in costs, one command to an item that has no workflow, against bare updates that write one row."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

from sqlalchemy import select

from definitions.catalogue import load_process
from desk.requests import Desk, Request
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.directory import loading, people
from ledger.store.evidence import EvidenceStore
from rules.machine.commands import Status, UnitRef
from rules.machine.issuing import Order
from runtime.bench.figures import Runs
from runtime.bench.measures.commands import Give, crowd, idle_workflows, idling, timed, writing
from runtime.bench.place import SUPERVISOR, BenchPlace, liaisons
from runtime.cli.caller import acting_as

_FORM = load_process(Path(__file__).parent / "month.yaml")
_ANSWERS = (("moved", "no"), ("committee", "2"), ("study", "1"), ("theme_day", "1"), ("dues", "120"))


async def measure(place: BenchPlace, runs: Runs, alone: int, many: int) -> None:
    """One run: `alone` submissions one after the other, each followed by a bare update; then `many` of either by
    sixteen callers. Each is handed in at the desk, as at the console: who asks, in which post, what is answered."""
    batch, ours = await asyncio.to_thread(_issued, place, alone + many)
    handles = await idle_workflows(place, many)
    await crowd([idling(handle) for handle in handles])
    await place.rested()
    single: list[float] = []
    bare: list[float] = []
    for give, handle in zip(ours[:alone], handles * (alone // many + 1), strict=False):
        single.append(await timed(give))
        bare.append(await timed(writing(handle)))
    await place.rested()
    bare_seconds = await crowd([writing(handle) for handle in handles])
    await place.rested()
    our_seconds = await crowd(ours[alone:])
    await asyncio.to_thread(_all_closed, place, batch, alone + many)
    runs.add("checkin_command_ratio", median(single) / median(bare))
    runs.add("checkin_rate_ratio", bare_seconds / our_seconds)
    runs.measured(
        checkin_p50_ms=median(single) * 1000,
        checkin_bare_p50_ms=median(bare) * 1000,
        checkins_per_s=many / our_seconds,
        checkins_bare_per_s=many / bare_seconds,
    )


def _issued(place: BenchPlace, count: int) -> tuple[str, list[Give]]:
    """So many check-ins stand in the ledger, dealt out to the county's units, and how each is handed in."""
    batch, now = f"bench-{uuid4()}", datetime.now(UTC)
    database = place.database
    with database.write() as connection:
        loading.load_processes(connection, [_FORM])
        units = people.all_units(connection)
        items = [
            NewItem(
                process=_FORM.id,
                variant=_FORM.variants[0].id,
                import_key=f"{batch}/{n}",
                order=Order(
                    no="",
                    unit=UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"]),
                    title=f"第 {n} 件月报",
                ),
            )
            for n, unit in ((n, units[n % len(units)]) for n in range(count))
        ]
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=SUPERVISOR, now=now)
        batches.confirm(connection, batch, SUPERVISOR, now)
    taken = True
    while taken:
        with database.write() as connection:
            taken = bool(batches.issue_chunk(connection, batch, 500, now))
    with database.read() as connection:
        rows = connection.execute(select(ITEM.c.no, ITEM.c.unit).where(ITEM.c.batch == batch)).all()
    known, asks = liaisons(database), acting_as().parser
    desk = Desk(place.gateway, database, EvidenceStore(place.settings.data / "evidence"))

    def giving(no: str, unit: str) -> Give:
        caller = asks(known[unit].id)
        return lambda: desk.give(Request(no=no, kind="submit", caller=caller, answers=_ANSWERS, id=f"{batch}/{no}"))

    return batch, [giving(no, unit) for no, unit in rows]


def _all_closed(place: BenchPlace, batch: str, count: int) -> None:
    """What was handed in has ended, all of it."""
    with place.database.read() as connection:
        query = select(ITEM.c.no).where(ITEM.c.batch == batch, ITEM.c.status == str(Status.CLOSED))
        assert len(connection.execute(query).all()) == count
