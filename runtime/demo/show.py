"""What the demo prints: the story as it happens, the register, two dates side by side."""

from __future__ import annotations

from collections import Counter
from datetime import date

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from sqlalchemy import Connection, select

from ledger import people, pinned, queries
from ledger.entries import ENTRY, event_of
from rules.explain import explain
from rules.names import EVENT_NAMES, STATUS_NAMES
from rules.story import tell
from rules.windows import Due
from runtime.cli.output import PLAIN_WIDTH
from runtime.cli.register import LAMP_STYLES, lamp_words, register_table

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
    """Tells what has been written to the ledger since it was last asked."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._position = 0

    def tell(self, connection: Connection, day: int, today: date) -> None:
        """What happened up to `today`, the notable first, in the order of its instants."""
        query = select(ENTRY).where(ENTRY.c.position > self._position).order_by(ENTRY.c.position)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        self._position = rows[-1]["position"]
        title = f"{today:%Y年%m月%d日} 星期{WEEKDAYS[today.weekday()]} · 交办后第 {day} 个工作日"
        self._out.rule(Text(title, style="bold"), align="left", style="red")
        units = {
            r["no"]: r["unit_name"] for r in queries.item_rows(connection, list({r["stream"] for r in rows})[:500])
        }
        names = people.names_of(connection, {r["actor"] for r in rows})
        outcomes = pinned.outcome_names(connection)
        told: Counter[str] = Counter()
        shown: list[Text] = []
        for row in sorted(rows, key=lambda r: str(r["at"])):
            if row["kind"] in NOTABLE and told[row["kind"]] < 2 and len(shown) < LINES_A_DAY:
                event = event_of(row)
                who = names.get(row["actor"], "系统")
                sentence = tell(event.fact, outcomes)
                said = f"{row['stream']} {units.get(row['stream'], '')}：{who} {sentence}"
                shown.append(Text(said, style=NOTABLE[row["kind"]]))
            told[row["kind"]] += 1
        for line in shown:
            self._out.print(line, overflow="fold")
        counts = "，".join(f"{EVENT_NAMES[kind]} {count}" for kind, count in told.most_common())
        self._out.print(Text(f"共 {len(rows)} 条：{counts}", style="bright_black"))


def register(out: Console, connection: Connection, *, size: int = 16) -> None:
    """The register's head with its lamps, and how many show each."""
    filters = queries.Filters()
    page = queries.register(connection, filters, size=size)
    out.print(register_table("台账（亮灯在前）", page.rows))
    out.print(Text(lamp_words(queries.lamp_counts(connection, filters))))


def why_side_by_side(out: Console, connection: Connection, numbers: tuple[str, str]) -> None:
    """The dates of two items and where they come from, beside each other."""
    panels = []
    for no in numbers:
        row = queries.item_row(connection, no)
        state = queries.state_of(row)
        process = pinned.process(connection, state.process)
        due = state.due
        title = f"{no} · {process.unit_kind_name} · {row['unit_name']}"
        body = Text(f"{STATUS_NAMES[row['status']]} {row['step_name']}\n", style=LAMP_STYLES.get(row["lamp"], ""))
        for name, date_of in (("到期日", due), ("总时限", state.cap)):
            body.append(_because(name, date_of))
        panels.append(Panel(body, title=title, width=min(out.width, PLAIN_WIDTH) // 2 - 2))
    out.print(Columns(panels))


def _because(name: str, due: Due | None) -> str:
    if due is None:
        return ""
    reasons = "\n".join(f"  {sentence}" for sentence in explain(due))
    return f"{name} {due.date:%Y-%m-%d}\n{reasons}\n"
