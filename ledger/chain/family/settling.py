"""What a round asked for and is owed no longer is annulled, what another unit reports in a merged one's place is handed
on to it, and what is owed by another date since the round moved has that date: as bulk work, by the system, because of
what stands in the round's own stream."""

from sqlalchemy import Connection, RowMapping, and_, or_, select

from ledger.chain import pinned
from ledger.chain.bulk import Selection
from ledger.chain.entries import ITEM
from ledger.chain.family.in_rounds import DROPPED, OWING, ROUND_PREFIX, ROUND_UNIT, days_in
from ledger.chain.holders import with_members
from ledger.store.aside_tables import RoundRow
from ledger.store.tables import Unit, table_of
from rules.dates.windows import DueChoice
from rules.errors import Code, RuleViolation
from rules.figures.asking import is_asked
from rules.machine.commands import ENDED, SYSTEM, Assignment, Command, CommandKind, UnitRef
from rules.machine.state import State
from rules.process import Process

_ROUND, _UNIT = table_of(RoundRow), table_of(Unit)


def unsettled(connection: Connection, round_: str) -> Selection:
    """The items of the round that are not ended and are to be annulled, handed on or moved, and the command of each."""
    column = ROUND_UNIT.c
    elsewhere = and_(column.handed.is_not(None), column.handed != ITEM.c.unit, column.state != DROPPED)
    unreported = and_(column.annul, column.in_at.is_(None))  # what waits to be judged, has been done
    moved = and_(column.given != column.wanted, column.state == OWING)
    meant = select(column.no).where(column.round == round_, column.no == ITEM.c.no, or_(unreported, elsewhere, moved))
    return Selection(
        where=(ITEM.c.batch == f"{ROUND_PREFIX}{round_}", ITEM.c.status.not_in(ENDED), meant.exists()),
        order=(ITEM.c.no,),
        actor=SYSTEM,
        command=_command,
    )


def _command(connection: Connection, state: State) -> Command:
    query = select(ROUND_UNIT, _ROUND.c.stopped, _ROUND.c.calendar).join(_ROUND, _ROUND.c.id == ROUND_UNIT.c.round)
    row = connection.execute(query.where(ROUND_UNIT.c.no == state.no)).mappings().one()
    of = f"{ROUND_PREFIX}{row['round']}"
    if row["annul"] and row["in_at"] is None:
        why = row["why"] or f"轮次停止：{row['stopped']}"
        return Command(kind=CommandKind.ANNUL, id=f"{of}/annul", actor=SYSTEM, reason=why[:500], children=True)
    if row["handed"] in (None, state.unit.id):
        return _move(connection, row, state)
    to = _unit(connection, row["handed"])
    before = pinned.process(connection, state.process)
    process = _process_for(connection, before, to.kind)
    given = Assignment(unit=with_members(connection, to, process), process=process)
    return Command(kind=CommandKind.REASSIGN, id=f"{of}/to/{to.id}", actor=SYSTEM, reason=row["why"], assignment=given)


def _process_for(connection: Connection, before: Process, unit_kind: str) -> Process:
    """It asks another kind of unit what it asked."""
    if before.unit_kind == unit_kind:
        return before
    if is_asked(before):
        return pinned.asked_like(connection, before, unit_kind)
    return pinned.current_process(connection, before.id, before.variant, unit_kind)


def _move(connection: Connection, row: RowMapping, state: State) -> Command:
    """The date by which the round asks for it, by the round's calendar."""
    first, to = days_in(row["wanted"])
    return Command(
        kind=CommandKind.SET_DUE,
        id=f"{ROUND_PREFIX}{row['round']}/due/{state.seq}",
        actor=SYSTEM,
        to=to,
        choice=DueChoice(first=first, last=to) if first else None,
        calendar=pinned.calendar(connection, row["calendar"]),
    )


def _unit(connection: Connection, unit: str) -> UnitRef:
    row: RowMapping | None = connection.execute(select(_UNIT).where(_UNIT.c.id == unit)).mappings().first()
    if row is None:
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit)
    return UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"])
