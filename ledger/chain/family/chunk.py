"""A chunk of a batch's drafts becomes items, in one transaction: each by itself, or a parent with its children."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ledger.chain import entries, pinned
from ledger.chain.holders import with_members
from ledger.store.canonical import parse
from ledger.store.tables import Area, Counter, Draft, Unit, table_of
from rules.codec import Plain, decode
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.family import FollowUp, child_no
from rules.figures.asking import takes_asks
from rules.links import ChildLink
from rules.machine.commands import Actor, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.issuing import Order, issue
from rules.process import AREA_KIND, Process

DRAFT, COUNTER = table_of(Draft), table_of(Counter)
UNIT, AREA = table_of(Unit), table_of(Area)
ISSUE_PREFIX = "issue/"
"""How the ids of the commands begin that issue a batch's items."""


class Chunk:
    """One chunk being issued: what was decided so far."""

    def __init__(
        self, connection: Connection, batch: str, actor: Actor, now: datetime, drafts: Sequence[RowMapping]
    ) -> None:
        self.connection, self.batch, self.actor, self.now = connection, batch, actor, now
        self.calendar = pinned.current_calendar(connection)
        self.year = local_date(now).year
        self.numbers = dict[str, int]()
        self.processes: dict[tuple[str, str, str], Process] = {}
        self.events: list[tuple[Event, str | None]] = []
        self.results: list[Plain] = []
        keys = [d["import_key"] for d in drafts]
        issued = select(entries.ITEM.c.import_key, entries.ITEM.c.no).where(entries.ITEM.c.import_key.in_(keys))
        self.known: dict[str, str] = {key: no for key, no in connection.execute(issued)}
        wanted = {d["unit"] for d in drafts}
        query = select(UNIT).where(UNIT.c.id.in_(wanted), UNIT.c.ended.is_(None))
        self.units = {u["id"]: _unit_ref(u, u["kind"], u["area"]) for u in connection.execute(query).mappings()}
        areas = connection.execute(select(AREA).where(AREA.c.id.in_(wanted))).mappings()
        self.areas = {a["id"]: _unit_ref(a, AREA_KIND, a["id"]) for a in areas}

    def take(self, draft: RowMapping) -> None:
        """The draft becomes an item, or is known as issued before, or refused."""
        key = draft["import_key"]
        if key in self.known:
            return self._result(draft, "duplicate", no=self.known[key])
        try:
            order, process = self._ordered(draft)
            event = self._decided(draft, process, replace(order, no=self._peek(process.prefix)))
        except RuleViolation as refusal:
            return self._result(draft, "refused", refusal=str(refusal))
        self._issue(draft, event, process)

    def take_family(self, drafts: Sequence[RowMapping]) -> None:
        """The last of the drafts becomes an item with the others as its children: those that can, one at least."""
        *below, above = drafts
        try:
            order, process = self._ordered(above)
            order = replace(order, no=self._peek(process.prefix))
        except RuleViolation as refusal:
            for draft in below:
                self._result(draft, "refused", refusal=str(refusal))
            return self._result(above, "refused", refusal=str(refusal))
        children = list[tuple[RowMapping, Event]]()
        issued = list[FollowUp]()
        for draft in below:
            if draft["import_key"] in self.known:
                self._result(draft, "duplicate", no=self.known[draft["import_key"]])
                continue
            n = len(children) + 1
            try:
                child, of = self._ordered(draft)
                child = replace(child, no=child_no(order.no, n), parent=order.no, link=ChildLink.PART_OF)
                children.append((draft, self._decided(draft, of, child)))
            except RuleViolation as refusal:
                self._result(draft, "refused", refusal=str(refusal))
                continue
            issued.append(FollowUp(n=n, issue="", process=of.id, row=n, link=ChildLink.PART_OF))
        if not children:
            return self._result(above, "left")
        self._issue(above, self._decided(above, process, replace(order, children=tuple(issued))), process)
        for draft, event in children:
            self._issue(draft, event, None)

    def _ordered(self, draft: RowMapping) -> tuple[Order, Process]:
        """What is to be issued, without its number, to the unit as it is now; by which process."""
        order = decode(Order, parse(draft["body"]))
        unit = (self.areas if order.unit.kind == AREA_KIND else self.units).get(draft["unit"])
        if unit is None:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=draft["unit"])
        process = self._asked(order, unit) or self._process(draft["process"], draft["variant"], unit.kind)
        return replace(order, unit=with_members(self.connection, unit, process), batch=self.batch), process

    def _asked(self, order: Order, unit: UnitRef) -> Process | None:
        """The process whose questions a round asks, where one does."""
        if not order.asked_by:
            return None
        found = pinned.process(self.connection, order.asked_by)
        return found if found.unit_kind == unit.kind else pinned.asked_like(self.connection, found, unit.kind)

    def _decided(self, draft: RowMapping, process: Process, order: Order) -> Event:
        command = f"{ISSUE_PREFIX}{self.batch}/{draft['n']}"
        return issue(process, self.calendar, order, command=command, actor=self.actor, now=self.now).events[0]

    def _issue(self, draft: RowMapping, event: Event, numbered: Process | None) -> None:
        """The event stands; its number is one more under the prefix of the process, where it has one of its own."""
        fact = event.fact
        assert isinstance(fact, Issued)
        self.events.append((event, draft["import_key"]))
        self.known[draft["import_key"]] = fact.no
        if numbered:
            self.numbers[f"{numbered.prefix}{self.year}"] += 1
        lazily = pinned.process(self.connection, fact.process).lazily  # nobody has to start a workflow then
        self._result(draft, "issued", no=fact.no, started=lazily)

    def _process(self, process_id: str, variant: str, unit_kind: str) -> Process:
        asked = (process_id, variant, unit_kind)
        if asked not in self.processes:
            found = self.processes[asked] = pinned.current_process(self.connection, *asked)
            if takes_asks(found):
                raise RuleViolation(Code.ASKED_BY_ROUNDS, process=found.name)
        return self.processes[asked]

    def _peek(self, prefix: str) -> str:
        name = f"{prefix}{self.year}"
        if name not in self.numbers:
            value = self.connection.execute(select(COUNTER.c.value).where(COUNTER.c.name == name)).scalar()
            if value is None:
                self.connection.execute(insert(COUNTER).values(name=name, value=0))
            self.numbers[name] = value or 0
        return number(name, self.numbers[name] + 1)

    def _result(
        self, draft: RowMapping, result: str, *, no: str | None = None, refusal: str = "", started: bool = False
    ) -> None:
        of = {"of_n": draft["n"], "result": result, "no": no, "refusal": refusal, "has_started": started}
        self.results.append(of)

    def write(self) -> None:
        """All of it stands: the items, the last numbers given, what became of each draft."""
        entries.store_issued(self.connection, self.events)
        for name, value in self.numbers.items():
            self.connection.execute(update(COUNTER).where(COUNTER.c.name == name).values(value=value))
        change = update(DRAFT).where(DRAFT.c.batch == self.batch, DRAFT.c.n == bindparam("of_n"))
        change = change.values(
            result=bindparam("result"),
            no=bindparam("no"),
            refusal=bindparam("refusal"),
            started=bindparam("has_started"),
        )
        self.connection.execute(change, self.results)


def _unit_ref(row: RowMapping, kind: str, area: str | None) -> UnitRef:
    return UnitRef(id=row["id"], name=row["name"], kind=kind, area=area)


def number(name: str, value: int) -> str:
    """The item number that is the `value`-th under a counter's name: ZG2026-0001."""
    return f"{name}-{value:04d}"
