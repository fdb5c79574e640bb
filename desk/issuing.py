"""Issuing items of any process: to chosen units, foreseen for each with its first date and why, then as one batch."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from definitions.directory import CONDITIONS, SIZES, UNIT_KINDS
from desk.acting import issuer
from desk.answers import read_form
from desk.caller import Caller
from desk.gathering.many import above_of, gathered
from desk.registers.draws import drawn_for
from ledger.chain import batches, pinned
from ledger.chain.batches import LIMIT, NewItem
from ledger.chain.family.gathering import MANY_LIMIT
from ledger.chain.holders import with_members
from ledger.chain.matters import Matter, standings
from ledger.directory import people
from ledger.directory import units as over_time
from ledger.reading import lists
from ledger.reading.spoken import code_of
from ledger.store.canonical import canonical
from ledger.store.database import Database
from rules.dates.calendar import Calendar, local_date
from rules.dates.explain import explain
from rules.errors import Code, RuleViolation
from rules.figures.asking import takes_asks
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind
from rules.machine.commands import Actor, UnitRef
from rules.machine.facts import Issued
from rules.machine.issuing import Order, issue
from rules.process import AREA_KIND, Holder, Process
from rules.units.selecting import Selector

INSPECTORS = "inspectors"
"""What of a matter says who inspects, where it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChoice:
    """Units by what they are: those of the `kinds`, `sizes` and `conditions` in the `areas` (of all, where one is not
    said), and the single `units`; without the `excepted`. Of a process that areas have in hand, the `areas`. Each by
    code or name. `on`: by what they were that day, where it is not today; a unit that is no more is not meant."""

    kinds: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToIssue:
    """What somebody wants to issue, as it was filled in: of which process, to whom, who helps each of them, what it is
    about (`answers` to its matter), by when. `id`: the same is issued once; under another, once more. `draw`: also to
    the units that it drew; a text or name of the matter called `inspectors` then says who inspects each."""

    process: str
    variant: str = ""
    to: UnitChoice = UnitChoice()
    answers: Pairs = ()
    deadline: date | None = None
    co_units: tuple[str, ...] = ()
    id: str = ""
    draw: str = ""
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What issuing would be for one unit or area: its first date and why that one; or why it is refused. `before`: the
    item that stands for the same already, in words."""

    unit: str
    unit_name: str
    kind_name: str
    first: str = ""
    due: date | None = None
    why: tuple[str, ...] = ()
    refusal: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan:
    """What would be issued, unit by unit; nothing is stored. `co_units`: who helps, by name. `over`: what the item is
    called that stands over them, where they go together."""

    process: Process
    title: str
    matter: Pairs
    co_units: tuple[str, ...]
    foreseen: tuple[Foreseen, ...]
    items: tuple[NewItem, ...]
    over: str = ""

    @property
    def refused(self) -> tuple[Foreseen, ...]:
        """The units to which it cannot be issued."""
        return tuple(one for one in self.foreseen if one.refusal)


def chosen_units(
    connection: Connection, to: UnitChoice, holder: Holder = Holder.UNIT, today: date | None = None
) -> list[UnitRef]:
    """The units that are meant, or the areas where these have the process in hand, in the order of the directory.
    Raises unknown_unit, field_invalid; field_missing where none is."""
    found = _areas(connection, to) if holder is Holder.AREA else _units(connection, to, today)
    if not found:
        raise RuleViolation(Code.FIELD_MISSING, command="交办", field=_ASKED_FOR[holder])
    return found


_ASKED_FOR = {Holder.UNIT: "单位", Holder.AREA: "片组"}


def _units(connection: Connection, to: UnitChoice, today: date | None) -> list[UnitRef]:
    areas = {area["id"]: area["name"] for area in people.all_areas(connection)}
    single, without = (
        tuple({people.unit_ref(connection, one).id for one in names}) for names in (to.units, to.excepted)
    )
    selector = Selector(
        kinds=tuple(code_of("单位类型", one, UNIT_KINDS) for one in to.kinds),
        sizes=tuple(code_of("规模", one, SIZES) for one in to.sizes),
        conditions=tuple(code_of("状况", one, CONDITIONS) for one in to.conditions),
        areas=tuple(code_of("片组", one, areas) for one in to.areas),
        units=single,
        excepted=without,
    )
    day = to.on or today or local_date(datetime.now(UTC))
    meant = {one.id for one in over_time.chosen(connection, selector, day)} | set(single) - set(without)
    return [
        UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
        for unit in people.all_units(connection)
        if unit["id"] in meant
    ]


def _areas(connection: Connection, to: UnitChoice) -> list[UnitRef]:
    for name, written in (("单位类型", to.kinds), ("规模", to.sizes), ("状况", to.conditions)):
        if written:
            raise RuleViolation(Code.FIELD_INVALID, field=name, actual=written[0][:40], expected="片组：由片组承办")
    meant, without = (
        {people.holder_ref(connection, one, Holder.AREA).id for one in names}
        for names in ((*to.areas, *to.units), to.excepted)
    )
    return [people.area_ref(area) for area in people.all_areas(connection) if area["id"] in meant - without]


def variants_of(connection: Connection, process: str) -> dict[str, Process]:
    """The ways in which the process in force runs, each for whichever unit. Raises field_invalid."""
    current = lists.current_processes(connection)
    id_ = code_of("流程", process, {p.id: p.name for p in current})
    found = {p.variant: p for p in current if p.id == id_}
    if not found:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=process, unit_kind="任何单位")
    return found


def plan(connection: Connection, asked: ToIssue, actor: Actor, now: datetime) -> IssuePlan:
    """What would be issued to whom. Raises wrong_role, field_missing, field_invalid, unknown_unit, answers_invalid,
    too_many_items; what only one unit is refused for stands with it."""
    ways = variants_of(connection, asked.process)
    names = {variant: p.variant_name for variant, p in ways.items()}
    if not asked.variant and len(ways) > 1:
        raise RuleViolation(Code.FIELD_MISSING, command="交办", field=f"办理类型（{'、'.join(names.values())}）")
    process = ways[code_of("办理类型", asked.variant, names) if asked.variant else next(iter(ways))]
    if takes_asks(process):
        raise RuleViolation(Code.ASKED_BY_ROUNDS, process=process.name)
    (_, title), *matter = read_form(connection, process.matter, asked.answers)
    drawn = drawn_for(connection, asked.draw) if asked.draw else {}
    to = replace(asked.to, units=(*asked.to.units, *drawn))
    units = chosen_units(connection, to, process.holder, local_date(now))
    co_units = {ref.id: ref.name for ref in (people.unit_ref(connection, one) for one in asked.co_units)}
    if len(units) > LIMIT:
        raise RuleViolation(Code.TOO_MANY_ITEMS, actual=len(units), limit=LIMIT)
    view = _View(connection, process, asked, actor, now, title, tuple(matter), tuple(co_units))
    if (asks := process.matter.field(INSPECTORS)) and asks.kind in (AnswerKind.TEXT, AnswerKind.NAME):
        view.inspectors = {unit: "、".join(names) for unit, names in drawn.items() if names}
    items = tuple(view.item(unit) for unit in units)
    found = standings(connection, tuple(view.matter_for(item) for item in items))
    foreseen = tuple(
        replace(view.foresee(unit), before=standing.words) for unit, standing in zip(units, found, strict=True)
    )
    items, over = _together(connection, process, items) if asked.together else (items, "")
    return IssuePlan(
        process=process,
        title=title,
        matter=tuple(matter),
        co_units=tuple(co_units.values()),
        foreseen=foreseen,
        items=items,
        over=over,
    )


def _together(connection: Connection, process: Process, items: tuple[NewItem, ...]) -> tuple[tuple[NewItem, ...], str]:
    """The items with the one over them, and what that is. Raises field_invalid where there can be none."""
    above = above_of(connection, process.id)
    drafts = gathered(process, above, items, ()) if above else []
    if len(drafts) != len(items) + 1:
        expected = (
            f"2 至 {MANY_LIMIT} 个单位，流程写了 together 的" if above else "各成一个事项：这个流程没有写 together"
        )
        raise RuleViolation(Code.FIELD_INVALID, field="合为一项", actual=f"{len(items)} 个单位", expected=expected)
    return tuple(drafts), next(iter(above.values())).name


def propose(database: Database, asked: ToIssue, caller: Caller, now: datetime) -> str:
    """The items stand as a batch to be confirmed; returns its id. The same under the same id is the same batch. Raises
    what `plan` raises, and field_invalid where a unit is refused: then nothing is stored."""
    with database.read() as connection:
        actor = issuer(connection, caller)
        found = plan(connection, asked, actor, now)
    if refused := found.refused:
        said = "；".join(f"{one.unit_name}：{one.refusal}" for one in refused[:3])
        more = f"等 {len(refused)} 个单位" if len(refused) > 3 else ""
        raise RuleViolation(
            Code.FIELD_INVALID,
            field=_ASKED_FOR[found.process.holder],
            actual=said + more,
            expected="都能交办的，或写进“除外”",
        )
    batch = hashlib.sha256("\n".join(item.import_key for item in found.items).encode()).hexdigest()[:24]
    batches.store(
        database,
        batch,
        found.items,
        filename=f"交办{found.process.name}",
        title=found.title[:200],
        reading={},
        actor=actor,
        now=now,
    )
    return batch


class _View:
    """One matter looked at for every unit; what depends on its kind alone is worked out once."""

    def __init__(
        self,
        connection: Connection,
        process: Process,
        asked: ToIssue,
        actor: Actor,
        now: datetime,
        title: str,
        matter: Pairs,
        co_units: tuple[str, ...],
    ) -> None:
        self._connection, self._process, self._asked, self._actor, self._now = connection, process, asked, actor, now
        self._title, self._matter, self._co_units = title, matter, co_units
        self._calendar: Calendar = pinned.current_calendar(connection)
        self._by_kind: dict[str, Foreseen] = {}
        self.inspectors: dict[str, str] = {}
        said = canonical([title, [list(pair) for pair in matter], sorted(co_units)]).decode()
        self._named = (
            process.id,
            process.variant,
            said,
            str(asked.deadline or ""),
            asked.id or asked.draw or str(local_date(now)),
        )

    def item(self, unit: UnitRef) -> NewItem:
        """The draft for the unit."""
        key = hashlib.sha256("\x1f".join((*self._named, unit.id)).encode()).hexdigest()
        return NewItem(process=self._process.id, variant=self._process.variant, import_key=key, order=self._order(unit))

    def matter_for(self, item: NewItem) -> Matter:
        """The draft as it is compared with what was issued before."""
        return Matter(
            unit=item.order.unit.id,
            text=self._title,
            key=item.import_key,
            matter=self._said(item.order.unit),
            deadline=self._asked.deadline,
        )

    def foresee(self, unit: UnitRef) -> Foreseen:
        """What issuing would be for the unit."""
        if unit.kind not in self._by_kind:
            self._by_kind[unit.kind] = self._foresee(unit)
        return replace(self._by_kind[unit.kind], unit=unit.id, unit_name=unit.name)

    def _foresee(self, unit: UnitRef) -> Foreseen:
        said: dict[str, Any] = {"unit": unit.id, "unit_name": unit.name}
        said["kind_name"] = UNIT_KINDS.get(unit.kind, "片组" if unit.kind == AREA_KIND else unit.kind)
        try:
            process = pinned.current_process(self._connection, self._process.id, self._process.variant, unit.kind)
            order = replace(self._order(with_members(self._connection, unit, process)), no=f"{process.prefix}0000-0000")
            decision = issue(process, self._calendar, order, command="plan", actor=self._actor, now=self._now)
        except RuleViolation as refusal:
            if refusal.code is Code.WRONG_ROLE:
                raise
            return Foreseen(**said, refusal=str(refusal))
        fact = decision.events[0].fact
        assert isinstance(fact, Issued)
        due = fact.turn.clock.due
        return Foreseen(**said, first=fact.turn.step_name or "签收", due=due.date, why=explain(due))

    def _order(self, unit: UnitRef) -> Order:
        return Order(
            no="",
            unit=unit,
            co_units=tuple(one for one in self._co_units if one != unit.id),
            title=self._title,
            matter=self._said(unit),
            deadline=self._asked.deadline,
        )

    def _said(self, unit: UnitRef) -> Pairs:
        """The answers to the matter, for that unit."""
        who = self.inspectors.get(unit.id)
        others = tuple(pair for pair in self._matter if pair[0] != INSPECTORS)
        return (*others, (INSPECTORS, who)) if who else self._matter


def plain(found: IssuePlan) -> dict[str, object]:
    """The plan as JSON types."""
    return {
        "process": found.process.id,
        "variant": found.process.variant,
        "title": found.title,
        "matter": [list(pair) for pair in found.matter],
        "co_units": list(found.co_units),
        "over": found.over,
        "units": [
            {
                "unit": one.unit,
                "unit_name": one.unit_name,
                "first": one.first,
                "due": one.due.isoformat() if one.due else None,
                "why": list(one.why),
                "refusal": one.refusal,
                "before": one.before,
            }
            for one in found.foreseen
        ],
    }
