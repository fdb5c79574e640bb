"""How long a morning takes: everybody's waiting notices as one e-mail each, to a mail server on this machine.

The worker is the real `duban worker`; from the digest's start until the last notice is written down as sent.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psutil
from sqlalchemy import func, insert, select, update

from definitions.channels import CHANNELS_FILE, MAIL
from ledger.chain import batches
from ledger.chain.deliveries import DELIVERY, PERSON
from ledger.chain.entries import NOTICE
from ledger.store.database import Database
from rules.dates.calendar import local_date
from runtime.bench.figures import Runs
from runtime.bench.place import BenchPlace, draft
from workflows.contracts import DIGEST, DigestInput, digest_id

EACH = 10
"""Notices for each person, each of another item."""
_GLANCE = 0.05
HOURS = 'hours: {from: "00:00", to: "23:59", every_day: true}\n'


async def measure(place: BenchPlace, runs: Runs, notices: int) -> None:
    """One run; the notices are for a tenth as many people."""
    people = max(1, notices // EACH)
    await asyncio.to_thread(_fill, place.database, people)
    taken = place.settings.data / f"taken-{uuid4()}"
    with _sink(taken) as port:
        mail = f"mail: {{host: 127.0.0.1, port: {port}, from: duban@bench.test}}\n"
        (place.settings.data / CHANNELS_FILE).write_text(HOURS + mail, encoding="utf-8")
        seconds, rss = await _run(place, local_date(datetime.now(UTC)), people * EACH)
        ids = taken.read_text("ascii").split()
    assert len(ids) == len(set(ids)) == people, (len(ids), len(set(ids)), people)
    runs.add("digest_s", seconds)
    runs.add("digest_rss_mb", rss)
    runs.measured(digest_messages_per_s=people / seconds)


async def _run(place: BenchPlace, day: date, count: int) -> tuple[float, float]:
    """Seconds until everything is sent, and the worker's largest resident memory meanwhile in MB."""
    worker = next(p for p in psutil.Process().children(recursive=True) if p.cmdline()[-1:] == ["worker"])
    before = await asyncio.to_thread(_sent, place.database)
    begun, rss = monotonic(), 0.0
    name = f"{digest_id(day.isoformat(), MAIL)}/{uuid4()}"
    start = DigestInput(day=day.isoformat(), channel=MAIL)
    await place.client.start_workflow(DIGEST, start, id=name, task_queue=place.settings.task_queue)
    while await asyncio.to_thread(_sent, place.database) - before < count:
        rss = max(rss, worker.memory_info().rss / 1e6)
        await asyncio.sleep(_GLANCE)
    return monotonic() - begun, max(rss, worker.memory_info().rss / 1e6)


def _sent(database: Database) -> int:
    query = select(func.count()).where(DELIVERY.c.channel == MAIL, DELIVERY.c.state == "sent")
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def _fill(database: Database, people: int) -> None:
    """So many new people with an address wait for EACH notices; nothing else waits."""
    batch = draft(database, EACH)
    run = uuid4().hex[:8]
    with database.write() as connection:
        batches.issue_chunk(connection, batch, EACH, datetime.now(UTC))
        connection.execute(update(NOTICE).values(state="routed"))
        known = connection.execute(select(NOTICE).order_by(NOTICE.c.at.desc()).limit(EACH)).mappings().all()
        ids = [f"{run}-{n}" for n in range(people)]
        rows = [{"id": i, "name": f"联络员{n}", "unit": None, "email": f"{i}@bench.test"} for n, i in enumerate(ids)]
        connection.execute(insert(PERSON), rows)
        told = [
            {**row, "id": f"{row['stream']}/{row['seq']}/{person}", "person": person, "state": "pending"}
            for person in ids
            for row in known
        ]
        connection.execute(insert(NOTICE), told)


@contextmanager
def _sink(taken: Path) -> Iterator[int]:
    taken.touch()
    command = [sys.executable, "-m", "runtime.bench.mail_sink", str(taken)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()
