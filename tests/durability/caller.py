"""A caller as a process of its own: gives every item a story, again and again.

    python -m tests.durability.caller DATA NAME LOG STOP [AT ONCE]

So many commands are on their way at a time; as many as there are items, when it does not say.
The first hands its commands in itself, as the command line does; the others send them to the site.

Each answer becomes a line of LOG the moment it comes: {"no", "n", "seq", "ms"} or {"no", "n", "code", "ms"}, where
`ms` is the longest that one answer to it took. Started again after
being killed, it goes on after the last line of each item and repeats, under its old id, what nobody answered.
Ends when the file STOP exists and everything begun has an answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2

from desk.caller import on_site
from desk.requests import Request
from ledger.chain import lookup
from ledger.store.database import Database
from rules.errors import NOT_NOW, RuleViolation
from runtime.ending import Problem
from runtime.host.exit import leave
from runtime.product import Product, open_product
from runtime.settings import Settings, load
from tests.support import walks
from tests.support.signed import cookie_of
from tests.support.walks import OWN, Said

PAUSE = 0.05
TIMEOUT = 30.0
AGAIN = NOT_NOW
STORIES: dict[str, tuple[Said, ...]] = {
    # The first moves the items along; the others speak whenever they like.
    "one": (walks.SIGN, walks.PLAN, walks.RETURN, walks.PLAN, walks.APPROVE, walks.SUBMIT, walks.CONTINUE, walks.PLAN),
    "two": (walks.REMARK, walks.REPORT),
    "three": (walks.REPORT, walks.APPROVE, walks.REMARK),
    "four": (walks.REMARK, walks.URGE, walks.REPORT),
}


class Site:
    """The product's own site, wherever it listens now."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._note, self._database = folder / "run" / "site.json", database
        self._cookies: dict[str, str] = {}
        self._web = httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False)

    async def give(self, request: Request) -> dict[str, Any] | None:
        """What it answered; None when that says nothing about the command."""
        try:
            address = json.loads(self._note.read_text())["address"]
            answer = await self._web.post(
                f"{address}/api/v1/items/{request.no}/commands/{request.kind}",
                json=_given(request),
                headers={"Idempotency-Key": request.id, **self._signed(request.caller.person)},
            )
            told: dict[str, Any] = answer.json()
        except (httpx2.TransportError, OSError, ValueError, KeyError):
            return None
        return {"seq": told["seq"]} if answer.status_code == httpx2.codes.OK else {"code": told["code"]}

    def _signed(self, person: str) -> dict[str, str]:
        if person not in self._cookies:
            self._cookies[person] = cookie_of(self._database, person)
        return {"Cookie": self._cookies[person], "Sec-Fetch-Site": "same-origin"}


async def at_the_desk(product: Product, request: Request) -> dict[str, Any]:
    """What the desk said."""
    try:
        return {"seq": (await product.desk.give(request)).seq}
    except RuleViolation as refusal:
        return {"code": str(refusal.code)}


def _given(request: Request) -> dict[str, Any]:
    about = {"no", "kind", "caller", "id"}
    return {f.name: v for f in fields(request) if f.name not in about and (v := getattr(request, f.name)) != f.default}


class Caller:
    """One caller's stories, and what came of them."""

    def __init__(self, product: Product, name: str, log: Path, stop: Path, at_once: int) -> None:
        self._product, self._name, self._stop = product, name, stop
        self._turns = asyncio.Semaphore(at_once)
        self._give = (
            partial(at_the_desk, product) if name == "one" else Site(product.settings.data, product.database).give
        )
        self._next: dict[str, int] = {}
        if log.exists():
            for line in log.read_text().splitlines():
                told = json.loads(line)
                self._next[told["no"]] = told["n"] + 1
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def run(self) -> None:
        """Every item, also those issued meanwhile, until told to stop.

        Every item gets one command at least, however soon we are told: a killed caller may have begun it.
        """
        tasks: dict[str, asyncio.Task[None]] = {}
        while not (tasks and self._stop.exists()):
            for no, unit in self._items():
                if no not in tasks:
                    tasks[no] = asyncio.create_task(self._tell(no, unit))
            await asyncio.sleep(4 * PAUSE)
        await asyncio.gather(*tasks.values())

    def _items(self) -> list[tuple[str, str]]:
        with self._product.database.read() as connection:
            return [(row["no"], row["unit"]) for row in lookup.open_items(connection)]

    async def _tell(self, no: str, unit: str) -> None:
        story = STORIES[self._name]
        begun = False
        while not (begun and self._stop.exists()):
            begun = True
            n = self._next.get(no, 0)
            said = story[n % len(story)]
            person = f"p2{unit[1:]}" if said.person == OWN else said.person
            request = Request(no=no, kind=said.kind, caller=on_site(person), id=f"{self._name}-{n}", **said.fields)
            async with self._turns:
                line = json.dumps({"no": no, "n": n, **await self._insist(request)}) + "\n"
                os.write(self._log, line.encode())
            self._next[no] = n + 1

    async def _insist(self, request: Request) -> dict[str, Any]:
        longest = 0.0
        while True:
            begun = monotonic()
            answer = await self._give(request)
            longest = max(longest, monotonic() - begun)
            if answer is not None and answer.get("code") not in AGAIN:
                return answer | {"ms": round(1000 * longest)}
            await asyncio.sleep(PAUSE)


async def call(settings: Settings, name: str, log: Path, stop: Path, at_once: int) -> None:
    while True:
        try:
            async with open_product(settings) as product:
                return await Caller(product, name, log, stop, at_once).run()
        except Problem:  # the server is being started again
            await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    many = int(sys.argv[5]) if len(sys.argv) > 5 else 1000
    asyncio.run(call(load(data=Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), many))
    leave(0)
