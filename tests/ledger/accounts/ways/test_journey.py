"""What a browser keeps of a journey: nobody else comes back with it, and it leads nowhere but to this site."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.accounts.ways.journey import JOURNEY_LIFE, come_back, own_path, set_out

NOW = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
ELSEWHERE = [
    "https://evil.test/",
    "//evil.test/",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    " //evil.test",
    "javascript:alert(1)",
    "evil.test",
    "",
    "//[",
    "/x\ud800",
    "/" + "x" * 2000,
]


@pytest.mark.parametrize("back", ELSEWHERE)
def test_what_leads_to_another_site_leads_to_the_first_page(back: str) -> None:
    assert own_path(back) == "/"
    assert set_out("oidc:hr", back, NOW).back == "/"


@pytest.mark.parametrize(
    "back", ["/", "/items?lamp=red&text=%E6%95%B4", "/items/ZG2026-0001#story", "/x?to=https://a.b/"]
)
def test_a_path_of_this_site_is_kept(back: str) -> None:
    journey = set_out("oidc:hr", back, NOW)
    found = come_back("oidc:hr", journey.cookie, NOW)
    assert found == journey
    assert found
    assert (found.back, found.state, found.verifier) == (back, journey.state, journey.verifier)


def test_a_cookie_that_names_another_site_leads_to_the_first_page() -> None:
    secret, begun, _ = set_out("oidc:hr", "/", NOW).cookie.split(".")
    coded = base64.urlsafe_b64encode(b"//evil.test/").decode().rstrip("=")
    found = come_back("oidc:hr", f"{secret}.{begun}.{coded}", NOW)
    assert found
    assert found.back == "/"


def test_each_journey_and_each_way_has_its_own_state_nonce_and_verifier() -> None:
    journey, other = set_out("oidc:hr", "/", NOW), set_out("oidc:hr", "/", NOW)
    moved = come_back("cas:hr", journey.cookie, NOW)
    assert moved
    all_ = [x for one in (journey, other, moved) for x in (one.state, one.nonce, one.verifier)]
    assert len(set(all_)) == 9
    assert all(len(one) == 43 for one in all_), "PKCE wants 43 to 128"
    assert not [one for one in all_ if journey.secret in one]
    assert journey.answered_by(journey.state)
    assert not journey.answered_by(other.state)
    assert not journey.answered_by("\udcff")


def test_an_journey_ends_and_none_comes_from_the_future() -> None:
    journey = set_out("oidc:hr", "/", NOW)
    assert come_back("oidc:hr", journey.cookie, NOW + JOURNEY_LIFE - timedelta(seconds=1))
    assert come_back("oidc:hr", journey.cookie, NOW + JOURNEY_LIFE) is None
    assert come_back("oidc:hr", journey.cookie, NOW - timedelta(minutes=3)) is None


@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{43}\.[0-9]{10}\.[A-Za-z0-9_-]{0,20}", fullmatch=True))
def test_any_cookie_is_an_journey_back_to_this_site_or_none(cookie: str) -> None:
    found = come_back("oidc:hr", cookie, NOW)
    assert found is None or (found.back.startswith("/") and not found.back.startswith("//"))
