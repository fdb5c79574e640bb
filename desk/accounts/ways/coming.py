"""Coming in by another way: sent away with a journey, taken in when what comes back says who it was. What a site's
sign-in page calls besides the entrance."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from definitions.accounts.sign_in_file import CasWay, DingtalkWay, OidcWay, WayIn, WaysIn, WecomWay
from desk.accounts.entrance import Admitted, Entrance
from desk.accounts.ways.asking import SaidToBe, WayDenied, WayUnanswered
from desk.accounts.ways.cas import CasGate
from desk.accounts.ways.dingtalk import DingtalkGate
from desk.accounts.ways.journey import Journey, come_back, set_out
from desk.accounts.ways.oidc import OidcGate
from desk.accounts.ways.wecom import WecomGate
from ledger.accounts import accounts, bindings, spent
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor

AWAY_AT_ONCE = 24
"""So many may be asking a provider at once; whoever finds no place is told to come again."""
_SAID_LENGTH = 2000
"""Of anything that comes back."""
_log = logging.getLogger(__name__)


class Gate(Protocol):
    """What each kind of way does."""

    @property
    def way(self) -> WayIn:
        """As the file has it."""

    async def departure(self, journey: Journey, returns: str, now: datetime) -> str:
        """Where to send somebody, who comes back to the address `returns`. Raises WayUnanswered, WayDenied."""

    async def vouched(self, params: Mapping[str, str], journey: Journey, returns: str, now: datetime) -> SaidToBe:
        """Who came back with that. Raises WayUnanswered, WayDenied."""

    async def farewell(self, returns: str, now: datetime) -> str:
        """Where somebody is signed out there too; empty: nowhere. Raises WayUnanswered, WayDenied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Somebody is to be sent to `url`, with that cookie for as long as the journey lasts."""

    url: str
    journey: Journey


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """Somebody is in, and goes on with `back`, a path on this site."""

    admitted: Admitted
    back: str


class OtherWays:
    """The ways in besides the password kept here. One for a process."""

    def __init__(self, entrance: Entrance, ways: WaysIn) -> None:
        self._entrance = entrance
        self._gates = {way.id: _gate(way) for way in ways.ways}
        self._places = AWAY_AT_ONCE

    @property
    def offered(self) -> tuple[WayIn, ...]:
        """The ways, in the order of the file."""
        return tuple(gate.way for gate in self._gates.values())

    async def depart(self, way: str, back: str, *, origin: str, address: str, now: datetime) -> Departure:
        """Where somebody is sent. `back`: where they want to go on, which another site may have written; `origin`: the
        site's own. Raises unknown_way, way_away, sign_in_held, sign_in_busy."""
        gate = self._gate(way)
        await asyncio.to_thread(self._entrance.source, address, now)
        journey = set_out(gate.way.how, back, now)
        async with self._asking(gate):
            try:
                url = await gate.departure(journey, _returns(origin, way), now)
            except WayDenied as denied:  # nobody has said anything yet: the way itself is not in order
                _log.warning("%s", denied)
                raise RuleViolation(Code.WAY_AWAY, name=gate.way.name) from None
        return Departure(url=url, journey=journey)

    async def arrive(
        self,
        way: str,
        params: Mapping[str, str],
        cookie: str,
        *,
        origin: str,
        address: str,
        agent: str,
        now: datetime,
        old: str = "",
    ) -> CameBack:
        """Whoever came back is in. `params`: what the address says, each once; `cookie`: the journey's; `old`: the
        secret of the session that the browser had before.

        Raises unknown_way; way_refused, the one refusal, which counts as failing to sign in; way_away, which does not;
        sign_in_held, sign_in_busy.
        """
        gate = self._gate(way)
        source = await asyncio.to_thread(self._entrance.source, address, now)
        try:
            journey = self._journey(gate, params, cookie, now)
            await asyncio.to_thread(self._spend, journey, now)
            async with self._asking(gate):
                found = await gate.vouched(params, journey, _returns(origin, way), now)
            if not 0 < len(found.subject) <= bindings.CALLED_LENGTH:
                raise WayDenied(f"{gate.way.how}: a subject of {len(found.subject)} characters")
        except WayDenied as denied:
            _log.warning("%s", denied)
            await asyncio.to_thread(self._entrance.not_let_in, source, now)
            raise RuleViolation(Code.WAY_REFUSED) from None
        admitted = await asyncio.to_thread(self._admit, gate.way.how, found, address, agent, now, old)
        return CameBack(admitted=admitted, back=journey.back)

    def back_of(self, way: str, cookie: str, now: datetime) -> str:
        """Where somebody with that cookie goes on when they are in by that way; the first page where it is of none."""
        gate = self._gates.get(way)
        journey = come_back(gate.way.how, cookie, now) if gate else None
        return journey.back if journey else "/"

    def led_out(self, how: str) -> WayIn | None:
        """The way by which somebody came in so (a session's `how`), where they can be signed out too."""
        ways = (gate.way for gate in self._gates.values() if gate.way.how == how)
        return next((way for way in ways if isinstance(way, OidcWay | CasWay)), None)

    async def farewell(self, way: str, *, origin: str, now: datetime) -> str:
        """Where somebody is signed out by that way too, and comes back to the sign-in page; empty where there is no
        such place, or it cannot be asked now."""
        gate = self._gates.get(way)
        if gate is None:
            return ""
        try:
            async with self._asking(gate):
                return await gate.farewell(f"{origin}/sign-in", now)
        except (RuleViolation, WayDenied):
            return ""

    def _gate(self, way: str) -> Gate:
        if way not in self._gates:
            raise RuleViolation(Code.UNKNOWN_WAY)
        return self._gates[way]

    def _journey(self, gate: Gate, params: Mapping[str, str], cookie: str, now: datetime) -> Journey:
        """The journey of this browser, to which what came back belongs. Raises WayDenied."""
        journey = come_back(gate.way.how, cookie, now)
        if journey is None:
            raise WayDenied(f"{gate.way.how}: no journey, or too late")
        if not journey.answered_by(params.get("state", "")):
            raise WayDenied(f"{gate.way.how}: the answer is of another journey")
        if any(len(value) > _SAID_LENGTH for value in params.values()):
            raise WayDenied(f"{gate.way.how}: the answer is too long")
        return journey

    def _spend(self, journey: Journey, now: datetime) -> None:
        """The journey is used up. Raises WayDenied where it was."""
        with self._entrance.database.write() as connection:
            spent.sweep(connection, now)
            if not spent.spend(connection, journey.secret, journey.ends):
                raise WayDenied(f"{journey.way}: the journey was used before")

    def _admit(self, how: str, found: SaidToBe, address: str, agent: str, now: datetime, old: str) -> Admitted:
        new = False

        def whom(connection: Connection) -> str | None:
            nonlocal new
            if person := bindings.bound_to(connection, how, found.subject):
                return person
            person = _claimed(connection, found.claimed)
            if person is None or bindings.binding_of(connection, person, how):
                return None
            new = True
            return person

        def met(connection: Connection, me: Actor) -> None:
            if new:
                bindings.bind(connection, how, found.subject, me.id, me, now)

        return self._entrance.admit_whom(
            whom, how, address=address, agent=agent, now=now, old=old, met=met, refusal=Code.WAY_REFUSED
        )

    @asynccontextmanager
    async def _asking(self, gate: Gate) -> AsyncIterator[None]:
        """A place among those who ask. Raises sign_in_busy; way_away where there is no answer."""
        if self._places <= 0:
            raise RuleViolation(Code.SIGN_IN_BUSY)
        self._places -= 1
        try:
            yield
        except WayUnanswered as away:
            _log.warning("%s", away)
            raise RuleViolation(Code.WAY_AWAY, name=gate.way.name) from None
        finally:
            self._places += 1


def _claimed(connection: Connection, claimed: str) -> str | None:
    """Whose id or sign-in name that is; nobody where it is one person's id and another one's name."""
    if not claimed:
        return None
    found = {
        account.person
        for account in (accounts.account_of(connection, claimed), accounts.account_called(connection, claimed))
        if account
    }
    return found.pop() if len(found) == 1 else None


def _returns(origin: str, way: str) -> str:
    """Where whoever was sent away by that way comes back to."""
    return f"{origin}/sign-in/with/{way}/back"


def _gate(way: WayIn) -> Gate:
    match way:
        case OidcWay():
            return OidcGate(way)
        case CasWay():
            return CasGate(way)
        case WecomWay():
            return WecomGate(way)
        case DingtalkWay():
            return DingtalkGate(way)
    raise NotImplementedError(way.how)
