"""CAS, WeCom and DingTalk against a process that answers as they do: their people are in by the number their
organisation gave them, and nobody who is not theirs."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from definitions.accounts.sign_in_file import WayIn
from ledger.store.database import Database
from rules.errors import Code
from tests.ledger.accounts.ways.travelling import ORIGIN, Travelling, cas, dingtalk, travelling, wecom
from tests.support.servers.elsewhere import SECRET, Elsewhere

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
KINDS: dict[str, tuple[Callable[[str], WayIn], str]] = {
    "cas": (cas, "sub-1"),
    "wecom": (wecom, "lian"),
    "dingtalk": (dingtalk, "sub-1"),
}
"""Each with what it calls the person for ever."""


def _at(database: Database, server: Elsewhere, kind: str) -> Travelling:
    found = travelling(database, KINDS[kind][0](server.address))
    found.open("lian", "dang")
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_a_member_is_in_and_bound_and_the_answer_works_once(
    database: Database, server: Elsewhere, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    at = _at(database, server, kind)
    left = await at.away("/items?lamp=red")
    back = server.visit(left.url)
    arrived = await at.home(back, left.journey.cookie)
    assert (arrived.admitted.session.person, arrived.back) == ("lian", "/items?lamp=red")
    assert at.bound() == [(KINDS[kind][1], "lian")]
    assert [body["how"] for _, body in at.door.entered("signed_in")] == [f"{kind}:hr"]
    assert await at.refused(back, left.journey.cookie) is Code.WAY_REFUSED, "again"
    other = await at.away()
    assert await at.refused({**back, "state": other.journey.state}, other.journey.cookie) is Code.WAY_REFUSED, (
        "its code"
    )
    for secret in (SECRET, "s3cret", "corp-token", "user-token"):
        assert secret not in caplog.text


@pytest.mark.parametrize("kind", KINDS)
async def test_another_browser_and_another_journey_are_refused(
    database: Database, server: Elsewhere, kind: str
) -> None:
    at = _at(database, server, kind)
    left, other = await at.away(), await at.away()
    back = server.visit(left.url)
    assert await at.refused(back, other.journey.cookie) is Code.WAY_REFUSED
    assert await at.refused({**back, "state": "x"}, left.journey.cookie) is Code.WAY_REFUSED
    assert await at.refused({"state": left.journey.state}, left.journey.cookie) is Code.WAY_REFUSED, "without a code"


REFUSED: dict[str, list[dict[str, Any]]] = {
    "cas": [
        {"who": {"sub": "s", "number": "nobody"}},
        {"who": {"sub": "s", "number": ""}},
        {"who": {"sub": "", "number": "lian"}},
        {"status": 403},
        {"answer": "<a"},
        {"answer": "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'/>"},
        {"answer": "<serviceResponse><authenticationSuccess><user>s</user></authenticationSuccess></serviceResponse>"},
        {"answer": "<!DOCTYPE x [<!ENTITY a 'lian'>]><x>&a;</x>"},
        {"answer": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><x>&a;</x>", "coding": "utf-16"},
        {"answer": "<a>" * 20000},
        {
            "answer": "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'><cas:authenticationSuccess>"
            "<cas:user>s</cas:user><cas:attributes><cas:employeeNumber>dang</cas:employeeNumber>"
            "<cas:employeeNumber>lian</cas:employeeNumber></cas:attributes></cas:authenticationSuccess>"
            "</cas:serviceResponse>"
        },
    ],
    "wecom": [
        {"who": {"sub": "s", "number": "nobody"}},
        {"answer": {"errcode": 0, "openid": "lian"}},
        {"answer": {"errcode": 40029, "userid": "lian"}},
        {"answer": {"userid": "lian"}},
        {"answer": {"errcode": 0, "userid": ["lian"]}},
        {"status": 404},
    ],
    "dingtalk": [
        {"who": {"sub": "s", "number": "nobody"}},
        {"who": {"sub": "", "number": "lian"}},
        {"answer": {"errcode": 60121}},
        {"answer": {"errcode": 0}},
        {"answer": {"errcode": 0, "result": {"contact_type": 1, "userid": "lian"}}},
        {"answer": {"errcode": 0, "result": {"contact_type": 0, "userid": ""}}},
        {"status": 401},
    ],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_whoever_is_none_of_theirs_or_of_ours_is_refused(
    database: Database, server: Elsewhere, kind: str
) -> None:
    at = _at(database, server, kind)
    for n, told in enumerate(REFUSED[kind]):
        left = await at.away(address=f"10.0.{n}.1")
        back = server.visit(left.url)
        server.tell(**told)
        assert await at.refused(back, left.journey.cookie, address=f"10.0.{n}.1") is Code.WAY_REFUSED, told
        server.tell()
    assert at.door.entered("signed_in", "way_bound") == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("cas", {"status": 500}),
        ("wecom", {"answer": {"errcode": -1}}),
        ("wecom", {"answer": {"errcode": 45009}}),
        ("dingtalk", {"answer": {"errcode": 88}}),
        ("dingtalk", {"status": 502}),
    ],
)
async def test_a_service_that_is_busy_is_said_to_be_away(
    database: Database, server: Elsewhere, kind: str, told: dict[str, Any]
) -> None:
    at = _at(database, server, kind)
    left = await at.away()
    back = server.visit(left.url)
    server.tell(**told)
    assert await at.refused(back, left.journey.cookie) is Code.WAY_AWAY


async def test_cas_knows_people_by_their_name_there_where_no_claim_is_named(
    database: Database, server: Elsewhere
) -> None:
    at = travelling(database, cas(server.address, claim=""))
    at.open("lian")
    server.tell(who={"sub": "lian", "number": "x"})
    left = await at.away()
    assert (await at.home(server.visit(left.url), left.journey.cookie)).admitted.session.person == "lian"
    url = await at.ways.farewell("hr", origin=ORIGIN, now=at.now)
    assert url == f"{server.address}/cas/logout?service=https%3A%2F%2Fduban.test%2Fsign-in"
