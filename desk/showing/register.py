"""The register's columns, each once: its place in JSON, its heading and words, where it is shown. The page, the command
line, the exports and their docs derive from ShownItem here; what the register can be narrowed to stands in
ledger/reading/filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from desk.showing.values import Shown, ShownLamp, ShownUnit
from ledger.chain import pinned
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.extracts import CellValue, Column, ColumnKind, clean, moment
from ledger.reading.issued import NOTHING_TOLD, ItemTold
from ledger.reading.sorting import OWN, Sorting
from ledger.reading.spoken import code_of
from rules.dates.calendar import Calendar, local_date
from rules.dates.distance import distance, whose
from rules.links import ChildLink
from rules.machine.commands import IN_STEP, NOBODYS_TURN
from rules.names import LINK_NAMES, STAGE_NAMES, VARIANT_NAME, version_words
from rules.permitting import party_name
from rules.process import Lamp, Party, Process, Stage
from rules.telling.item_words import family_words, mover, status_name


class RowNames:
    """The names that rows need, read once for a request."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection, self.now = connection, now
        self.areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
        self._people: dict[str, str] = {}

    def process(self, row: RowMapping) -> Process:
        """The process that an item is pinned to."""
        return pinned.process(self.connection, row["process_ref"])

    def calendar(self, row: RowMapping) -> Calendar:
        """The calendar that an item is reckoned by."""
        return pinned.calendar(self.connection, row["calendar_ref"])

    def meet(self, ids: Iterable[str]) -> None:
        """The names of these people are known from now on; of one who is no longer known, the id."""
        unknown = set(ids) - self._people.keys()
        self._people |= {person: person for person in unknown} | people.names_of(self.connection, unknown)

    def person(self, person: str) -> str:
        """What the person is called."""
        if person not in self._people:
            self.meet((person,))
        return self._people[person]

    def unit(self, unit_id: str, name: str, kind: str, kind_name: str, area: str | None) -> ShownUnit:
        """A unit with its area's name."""
        return ShownUnit(
            id=unit_id, name=name, kind=kind, kind_name=kind_name, area=area, area_name=self.areas.get(area or "", "")
        )


class RegisterRow:
    """A row of the register, with all that its words need: they may be asked for when nothing can be read any longer.
    `told`: what its entries say, where that is wanted."""

    __slots__ = ("calendar", "lamp", "names", "process", "row", "told")

    def __init__(self, names: RowNames, row: RowMapping, told: ItemTold = NOTHING_TOLD) -> None:
        self.names, self.row, self.process, self.told = names, row, names.process(row), told
        self.lamp, self.calendar = self.process.lamp(row["lamp"]), names.calendar(row)

    def shown(self) -> "ShownItem":
        """The row as it is shown."""
        return ShownItem(**{name: value(self) for name, value in _VALUES.items()})


