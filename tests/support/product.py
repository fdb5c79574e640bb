"""The whole product for one test: database with the demo county, evidence folder, worker, gateway, desk and intake.

    async with started(client, tmp_path) as product:
        (no,) = await product.issue("三会一课记录不全", unit="县教育局")
        await product.desk.give(Request(no=no, kind="sign", caller=on_site(product.liaison(no))))

Products share the test process's Temporal server, so each numbers its items (workflow ids) from a thousand of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import insert, update
from temporalio.client import Client
from temporalio.worker import WorkflowRunner

from activities.sealing import SealPlaces
from definitions.calendars import snapshot
from definitions.catalogue import EXAMPLE
from definitions.channels import CHANNELS_FILE
from desk.acting import issuer
from desk.caller import on_site
from desk.intake import Intake
from desk.requests import Desk, Request
from ledger.chain import batches, lookup
from ledger.chain.batches import NewItem
from ledger.chain.family.chunk import COUNTER
from ledger.directory import loading, people
from ledger.reading import lists, queries
from ledger.reading.filters import Filters
from ledger.rounds.campaigns import put_figures_in_force
from ledger.store import migrations
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.dates.calendar import local_date
from rules.forms.answers import Pairs
from rules.machine.issuing import Order
from runtime.worker import make_worker
from tests.support.processes import EVERY, FAMILY, TALLIED
from tests.support.shipped import catalogue, every_figure, example_county
from workflows.gateway import Gateway, Receipt

SUPERVISOR, LEADER, AUDITOR, ADMINISTRATOR = "p0001", "p0004", "p0005", "p0006"
CHANCE = "SJ"
"""How the items of processes made by chance are numbered."""
_thousands = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the composition root puts together, on a database of its own."""

    client: Client
    task_queue: str
    folder: Path
    database: Database
    files: EvidenceStore
    gateway: Gateway
    desk: Desk
    intake: Intake

    async def issue(
        self,
        *findings: str,
        unit: str = "县教育局",
        process: str = EXAMPLE,
        variant: str = "staged",
        deadline: date | None = None,
        earliest: date | None = None,
        co_units: Sequence[str] = (),
        matter: Pairs = (),
    ) -> tuple[str, ...]:
        """These findings are items of that unit (id, name or alias) or area, with workflows; returns their numbers in
        order."""
        batch = f"test-{uuid4()}"
        with self.database.write() as connection:
            holder = next(p.holder for p in lists.current_processes(connection) if p.id == process)
            ref = people.holder_ref(connection, unit, holder)
            helpers = tuple(people.unit_ref(connection, u).id for u in co_units)
            items = [
                NewItem(
                    process=process,
                    variant=variant,
                    import_key=f"{batch}/{n}",
                    order=Order(
                        no="",
                        unit=ref,
                        title=finding,
                        matter=matter,
                        co_units=helpers,
                        deadline=deadline,
                        earliest=earliest,
                    ),
                )
                for n, finding in enumerate(findings, 1)
            ]
            actor, now = issuer(connection, on_site(SUPERVISOR)), datetime.now(UTC)
            batches.save(connection, batch, items, filename="", title="", reading={}, actor=actor, now=now)
            batches.confirm(connection, batch, actor, now)
        await self.gateway.issue(batch)
        with self.database.read() as connection:
            page = queries.register(connection, Filters(batch=batch), size=500)
        return tuple(sorted(row["no"] for row in page.rows))

    async def give(self, no: str, kind: str, person: str, *, behalf: str = "", **fields: object) -> Receipt:
        """The request, handed in at the desk."""
        caller = on_site(person, behalf)
        return await self.desk.give(Request(no=no, kind=kind, caller=caller, **fields))  # type: ignore[arg-type]

    def liaison(self, no: str) -> str:
        """The id of the liaison of the unit that the item is with."""
        with self.database.read() as connection:
            unit = lookup.item_row(connection, no)["unit"]
            everybody = people.everybody(connection)
        return next(p.id for p in everybody for post in p.posts if (post.unit, post.role) == (unit, "liaison"))


