"""Items that are issued together: drafts are kept until confirmed, then issued, each chunk in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from ledger.chain import entries, pinned
from ledger.chain.holders import with_members
from ledger.chain.matters import CLOSED, NEW, Standing, again_key
from ledger.store.canonical import canonical, parse
from ledger.store.database import Database
from ledger.store.tables import Area, Batch, Counter, Draft, Unit, table_of
from rules.codec import Plain, decode, encode, instant_text
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, UnitRef
from rules.machine.events import Event
from rules.machine.issuing import Order, issue
from rules.permitting import OfficeAct, check_role
from rules.process import AREA_KIND, Process, Role

BATCH = table_of(Batch)
DRAFT = table_of(Draft)
COUNTER = table_of(Counter)
UNIT, AREA = table_of(Unit), table_of(Area)
ISSUE_PREFIX = "issue/"
"""How the ids of the commands begin that issue a batch's items."""


UNKNOWN = Standing(verdict=NEW)
"""Nothing was issued before that the matter is compared with."""
ISSUE, LEAVE, REOPEN = "issue", "leave", "reopen"
CHOICES = (ISSUE, LEAVE, REOPEN)
"""What may become of a draft: issued, left as it is, or the closed item that stands for it begins again."""
LIMIT = 5_000
"""So many items one register may issue: 50 KB that say 各单位 in each row would else be tens of thousands."""
BATCH_CHUNK = 500
"""So many drafts are stored in one transaction: a person's command waits for that many at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """A draft: what is to be issued to which unit. The order's number is given when it is issued.

    `import_key` names the matter itself (finding, unit, date), so the same register entered twice issues nothing twice.
    `finding`: the place of its finding in what was read. `standing`: how it stands to what was issued before; only what
    is new is issued unless somebody decides otherwise.
    """

    process: str
    variant: str
    import_key: str
    order: Order
    finding: int = 0
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is: how many of its drafts are issued, were issued before, were refused, and have a workflow;
    how many were left as they are (`passed`), and for how many a closed item began again."""

    total: int
    issued: int
    duplicate: int
    refused: int
    started: int
    passed: int = 0
    reopened: int = 0

    @property
    def left(self) -> int:
        """How many drafts have no result yet."""
        return self.total - self.issued - self.duplicate - self.refused - self.passed - self.reopened


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
    """The batch stands as a draft, stored in this one transaction; else as `store`."""
    if not _begin(connection, batch, filename=filename, title=title, reading=reading, actor=actor, now=now):
        return False
    connection.execute(DRAFT.delete().where(DRAFT.c.batch == batch))
    _add(connection, batch, items, 1)
    _ready(connection, batch)
    return True


def store(
    database: Database,
    batch: str,
    items: Sequence[NewItem],
    *,
    filename: str,
    title: str,
    reading: Any,
    actor: Actor,
    now: datetime,
) -> bool:
    """The batch stands as a draft, stored chunk by chunk. Until the last one it is `saving` and cannot be confirmed;
    what was broken off begins anew when the same register is read again.

    Returns False when it is confirmed or issued already; then nothing changes but that what was refused (a unit not
    known then, say) may be tried again.
    """
    with database.write() as connection:
        if not _begin(connection, batch, filename=filename, title=title, reading=reading, actor=actor, now=now):
            return False
    going = True
    while going:
        with database.write() as connection:
            going = _forget_chunk(connection, batch)
    for start in range(0, len(items), BATCH_CHUNK):
        with database.write() as connection:
            _add(connection, batch, items[start : start + BATCH_CHUNK], start + 1)
    with database.write() as connection:
        _ready(connection, batch)
    return True


def _begin(
    connection: Connection, batch: str, *, filename: str, title: str, reading: Any, actor: Actor, now: datetime
) -> bool:
    state = connection.execute(select(BATCH.c.state).where(BATCH.c.id == batch)).scalar()
    if state in ("confirmed", "issued"):
        again = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.result == "refused")
        connection.execute(again.values(result="", refusal=""))
        return False
    values = {
        "filename": filename,
        "title": title,
        "state": "saving",
        "created_at": instant_text(now),
        "actor": actor.id,
        "role": str(actor.role),
        "reading": canonical(reading).decode(),
    }
    if state is None:
        connection.execute(insert(BATCH).values(id=batch, **values))
    else:
        connection.execute(update(BATCH).where(BATCH.c.id == batch).values(**values))
    return True


def _forget_chunk(connection: Connection, batch: str) -> bool:
    """A chunk of the batch's drafts is gone; False when none is left."""
    found = select(DRAFT.c.n).where(DRAFT.c.batch == batch).order_by(DRAFT.c.n).limit(BATCH_CHUNK)
    numbers = connection.execute(found).scalars().all()
    if numbers:
        connection.execute(DRAFT.delete().where(DRAFT.c.batch == batch, DRAFT.c.n <= numbers[-1]))
    return len(numbers) == BATCH_CHUNK


def _add(connection: Connection, batch: str, items: Sequence[NewItem], first: int) -> None:
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
            "finding": new.finding,
            "verdict": new.standing.verdict,
            "earlier": new.standing.no,
            "words": new.standing.words,
            "choice": ISSUE if new.standing.verdict == NEW else LEAVE,
        }
        for n, new in enumerate(items, first)
    ]
    if rows:
        connection.execute(insert(DRAFT), rows)


