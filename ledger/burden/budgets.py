"""The budget in force, as its journal says, and the leader's yes to what goes beyond it."""

from datetime import datetime

from sqlalchemy import Connection

from ledger.chain import journal
from ledger.directory.people import Loaded
from rules.burden.budget import BurdenBudget
from rules.burden.facts import BudgetLoaded, OverBudgetAllowed, OverBudgetHeld
from rules.machine.commands import SYSTEM


def budget_in_force(connection: Connection) -> BurdenBudget | None:
    """The budget that was loaded last; None where there is none, and nothing is bounded."""
    found = [fact.budget for _, fact in journal.facts(connection, BudgetLoaded)]
    return found[-1] if found else None


def load_budget(connection: Connection, budget: BurdenBudget, now: datetime) -> Loaded:
    """The budget holds from now on. Twice is the same as once."""
    before = budget_in_force(connection)
    if before == budget:
        return Loaded(table="budget", new=0, changed=0, same=1)
    journal.note(connection, BudgetLoaded(budget=budget), SYSTEM, now)
    return Loaded(table="budget", new=int(before is None), changed=int(before is not None), same=0)


def allowed(connection: Connection, batch: str) -> OverBudgetAllowed | None:
    """The leader's yes to that batch."""
    return next((fact for _, fact in journal.facts(connection, OverBudgetAllowed) if fact.batch == batch), None)


def let_go(connection: Connection) -> frozenset[str]:
    """Every batch to which the leader has said yes."""
    return frozenset(fact.batch for _, fact in journal.facts(connection, OverBudgetAllowed))


def held(connection: Connection) -> dict[str, OverBudgetHeld]:
    """The rounds' batches that were held up for asking too much and that no leader has let go, by their ids."""
    yes = let_go(connection)
    found = {fact.batch: fact for _, fact in journal.facts(connection, OverBudgetHeld)}
    return {batch: fact for batch, fact in found.items() if batch not in yes}