def drafted(product: Started, count: int, batch: str) -> None:
    """A batch of that many items stands in the ledger, to be confirmed."""
    with product.database.write() as connection:
        unit = people.unit_ref(connection, "县教育局")
        items = [
            NewItem(
                process=EXAMPLE,
                variant="at_once",
                import_key=f"{batch}/{n}",
                order=Order(no="", unit=unit, title=f"第 {n} 个问题"),
            )
            for n in range(count)
        ]
        actor, now = issuer(connection, on_site(SUPERVISOR)), datetime.now(UTC)
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=actor, now=now)


def known_county(folder: Path, *, url: str = "", now: datetime | None = None) -> Database:
    """A migrated database that knows the shipped process, the calendar and the demo county, and has no items.

    `now`: since when it knows them. A test of days that stand in it says one before them: no entry is earlier than the
    one before it, so what it does on those days would else move on with the day on which the test runs.
    """

    def made(database: Database) -> None:
        migrations.upgrade(database)
        know_since(database, now or datetime.now(UTC))

    if url:
        database = Database(url)
        made(database)
        return database
    return copied(f"known {now}", folder, made)


def know_since(database: Database, now: datetime) -> None:
    """It knows the shipped process, the calendar and the demo county, and numbers from a thousand of its own."""
    year, first = local_date(now).year, next(_thousands) * 1000
    with database.write() as connection:
        loading.load_processes(connection, catalogue(), now=now)
        loading.load_calendar(connection, snapshot(), now=now)
        loading.load_directory(connection, example_county(), now=now)
        put_figures_in_force(connection, every_figure(), now)
        known = {*(one.prefix for one in (*EVERY, *FAMILY, *TALLIED)), *(one.prefix for one in catalogue())}
        prefixes = sorted(known | {CHANCE})
        counters = [{"name": f"{p}{y}", "value": first} for p in prefixes for y in (year, year + 1)]
        connection.execute(insert(COUNTER), counters)


def copied(name: str, folder: Path, make: Callable[[Database], object]) -> Database:
    """A database in that folder as `make` leaves it. It is made once in a test process, under that name,
    and copied; each copy numbers its items from a thousand of its own."""
    template = Path(_templates().name) / f"{name}.db"
    if not template.exists():
        first = Database(f"sqlite:///{template.with_suffix('.made')}")
        make(first)
        first.close()
        template.with_suffix(".made").rename(template)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, folder / "duban.db")
    database = Database(f"sqlite:///{folder / 'duban.db'}")
    with database.write() as connection:
        connection.execute(update(COUNTER).values(value=next(_thousands) * 1000))
    return database


@cache
def _templates() -> TemporaryDirectory[str]:
    """It goes with the process."""
    return TemporaryDirectory(prefix="duban-counties-")


@asynccontextmanager
async def started(
    client: Client,
    folder: Path,
    *,
    url: str = "",
    runner: WorkflowRunner | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    known: datetime | None = None,
) -> AsyncIterator[Started]:
    """The product runs, with a worker on a queue of its own, until the block ends. `now`: when the ledger takes it to
    be that somebody gives what has no workflow; `known`: since when it knows the county."""
    database = known_county(folder, url=url, now=known)
    task_queue = f"product-{uuid4()}"
    gateway = Gateway(client, database, task_queue=task_queue, now=now)
    files = EvidenceStore(folder / "evidence")
    product = Started(
        client=client,
        task_queue=task_queue,
        folder=folder,
        database=database,
        files=files,
        gateway=gateway,
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
    )
    with ThreadPoolExecutor(16) as threads:
        made = make_worker(
            client,
            database,
            task_queue,
            threads,
            runner=runner,
            channels=folder / CHANNELS_FILE,
            seals=seals_in(folder),
        )
        async with made:
            yield product
    database.close()


KEEPER = "auditor@example.org"
"""Who gets each checkpoint by mail, where there is a mail server."""


def seals_in(folder: Path) -> SealPlaces:
    """Where the product of a test seals to."""
    return SealPlaces(
        keys=folder / "keys",
        outside=folder / "outside" / "seals.jsonl",
        channels=folder / CHANNELS_FILE,
        mail_to=(KEEPER,),
    )
