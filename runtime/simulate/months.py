"""A year in numbers, month by month and process by process: what is issued, due, late and heard."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from rules.dates.calendar import local_date
from rules.names import ROLE_NAMES
from rules.process import ClockKind, Role
from runtime.simulate.run import PlayedCourse
from runtime.simulate.tally import Heard

COUNTED = ("交办", "子项", "办结", "到期", "逾期", "节点", "节点逾期", "通知")
PROCESSES = ("流程", *COUNTED)


@dataclass(slots=True, kw_only=True)
class PartOfYear:
    """Counted in one month, or for one process: items `issued` and the children that followed, how many `ended`;
    dates `due` and those of them that went by (`late`), of these the ones of nodes; notices by role."""

    issued: int = 0
    children: int = 0
    ended: int = 0
    due: int = 0
    late: int = 0
    nodes: int = 0
    late_nodes: int = 0
    heard: Counter[Role] = field(default_factory=Counter)

    @property
    def counts(self) -> tuple[int, ...]:
        """As COUNTED names them."""
        told = sum(self.heard.values())
        return (self.issued, self.children, self.ended, self.due, self.late, self.nodes, self.late_nodes, told)


class Months:
    """Counts the items of a simulation that begins and ends on these days."""

    def __init__(self, first: date, last: date) -> None:
        self.months: dict[str, PartOfYear] = {}
        for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            self.months[f"{number // 12}-{number % 12 + 1:02}"] = PartOfYear()
        self.processes: dict[str, PartOfYear] = {}
        self._last = last
        self._of: dict[date, PartOfYear] = {}
        self._heard: dict[str, Counter[Role]] = {}

    def notice(self, notice: Heard) -> None:
        """One more notice, of an item that is counted afterwards."""
        self._month(local_date(notice.at)).heard[notice.role] += 1
        self._heard.setdefault(notice.no, Counter())[notice.role] += 1

    def item(self, played: PlayedCourse) -> None:
        """One more item."""
        process = self.processes.setdefault(played.process.name, PartOfYear())
        begun = local_date(played.begun)
        for part in (process, self._month(begun)):
            part.children += played.child
            part.issued += not played.child
        process.heard.update(self._heard.pop(played.state.no, Counter()))
        if played.closed is not None:
            for part in (process, self._month(local_date(played.closed))):
                part.ended += 1
        for (kind, _, _), stretch in played.course.stretches.items():
            if stretch.due > self._last:
                continue
            node = kind == ClockKind.NODE
            for part in (process, self._month(stretch.due)):
                part.due += 1
                part.late += stretch.late
                part.nodes += node
                part.late_nodes += node and stretch.late

    def _month(self, day: date) -> PartOfYear:
        if day not in self._of:
            self._of[day] = self.months[f"{day.year}-{day.month:02}"]
        return self._of[day]

    @property
    def roles(self) -> list[Role]:
        """Those who hear anything, in the order of the roles' names."""
        return [role for role in ROLE_NAMES if any(part.heard[role] for part in self.months.values())]

    @property
    def month_headings(self) -> tuple[str, ...]:
        """Over `month_rows`."""
        return ("月份", *COUNTED, *(ROLE_NAMES[role] for role in self.roles))

    @property
    def month_rows(self) -> list[tuple[str | int, ...]]:
        """A row for each month, and the year's."""
        roles = self.roles
        rows: list[tuple[str | int, ...]] = [
            (name, *part.counts, *(part.heard[role] for role in roles)) for name, part in self.months.items()
        ]
        sums = [sum(int(row[place]) for row in rows) for place in range(1, len(COUNTED) + len(roles) + 1)]
        return [*rows, ("合计", *sums)]

    @property
    def process_rows(self) -> list[tuple[str | int, ...]]:
        """A row for each process."""
        return [(name, *part.counts) for name, part in self.processes.items()]
