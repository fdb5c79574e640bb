"""Items that are issued together: drafts are kept until confirmed, then issued, each chunk in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from ledger.chain.family import gathering
from ledger.chain.family.chunk import Chunk
from ledger.chain.matters import CLOSED, NEW, Standing, again_key
from ledger.store.canonical import acted_by, acting_columns, canonical
from ledger.store.database import Database
from ledger.store.tables import Batch, Draft, table_of
from rules.codec import Plain, encode, instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.machine.issuing import Order
from rules.permitting import OfficeAct, check_role

BATCH = table_of(Batch)
DRAFT = table_of(Draft)


UNKNOWN = Standing(verdict=NEW)
"""Nothing was issued before that the matter is compared with."""
ISSUE, LEAVE, REOPEN = "issue", "leave", "reopen"
CONFIRMED = "confirmed"
FORETOLD = "later"
"""The result of a draft that is issued on a day to come: until then it only says what is coming."""
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
    is new is issued unless somebody decides otherwise. `way`: its part where its finding is for many units, and of the
    one that stands over them `choice` is the way that is proposed (see gathering).
    """

    process: str
    variant: str
    import_key: str
    order: Order
    finding: int = 0
    standing: Standing = UNKNOWN
    way: str = ""
    choice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is: how many of its drafts are issued, were issued before, were refused, and have a workflow;
    how many were left as they are (`passed`), and for how many a closed item began again. What is issued on a day to
    come is not among them."""

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
    add(connection, batch, items, 1)
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
            add(connection, batch, items[start : start + BATCH_CHUNK], start + 1)
    with database.write() as connection:
        _ready(connection, batch)
    return True


def _begin(
    connection: Connection, batch: str, *, filename: str, title: str, reading: Any, actor: Actor, now: datetime
) -> bool:
    state = connection.execute(select(BATCH.c.state).where(BATCH.c.id == batch)).scalar()
    if state in (CONFIRMED, "issued"):
        again = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.result == "refused")
        connection.execute(again.values(result="", refusal=""))
        return False
    values = {
        "filename": filename,
        "title": title,
        "state": "saving",
        "created_at": instant_text(now),
        **_by(actor),
        "reading": canonical(reading).decode(),
    }
    if state is None:
        connection.execute(insert(BATCH).values(id=batch, **values))
    else:
        connection.execute(update(BATCH).where(BATCH.c.id == batch).values(**values))
    return True


def _by(actor: Actor) -> Plain:
    """Whoever may issue has the post everywhere, so a batch holds no unit; nobody issues for somebody else."""
    columns = acting_columns(actor)
    return {name: columns[name] or "" for name in ("actor", "role", "via", "through")}


def _forget_chunk(connection: Connection, batch: str) -> bool:
    """A chunk of the batch's drafts is gone; False when none is left."""
    found = select(DRAFT.c.n).where(DRAFT.c.batch == batch).order_by(DRAFT.c.n).limit(BATCH_CHUNK)
    numbers = connection.execute(found).scalars().all()
    if numbers:
        connection.execute(DRAFT.delete().where(DRAFT.c.batch == batch, DRAFT.c.n <= numbers[-1]))
    return len(numbers) == BATCH_CHUNK


def add(connection: Connection, batch: str, items: Sequence[NewItem], first: int, result: str = "") -> None:
    """The items stand among the drafts of the batch, from that n on. `result`: FORETOLD of what is not issued yet."""
    rows = [
        {
            "batch": batch,
            "n": n,
            "process": new.process,
            "variant": new.variant,
            "unit": new.order.unit.id,
            "import_key": new.import_key,
            "body": canonical(encode(new.order)).decode(),
            "result": result,
            "refusal": "",
            "started": False,
            "finding": new.finding,
            "verdict": new.standing.verdict,
            "earlier": new.standing.no,
            "words": new.standing.words,
            "choice": new.choice or (ISSUE if new.standing.verdict == NEW else LEAVE),
            "way": new.way,
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

    `choices`: what becomes of single drafts, by their n, otherwise than proposed, and which way a finding for many
    units goes, by the n of the draft that would stand over them (see gathering); what is left is left now.
    Raises unknown_batch, not_confirmable (it has no items, or is still being stored), wrong_role, field_invalid.
    """
    found = row(connection, batch)
    if found["state"] not in ("draft", "saving"):
        return
    check_role(OfficeAct.ISSUE, actor.role)
    if found["state"] == "saving" or progress(connection, batch).total == 0:
        raise RuleViolation(Code.NOT_CONFIRMABLE, actual=batch)
    single = gathering.settle(connection, batch, choices or {})
    if single:
        _choose(connection, batch, single)
    left = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.choice == LEAVE)
    connection.execute(left.values(result="left", no=DRAFT.c.earlier))
    changed = {"state": CONFIRMED, **_by(actor), "confirmed_at": instant_text(now)}
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
    query = select(DRAFT.c.result, DRAFT.c.started, func.count())
    query = query.where(DRAFT.c.batch == batch, DRAFT.c.result != FORETOLD)
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
    """The next `size` drafts are issued, or known as issued before, or refused; a parent with all its children. Returns
    how many; 0 when none is left.

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
    actor = acted_by(found["actor"], found["role"], None, found["via"], found["through"], "")
    drafts = (*drafts, *gathering.rest_of(connection, drafts[-1]))
    chunk = Chunk(connection, batch, actor, now, drafts)
    for family, group in groupby(drafts, key=gathering.family_of):
        if family is None:
            for draft in group:
                chunk.take(draft)
        else:
            chunk.take_family(tuple(group))
    chunk.write()
    return len(drafts)


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