def _ready(connection: Connection, batch: str) -> None:
    connection.execute(update(BATCH).where(BATCH.c.id == batch).values(state="draft"))


def row(connection: Connection, batch: str) -> RowMapping:
    """The batch's row. Raises unknown_batch."""
    found = connection.execute(select(BATCH).where(BATCH.c.id == batch)).mappings().first()
    if found is None:
        raise RuleViolation(Code.UNKNOWN_BATCH, actual=batch[:80])
    return found


def confirm(
    connection: Connection, batch: str, actor: Actor, now: datetime, choices: Mapping[int, str] | None = None
) -> None:
    """The batch may be issued, by that actor's word. Confirming twice is the same as once.

    `choices`: what becomes of single drafts, by their n, otherwise than proposed; what is left is left now.
    Raises unknown_batch, not_confirmable (it has no items, or is still being stored), wrong_role, field_invalid.
    """
    found = row(connection, batch)
    if found["state"] not in ("draft", "saving"):
        return
    check_role(OfficeAct.ISSUE, actor.role)
    if found["state"] == "saving" or progress(connection, batch).total == 0:
        raise RuleViolation(Code.NOT_CONFIRMABLE, actual=batch)
    if choices:
        _choose(connection, batch, choices)
    left = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.choice == LEAVE)
    connection.execute(left.values(result="left", no=DRAFT.c.earlier))
    changed = {"state": "confirmed", "actor": actor.id, "role": str(actor.role), "confirmed_at": instant_text(now)}
    connection.execute(update(BATCH).where(BATCH.c.id == batch).values(**changed))


def _choose(connection: Connection, batch: str, choices: Mapping[int, str]) -> None:
    """These drafts become what was chosen. What an item stands for is issued again under an import key of its own."""
    query = select(DRAFT.c.n, DRAFT.c.import_key, DRAFT.c.earlier, DRAFT.c.verdict).where(DRAFT.c.batch == batch)
    known = {draft.n: draft for draft in connection.execute(query)}
    changed: list[Plain] = []
    for n, choice in choices.items():
        draft = known.get(n)
        if draft is None or choice not in CHOICES or (choice == REOPEN and draft.verdict != CLOSED):
            expected = "这一批里的序号，和 issue 另行交办、leave 不交办、reopen 重启（只限已办结的）"
            raise RuleViolation(Code.FIELD_INVALID, field="逐项决定", actual=f"{n}：{choice}"[:60], expected=expected)
        again = choice == ISSUE and draft.verdict != NEW
        key = again_key(draft.import_key, draft.earlier) if again else draft.import_key
        changed.append({"of_n": n, "chosen": choice, "key": key})
    change = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.n == bindparam("of_n"))
    connection.execute(change.values(choice=bindparam("chosen"), import_key=bindparam("key")), changed)


def reopenings(connection: Connection, batch: str) -> list[tuple[int, str]]:
    """(n, number) of the closed items that are to begin again by the batch and have not."""
    query = select(DRAFT.c.n, DRAFT.c.earlier).where(
        DRAFT.c.batch == batch, DRAFT.c.choice == REOPEN, DRAFT.c.result == ""
    )
    return [(n, no) for n, no in connection.execute(query.order_by(DRAFT.c.n))]


def mark_reopened(connection: Connection, batch: str, n: int, no: str, refusal: str = "") -> None:
    """The draft's item has begun again, or was refused to."""
    change = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.n == n)
    connection.execute(change.values(result="refused" if refusal else "reopened", no=no, refusal=refusal))


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
        passed=of("left"),
        reopened=of("reopened"),
    )


def issue_chunk(connection: Connection, batch: str, size: int, now: datetime) -> int:
    """The next `size` drafts are issued, or known as issued before, or refused. Returns how many; 0 when none is left.

    Raises unknown_batch, and not_confirmable for a batch that nobody has confirmed.
    """
    found = row(connection, batch)
    if found["state"] in ("draft", "saving"):
        raise RuleViolation(Code.NOT_CONFIRMABLE, actual=batch)
    query = select(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.result == "", DRAFT.c.choice == ISSUE)
    query = query.order_by(DRAFT.c.n).limit(size)
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
        query = select(UNIT).where(UNIT.c.id.in_(wanted), UNIT.c.ended.is_(None))
        self.units = {u["id"]: _unit_ref(u, u["kind"], u["area"]) for u in connection.execute(query).mappings()}
        areas = connection.execute(select(AREA).where(AREA.c.id.in_(wanted))).mappings()
        self.areas = {a["id"]: _unit_ref(a, AREA_KIND, a["id"]) for a in areas}

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
        unit = (self.areas if order.unit.kind == AREA_KIND else self.units).get(draft["unit"])
        if unit is None:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=draft["unit"])
        process = self._process(draft["process"], draft["variant"], unit.kind)
        no = self._peek(process.prefix)
        order = Order(
            no=no,
            unit=with_members(self.connection, unit, process),
            title=order.title,
            matter=order.matter,
            co_units=order.co_units,
            deadline=order.deadline,
            batch=self.batch,
        )
        command = f"{ISSUE_PREFIX}{self.batch}/{draft['n']}"
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


def _unit_ref(row: RowMapping, kind: str, area: str | None) -> UnitRef:
    return UnitRef(id=row["id"], name=row["name"], kind=kind, area=area)


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
