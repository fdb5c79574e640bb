"""Somebody with a browser who comes in by another way: sent away, back with an answer, in or refused."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from definitions.accounts.sign_in_file import CasWay, DingtalkWay, WayIn, WaysIn, WecomWay
from desk.accounts.ways.coming import CameBack, Departure, OtherWays
from ledger.accounts import accounts, bindings
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from tests.ledger.accounts.coming_in import AGENT, HERE, Door, door
from tests.support.servers.elsewhere import CLIENT, SECRET

ORIGIN = "https://duban.test"


def cas(address: str, *, claim: str = "employeeNumber") -> CasWay:
    return CasWay(id="hr", name="学校", address=f"{address}/cas", claim=claim)


def wecom(address: str) -> WecomWay:
    page = f"{address}/wwlogin/sso/login"
    return WecomWay(id="hr", name="企业微信", corp=CLIENT, agent="1", secret=SECRET, page=page, address=address)


def dingtalk(address: str) -> DingtalkWay:
    page = f"{address}/oauth2/auth"
    return DingtalkWay(
        id="hr", name="钉钉", client_id=CLIENT, secret=SECRET, page=page, address=address, directory=address
    )


@dataclass
class Travelling:
    """The ways of a site, and the clock, which is the real one: what a provider signs says when."""

    door: Door
    ways: OtherWays
    ahead: timedelta = field(default_factory=timedelta)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    def open(self, *people: str, name: str = "") -> None:
        """These have accounts, without a password."""
        with self.door.database.write() as connection:
            for person in people:
                accounts.open_account(connection, person, name or person, SYSTEM, self.now)

    async def away(self, back: str = "/items", *, address: str = HERE) -> Departure:
        """Somebody is sent away."""
        return await self.ways.depart("hr", back, origin=ORIGIN, address=address, now=self.now)

    async def home(
        self, params: Mapping[str, str], cookie: str, *, address: str = HERE, origin: str = ORIGIN, old: str = ""
    ) -> CameBack:
        """A browser comes back with that."""
        now = self.now
        return await self.ways.arrive(
            "hr", params, cookie, origin=origin, address=address, agent=AGENT, now=now, old=old
        )

    async def refused(self, params: Mapping[str, str], cookie: str, *, address: str = HERE) -> Code:
        """A browser that comes back with that is not let in."""
        with pytest.raises(RuleViolation) as refusal:
            await self.home(params, cookie, address=address)
        return refusal.value.code

    def bound(self) -> list[tuple[str, str]]:
        """Who comes in as whom."""
        with self.door.database.read() as connection:
            return [(one.subject, one.person) for one in bindings.all_bindings(connection)]


def travelling(database: Database, way: WayIn) -> Travelling:
    """A site with that way in."""
    at = door(database)
    return Travelling(at, OtherWays(at.entrance, WaysIn(ways=(way,))))
