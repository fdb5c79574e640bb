"""OpenID Connect against a provider that can be told to lie: whom it vouches for is in, and nobody else, whatever is
sent by whom."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from tests.ledger.accounts.ways.travelling import ORIGIN, Travelling, travelling
from tests.support.servers.elsewhere import SECRET, Elsewhere, oidc

on_one_database = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def at(database: Database, server: Elsewhere) -> Travelling:
    found = travelling(database, oidc(server.address))
    found.open("lian", "dang")
    return found


async def test_whom_the_claim_finds_is_in_and_bound_by_sub_from_then_on(at: Travelling, server: Elsewhere) -> None:
    left = await at.away("/items?lamp=red")
    arrived = await at.home(server.visit(left.url), left.journey.cookie)
    assert (arrived.back, arrived.admitted.session.person, arrived.admitted.session.how) == (
        "/items?lamp=red",
        "lian",
        "oidc:hr",
    )
    found = at.door.entrance.recognise(arrived.admitted.secret, at.now)
    assert found
    assert found.person == "lian"
    server.tell(who={"sub": "sub-1", "number": "dang"})  # the claim is another one's by now: the sub decides
    left = await at.away()
    assert (await at.home(server.visit(left.url), left.journey.cookie)).admitted.session.person == "lian"
    assert at.bound() == [("sub-1", "lian")]
    ((actor, bound),) = at.door.entered("way_bound")
    assert (actor, bound["way"], bound["person"]) == ("lian", "oidc:hr", "lian")
    assert "sub-1" not in str(bound)
    assert [body["how"] for _, body in at.door.entered("signed_in")] == ["oidc:hr"] * 2
    assert verify(at.door.database).wrong == ()


async def test_another_sub_with_the_claim_of_somebody_bound_is_refused(at: Travelling, server: Elsewhere) -> None:
    left = await at.away()
    await at.home(server.visit(left.url), left.journey.cookie)
    server.tell(who={"sub": "sub-2", "number": "lian"})
    left = await at.away()
    assert await at.refused(server.visit(left.url), left.journey.cookie) is Code.WAY_REFUSED
    assert at.bound() == [("sub-1", "lian")]


@on_one_database
async def test_the_sign_in_name_finds_too_and_what_means_two_people_nobody(at: Travelling, server: Elsewhere) -> None:
    at.open("zhang", name="A-1001")
    server.tell(who={"sub": "s3", "number": "a-1001"})
    left = await at.away()
    assert (await at.home(server.visit(left.url), left.journey.cookie)).admitted.session.person == "zhang"
    at.open("du", name="guan")
    at.open("guan", name="du-x")
    server.tell(who={"sub": "s4", "number": "guan"})
    left = await at.away()
    assert await at.refused(server.visit(left.url), left.journey.cookie) is Code.WAY_REFUSED


WHO_IS_NOT_LET_IN: dict[str, dict[str, Any]] = {
    "unknown": {"who": {"sub": "s", "number": "nobody"}},
    "without the claim": {"who": {"sub": "s"}},
    "an empty claim": {"who": {"sub": "s", "number": ""}},
    "a claim that is a list": {"who": {"sub": "s", "number": ["lian"]}},
    "known, without an account": {"who": {"sub": "s", "number": "fen"}},
    "switched off": {"who": {"sub": "s", "number": "dang"}},
    "an empty sub": {"who": {"sub": "", "number": "lian"}},
    "a sub too long": {"who": {"sub": "s" * 256, "number": "lian"}},
    "no sub": {"claims": {"sub": None}},
    "a sub that is no text": {"claims": {"sub": 7}},
    "another nonce": {"claims": {"nonce": "x" * 43}},
    "no nonce": {"claims": {"nonce": None}},
    "another issuer": {"claims": {"iss": "https://evil.test"}},
    "another audience": {"claims": {"aud": "another"}},
    "another audience beside": {"claims": {"aud": ["duban", "another"], "azp": "another"}},
    "expired": {"claims": {"exp": 1_700_000_000}},
    "no expiry": {"claims": {"exp": None}},
    "of the future": {"claims": {"iat": 4_000_000_000}},
    "not valid yet": {"claims": {"nbf": 4_000_000_000}},
    "of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "alg none": {"sign": "none"},
    "signed by the secret": {"sign": "hmac"},
    "signed by the public key as a secret": {"sign": "hmac", "with": "key"},
    "signed by another key": {"sign": "foreign"},
    "no id token": {"token": {"id_token": None}},
    "an id token that is none": {"token": {"id_token": "a.b"}},
    "no access token": {"token": {"access_token": 7}},
    "a userinfo of somebody else": {"who": {"sub": "s"}, "userinfo": {"sub": "t", "number": "lian"}},
    "sent by another issuer": {"back": {"iss": "https://evil.test"}},
    "that says who sends and does not": {"metadata": {"authorization_response_iss_parameter_supported": True}},
    "that says no": {"back": {"error": "access_denied"}},
    "without a code": {"back": {"code": ""}},
    "with a code made up": {"back": {"code": "x"}},
    "with a state made up": {"back": {"state": "x" * 43}},
    "with a state that is no text": {"back": {"state": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}},
    "with a code as long as a book": {"back": {"code": "x" * 3000}},
}


@on_one_database
async def test_everybody_else_is_refused_in_the_same_words(
    at: Travelling, server: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    at.door.switch("dang", False)
    for n, (why, told) in enumerate(WHO_IS_NOT_LET_IN.items()):
        server.tell(**told)
        found = travelling(at.door.database, oidc(server.address)) if "metadata" in told else at
        left = await found.away(address=f"10.0.{n}.1")
        code = await found.refused(server.visit(left.url), left.journey.cookie, address=f"10.0.{n}.1")
        assert code is Code.WAY_REFUSED, why
    assert at.bound() == []
    assert at.door.entered("signed_in", "way_bound") == []
    failed = [actor for actor, _ in at.door.entered("sign_in_failed")]
    assert len(failed) == len(WHO_IS_NOT_LET_IN)
    assert failed.count("dang") == 1, "whose account was switched off is known"
    assert SECRET not in caplog.text


async def test_what_came_back_works_once_in_one_browser_in_time(at: Travelling, server: Elsewhere) -> None:
    left, other = await at.away(), await at.away()
    back = server.visit(left.url)
    assert await at.refused(back, other.journey.cookie) is Code.WAY_REFUSED, "another browser"
    assert await at.refused(back, "") is Code.WAY_REFUSED, "no cookie"
    assert await at.refused({**back, "state": other.journey.state}, left.journey.cookie) is Code.WAY_REFUSED
    assert await at.home(back, left.journey.cookie)
    assert await at.refused(back, left.journey.cookie) is Code.WAY_REFUSED, "again"
    fresh = server.visit(other.url)
    assert await at.refused({**back, "state": other.journey.state}, other.journey.cookie) is Code.WAY_REFUSED, (
        "its code"
    )
    assert await at.refused(fresh, other.journey.cookie) is Code.WAY_REFUSED, "used up by trying"
    late = await at.away()
    back = server.visit(late.url)
    at.ahead = timedelta(minutes=10, seconds=1)
    assert await at.refused(back, late.journey.cookie) is Code.WAY_REFUSED, "too late"
    early = await at.away()
    back = server.visit(early.url)
    at.ahead = timedelta(minutes=-3)
    assert await at.refused(back, early.journey.cookie) is Code.WAY_REFUSED, "from the future"


@on_one_database
async def test_an_journey_of_one_way_is_none_of_another(at: Travelling, server: Elsewhere) -> None:
    left = await at.away()
    back = server.visit(left.url)
    parts = left.journey.cookie.split(".")
    moved = f"{parts[0]}.{int(parts[1]) + 60:010d}.{parts[2]}"
    assert await at.refused(back, moved) is Code.WAY_REFUSED, "a cookie that was changed"
    with pytest.raises(RuleViolation) as refused:
        await at.ways.depart("cas", "/", origin=ORIGIN, address="10.0.0.1", now=at.now)
    assert refused.value.code is Code.UNKNOWN_WAY


@on_one_database
async def test_coming_in_ends_the_session_that_the_browser_had(at: Travelling, server: Elsewhere) -> None:
    left = await at.away()
    first = (await at.home(server.visit(left.url), left.journey.cookie)).admitted
    left = await at.away()
    second = (await at.home(server.visit(left.url), left.journey.cookie, old=first.secret)).admitted
    assert first.secret != second.secret
    assert at.door.entrance.recognise(first.secret, at.now) is None


@on_one_database
async def test_failures_hold_the_address_up(at: Travelling, server: Elsewhere) -> None:
    for _ in range(8):
        assert await at.refused({"state": "x"}, "") is Code.WAY_REFUSED
    assert await at.refused({"state": "x"}, "") is Code.SIGN_IN_HELD
    with pytest.raises(RuleViolation) as refused:
        await at.away()
    assert refused.value.code is Code.SIGN_IN_HELD
    assert await at.away(address="10.9.9.9")
    assert len(at.door.entered("sign_in_failed")) == 1, "one entry a minute"


AWAY: dict[str, dict[str, Any]] = {
    "an error": {"status": 503},
    "an answer without an end": {"slow": 30},
    "an answer too long": {"pad": 300_000},
    "a packed answer": {"packed": True},
}


@on_one_database
@pytest.mark.parametrize("told", AWAY.values(), ids=AWAY)
async def test_a_provider_that_gives_no_answer_is_said_to_be_away_and_nobody_failed(
    at: Travelling, server: Elsewhere, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.accounts.ways.asking.ASKED_SECONDS", 0.5)
    left = await at.away()
    back = server.visit(left.url)
    server.tell(**told)
    assert await at.refused(back, left.journey.cookie) is Code.WAY_AWAY
    fresh = travelling(at.door.database, oidc(server.address))
    with pytest.raises(RuleViolation, match="统一认证现在没有应答") as refused:
        await fresh.away()
    assert refused.value.code is Code.WAY_AWAY
    assert at.door.entered("sign_in_failed") == []


@on_one_database
async def test_a_provider_that_nobody_reaches_is_away(at: Travelling) -> None:
    with pytest.raises(RuleViolation) as refused:
        await travelling(at.door.database, oidc("http://127.0.0.1:9")).away()
    assert refused.value.code is Code.WAY_AWAY


@on_one_database
@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.test"}, {"issuer": None}, {"token_endpoint": None}, {"jwks_uri": "file:///etc/passwd"}],
)
async def test_a_provider_that_is_not_the_one_in_the_file_is_not_gone_to(
    at: Travelling, server: Elsewhere, metadata: dict[str, Any]
) -> None:
    server.tell(metadata=metadata)
    with pytest.raises(RuleViolation) as refused:
        await at.away()
    assert refused.value.code is Code.WAY_AWAY


@on_one_database
async def test_new_keys_of_the_provider_are_learned_once_a_minute(at: Travelling, server: Elsewhere) -> None:
    left = await at.away()
    await at.home(server.visit(left.url), left.journey.cookie)
    server.tell(key=1)
    left = await at.away()
    assert await at.refused(server.visit(left.url), left.journey.cookie) is Code.WAY_REFUSED, "within the minute"
    at.ahead = timedelta(seconds=61)
    left = await at.away()
    assert await at.home(server.visit(left.url), left.journey.cookie)


@on_one_database
async def test_the_claim_may_stand_in_userinfo_alone(at: Travelling, server: Elsewhere) -> None:
    server.tell(who={"sub": "s1"}, userinfo={"number": "lian"})
    left = await at.away()
    assert (await at.home(server.visit(left.url), left.journey.cookie)).admitted.session.person == "lian"


@on_one_database
async def test_no_more_ask_at_once_than_there_are_places(at: Travelling) -> None:
    at.ways._places = 0
    with pytest.raises(RuleViolation) as refused:
        await at.away()
    assert refused.value.code is Code.SIGN_IN_BUSY


@on_one_database
async def test_whoever_came_in_so_can_be_signed_out_there_too(at: Travelling, server: Elsewhere) -> None:
    url = await at.ways.farewell("hr", origin=ORIGIN, now=at.now)
    assert url == f"{server.address}/out?client_id=duban&post_logout_redirect_uri=https%3A%2F%2Fduban.test%2Fsign-in"
    assert await at.ways.farewell("cas", origin=ORIGIN, now=at.now) == ""
