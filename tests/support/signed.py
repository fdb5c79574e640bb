"""Somebody who is in at the site: a real session in the ledger, of an account without a password.

await web.get("/items", headers=as_(LEADER))     the leader's browser; without `as_`, the supervisor's
await web.get("/items", headers=OUT)             a browser in which nobody is
cookie_of(database, LEADER)                      the cookie, for what speaks to a real port
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from fastapi import FastAPI

from api.app import create_app
from api.entrance.cookies import session_cookie
from api.site import Site
from desk.accounts.entrance import Entrance
from desk.accounts.hasher import Hasher
from ledger.accounts import accounts, tokens
from ledger.accounts.tokens import TokenRights
from ledger.directory import people
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits
from rules.machine.commands import SYSTEM, Via
from tests.support.product import SUPERVISOR, Started

_AS = "x-signed-in"
_WHERE_FROM = frozenset({"sec-fetch-site", "origin", "referer"})
OUT = {_AS: ""}


def as_(person: str) -> dict[str, str]:
    """The headers of a browser in which that person is, on the site's own pages: `Browsers` puts the cookie of a real
    session there."""
    return {_AS: person}


def entrance_of(database: Database) -> Entrance:
    """The entrance to that database, whose passwords cost next to nothing."""
    return Entrance(database=database, hasher=Hasher(memory_kib=64, passes=1, lanes=1), limits=AccessLimits())


def secret_of(database: Database, person: str, now: datetime | None = None) -> str:
    """The secret of a new session of that person, by id or name; who had no account has one."""
    now = now or datetime.now(UTC)
    with database.write() as connection:
        who = people.somebody(connection, person)
        if accounts.account_of(connection, who.id) is None:
            accounts.open_account(connection, who.id, who.id, SYSTEM, now)
    return entrance_of(database).admit(who.id, "password", address="127.0.0.1", agent="tests", now=now).secret


def cookie_of(database: Database, person: str) -> str:
    """What the browser of that person sends to a site of plain HTTP."""
    return f"{session_cookie(False)}={secret_of(database, person)}"


def token_of(database: Database, person: str, rights: TokenRights | None = None) -> dict[str, str]:
    """The headers of a program that shows a token of that person; without `rights`, one for all that they may."""
    now, limits = datetime.now(UTC), AccessLimits()
    secret_of(database, person)
    with database.write() as connection:
        who = people.somebody(connection, person)
        by = accounts.as_themselves(connection, who.id)
        asked = rights or TokenRights(reads_only=False)
        by = replace(by, via=Via.CONSOLE, through="tests (0)")
        secret, _ = tokens.issue(connection, who.id, "试用", asked, now + timedelta(days=1), limits, by, now)
    return {"Authorization": f"Bearer {secret}"}


class Browsers(httpx2.ASGITransport):
    """Everybody's browser, straight into the application: each person has one session, begun at the first request."""

    def __init__(self, app: FastAPI, *, person: str = SUPERVISOR) -> None:
        super().__init__(app=app)
        self._site: Site = app.state.site
        self._person = person
        self._cookies: dict[tuple[str, str], str] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The request, with the cookie of whoever it is to come from."""
        person = request.headers.pop(_AS, self._person)
        if person and not request.headers.keys() & {"cookie", "authorization"}:
            now = self._site.now()
            in_this_hour = (person, f"{now:%Y-%m-%d %H}")  # a test that moves the site's clock outlives no session
            if in_this_hour not in self._cookies:
                secret = secret_of(self._site.database, person, now)
                self._cookies[in_this_hour] = f"{session_cookie(self._site.reached.secure)}={secret}"
            request.headers["cookie"] = self._cookies[in_this_hour]
            if not request.headers.keys() & _WHERE_FROM:
                request.headers["sec-fetch-site"] = "same-origin"
        return await super().handle_async_request(request)


def browsing(app: FastAPI, *, person: str = SUPERVISOR) -> httpx2.AsyncClient:
    """A client of the application; `person`: whose browser it is where a request does not say."""
    return httpx2.AsyncClient(transport=Browsers(app, person=person), base_url="http://127.0.0.1")


def app_of(product: Started, **parts: Any) -> FastAPI:
    """The site of that product; `parts`: what else, or instead, it is made of."""
    own: dict[str, Any] = {name: getattr(product, name) for name in ("desk", "intake", "database", "files")}
    return create_app(**{"entrance": entrance_of(product.database), **own, **parts})
