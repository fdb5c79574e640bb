"""What a person gives to many items at once: kept from its preview on, given chunk by chunk, looked at afterwards.

Which items, what is said and in which post each is given it are fixed when it is previewed. Whether an item takes it is
foreseen then, and decided when it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, literal, select, update

from ledger.chain.bulk import Selection
from ledger.chain.entries import ITEM
from ledger.store.bulk_tables import Bulk, BulkItem
from ledger.store.canonical import canonical, parse
from ledger.store.driver import insert_many
from ledger.store.tables import table_of
from rules.codec import Plain, decode, encode, instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Command, CommandKind, Via
from rules.machine.events import EVENT_KINDS
from rules.machine.state import State

BULKS = table_of(Bulk)
BULK_ITEM = table_of(BulkItem)
GIVEN_IDS = "bulk/"
"""How the ids of such commands begin, and of the workflow that gives them. Nobody else's may."""
BULK_LIMIT = 2_000
"""So many items at once: nobody reads the refusals of more, and deciding them for the preview takes seconds."""
BULK_COMMANDS = (
    CommandKind.APPROVE,
    CommandKind.RETURN,
    CommandKind.URGE,
    CommandKind.ASK_EXTENSION,
    CommandKind.DECIDE_EXTENSION,
    CommandKind.HAND_OVER,
    CommandKind.ANNUL,
)
"""What may be given to many items at once, in the order in which it is offered: what says the same of each of them."""
WRITES = frozenset(kind for kind, fact in EVENT_KINDS.items() if fact.by in BULK_COMMANDS)
"""The kinds of entry that these lead to."""
_DONE, _REFUSED = "done", "refused"
_PREVIEWED, _CONFIRMED = "previewed", "confirmed"
FORGOTTEN_AFTER = timedelta(days=2)
"""What somebody looked at and never confirmed is kept that long."""
_COMMON: dict[str, Any] = {"id": "", "actor": SYSTEM}
"""What no two of the commands have in common."""
_OWN = select(BULK_ITEM.c.own).where(BULK_ITEM.c.bulk == bindparam("bulk"), BULK_ITEM.c.no == bindparam("no"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """A command for one item, and why it would be refused now; None when it would not. A refused one may be without."""

    no: str
    command: Command | None = None
    refusal: RuleViolation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCounts:
    """How far it is: `refused` when previewed or when given; `left` have no result yet."""

    total: int
    done: int
    refused: int

    @property
    def left(self) -> int:
        """How many are still to be given it."""
        return self.total - self.done - self.refused


def command_id(bulk: str, no: str) -> str:
    """The id of the command that the item is given: the same however often it is tried."""
    return f"{GIVEN_IDS}{bulk}/{no}"


def save(
    connection: Connection,
    bulk: str,
    kind: CommandKind,
    said: Mapping[str, Any],
    items: Sequence[Previewed],
    *,
    person: str,
    behalf: str,
    words: str,
    now: datetime,
) -> None:
    """The command stands as previewed, with what was foreseen of each item. What was never confirmed is forgotten after
    a while. Raises command_reused when something else stands under that id; the same again changes nothing."""
    common = _common(kind, said)
    row = {"command": str(kind), "said": canonical(common).decode(), "person": person, "behalf": behalf}
    stands = connection.execute(select(BULKS).where(BULKS.c.id == bulk)).mappings().first()
    if stands is not None:
        numbers = set(connection.execute(select(BULK_ITEM.c.no).where(BULK_ITEM.c.bulk == bulk)).scalars())
        if any(stands[name] != value for name, value in row.items()) or numbers != {one.no for one in items}:
            raise RuleViolation(Code.COMMAND_REUSED, actual=bulk)
        return
    _forget(connection, instant_text(now - FORGOTTEN_AFTER))
    connection.execute(
        insert(BULKS).values(id=bulk, state=_PREVIEWED, previewed_at=instant_text(now), words=words, **row)
    )
    insert_many(connection, BULK_ITEM, [_row(bulk, common, one) for one in items])


def _common(kind: CommandKind, said: Mapping[str, Any]) -> Plain:
    plain = encode(Command(kind=kind, **_COMMON, **said))
    return {name: value for name, value in plain.items() if name not in _COMMON}


def _row(bulk: str, common: Plain, one: Previewed) -> Plain:
    plain = encode(one.command) if one.command else {}
    own = {name: value for name, value in plain.items() if name != "id" and common.get(name) != value}
    refusal = _written(one.refusal) if one.refusal else ""
    return {"bulk": bulk, "no": one.no, "own": canonical(own).decode(), "result": "", "refusal": refusal}


def _written(refusal: RuleViolation) -> str:
    return canonical({"code": str(refusal.code), "fields": refusal.fields}).decode()


def refusal_of(written: str) -> RuleViolation | None:
    """A refusal as it was raised; None for an empty one."""
    if not written:
        return None
    plain = parse(written)
    return RuleViolation(Code(plain["code"]), **plain["fields"])


def _forget(connection: Connection, before: str) -> None:
    old = select(BULKS.c.id).where(BULKS.c.state == _PREVIEWED, BULKS.c.previewed_at < before)
    ids = connection.execute(old).scalars().all()
    if ids:
        connection.execute(BULK_ITEM.delete().where(BULK_ITEM.c.bulk.in_(ids)))
        connection.execute(BULKS.delete().where(BULKS.c.id.in_(ids)))


def row(connection: Connection, bulk: str) -> RowMapping:
    """The row of that command for many items. Raises unknown_bulk."""
    found = connection.execute(select(BULKS).where(BULKS.c.id == bulk)).mappings().first()
    if found is None:
        raise RuleViolation(Code.UNKNOWN_BULK, actual=bulk[:60])
    return found


def confirm(connection: Connection, bulk: str, via: Via, through: str, now: datetime) -> None:
    """It is to be given to every item of which no refusal was foreseen; the others are refused with it. What it is
    confirmed through stands in the entries, wherever it was looked at before. Confirming again changes nothing."""
    mine = update(BULKS).where(BULKS.c.id == bulk, BULKS.c.state == _PREVIEWED)
    if not connection.execute(
        mine.values(state=_CONFIRMED, confirmed_at=instant_text(now), via=str(via), through=through)
    ).rowcount:
        return
    foreseen = update(BULK_ITEM).where(BULK_ITEM.c.bulk == bulk, BULK_ITEM.c.refusal != "")
    connection.execute(foreseen.values(result=_REFUSED))


def is_confirmed(found: RowMapping) -> bool:
    """Whether that row's command is being given, or was."""
    return bool(found["state"] == _CONFIRMED)


def counts(connection: Connection, bulk: str) -> BulkCounts:
    """How far it is."""
    query = select(BULK_ITEM.c.result, func.count()).where(BULK_ITEM.c.bulk == bulk).group_by(BULK_ITEM.c.result)
    found = {result: count for result, count in connection.execute(query)}
    return BulkCounts(total=sum(found.values()), done=found.get(_DONE, 0), refused=found.get(_REFUSED, 0))


def items(connection: Connection, bulk: str) -> list[RowMapping]:
    """Every item of it with its unit, what it is about and what became of it: refused ones first, then by number."""
    query = select(BULK_ITEM, ITEM.c.unit_name, ITEM.c.title).join(ITEM, ITEM.c.no == BULK_ITEM.c.no)
    query = query.where(BULK_ITEM.c.bulk == bulk).order_by(BULK_ITEM.c.refusal == "", BULK_ITEM.c.no)
    return list(connection.execute(query).mappings())


def of_person(connection: Connection, person: str, size: int) -> list[RowMapping]:
    """What that person looked at or confirmed, the latest first, at most `size`."""
    query = select(BULKS).where(BULKS.c.person == person).order_by(BULKS.c.previewed_at.desc()).limit(size)
    return list(connection.execute(query).mappings())


def selection(connection: Connection, bulk: str) -> Selection:
    """The items that have no result yet, each with its own command. Nothing unless it is confirmed."""
    found = row(connection, bulk)
    mine = select(BULK_ITEM.c.no).where(BULK_ITEM.c.bulk == bulk, BULK_ITEM.c.result == "")
    common = {"kind": found["command"], **parse(found["said"])}
    return Selection(
        where=(ITEM.c.no.in_(mine), literal(is_confirmed(found))),
        order=(ITEM.c.no,),
        actor=None,
        command=partial(_command, bulk, common, {"via": found["via"], "through": found["through"]}),
        once=literal(command_id(bulk, "")).concat(ITEM.c.no),
        settle=partial(_settle, bulk),
    )


def _command(bulk: str, common: Plain, confirmed: Plain, connection: Connection, state: State) -> Command:
    own = parse(connection.execute(_OWN, {"bulk": bulk, "no": state.no}).scalar_one())
    actor = {**own["actor"], **confirmed}
    return decode(Command, {**common, **own, "actor": actor, "id": command_id(bulk, state.no)})


def _settle(
    bulk: str, connection: Connection, stored: Sequence[str], refused: Sequence[tuple[str, RuleViolation]]
) -> None:
    """What became of a chunk stands beside the entries, in their transaction. A refusal of what another attempt at the
    same chunk has stored meanwhile was decided before that, and does not count."""
    open_ = (BULK_ITEM.c.bulk == bulk, BULK_ITEM.c.result == "")
    if stored:
        connection.execute(update(BULK_ITEM).where(*open_, BULK_ITEM.c.no.in_(stored)).values(result=_DONE))
    for no, refusal in refused:
        why = {"result": _REFUSED, "refusal": _written(refusal)}
        connection.execute(update(BULK_ITEM).where(*open_, BULK_ITEM.c.no == no).values(why))
