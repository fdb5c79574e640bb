"""The units that are where only somebody puts them, each with the decision that put it there, of whichever year."""

from sqlalchemy import Connection, select

from ledger.directory.people import UNIT
from ledger.scores.in_force import assessments_in_force
from ledger.scores.streams import states_of
from rules.assessment.facts import TierDecided


def held_by_decision(connection: Connection, tier: str) -> dict[str, TierDecided | None]:
    """By unit the last decision, of all assessments; none where only the directory says it."""
    query = select(UNIT.c.id).where(UNIT.c.condition == tier, UNIT.c.ended.is_(None)).order_by(UNIT.c.id)
    found: dict[str, TierDecided | None] = dict.fromkeys(connection.execute(query).scalars())
    if not found:
        return found
    for id_, one in assessments_in_force(connection).items():
        if one.tiers is None or one.tiers.by_decision != tier:
            continue
        for unit, state in states_of(connection, id_, found, lines=False).items():
            last = found[unit]
            for said in state.tiers:
                if said.agreed and said.tier == tier and (last is None or said.day >= last.day):
                    found[unit] = last = said
    return found
