"""Nodes, each one thing owed by one date, and what counted towards them: values only. When they begin and when they are
met: `rules.nodes.owing`."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.dates.clocks import Clock, Fired

OPEN_LIMIT = 64
"""So many nodes are open in an item at most."""
TALLIED_LIMIT = 300
"""So many reports count in one cycle of an item at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedNode:
    """Of the tally `tally`, called `name`, `nth` in all are owed about `about`. Its number `no` is its clock's, where
    it has a date; without one it is owed by the end of the step."""

    no: int
    tally: str
    name: str
    nth: int
    about: str = ""
    clock: Clock | None = None
    sums: bool = False

    @property
    def key(self) -> tuple[str, str, int]:
        """What is owed, whichever clock it has."""
        return self.tally, self.about, self.nth

    @property
    def words(self) -> str:
        """What is owed, as people say it."""
        about = f"·{self.about}" if self.about else ""
        return f"{self.name}{about} {self.much}"

    @property
    def much(self) -> str:
        """How much it is, with all before: several may be owed by one day."""
        if self.sums:
            return f"满 {self.nth}"
        return "第 1 次" if self.nth == 1 else f"满 {self.nth} 次"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang:
    """What a node's clock has said, kept for when the node is opened again: it does not say it twice."""

    tally: str
    about: str
    nth: int
    no: int
    late: datetime | None = None
    fired: tuple[Fired, ...] = ()

    @classmethod
    def of(cls, node: OwedNode) -> "Rang | None":
        """What that node's clock has said; None of one that was silent."""
        clock = node.clock
        if clock is None or not (clock.late or clock.fired):
            return None
        return cls(tally=node.tally, about=node.about, nth=node.nth, no=node.no, late=clock.late, fired=clock.fired)

    @property
    def key(self) -> tuple[str, str, int]:
        """Of what it was."""
        return self.tally, self.about, self.nth


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much a report is in one tally, as exact text: 1 where reports are counted."""

    tally: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """A report that counted: in entry `entry`, about what, on which day, for how much in which tallies."""

    entry: int
    about: str
    on: date
    amounts: tuple[Amount, ...]
