"""Of which round an item is, and whether that still takes what its unit brings in."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from ledger.chain.family.in_rounds import ROUND_UNIT
from ledger.directory import people
from ledger.rounds.rows import LOCKED, ROUND_ROW
from rules.errors import Code, RuleViolation
from rules.machine.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRound:
    """The round by which an item was asked for, and of which `unit`: another may have in hand what one that was merged
    owes. `locked`: it has locked, on the day `locks`; `unlocked`: until which day the item's unit may bring in all the
    same, if somebody unlocked it; `held`: by which the item itself is due since it was put off."""

    round: str
    unit: str
    locked: bool
    locks: date
    unlocked: date | None
    held: date | None

    def closed(self, today: date) -> bool:
        """Whether it takes nothing of the unit on that day."""
        return self.locked and not self.put_off(today) and (self.unlocked is None or today > self.unlocked)

    def put_off(self, today: date) -> bool:
        """Whether the item is due after the lock, on that day or later: a pause or an extension has moved it."""
        return self.held is not None and self.locks < self.held and today <= self.held


def former_unit(connection: Connection, state: State) -> str:
    """What the unit is called of whom a round asks the item, where another has it in hand; empty of all others."""
    if not state.asked_of or state.asked_of == state.unit.id:
        return ""
    return people.names_of_units(connection, [state.asked_of]).get(state.asked_of, state.asked_of)


def round_of_item(connection: Connection, no: str) -> OfRound | None:
    """The round that asks for the item; None of one that no round asks for."""
    of_unit = (ROUND_UNIT.c.unit, ROUND_UNIT.c.unlocked, ROUND_UNIT.c.held)
    rows = select(ROUND_ROW.c.id, ROUND_ROW.c.state, ROUND_ROW.c.locks, *of_unit)
    row = connection.execute(
        rows.join(ROUND_UNIT, ROUND_UNIT.c.round == ROUND_ROW.c.id).where(ROUND_UNIT.c.no == no)
    ).first()
    if row is None:
        return None
    return OfRound(
        round=row.id,
        unit=row.unit,
        locked=row.state == LOCKED,
        locks=date.fromisoformat(row.locks),
        unlocked=date.fromisoformat(row.unlocked) if row.unlocked else None,
        held=date.fromisoformat(row.held) if row.held else None,
    )


def locked_out(connection: Connection, round_: str, asked: str, state: State) -> RuleViolation:
    """The round is locked for this item, by which `asked` owes and which another unit may have in hand since: whom a
    supervisor has to unlock is said."""
    whose = "本单位"
    if asked != state.unit.id:
        whose = f"“{people.names_of_units(connection, [asked]).get(asked, asked)}”（{asked}）那一份"
    return RuleViolation(Code.ROUND_LOCKED, round=round_, no=state.no, whose=whose)