CellWords: TypeAlias = Callable[[RegisterRow], CellValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterColumn(Column):
    """A column with its words. `page`, `console`: its place from left to right there (0: not a column of its own);
    `of_unit`: only where the register is narrowed to a unit. `sorts`: the register can be sorted by it."""

    words: CellWords
    page: int = 0
    console: int = 0
    of_unit: bool = False
    sorts: bool = False


@dataclass(frozen=True, slots=True)
class _Headed:
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Made:
    value: Callable[[RegisterRow], Any]


def _column(heading: str, words: CellWords | None = None, **told: Any) -> _Headed:
    """A column of the register under that heading. Where `words` is not given, the row's own value under that name."""
    return _Headed({"heading": heading, "words": words, **told})


def show_lamp(lamp: Lamp) -> ShownLamp:
    """The lamp as it is shown."""
    return ShownLamp(id=lamp.id, name=lamp.name, colour=lamp.colour, rank=lamp.rank, meaning=lamp.meaning)


def _status(of: RegisterRow) -> str:
    return status_name(of.row["status"], of.process.words)


def _party(of: RegisterRow) -> str:
    status, party = of.row["status"], Party(of.row["party"])
    step = next((s for s in of.process.steps if s.id == of.row["step"]), None) if status in IN_STEP else None
    return party_name(of.process, party, step) if step and not step.waits else mover(status, party)


def _unit(of: RegisterRow) -> ShownUnit:
    row = of.row
    return of.names.unit(row["unit"], row["unit_name"], row["unit_kind"], of.process.unit_kind_name, row["area"])


def _area(of: RegisterRow) -> str:
    return clean(of.names.areas.get(of.row["area"], of.row["area"]))


def _late(of: RegisterRow) -> str:
    return whose(Party(of.row["party"])) + "逾期" if of.row["late"] else ""


def _outcome(of: RegisterRow) -> str:
    said: str = of.row["outcome"]
    return said and next((o.name for o in of.process.outcomes if o.id == said), said)


def _parent(of: RegisterRow) -> str:
    said: str = of.row["parent"] or ""
    return said


def _link(of: RegisterRow) -> str:
    return LINK_NAMES[ChildLink(of.row["link"])] if of.row["link"] else ""


def _children(of: RegisterRow) -> str:
    row = of.row
    return family_words(row["children"], row["children_ended"]) if row["children"] else ""


def _due_words(of: RegisterRow) -> str:
    row, names = of.row, of.names
    if row["due"] is None or row["status"] in NOBODYS_TURN:
        return ""
    as_of = max(names.now, datetime.fromisoformat(row["updated_at"]))
    day, party = date.fromisoformat(row["due"]), Party(row["party"])
    return distance(of.calendar, day, local_date(as_of), late=row["late"], party=party)


class ShownItem(Shown):
    """An item as the register shows it. `due` is the next local date by which something is owed, `due_of` what, where
    that is a node; `due_words` says how far off or how late it is, reckoned at the later of now and the item's last
    entry."""

    no: Annotated[str, _column("编号", width=15, share=11, page=1, console=1, sorts=True)] = Field(
        examples=["ZG2026-0001"]
    )
    lamp: Annotated[
        ShownLamp,
        _column("灯", lambda of: clean(of.lamp.name), width=8, share=6, page=5, console=2),
        _Made(lambda of: show_lamp(of.lamp)),
    ]
    status: Annotated[str, _column("状态", _status, width=9, share=7, page=4, console=3)] = Field(examples=["working"])
    status_name: Annotated[str, _Made(_status)] = Field(examples=["办理中"])
    step: Annotated[str, _column("环节", lambda of: clean(of.row["step_name"]), width=12, share=9, console=4)] = ""
    step_name: str = Field(default="", examples=["整改落实"])
    stage: str
    stage_name: Annotated[str, _Made(lambda of: STAGE_NAMES[Stage(of.row["stage"])])]
    party: Annotated[str, _column("现由谁办", _party, width=10)]
    party_name: Annotated[str, _Made(_party)]
    cycle: Annotated[int, _column("轮次", kind=ColumnKind.NUMBER, width=6)]
    unit: Annotated[
        ShownUnit,
        _column("牵头单位", lambda of: clean(of.row["unit_name"]), width=24, share=16, page=3, console=5, sorts=True),
        _column("单位类型", lambda of: clean(of.process.unit_kind_name), name="unit_kind", width=10),
        _column("片组", _area, name="area"),
        _Made(_unit),
    ]
    unit_name: str = Field(examples=["青溪县教育局"])
    title: Annotated[str, _column("事由", width=60, share=38, page=2, console=7)]
    category: Annotated[str, _column("类别")] = ""
    source: Annotated[str, _column("来源")] = ""
    process: Annotated[str, _column("流程", lambda of: clean(of.process.name), sorts=True)]
    process_name: Annotated[str, _Made(lambda of: of.process.name)] = Field(examples=["整改事项"])
    variant: Annotated[str, _column(VARIANT_NAME, lambda of: clean(of.process.variant_name))] = Field(
        examples=["staged"]
    )
    variant_name: Annotated[str, _Made(lambda of: of.process.variant_name)] = Field(examples=["分阶段整改"])
    due: Annotated[date | None, _column("到期日", kind=ColumnKind.DAY, share=10, page=6, console=6, sorts=True)] = None
    due_words: Annotated[str, _Made(_due_words)] = Field(default="", examples=["逾期 3 个工作日"])
    due_of: Annotated[str, _column("到期的是", width=20)] = Field(
        default="", description="到期日是哪一个节点的；环节自己的不写", examples=["走访·3 号户 满 2 次 等 4 份"]
    )
    provisional: Annotated[bool, _column("暂定", lambda of: "暂定" if of.row["provisional"] else "", width=7)] = False
    late: Annotated[bool, _column("逾期", _late, width=11, share=5)] = False
    late_count: Annotated[int, _column("累计逾期次数", kind=ColumnKind.NUMBER, width=13)] = Field(
        default=0, description="承办单位逾期过几次"
    )
    late_reviews: Annotated[int, _column("审核方累计逾期次数", kind=ColumnKind.NUMBER, width=18)] = Field(
        default=0, description="审核方逾期过几次"
    )
    paused: Annotated[bool, _column("暂停", lambda of: "已暂停" if of.row["paused"] else "", width=8)] = False
    points: Annotated[int, _column("扣分", kind=ColumnKind.NUMBER, width=6)] = 0
    extension_to: Annotated[date | None, _column("申请延期至", kind=ColumnKind.DAY)] = None
    outcome: Annotated[str, _column("认定", lambda of: clean(_outcome(of)), width=10)] = ""
    outcome_name: Annotated[str, _Made(_outcome)] = ""
    supervisor: Annotated[str, _column("督查员", lambda of: clean(of.names.person(of.row["supervisor"])), width=10)]
    parent: Annotated[str, _column("上级事项", _parent, width=15), _Made(_parent)] = Field(
        default="", description="它是哪个事项的子项", examples=["XM2026-0003"]
    )
    link: Annotated[str, _column("关系", _link, width=10), _Made(lambda of: of.row["link"] or "")] = Field(
        default="", description="与上级事项的关系", examples=["part_of"]
    )
    children: Annotated[int, _column("子项", _children, width=15)] = Field(
        default=0, description="有几个子项，不含作废的"
    )
    children_ended: int = Field(default=0, description="其中几个已经办结")
    children_words: Annotated[str, _Made(_children)] = Field(default="", examples=["7 项中 5 项办结"])
    batch: str = ""
    calendar_ref: str = Field(description="推算日期所用的日历")
    version: Annotated[str, _Made(lambda of: version_words(of.process.version))] = Field(
        description="按流程的哪个版本走", examples=["2026.1（5f2c0e9a1b3d）"]
    )
    issued_at: Annotated[str, _column("交办时间", kind=ColumnKind.MOMENT, width=20)]
    updated_at: str
    acted_at: Annotated[str, _column("最近办理", kind=ColumnKind.MOMENT, width=20, share=10, page=7, sorts=True)]
    helps: Annotated[
        bool,
        _column("牵头或协办", lambda of: "协办" if of.row["helps"] else "牵头", share=7, of_unit=True),
        _Made(lambda of: of.row.get("helps", False)),
    ] = Field(default=False, description="台账按单位筛选时：这个单位是协办，不是牵头")


def _value(name: str, metadata: Iterable[object]) -> Callable[[RegisterRow], Any]:
    made = next((one.value for one in metadata if isinstance(one, _Made)), None)
    return made or (lambda of: of.row[name])


def _plain_words(name: str, kind: ColumnKind) -> CellWords:
    match kind:
        case ColumnKind.NUMBER:
            return lambda of: of.row[name]
        case ColumnKind.DAY:
            return lambda of: of.row[name] or ""
        case ColumnKind.MOMENT:
            return lambda of: moment(of.row[name])
        case _:
            return lambda of: clean(of.row[name])


def _made_column(field: str, told: dict[str, Any]) -> RegisterColumn:
    words = told["words"] or _plain_words(field, told.get("kind", ColumnKind.TEXT))
    return RegisterColumn(**{"name": field, **told, "words": words})


_VALUES = {name: _value(name, field.metadata) for name, field in ShownItem.model_fields.items()}
_ALL = tuple(
    _made_column(name, headed.told)
    for name, field in ShownItem.model_fields.items()
    for headed in field.metadata
    if isinstance(headed, _Headed)
)
REGISTER_COLUMNS = tuple(column for column in _ALL if not column.of_unit)
"""Every column, in the order of an export."""
COLUMNS_OF_UNIT = tuple(column for column in _ALL if column.of_unit)
"""What stands behind them where the register is narrowed to a unit."""

SORTS = {column.name: column.heading for column in REGISTER_COLUMNS if column.sorts}
"""By what the register can be sorted, name to heading."""
SORT_HELP = f"按哪一栏排：{'、'.join(SORTS.values())}；前面加 - 倒过来；不写是台账自己的次序"


def sorting(written: str) -> Sorting:
    """The order that is meant: a column by its heading or name, with - before it where it is to go down; the register's
    own where nothing is written. Raises field_invalid."""
    plain = written.strip()
    if not plain:
        return OWN
    return Sorting(by=code_of("排序", plain.removeprefix("-").strip(), SORTS), down=plain.startswith("-"))


def sorted_words(order: Sorting) -> tuple[tuple[str, str], ...]:
    """The order as (heading, words), where it is not the register's own."""
    return (("排序", SORTS[order.by] + ("，倒序" if order.down else "")),) if order.by else ()


def headed(connection: Connection, columns: Iterable[RegisterColumn]) -> tuple[RegisterColumn, ...]:
    """The columns, where the titles' is headed as all processes in force call a title, if they agree."""
    name = lists.title_name(connection)
    return tuple(replace(one, heading=name) if one.name == "title" and name else one for one in columns)


ON_PAGE = tuple(sorted((column for column in REGISTER_COLUMNS if column.page), key=lambda column: column.page))
ON_CONSOLE = tuple(sorted((column for column in REGISTER_COLUMNS if column.console), key=lambda column: column.console))
