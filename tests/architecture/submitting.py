"""Hands in a plan by the command line, in JSON and on the page, each with one text field filled in besides, and tells
what came of it as JSON. Without Temporal: what an item's workflow does in the end, decide and append, is done here.

    python -m tests.architecture.submitting FIELD TEXT
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import httpx2

from api.app import create_app
from desk.caller import on_site
from desk.intake import Intake
from desk.requests import Desk, Request
from ledger.chain import entries, lookup, pinned
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.machine.commands import Command
from rules.machine.item import decide
from rules.process import Role, Words
from runtime.cli import act
from runtime.cli.main import run
from tests.support.office import issue
from tests.support.product import known_county
from tests.support.signed import as_, browsing, entrance_of
from workflows.contracts import Receipt

PLAN: dict[str, Any] = {"text": "方案报上", "answers": {"measures": ["补齐"]}}


class Straight:
    """Decides at the ledger and appends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, no: str, meant: Command | Callable[[], Command], *, same: bool = False) -> Receipt:
        """The command stands in the ledger."""
        command = meant() if callable(meant) else meant
        with self._database.read() as connection:
            state = lookup.state_of(lookup.item_row(connection, no))
            process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        events = decide(process, calendar, state, command, datetime.now(UTC)).events
        entries.append(self._database, no, state.seq, command.id, events)
        return Receipt(no=no, seq=events[-1].seq, status=str(state.status))


class HandingIn:
    """The ways in which a plan comes to the desk. Each says where its field was asked for."""

    def __init__(self, desk: Desk, web: httpx2.AsyncClient, field: str, text: str) -> None:
        self._desk, self._web, self._field, self._text = desk, web, field, text

    async def by_command_line(self, no: str, person: str) -> str:
        """By `duban do`: its words become a request, which is handed in here."""
        taken = mock.AsyncMock(return_value=(Receipt(no=no, seq=0, status="working"), Words()))
        words = ("--text", PLAN["text"], "--answer", "measures=补齐", f"--{self._field}", self._text)
        with mock.patch.object(act, "_give", taken):
            await asyncio.to_thread(console, "do", no, "submit", "--as", person, *words)
        await self._desk.give(taken.call_args.args[1])
        return console("do", "--help")

    async def by_json(self, no: str, person: str) -> str:
        """By the JSON route."""
        answer = await self.sent(no, person, "submit", PLAN | {self._field: self._text})
        assert answer.status_code == 200, answer.text
        return (await self._web.get("/openapi.json")).text

    async def by_page(self, no: str, person: str) -> str:
        """By the form of the item's page."""
        headers = {**as_(person), "Sec-Fetch-Site": "same-origin"}
        page = (await self._web.get(f"/items/{no}", headers=headers)).text
        filled = {"text": PLAN["text"], "answer.measures": "补齐", self._field: self._text, "id": "form"}
        answer = await self._web.post(f"/items/{no}/submit", data=filled, headers=headers)
        assert answer.status_code == 303, answer.text
        return "".join(re.findall(rf'<label for="submit-{self._field}".*\n.*', page))

    async def sent(self, no: str, person: str, command: str, said: dict[str, Any]) -> httpx2.Response:
        """What the JSON route answers."""
        return await self._web.post(f"/api/v1/items/{no}/commands/{command}", json={**said}, headers=as_(person))


def console(*words: str) -> str:
    said, wrong = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
        status = run(list(words))
    assert status == 0, wrong.getvalue()
    return said.getvalue()


async def told(folder: Path, field: str, text: str) -> dict[str, Any]:
    """By each way where the field was asked for, and what the entry and the timeline hold; and what was refused."""
    database = known_county(folder)
    issue(database, units=3)
    files = EvidenceStore(folder / "evidence")
    gateway: Any = Straight(database)
    desk = Desk(gateway, database, files)
    app = create_app(
        desk=desk, intake=Intake(gateway, database), database=database, files=files, entrance=entrance_of(database)
    )
    with database.read() as connection:
        rows = queries.register(connection, Filters(), size=3).rows
        liaisons = [people.holders(connection, Role.LIAISON, unit=row["unit"])[0] for row in rows]
    told: dict[str, Any] = {}
    async with browsing(app) as web:
        handing = HandingIn(desk, web, field, text)
        for way, row, liaison in zip(("by_command_line", "by_json", "by_page"), rows, liaisons, strict=True):
            no = row["no"]
            await desk.give(Request(no=no, kind="sign", caller=on_site(liaison)))
            told["long"] = (await handing.sent(no, liaison, "submit", PLAN | {field: "长" * 21})).json()["code"]
            told["elsewhere"] = (await handing.sent(no, liaison, "report", {"text": "半", field: text})).json()["code"]
            asked = await getattr(handing, way)(no, liaison)
            entry = (await web.get(f"/api/v1/items/{no}/timeline")).json()[-1]
            kept = {"body": entry["body"].get(field), "sentence": entry["sentence"], "written": entry["text"]}
            told[way] = {"asked": asked, **kept}
    database.close()
    return told


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        sys.stdout.write(json.dumps(asyncio.run(told(Path(place), *sys.argv[1:])), ensure_ascii=False))
