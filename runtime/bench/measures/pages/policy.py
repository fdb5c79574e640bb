"""What it costs that everybody sees their own: the register's page of a liaison, with the scope and without it; that
who asks is known by a session; and that the first page says what waits for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from fastapi import FastAPI

from api.app import create_app
from desk.intake import Intake
from desk.requests import Desk
from ledger.directory import people
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from ledger.store.sight import LookAt
from rules.process import Role
from runtime.bench.figures import Runs
from runtime.bench.signed import cookie_of, entrance_of
from workflows.gateway import Gateway

_TODO = (Role.LIAISON, Role.SUPERVISOR, Role.LEADER)
_SESSIONS = 200
_WARM = 5
"""Pages that are read before any counts: templates are compiled, statements made."""


class _SeenWhole(Database):
    """A database of which everybody sees everything."""

    def seen(self, sight: LookAt) -> Database:
        return self


def measure(database: Database, evidence: Path, runs: Runs, pages: int) -> None:
    """One run: each liaison's page with the scope and the same without it, in turn, by the processor's time."""
    whole = _SeenWhole(database.url)
    try:
        with_scope, without = _site(database, evidence), _site(whole, evidence)
        in_ = cache(partial(cookie_of, database))
        liaisons, instructors = _of_role(database, Role.LIAISON), _of_role(database, Role.INSTRUCTOR)
        for person, unit in islice(liaisons, _WARM):
            asyncio.run(_page(with_scope, in_(person), ""))
            asyncio.run(_page(without, in_(person), f"unit={unit}"))
        narrow, bare = list[float](), list[float]()
        for person, unit in islice(liaisons, pages):
            narrow.append(asyncio.run(_page(with_scope, in_(person), "")))
            bare.append(asyncio.run(_page(without, in_(person), f"unit={unit}")))
        areas = [asyncio.run(_page(with_scope, in_(person), "")) for person, _ in islice(instructors, pages)]
        todo = {role: _todo(with_scope, database, role, in_, pages) for role in _TODO}
    finally:
        whole.close()
    runs.add("page_policy_ratio", median(narrow) / median(bare))
    runs.add("todo_ms_ratio", max(median(waits) / median(listed) for waits, listed in todo.values()))
    known = _recognised(database, in_(next(_of_role(database, Role.LIAISON))[0]))
    runs.add("session_share", known / median(narrow))
    runs.measured(page_policy_ms=median(narrow), page_bare_ms=median(bare), page_area_ms=median(areas))
    runs.measured(session_ms=known, **{f"todo_{role}_ms": median(waits) for role, (waits, _) in todo.items()})


def _todo(
    app: FastAPI, database: Database, role: Role, cookie: Callable[[str], str], pages: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of the first page and of the register's for people in that role, in turn."""
    waits, listed = list[float](), list[float]()
    for n, (person, _) in enumerate(islice(_of_role(database, role), pages + _WARM)):
        first, register = (asyncio.run(_page(app, cookie(person), "", path)) for path in ("/", "/items"))
        if n >= _WARM:
            waits.append(first)
            listed.append(register)
    return waits, listed


def _recognised(database: Database, cookie: str) -> float:
    """Milliseconds of the processor for knowing who asks, by the cookie."""
    entrance, secret, now = entrance_of(database), cookie.partition("=")[2], datetime.now(UTC)
    taken = list[float]()
    for _ in range(_SESSIONS):
        begun = process_time()
        found = entrance.recognise(secret, now)
        taken.append((process_time() - begun) * 1000)
        assert found is not None
    return median(taken)


def _of_role(database: Database, role: Role) -> Iterator[tuple[str, str]]:
    """Who holds that role and no other post, with the unit; again and again."""
    with database.read() as connection:
        everybody = people.everybody(connection)
    return cycle([(one.id, one.posts[0].unit or "") for one in everybody if [p.role for p in one.posts] == [role]])


def _site(database: Database, evidence: Path) -> FastAPI:
    files, gateway = EvidenceStore(evidence), Gateway(None, database, task_queue="")  # type: ignore[arg-type]
    return create_app(
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
        database=database,
        files=files,
        entrance=entrance_of(database),
    )


async def _page(app: Callable[..., Awaitable[Any]], cookie: str, query: str, path: str = "/items") -> float:
    """Milliseconds of the processor for that page, the register's, as whoever is in has it."""
    headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())]
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": ""},
        **{"path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers},
        **{"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    begun = process_time()
    await app(scope, receive, send)
    took = (process_time() - begun) * 1000
    assert sent[0]["status"] == 200, sent[0]
    return took
