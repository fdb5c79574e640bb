"""An entrance for tests: cheap hashes, few tries, people of the small world with accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.accounts.entrance import Admitted, Entrance
from desk.accounts.hasher import Hasher
from ledger.accounts import accounts, invitations
from ledger.chain.journal import ENTRY
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits, TryLimit
from rules.machine.commands import SYSTEM
from tests.support.world import NOW

GOOD, OTHER, WRONG = "correct horse battery staple", "石榴 竹椅 三轮车 借来的伞", "wrong horse battery staple"
HERE, AGENT = "10.1.2.3", "Mozilla/5.0"
MINUTE = timedelta(minutes=1)
LIMITS = AccessLimits(
    account=TryLimit(tries=3, window=timedelta(minutes=10), hold=timedelta(minutes=20)),
    address=TryLimit(tries=8, window=timedelta(minutes=10), hold=timedelta(minutes=5)),
    idle=timedelta(minutes=30),
    life=timedelta(hours=8),
    link=timedelta(days=3),
)
CHEAP = Hasher(memory_kib=8, passes=1, lanes=1)


@dataclass
class Door:
    """An entrance with a clock of its own."""

    entrance: Entrance
    now: datetime = NOW

    @property
    def database(self) -> Database:
        return self.entrance.database

    def wait(self, minutes: float) -> None:
        """The clock goes on, or back."""
        self.now += timedelta(minutes=minutes)

    def try_in(self, name: str, password: str, *, address: str = HERE, old: str = "") -> Admitted:
        """As somebody at that address."""
        return self.entrance.sign_in(name, password, address=address, agent=AGENT, now=self.now, old=old)

    def use(self, secret: str, password: str, *, address: str = HERE) -> Admitted:
        """A link, by somebody at that address."""
        return self.entrance.use_invitation(secret, password, address=address, agent=AGENT, now=self.now)

    def invite(self, person: str) -> str:
        """The secret of a new link of the person's."""
        with self.database.write() as connection:
            return invitations.invite(connection, person, LIMITS.link, SYSTEM, self.now).secret

    def open(self, person: str, name: str = "") -> str:
        """The person has an account; the secret of their link."""
        with self.database.write() as connection:
            accounts.open_account(connection, person, name or person, SYSTEM, self.now)
        return self.invite(person)

    def let_in(self, person: str, password: str = GOOD) -> Admitted:
        """The person has an account and a password, and is in."""
        return self.use(self.open(person), password)

    def switch(self, person: str, active: bool) -> None:
        """The person's account lets them in or not."""
        with self.database.write() as connection:
            accounts.switch(connection, person, active=active, reason="", by=SYSTEM, now=self.now)

    def person_in(self, secret: str) -> str | None:
        """Whom the cookie is recognised as."""
        found = self.entrance.recognise(secret, self.now)
        return found.person if found else None

    def entered(self, *kinds: str) -> list[tuple[str, dict[str, object]]]:
        """The entries of these kinds, in order, by actor and body."""
        query = ENTRY.select().where(ENTRY.c.kind.in_(kinds)).order_by(ENTRY.c.position)
        with self.database.read() as connection:
            return [(row.actor, parse(row.body)) for row in connection.execute(query)]


def door(database: Database, hasher: Hasher = CHEAP, limits: AccessLimits = LIMITS) -> Door:
    """An entrance on that database."""
    return Door(Entrance(database=database, hasher=hasher, limits=limits))
