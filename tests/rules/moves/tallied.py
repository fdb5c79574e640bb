"""An item whose step owes so much about each household by so many dates, in play on the rules alone."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from definitions.catalogue import load_process
from rules.dates.windows import Due
from rules.machine.commands import Actor, CommandKind, UnitRef
from rules.machine.events import Event
from rules.nodes.node import OwedNode
from rules.process import Process
from tests.support import processes
from tests.support.factories import Play

K = CommandKind
TITLED: dict[str, Any] = {"title": "结对共建"}


@cache
def pairing(kind: str = "research") -> Process:
    """The process, for one kind of unit."""
    return load_process(Path(processes.__file__).parent / "pairing.yaml").resolve(kind, "year")


def planned(*households: str, first: str = "") -> tuple[tuple[str, str], ...]:
    """The plan, with these households (and the day by which each is greeted)."""
    rows = [(f"households.{n}.code", code) for n, code in enumerate(households, 1)]
    days = [(f"households.{n}.first", first) for n, _ in enumerate(households, 1)] if first else []
    cells = sorted([*rows, *days], key=lambda pair: (int(pair[0].split(".")[1]), pair[0].endswith("first")))
    return (("village", "东沟村"), *cells)


class Tallied(Play):
    """The item in its step in which all is owed: signed and planned in January 2026, of these households."""

    def __init__(
        self,
        *households: str,
        first: str = "",
        proposed: str = "",
        now: str = "2026-01-05",
        process: Process | None = None,
        year: str = "",
    ) -> None:
        found = process or pairing()
        unit = UnitRef(id="u1", name="农科院", kind=found.unit_kind, area="a1")
        super().__init__(now, process=found, about=TITLED | ({"matter": (("year", year),)} if year else {}), unit=unit)
        pledge = (("lecture", proposed),) if proposed else ()
        self.do(K.SIGN, now, answers=pledge)
        self.do(K.SUBMIT, now, answers=planned(*(households or ("甲户", "乙户")), first=first), text="")

    def visit(
        self,
        when: str,
        about: str = "甲户",
        *,
        on: str = "",
        how: str = "site",
        amount: str = "",
        by: Actor | None = None,
    ) -> list[Event]:
        """A visit to a household, reported on that day."""
        answers = (("how", how), *((("amount", f"{Decimal(amount):.2f}"),) if amount else ()))
        return self.reported(when, "household", about=about, on=on, answers=answers, by=by)

    def reported(
        self, when: str, tally: str, *, about: str = "", on: str = "", by: Actor | None = None, **said: Any
    ) -> list[Event]:
        """Anything reported for a tally."""
        day = date.fromisoformat(on) if on else None
        more = {"about": about} if about else {}
        return self.do(K.REPORT, when, by, **{"text": None, "tally": tally, "on": day, **more, **said})

    def node(self, tally: str, about: str = "") -> OwedNode | None:
        """The open node of that tally about that."""
        return next((n for n in self.state.nodes if (n.tally, n.about) == (tally, about)), None)

    def nth(self, tally: str, about: str = "") -> int | None:
        """How many are owed there next; None where all is met."""
        node = self.node(tally, about)
        return node.nth if node else None

    def due(self, tally: str, about: str = "") -> Due:
        """By when the next is owed there."""
        node = self.node(tally, about)
        assert node is not None
        assert node.clock is not None
        return node.clock.due

    def rung(self, about: str) -> list[str]:
        """What clocks of nodes have said about that, in order: the rungs, and that they fell due."""
        found = []
        for event in self.events:
            if getattr(event.fact, "node", "") and about in event.fact.node:  # type: ignore[union-attr]
                found.append(getattr(event.fact, "rung", "due"))
        return found
