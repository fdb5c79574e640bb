"""A security key besides: whoever keeps accounts is only half in until one has answered, whichever way they came."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from desk.accounts import keeping
from desk.accounts.entrance import Admitted, KeyAsked
from desk.accounts.second_factor import SecondFactor
from desk.caller import on_site
from ledger.accounts import security_keys
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.process import Role
from tests.ledger.accounts.coming_in import AGENT, GOOD, HERE, LIMITS, WRONG, Door, door
from tests.support import world
from tests.support.servers.authenticator import Authenticator
from tests.support.two.people import posted

ORIGIN, NAME = "https://duban.test", "duban.test"


@pytest.fixture
def at(database: Database) -> Door:
    """An entrance that asks for keys; the administrator has a password and no key yet."""
    opened = door(database)
    opened.let_in("guan")
    opened.let_in("lian")
    opened.entrance = replace(opened.entrance, limits=replace(LIMITS, second_factor=True))
    return opened


def refused(call: Callable[[], object]) -> Code:
    with pytest.raises(RuleViolation) as refusal:
        call()
    return refusal.value.code


def half(at: Door, password: str = GOOD) -> str:
    """The secret of the administrator, who has given the password."""
    with pytest.raises(KeyAsked) as asked:
        at.try_in("guan", password)
    assert at.person_in(asked.value.secret) is None, "half is not in"
    return asked.value.secret


def factor(at: Door) -> SecondFactor:
    return SecondFactor(entrance=at.entrance, origin=ORIGIN)


def answer(at: Door, secret: str, shown: str) -> Admitted:
    return factor(at).answer(secret, shown, address=HERE, agent=AGENT, now=at.now)


def with_key(at: Door) -> Authenticator:
    """The administrator comes in the first time, and adds a key by that."""
    key = Authenticator(ORIGIN, NAME)
    secret = half(at)
    question = factor(at).question(secret, at.now)
    assert question.adds
    assert at.person_in(answer(at, secret, key.register(question.options)).secret) == "guan"
    return key


def _give(database: Database, person: str, role: Role) -> None:
    """The person holds that post too."""
    post = {"person": person, "role": str(role), "unit": None, "area": None}
    held = [one for one in world.POSTS if one["person"] == person]
    (row,) = [one for one in world.PEOPLE if one["id"] == person]
    posted(database, row, [*held, post], datetime.now(UTC))


def test_the_first_key_is_added_coming_in_and_asked_for_from_then_on(at: Door) -> None:
    key = with_key(at)
    secret = half(at)
    question = factor(at).question(secret, at.now)
    assert not question.adds
    admitted = answer(at, secret, key.show(question.options))
    assert at.person_in(admitted.secret) == "guan"
    assert admitted.session.security_key
    assert refused(lambda: answer(at, secret, key.show(question.options))) is Code.KEY_REFUSED, "half in only once"
    (_, added), *_ = at.entered("key_added")
    assert [body["key"] for _, body in at.entered("signed_in")[-2:]] == [added["key"]] * 2
    assert verify(at.database).wrong == ()


def test_who_keeps_no_accounts_is_in_without_one(at: Door) -> None:
    assert at.person_in(at.try_in("lian", GOOD).secret) == "lian"


def test_every_way_in_asks(at: Door) -> None:
    with pytest.raises(KeyAsked):
        at.entrance.admit("guan", "oidc:hr", address=HERE, agent=AGENT, now=at.now)
    link = at.invite("guan")
    with pytest.raises(KeyAsked):
        at.use(link, "another horse battery staple")


def test_what_does_not_answer_this_question_with_this_persons_key_is_refused(at: Door) -> None:
    key, other = with_key(at), Authenticator(ORIGIN, NAME)
    evil, named = replace_origin(key, "https://evil.test", NAME), replace_origin(key, ORIGIN, "evil.test")
    foreign = factor(at).question(half(at), at.now).options
    shown: dict[str, Callable[[dict[str, Any]], str]] = {
        "another key": other.show,
        "another question": lambda options: key.show(foreign),
        "another site's": evil.show,
        "another name's": named.show,
        "nobody touched it": lambda options: key.show(options, flags=0),
        "a key added": key.register,
        "nothing": lambda options: "",
        "no key": lambda options: "{}",
        "a list": lambda options: "[]",
        "null": lambda options: "null",
        "a book": lambda options: "x" * 30_000,
        "brackets": lambda options: "[" * 19_000,
    }
    for why, show in shown.items():
        at.wait(25)  # so that nothing but what was shown decides
        secret = half(at)
        said = show(factor(at).question(secret, at.now).options)
        assert refused(lambda secret=secret, said=said: answer(at, secret, said)) is Code.KEY_REFUSED, why  # type: ignore[misc]
    assert at.entered("sign_in_failed")[-1][1]["person"] == "guan"
    assert len(at.entered("key_added")) == 1


def replace_origin(key: Authenticator, origin: str, name: str) -> Authenticator:
    """The same key, as a page elsewhere speaks with it."""
    return Authenticator(origin, name, key.count + 100, key.id, key.key)


def test_a_copy_of_a_key_is_found_out_by_its_count(at: Door) -> None:
    key = with_key(at)
    copy = replace_origin(key, ORIGIN, NAME)
    copy.count = key.count
    secret = half(at)
    answer(at, secret, key.show(factor(at).question(secret, at.now).options))
    secret = half(at)
    assert refused(lambda: answer(at, secret, copy.show(factor(at).question(secret, at.now).options))) is (
        Code.KEY_REFUSED
    )


def test_so_many_misses_and_so_much_time_end_it(at: Door) -> None:
    key = with_key(at)
    secret = half(at)
    options = factor(at).question(secret, at.now).options
    for _ in range(3):
        assert refused(lambda: answer(at, secret, "{}")) is Code.KEY_REFUSED
    assert refused(lambda: answer(at, secret, key.show(options))) is Code.KEY_REFUSED, "the account is locked"
    at.wait(30)
    late = half(at)
    options = factor(at).question(late, at.now).options
    at.wait(5.1)
    assert refused(lambda: answer(at, late, key.show(options))) is Code.KEY_REFUSED
    assert refused(lambda: factor(at).question(late, at.now)) is Code.KEY_REFUSED
    assert refused(lambda: factor(at).question("made up", at.now)) is Code.KEY_REFUSED


def test_who_comes_to_keep_accounts_comes_in_anew_and_a_session_without_a_key_ends(at: Door) -> None:
    inside = at.try_in("lian", GOOD).secret
    assert at.person_in(inside) == "lian"
    _give(at.database, "lian", Role.SECURITY)
    assert at.person_in(inside) is None
    with pytest.raises(KeyAsked):
        at.try_in("lian", GOOD)


def test_more_keys_are_added_by_who_is_in_and_a_lost_one_removed_by_another_administrator(at: Door) -> None:
    key, second = with_key(at), Authenticator(ORIGIN, NAME)
    secret = half(at)
    inside = answer(at, secret, key.show(factor(at).question(secret, at.now).options)).secret
    me = on_site("guan")
    options = factor(at).adding(me, inside)
    assert [one["id"] for one in options["excludeCredentials"]], "the first one is not added again"
    said = second.register(options)
    assert refused(lambda: factor(at).add(me, inside, " ", said, at.now)) is Code.FIELD_MISSING
    assert refused(lambda: factor(at).add(me, "another session", "备用", said, at.now)) is Code.ACCOUNT_REFUSED
    factor(at).add(me, inside, "备用", said, at.now)
    assert refused(lambda: factor(at).add(me, inside, "又一次", said, at.now)) is Code.ACCOUNT_REFUSED
    own = refused(lambda: keeping.remove_key(at.database, me, "guan", "", "丢了", at.now))
    assert own is Code.ACCOUNT_REFUSED
    _give(at.database, "du", Role.ADMINISTRATOR)
    other = on_site("du")
    assert refused(lambda: keeping.remove_key(at.database, other, "guan", "没有的", "丢了", at.now)) is (
        Code.ACCOUNT_REFUSED
    )
    assert keeping.remove_key(at.database, other, "guan", "备用", "丢了", at.now) >= 1
    assert at.person_in(inside) is None
    with at.database.read() as connection:
        assert [one.name for one in security_keys.keys_of(connection, "guan")] == ["第一把"]
    keeping.remove_key(at.database, other, "guan", "", "丢了", at.now)
    assert factor(at).question(half(at), at.now).adds, "the next time a new one is added"
    assert verify(at.database).wrong == ()


def test_a_wrong_password_asks_for_no_key(at: Door) -> None:
    assert refused(lambda: at.try_in("guan", WRONG)) is Code.SIGN_IN_REFUSED
