"""The people of a demo, who are invented: whoever comes may be any of them, until somebody has a password."""

from datetime import datetime

from desk.accounts.entrance import Admitted, Entrance
from ledger.accounts import accounts
from ledger.directory import people
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM

DEMO = "demo"
"""How somebody came in, as sessions and entries have it."""


def lets_choose(database: Database) -> bool:
    """Whether one may still come in as anybody: nobody has set a password, so that nobody has begun in earnest."""
    with database.read() as connection:
        return not any(one.password for one in accounts.all_accounts(connection))


def admit_in_demo(
    entrance: Entrance, person: str, *, address: str, agent: str, now: datetime, old: str = ""
) -> Admitted:
    """One of the invented people is in; who had no account has one. Raises unknown_person, account_refused for one
    without a post; sign_in_refused once somebody has a password."""
    if not lets_choose(entrance.database):
        raise RuleViolation(Code.SIGN_IN_REFUSED)
    with entrance.database.write() as connection:
        who = people.somebody(connection, person)
        if accounts.account_of(connection, who.id) is None:
            accounts.open_account(connection, who.id, who.id, SYSTEM, now)
    return entrance.admit(who.id, DEMO, address=address, agent=agent, now=now, old=old)
