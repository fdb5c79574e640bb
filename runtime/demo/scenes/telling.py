"""What the demonstration prints of its scenes: what happened, in the order of its days, and where to look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, RowMapping, select

from definitions.directory import UNIT_KINDS
from desk.registers.draws import ShownDraw
from desk.showing.parts.follow_ups import family_of
from desk.showing.parts.tallies import ShownOwed, ShownTally, tallies_of
from desk.showing.register import RegisterRow, RowNames
from ledger.chain import lookup, pinned
from ledger.chain.entries import ENTRY, ITEM, event_of
from ledger.reading import queries
from ledger.reading.entry_words import EntryWords
from rules.dates.calendar import local_date
from rules.dates.explain import short_day
from rules.machine.state import State
from rules.machine.timed import FellDue, RungReached
from rules.telling.item_words import where
from runtime.cli.output import make_table, short
from runtime.cli.register.commands import LAMP_STYLES
from runtime.demo.scenes.acting import Aside, Performed, with_children
from runtime.demo.show import NOTABLE

_ASIDE = "bold magenta"
_HOUR = timedelta(minutes=30)
"""What happens within half an hour is told in the order in which it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoryLine:
    """A line with its place in the story."""

    at: datetime
    position: int
    words: Text

    @property
    def order(self) -> tuple[datetime, int]:
        near = self.at + _HOUR / 2
        return near.replace(minute=near.minute // 30 * 30, second=0, microsecond=0), self.position


def tell_scene(out: Console, connection: Connection, played: Performed, address: str) -> None:
    """The scene, told: title, what is said beforehand, what happened, how it stands, where it is to be seen."""
    out.rule(Text(played.scene.name, style="bold"), align="left", style="red")
    for line in played.scene.opening:
        out.print(Text(line, style="bright_black"))
    if played.draw:
        _tell_draw(out, played.draw)
    for happened in _lines(connection, played):
        out.print(happened, overflow="fold")
    if len(played.numbers) > 1 and not played.draw:
        _beside_each_other(out, connection, played.numbers)
    for no in played.numbers:
        _children(out, connection, no)
        row = lookup.item_row(connection, no)
        words = pinned.process(connection, row["process_ref"]).words
        stands = where(row["status"], row["step_name"], words)
        said = f"{no} {row['unit_name']}：{stands}　浏览器里看：{address}/items/{no}"
        out.print(Text(said, style=LAMP_STYLES.get(row["lamp"], "")))


def tell_rest(out: Console, connection: Connection, played: Sequence[Performed], address: str) -> None:
    """What else the county has going on: an item of each other process, and where it stands."""
    names = RowNames(connection, datetime.now(UTC))
    numbers = [no for one in played for no in one.numbers]
    query = select(ITEM).where(ITEM.c.no.in_(with_children(connection, numbers))).order_by(ITEM.c.no)
    rows = [_where(connection, RegisterRow(names, row)) for row in connection.execute(query).mappings()]
    out.rule(Text("县里还在办的：其余各类事项", style="bold"), align="left", style="red")
    out.print(make_table("各在哪一步", ("流程", "编号", "单位", "事由", "灯", "现在"), rows))
    out.print(Text(f"浏览器里看：{address}/"))


def _where(connection: Connection, of: RegisterRow) -> Sequence[object]:
    """An item of any process on a line: what it is about, and where it stands."""
    one, process = of.shown(), pinned.process(connection, of.row["process_ref"])
    stands = where(of.row["status"], of.row["step_name"], process.words)
    lamp = Text(f"● {one.lamp.name}", style=LAMP_STYLES.get(one.lamp.id, ""))
    return process.name, one.no, one.unit_name, short(one.title, 30), lamp, stands


def _lines(connection: Connection, played: Performed) -> list[Text]:
    numbers, scene = played.numbers, played.scene
    family = with_children(connection, numbers)
    query = select(ENTRY).where(ENTRY.c.stream.in_(family))
    rows = connection.execute(query.order_by(ENTRY.c.position)).mappings().all()
    wanted = [row for row in rows if row["kind"] in (scene.told if row["stream"] in numbers else scene.of_children)]
    words, units = EntryWords(connection, wanted), _units(connection, family)
    if len(numbers) == 1:
        units.pop(numbers[0])
    told = [_entry(words, row, units) for row in wanted] + [_aside(one, units) for one in played.asides]
    return [one.words for one in sorted(told, key=lambda one: one.order)]


def _units(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    return {row["no"]: row["unit_name"] for row in lookup.item_rows(connection, list(numbers))}


def _entry(words: EntryWords, row: RowMapping, units: dict[str, str]) -> _StoryLine:
    fact, at = event_of(row).fact, datetime.fromisoformat(row["at"])
    lit = words.lit(row, fact)
    line = words.line(row)
    lamp = f"（亮{lit.name}）" if lit and lit.name not in line else ""
    whose = f"{row['stream']} {units[row['stream']]}：" if row["stream"] in units else ""
    said = f"{_day(at)} {whose}{words.who(row)} {line}{lamp}"
    style = LAMP_STYLES.get(lit.id, "") if lit else NOTABLE.get(row["kind"], "")
    if isinstance(fact, FellDue | RungReached) and not lit:
        style = "red"
    return _StoryLine(at=at, position=row["position"], words=Text(said, style=style))


def _aside(one: Aside, units: dict[str, str]) -> _StoryLine:
    whose = f"{one.no} {units[one.no]}：" if one.no in units else ""
    return _StoryLine(at=one.at, position=one.position, words=Text(f"{_day(one.at)} {whose}{one.line}", style=_ASIDE))


def _day(at: datetime) -> str:
    return short_day(local_date(at))


def _children(out: Console, connection: Connection, no: str) -> None:
    """The follow-ups: who had which, by when, whether in time."""
    family = family_of(connection, queries.item(connection, no), datetime.now(UTC))
    rows = []
    for one in family.children:
        late = "" if one.held else _lateness(lookup.state_of(lookup.item_row(connection, one.no)))
        after = "、".join(one.after) or "立即"
        rows.append((one.no, short(one.title, 28), one.unit_name, one.link_name, after, one.status_name, late))
    if rows:
        columns = ("子项", "事由", "单位", "关系", "在谁之后", "现在", "逾期")
        out.print(make_table(f"{no} 的子项：{family.count} 项，办结 {family.ended} 项", columns, rows))


def _lateness(state: State) -> str:
    late = "、".join(f"{stamp.due:%m月%d日}到期未办结" for stamp in state.stamps) or "没有逾期"
    return f"{late}，扣 {state.points} 分" if state.points else late


def _tell_draw(out: Console, draw: ShownDraw) -> None:
    """What was sealed, what the numbers made of it, and who was drawn."""
    strata = "，".join(f"{UNIT_KINDS.get(s, s)} {of} 个抽 {n} 个" for s, (of, n) in draw.strata.items())
    sealed = f"封存 {draw.population} 个单位（{strata}），名单的哈希 {draw.population_hash[:16]}…"
    out.print(Text(f"抽取 {draw.draw}：{sealed}", style="cyan"))
    out.print(Text(f"两位见证人的数都打开以后，种子 {draw.seed[:16]}…", style="cyan"))
    for one in draw.units:
        out.print(Text(f"  抽中 {one.unit_name}，检查人 {'、'.join(one.inspector_names)}", style="cyan"))


def _beside_each_other(out: Console, connection: Connection, numbers: Sequence[str]) -> None:
    """What each owes by when, line by line."""
    shown, heads = list[dict[str, ShownTally]](), ["任务"]
    for no in numbers:
        view = queries.item(connection, no)
        process = pinned.process(connection, view.state.process)
        found = tallies_of(connection, view, process, local_date(view.state.at))
        shown.append({one.id: one for one in found})
        heads += [f"{process.unit_kind_name} {view.row['unit_name']}", "现在"]
    rows = []
    for id_ in dict.fromkeys(id_ for one in shown for id_ in one):
        name = next(one[id_].name for one in shown if id_ in one)
        cells: list[object] = [name]
        for one in shown:
            owed = one[id_].rows[0] if id_ in one and one[id_].rows else None
            cells += [_dates(owed), _stands(owed)]
        rows.append(cells)
    out.print(make_table("同样几项，各在哪一天（节点）", heads, rows))


def _dates(owed: ShownOwed | None) -> str:
    return "、".join(mark.words for mark in owed.marks if mark.kind != "met") if owed else "不要求"


def _stands(owed: ShownOwed | None) -> Text:
    if owed is None:
        return Text("")
    met = "、".join(mark.words.split()[0] for mark in owed.marks if mark.kind == "met")
    if owed.met:
        return Text(f"{met} 报", style="green")
    done = f"{met} 报，" if met else ""
    return Text(f"{done}{owed.words}", style="red" if owed.late else "")
