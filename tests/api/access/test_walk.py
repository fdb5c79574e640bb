"""Every route of the site, walked by everybody: each role, own and foreign unit and area, nobody, sessions and tokens
that work no more, tokens for a part. What is answered is the policy's table. A route without a row there fails."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.entrance.cookies import PLAIN_COOKIE
from api.entrance.policy import part_at
from ledger.accounts import accounts, sessions, tokens
from ledger.accounts.tokens import TokenRights
from ledger.chain import lookup
from ledger.directory import people
from rules.access import Readable, opens
from rules.accounts.limits import AccessLimits
from rules.machine.commands import SYSTEM, Via
from rules.process import Role
from tests.support.product import ADMINISTRATOR, AUDITOR, LEADER, SUPERVISOR, Started
from tests.support.signed import OUT, app_of, as_, browsing, secret_of, token_of

TITLE = "只给该看的人看的事项"
UNIT, STRANGE = "u041", "u001"
"""Of different areas."""
KNOWN = {
    **{
        "batch": "none",
        "bulk": "none",
        "campaign": "none",
        "command": "sign",
        "contest": "1",
        "joint": "1",
        "draw": "none",
    },
    **{"evidence": "0" * 64, "figure": "study", "format": "jsonl", "number": "1", "joint": "1", "period": "2026-11"},
    **{"process": "task", "revision": "1", "secret": "a-link", "token": "t1", "unit": UNIT, "verb": "stop"},
    **{"watch": "none", "person": "p2001", "way": "none", "key": "k1", "indicator": "integrity", "seq": "1"},
}
"""What stands in the addresses, beside an item's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The site, an item of UNIT, and who walks: (role, sees the item) by person."""

    app: FastAPI
    product: Started
    no: str
    who: dict[str, tuple[Role, bool]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def walk(product: Started) -> Walk:
    (no,) = await product.issue(TITLE, unit=UNIT)
    with product.database.read() as connection:
        everybody = people.everybody(connection)
        areas = {row["id"]: row["area"] for row in people.all_units(connection)}

    def holder(role: Role, *, unit: str = "", area: str = "") -> str:
        posts = ((who.id, post) for who in everybody for post in who.posts if post.role is role)
        return next(id_ for id_, post in posts if post.unit == (unit or None) and post.area == (area or None))

    body = {SUPERVISOR: Role.SUPERVISOR, LEADER: Role.LEADER, AUDITOR: Role.AUDITOR}
    of_units = {
        holder(role, unit=unit): (role, unit == UNIT)
        for role in (Role.LIAISON, Role.UNIT_HEAD)
        for unit in (UNIT, STRANGE)
    }
    of_areas = {
        holder(role, area=areas[unit]): (role, unit == UNIT)
        for role in (Role.INSTRUCTOR, Role.AREA_LEADER)
        for unit in (UNIT, STRANGE)
    }
    who = {person: (role, True) for person, role in body.items()} | of_units | of_areas
    return Walk(app=app_of(product), product=product, no=no, who=who | {ADMINISTRATOR: (Role.ADMINISTRATOR, False)})


def routes(app: FastAPI) -> list[APIRoute]:
    """Every one of the site."""
    included = [router.original_router.routes for router in app.routes if hasattr(router, "original_router")]
    found = [route for route in chain(app.routes, *included) if isinstance(route, APIRoute)]
    assert len(found) > 100
    return found


def asked(walk: Walk) -> Iterator[tuple[str, str, Readable | None, bool]]:
    """Each address with a method, the part of the policy it belongs to, and whether it is about the item."""
    for route in routes(walk.app):
        missing = set(route.param_convertors) - set(KNOWN) - {"no"}
        assert not missing, f"a new route, {route.path}: say what stands for {missing}"
        path = route.path_format.format(**KNOWN, no=walk.no)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, path, part_at(route.path), "{no}" in route.path


async def ask(web: httpx2.AsyncClient, method: str, path: str, headers: dict[str, str]) -> httpx2.Response:
    body: dict[str, object] = {"json": {}} if method != "GET" and path.startswith("/api/") else {}
    return await web.request(method, path, headers=headers, **body)  # type: ignore[arg-type]


async def test_whoever_is_not_in_gets_nowhere(walk: Walk) -> None:
    """Nobody; a session out of its time, one that has ended; a cookie that somebody made up."""
    database, now = walk.product.database, datetime.now(UTC)
    ended, idle = secret_of(database, SUPERVISOR), secret_of(database, SUPERVISOR, now - timedelta(hours=2))
    with database.write() as connection:
        found = sessions.recognise(connection, ended, now, AccessLimits())
        assert found is not None
        me = replace(accounts.as_themselves(connection, SUPERVISOR), via=Via.SITE)
        sessions.end(connection, SUPERVISOR, "self", me, now, only=found.id)
    outside = cycle([OUT, *({"Cookie": f"{PLAIN_COOKIE}={one}"} for one in (ended, idle, "made-up"))])
    async with browsing(walk.app) as web:
        for method, path, part, _ in asked(walk):
            headers = next(outside) | {"Sec-Fetch-Site": "same-origin"}
            answer = await ask(web, method, path, headers)
            if part is None:
                assert answer.status_code != 401 or path in ("/sign-in", "/sign-in/key"), (method, path)
            elif method == "GET" and not path.startswith(("/api/", "/openapi")):
                assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
            else:
                assert answer.status_code == 401, (method, path, answer.text[:200])
            assert TITLE not in answer.text


async def test_everybody_gets_where_the_table_says_and_finds_what_is_theirs(walk: Walk) -> None:
    async with browsing(walk.app) as web:
        for person, (role, sees) in walk.who.items():
            for method, path, part, of_item in asked(walk):
                if method != "GET" or part is None:
                    continue
                answer = await ask(web, method, path, as_(person))
                where = (person, str(role), path, answer.status_code)
                assert answer.status_code not in (401, 500), where
                if not opens(part, [role]):
                    assert answer.status_code == 403, where
                elif of_item and not sees:
                    again = path == f"/items/{walk.no}/sign"  # where a form was, leads to the item
                    assert answer.status_code in (404, 422, *((303,) if again else ())), where
                elif of_item and "/export" not in path and "blank" not in path:
                    assert answer.status_code in (200, 303, 422), where
                if not sees:
                    assert TITLE not in answer.text, where


async def test_nobody_does_anything_where_the_table_closes_it_or_to_what_they_do_not_see(walk: Walk) -> None:
    async with browsing(walk.app) as web:
        for person, (role, sees) in walk.who.items():
            for method, path, part, of_item in asked(walk):
                if method == "GET" or part is None or path.startswith("/account"):
                    continue
                if opens(part, [role]) and (sees or not of_item):
                    continue
                answer = await ask(web, method, path, as_(person))
                where = (person, str(role), method, path, answer.status_code)
                assert answer.status_code in (403, 404, 409, 413, 422), where
                if of_item and not sees:
                    assert TITLE not in answer.text, where
    with walk.product.database.read() as connection:
        assert lookup.item_row(connection, walk.no)["seq"] == 1, "nothing was done"


async def test_a_token_is_good_for_its_part_and_nowhere_but_at_the_interface(walk: Walk) -> None:
    database = walk.product.database
    whole = token_of(database, SUPERVISOR)
    reads = token_of(database, SUPERVISOR, TokenRights())
    elsewhere = token_of(database, SUPERVISOR, TokenRights(reads_only=False, units=(STRANGE,)))
    items = token_of(database, SUPERVISOR, TokenRights(scopes=("items",)))
    revoked = token_of(database, SUPERVISOR)
    with database.write() as connection:
        newest = max(tokens.tokens_of(connection, SUPERVISOR), key=lambda one: one.issued_at)
        tokens.revoke(connection, newest.id, replace(SYSTEM, via=Via.SYSTEM), datetime.now(UTC))
    wrong = [revoked, {"Authorization": "Bearer duban_made_up"}, {"Authorization": "Basic YTpi"}]
    async with browsing(walk.app) as web:
        for method, path, part, of_item in asked(walk):
            if part is None:
                continue
            interface = path.startswith("/api/")
            for headers in wrong:
                answer = await ask(web, method, path, headers)
                expected = 401 if interface or path == "/openapi.json" or method != "GET" else 303
                assert answer.status_code == expected, (path, answer.status_code)
            answer = await ask(web, method, path, whole if method == "GET" else reads)
            if not interface:
                assert answer.status_code in (303, 401), (path, "a token opens no page")
            elif method != "GET":
                assert answer.status_code == 403, (method, path)
            else:
                assert answer.status_code not in (401, 500, *(() if "blank" in path else (403,))), path
            if interface and method == "GET":
                narrow = await ask(web, method, path, elsewhere)
                assert TITLE not in narrow.text, path
                assert narrow.status_code in (404, 422) or not of_item, path
                part_only = await ask(web, method, path, items)
                if "blank" not in path:
                    assert (part_only.status_code == 403) == (not path.startswith("/api/v1/items")), path
        refused = await ask(web, "POST", f"/api/v1/items/{walk.no}/commands/annul", elsewhere)
        assert refused.json()["code"] == "unknown_item"
        assert (await ask(web, "POST", "/api/v1/issue", elsewhere)).json()["code"] == "wrong_role"
