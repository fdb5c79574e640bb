"""Items that are issued together: drafts are kept until confirmed, then issued, each chunk in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from ledger import entries, pinned
from ledger.canonical import canonical, parse
from ledger.tables import Batch, Counter, Draft, Unit, table_of
from rules.calendar import local_date
from rules.codec import Plain, decode, encode, instant_text
from rules.commands import Actor, UnitRef
from rules.errors import Code, RuleViolation
from rules.events import Event
from rules.issuing import Order, issue
from rules.process import Process, Role

BATCH = table_of(Batch)
DRAFT = table_of(Draft)
COUNTER = table_of(Counter)
UNIT = table_of(Unit)
COMMANDS = "issue/"
"""How the ids of the commands begin that issue a batch's items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """A draft: what is to be issued to which unit. The order's number is given when it is issued.

    `import_key` names the matter itself (finding, unit, date), so the same register entered twice issues nothing twice.
    """

    process: str
    variant: str
    import_key: str
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is: how many of its drafts are issued, were issued before, were refused, and have a workflow."""

    total: int
    issued: int
    duplicate: int
    refused: int
    started: int

    @property
    def left(self) -> int:
        """How many drafts have no result yet."""
        return self.total - self.issued - self.duplicate - self.refused


def save(
    connection: Connection,
    batch: str,
    items: Sequence[NewItem],
    *,
    filename: str,
    title: str,
    reading: Any,
    actor: Actor,
    now: datetime,
) -> bool:
    """The batch stands as a draft. Returns False when it is confirmed or issued already; then nothing changes but that
    what was refused (a unit not known then, say) may be tried again."""
    state = connection.execute(select(BATCH.c.state).where(BATCH.c.id == batch)).scalar()
    if state in ("confirmed", "issued"):
        again = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.result == "refused")
        connection.execute(again.values(result="", refusal=""))
        return False
    if state == "draft":
        connection.execute(DRAFT.delete().where(DRAFT.c.batch == batch))
        connection.execute(BATCH.delete().where(BATCH.c.id == batch))
    connection.execute(
        insert(BATCH).values(
            id=batch,
            filename=filename,
            title=title,
            state="draft",
            created_at=instant_text(now),
            actor=actor.id,
            role=str(actor.role),
            reading=canonical(reading).decode(),
        )
    )
    rows = [
        {
            "batch": batch,
            "n": n,
            "process": new.process,
            "variant": new.variant,
            "unit": new.order.unit.id,
            "import_key": new.import_key,
            "body": canonical(encode(new.order)).decode(),
            "result": "",
            "refusal": "",
            "started": False,
        }
        for n, new in enumerate(items, 1)
    ]
    if rows:
        connection.execute(insert(DRAFT), rows)
    return True


def issued_before(connection: Connection, import_keys: Sequence[str]) -> tuple[str, ...]:
    """Numbers of the items that stand for these matters already."""
    found: list[str] = []
    keys = list(dict.fromkeys(import_keys))
    for start in range(0, len(keys), 500):
        where = entries.ITEM.c.import_key.in_(keys[start : start + 500])
        found += connection.execute(select(entries.ITEM.c.no).where(where)).scalars()
    return tuple(sorted(found))


def row(connection: Connection, batch: str) -> RowMapping:
    """The batch's row. Raises unknown_batch."""
    found = connection.execute(select(BATCH).where(BATCH.c.id == batch)).mappings().first()
    if found is None:
        raise RuleViolation(Code.UNKNOWN_BATCH, actual=batch[:80])
    return found


def confirm(connection: Connection, batch: str, actor: Actor, now: datetime) -> None:
    """The batch may be issued, by that actor's word. Confirming twice is the same as once.

    Raises unknown_batch, not_confirmable (it has no items), wrong_role.
    """
    found = row(connection, batch)
    if found["state"] != "draft":
        return
    if actor.role not in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        raise RuleViolation(Code.WRONG_ROLE, role=actor.role, command="交办", allowed="督查员、管理员")
    if progress(connection, batch).total == 0:
        raise RuleViolation(Code.NOT_CONFIRMABLE, actual=batch)
    changed = {"state": "confirmed", "actor": actor.id, "role": str(actor.role), "confirmed_at": instant_text(now)}
    connection.execute(update(BATCH).where(BATCH.c.id == batch).values(**changed))


def progress(connection: Connection, batch: str) -> Progress:
    """How far the batch is."""
    query = select(DRAFT.c.result, DRAFT.c.started, func.count()).where(DRAFT.c.batch == batch)
    counts = [tuple(r) for r in connection.execute(query.group_by(DRAFT.c.result, DRAFT.c.started))]

    def of(result: str) -> int:
        return sum(n for r, _, n in counts if r == result)

    return Progress(
        total=sum(n for _, _, n in counts),
        issued=of("issued"),
        duplicate=of("duplicate"),
        refused=of("refused"),
        started=sum(n for _, started, n in counts if started),
    )


