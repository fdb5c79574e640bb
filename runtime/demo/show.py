"""What the demo prints: the story as it happens, the register, two dates side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from sqlalchemy import Connection, RowMapping, select

from desk.showing.item_rows import sheet
from ledger.chain import lookup, pinned
from ledger.chain.entries import ENTRY, event_of
from ledger.reading.entry_words import ENTRY_NAMES, EntryWords
from ledger.reading.filters import Filters
from rules.dates.explain import explain
from rules.dates.windows import Due
from rules.machine.timed import RungReached
from rules.telling.item_words import where
from runtime.cli.output import PLAIN_WIDTH
from runtime.cli.register.commands import LAMP_STYLES, lamp_words, register_table

NOTABLE = {
    "declined": "yellow",
    "reassigned": "yellow",
    "returned": "yellow",
    "extension_asked": "cyan",
    "extension_granted": "cyan",
    "extension_refused": "magenta",
    "urged": "yellow",
    "remarked": "magenta",
    "closed": "green",
    "cycle_started": "cyan",
    "watched": "yellow",
    "reopened": "red",
    "fell_due": "red",
    "rung_reached": "red",
}
LINES_A_DAY = 9
WEEKDAYS = "一二三四五六日"


class Story:
    """Tells what has been written to the ledger of these items since it was last asked."""

    def __init__(self, out: Console, streams: Collection[str]) -> None:
        self._out, self._streams = out, sorted(streams)
        self._position = 0
        self._told: Counter[str] = Counter()

    def tell(self, connection: Connection, day: int, today: date) -> None:
        """What happened to items up to `today`, the notable first, in the order of its instants."""
        of_items = ENTRY.c.stream.in_(self._streams)
        query = select(ENTRY).where(ENTRY.c.position > self._position, of_items).order_by(ENTRY.c.position)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        self._position = rows[-1]["position"]
        title = f"{today:%Y年%m月%d日} 星期{WEEKDAYS[today.weekday()]} · 交办后第 {day} 个工作日"
        self._out.rule(Text(title, style="bold"), align="left", style="red")
        units = {r["no"]: r["unit_name"] for r in lookup.item_rows(connection, list({r["stream"] for r in rows})[:500])}
        chosen = self._chosen(rows)
        words = EntryWords(connection, chosen)
        for row in chosen:
            said = f"{row['stream']} {units.get(row['stream'], '')}：{words.who(row)} {words.line(row)}"
            self._out.print(Text(said, style=NOTABLE[row["kind"]]), overflow="fold")
        told = Counter(row["kind"] for row in rows)
        counts = "，".join(f"{ENTRY_NAMES[kind]} {count}" for kind, count in told.most_common())
        self._out.print(Text(f"共 {len(rows)} 条：{counts}", style="bright_black"))

    def _chosen(self, rows: Sequence[RowMapping]) -> list[RowMapping]:
        """A few entries of the day in the order of their instants: what has been told least so far goes first."""
        notable = [row for row in rows if row["kind"] in NOTABLE]
        wanted: list[tuple[int, int, RowMapping]] = []
        for place, row in enumerate(sorted(notable, key=lambda row: str(row["at"]))):
            what = _what(row)
            wanted.append((self._told[what], place, row))
            self._told[what] += 1
        chosen = sorted(sorted(wanted, key=lambda one: one[:2])[:LINES_A_DAY], key=lambda one: one[1])
        return [row for _, _, row in chosen]


def _what(row: RowMapping) -> str:
    """What a line is about: the kind of entry, and of a rung which one."""
    fact = event_of(row).fact
    return fact.rung if isinstance(fact, RungReached) else str(row["kind"])


def register(out: Console, connection: Connection, *, size: int = 16) -> None:
    """The register's head with its lamps, and how many show each."""
    page = sheet(connection, Filters(), after=None, size=size)
    out.print(register_table(connection, "台账（亮灯在前）", page.rows))
    out.print(Text(lamp_words(page.lamps)))


def why_side_by_side(out: Console, connection: Connection, numbers: tuple[str, str]) -> None:
    """The dates of two items and where they come from, beside each other."""
    panels = []
    for no in numbers:
        row = lookup.item_row(connection, no)
        state = lookup.state_of(row)
        process = pinned.process(connection, state.process)
        due = state.due
        title = f"{no} · {process.unit_kind_name} · {row['unit_name']}"
        body = Text(
            f"{where(row['status'], row['step_name'], process.words)}\n", style=LAMP_STYLES.get(row["lamp"], "")
        )
        for name, date_of in (("到期日", due), ("总时限", state.cap)):
            body.append(_because(name, date_of))
        panels.append(Panel(body, title=title, width=min(out.width, PLAIN_WIDTH) // 2 - 2))
    out.print(Columns(panels))


def _because(name: str, due: Due | None) -> str:
    if due is None:
        return ""
    reasons = "\n".join(f"  {sentence}" for sentence in explain(due))
    return f"{name} {due.date:%Y-%m-%d}\n{reasons}\n"
