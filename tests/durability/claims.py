"""What callers were told, held against the ledger at the end: nothing acknowledged is lost, nothing stands twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from rules.errors import NOT_NOW, RuleViolation
from rules.process import Role
from tests.support import witness
from tests.support.product import Started
from tests.support.walks import Said
from workflows.gateway import Receipt

UNKNOWN = NOT_NOW
PAUSE = 0.3


@dataclass(slots=True)
class Claims:
    """(item, command id) of what was acknowledged, with the seq that the receipt named, and of what was refused."""

    acknowledged: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: dict[tuple[str, str], RuleViolation] = field(default_factory=dict)

    async def insist(self, product: Started, said: Said, no: str, id_: str) -> Receipt | None:
        """Given again under the same id until the answer is certain; None when it is a refusal."""
        while True:
            try:
                receipt = await said.give(product, no, id=id_)
            except RuleViolation as refusal:
                if refusal.code in UNKNOWN:
                    await asyncio.sleep(random.uniform(0, PAUSE))
                    continue
                self.refused[no, id_] = refusal
                return None
            self.acknowledged[no, id_] = receipt.seq
            return receipt

    def broken(self, product: Started, numbers: list[str]) -> list[str]:
        """Every way in which the ledger differs from what callers were told, in words; empty when it does not."""
        found = witness.wrong(product.database)
        for no in numbers:
            happened = witness.events(product.database, no)
            own = Counter(e.command for e in happened if e.actor.role is not Role.SYSTEM)
            found += [f"{no}: {id_} stands {n} times" for id_, n in own.items() if n > 1]
            if not witness.said_once(product.database, no):
                found.append(f"{no}: a deadline or a rung stands twice")
            for (of, id_), seq in self.acknowledged.items():
                if of == no and (own[id_] != 1 or seq > len(happened)):
                    found.append(f"{no}: {id_} was acknowledged at {seq} and stands {own[id_]} times")
            found += [f"{no}: {id_} was refused and stands" for of, id_ in self.refused if of == no and own[id_]]
        return found