def issue_chunk(connection: Connection, batch: str, size: int, now: datetime) -> int:
    """The next `size` drafts are issued, or known as issued before, or refused. Returns how many; 0 when none is left.

    Raises unknown_batch, and not_confirmable for a batch that nobody has confirmed.
    """
    found = row(connection, batch)
    if found["state"] == "draft":
        raise RuleViolation(Code.NOT_CONFIRMABLE, actual=batch)
    query = select(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.result == "").order_by(DRAFT.c.n).limit(size)
    drafts = connection.execute(query).mappings().all()
    if not drafts:
        connection.execute(update(BATCH).where(BATCH.c.id == batch).values(state="issued"))
        return 0
    actor = Actor(id=found["actor"], role=Role(found["role"]))
    chunk = _Chunk(connection, batch, actor, now, drafts)
    for draft in drafts:
        chunk.take(draft)
    chunk.write()
    return len(drafts)


class _Chunk:
    """One chunk being issued: what was decided so far."""

    def __init__(
        self, connection: Connection, batch: str, actor: Actor, now: datetime, drafts: Sequence[RowMapping]
    ) -> None:
        self.connection, self.batch, self.actor, self.now = connection, batch, actor, now
        self.calendar = pinned.current_calendar(connection)
        self.year = local_date(now).year
        self.numbers: dict[str, int] = {}
        self.processes: dict[tuple[str, str, str], Process] = {}
        self.events: list[tuple[Event, str | None]] = []
        self.results: list[Plain] = []
        keys = [d["import_key"] for d in drafts]
        issued = select(entries.ITEM.c.import_key, entries.ITEM.c.no).where(entries.ITEM.c.import_key.in_(keys))
        self.known: dict[str, str] = {key: no for key, no in connection.execute(issued)}
        wanted = {d["unit"] for d in drafts}
        self.units = {u["id"]: u for u in connection.execute(select(UNIT).where(UNIT.c.id.in_(wanted))).mappings()}

    def take(self, draft: RowMapping) -> None:
        key = draft["import_key"]
        if key in self.known:
            return self._result(draft, "duplicate", no=self.known[key])
        try:
            event, no = self._issue(draft)
        except RuleViolation as refusal:
            return self._result(draft, "refused", refusal=str(refusal))
        self.events.append((event, key))
        self.known[key] = no
        self._result(draft, "issued", no=no)

    def _issue(self, draft: RowMapping) -> tuple[Event, str]:
        order = decode(Order, parse(draft["body"]))
        unit = self.units.get(draft["unit"])
        if unit is None:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=draft["unit"])
        process = self._process(draft["process"], draft["variant"], unit["kind"])
        no = self._peek(process.prefix)
        order = Order(
            no=no,
            unit=UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"]),
            subject=order.subject,
            co_units=order.co_units,
            deadline=order.deadline,
            batch=self.batch,
        )
        command = f"{COMMANDS}{self.batch}/{draft['n']}"
        decision = issue(process, self.calendar, order, command=command, actor=self.actor, now=self.now)
        self.numbers[f"{process.prefix}{self.year}"] += 1
        return decision.events[0], no

    def _process(self, process_id: str, variant: str, unit_kind: str) -> Process:
        asked = (process_id, variant, unit_kind)
        if asked not in self.processes:
            self.processes[asked] = pinned.current_process(self.connection, *asked)
        return self.processes[asked]

    def _peek(self, prefix: str) -> str:
        name = f"{prefix}{self.year}"
        if name not in self.numbers:
            value = self.connection.execute(select(COUNTER.c.value).where(COUNTER.c.name == name)).scalar()
            if value is None:
                self.connection.execute(insert(COUNTER).values(name=name, value=0))
            self.numbers[name] = value or 0
        return number(name, self.numbers[name] + 1)

    def _result(self, draft: RowMapping, result: str, *, no: str | None = None, refusal: str = "") -> None:
        self.results.append({"of_n": draft["n"], "result": result, "no": no, "refusal": refusal})

    def write(self) -> None:
        entries.store_issued(self.connection, self.events)
        for name, value in self.numbers.items():
            self.connection.execute(update(COUNTER).where(COUNTER.c.name == name).values(value=value))
        change = update(DRAFT).where(DRAFT.c.batch == self.batch, DRAFT.c.n == bindparam("of_n"))
        change = change.values(result=bindparam("result"), no=bindparam("no"), refusal=bindparam("refusal"))
        self.connection.execute(change, self.results)


def number(name: str, value: int) -> str:
    """The item number that is the `value`-th under a counter's name: ZG2026-0001."""
    return f"{name}-{value:04d}"


def unstarted(connection: Connection, batch: str, size: int, *, after: int = 0) -> list[tuple[int, str]]:
    """(n, number) of issued items of the batch whose workflow has not been reported started, the next `size`."""
    query = select(DRAFT.c.n, DRAFT.c.no).where(
        DRAFT.c.batch == batch, DRAFT.c.result == "issued", DRAFT.c.started.is_(False), DRAFT.c.n > after
    )
    return [(n, no) for n, no in connection.execute(query.order_by(DRAFT.c.n).limit(size))]


def mark_started(connection: Connection, batch: str, numbers: Sequence[int]) -> None:
    """These drafts' workflows have been started."""
    where = (DRAFT.c.batch == batch, DRAFT.c.n.in_(numbers))
    connection.execute(update(DRAFT).where(*where).values(started=True))
