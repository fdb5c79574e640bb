"""A caller as a process of its own, as the site or the command line is one: gives every item a story, again and again.

    python -m tests.durability.caller DATA NAME LOG STOP

Each answer becomes a line of LOG the moment it comes: {"no", "n", "seq"} or {"no", "n", "code"}. Started again after
being killed, it goes on after the last line of each item and repeats, under its old id, what nobody answered.
Ends when the file STOP exists and everything begun has an answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from api.desk import Request
from ledger import queries
from rules.errors import Code, RuleViolation
from runtime.exit import leave
from runtime.problems import Problem
from runtime.product import Product, open_product
from runtime.settings import Settings, load
from tests import walks
from tests.walks import OWN, Said

PAUSE = 0.05
AGAIN = (Code.ENGINE_UNAVAILABLE, Code.LEDGER_UNAVAILABLE)
STORIES: dict[str, tuple[Said, ...]] = {
    # The first moves the items along; the others speak whenever they like.
    "one": (walks.SIGN, walks.PLAN, walks.RETURN, walks.PLAN, walks.APPROVE, walks.SUBMIT, walks.CONTINUE, walks.PLAN),
    "two": (walks.REMARK, walks.REPORT),
    "three": (walks.REPORT, walks.APPROVE, walks.REMARK),
}


class Caller:
    """One caller's stories, and what came of them."""

    def __init__(self, product: Product, name: str, log: Path, stop: Path) -> None:
        self._product, self._name, self._stop = product, name, stop
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
            return [(row["no"], row["unit"]) for row in queries.open_items(connection)]

    async def _tell(self, no: str, unit: str) -> None:
        story = STORIES[self._name]
        begun = False
        while not (begun and self._stop.exists()):
            begun = True
            n = self._next.get(no, 0)
            said = story[n % len(story)]
            person = f"p2{unit[1:]}" if said.person == OWN else said.person
            request = Request(no=no, kind=said.kind, person=person, id=f"{self._name}-{n}", **said.fields)
            line = json.dumps({"no": no, "n": n, **await self._insist(request)}) + "\n"
            os.write(self._log, line.encode())
            self._next[no] = n + 1

    async def _insist(self, request: Request) -> dict[str, str | int]:
        while True:
            try:
                return {"seq": (await self._product.desk.give(request)).seq}
            except RuleViolation as refusal:
                if refusal.code not in AGAIN:
                    return {"code": str(refusal.code)}
            await asyncio.sleep(PAUSE)


async def call(settings: Settings, name: str, log: Path, stop: Path) -> None:
    while True:
        try:
            async with open_product(settings) as product:
                return await Caller(product, name, log, stop).run()
        except Problem:  # the server is being started again
            await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(call(load(data=Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))
    leave(0)
