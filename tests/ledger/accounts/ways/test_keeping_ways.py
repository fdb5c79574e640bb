"""What an administrator does about other ways in: accounts without a link, passwords off, bindings undone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from desk.accounts import keeping
from desk.accounts.accounts_shown import show_accounts
from desk.caller import on_site
from ledger.accounts import bindings
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from tests.ledger.accounts.coming_in import AGENT, GOOD, HERE, LIMITS, OTHER, Door, door
from tests.support import world

ADMINISTRATOR = on_site("guan")


def refused(call: Callable[[], object]) -> Code:
    with pytest.raises(RuleViolation) as refusal:
        call()
    return refusal.value.code


@pytest.fixture
def at(database: Database) -> Door:
    """An entrance with an administrator who is in."""
    opened = door(database)
    opened.use(keeping.invite_first(database, "guan", "", LIMITS, SYSTEM, opened.now).secret, GOOD)
    return opened


def test_only_the_administrator_does_any_of_it_and_passwords_of_another_person_only(at: Door) -> None:
    database, liaison = at.database, on_site("lian")
    at.let_in("lian")
    acts: tuple[Callable[[], object], ...] = (
        lambda: keeping.open_for(database, liaison, "", "", at.now),
        lambda: keeping.unbind(database, liaison, "guan", "hr", at.now),
        lambda: keeping.switch_local(database, liaison, "guan", active=False, reason="x", now=at.now),
    )
    assert [refused(act) for act in acts] == [Code.WRONG_ROLE] * len(acts)
    own = refused(lambda: keeping.switch_local(database, ADMINISTRATOR, "guan", active=False, reason="x", now=at.now))
    assert own is Code.ACCOUNT_REFUSED


def test_a_password_switched_off_lets_nobody_in_and_lets_in_again_when_switched_on(at: Door) -> None:
    inside, link = at.let_in("lian").secret, at.invite("lian")

    def switch(active: bool, reason: str = "") -> int:
        return keeping.switch_local(at.database, ADMINISTRATOR, "lian", active=active, reason=reason, now=at.now)

    assert refused(lambda: switch(False)) is Code.FIELD_MISSING
    assert switch(False, "改用统一认证") == 1
    assert at.person_in(inside) is None
    assert refused(lambda: at.try_in("lian", GOOD)) is Code.SIGN_IN_REFUSED
    assert refused(lambda: at.use(link, OTHER)) is Code.SIGN_IN_REFUSED
    assert refused(lambda: keeping.invite(at.database, ADMINISTRATOR, "lian", "", LIMITS, at.now)) is (
        Code.ACCOUNT_REFUSED
    )
    assert at.entrance.admit("lian", "oidc:hr", address=HERE, agent=AGENT, now=at.now), "another way still does"
    assert "lian" not in {one.person for one in keeping.invite_everybody(at.database, ADMINISTRATOR, LIMITS, at.now)}
    assert switch(True) == 0
    assert at.try_in("lian", GOOD)
    assert [body["active"] for _, body in at.entered("password_switched")] == [False, True]
    assert verify(at.database).wrong == ()


def test_where_passwords_are_off_as_a_whole_nobody_is_invited_and_no_password_changed(at: Door) -> None:
    session = at.let_in("lian").session
    off = replace(LIMITS, local=False)
    closed = replace(at.entrance, limits=off)
    assert refused(lambda: keeping.invite(at.database, ADMINISTRATOR, "dang", "", off, at.now)) is Code.ACCOUNT_REFUSED
    assert refused(lambda: closed.change_password(session, GOOD, OTHER, now=at.now)) is Code.SIGN_IN_REFUSED


def test_accounts_are_opened_without_a_link_one_by_one_or_for_everybody(at: Door) -> None:
    assert keeping.open_for(at.database, ADMINISTRATOR, "lian", "Li.An", at.now) == ("lian",)
    assert keeping.open_for(at.database, ADMINISTRATOR, "", "", at.now, unit="农科院") == ("lian1b", "zhang")
    rest = keeping.open_for(at.database, ADMINISTRATOR, "", "", at.now)
    assert set(rest) == {one["id"] for one in world.PEOPLE} - {"guan", "lian", "lian1b", "zhang"}
    assert keeping.open_for(at.database, ADMINISTRATOR, "", "", at.now) == ()
    assert len(at.entered("invitation_issued")) == 1


def test_a_binding_undone_ends_what_is_open_and_says_which_there_are(at: Door) -> None:
    at.open("lian")
    with at.database.write() as connection:
        bindings.bind(connection, "oidc:hr", "s1", "lian", SYSTEM, at.now)
    inside = at.entrance.admit("lian", "oidc:hr", address=HERE, agent=AGENT, now=at.now).secret
    shown = next(one for one in show_accounts(at.database, ADMINISTRATOR, LIMITS, at.now) if one.person == "lian")
    assert (shown.state, shown.ways) == ("active", "统一认证（hr）")
    with pytest.raises(RuleViolation, match="现有的绑定是 oidc:hr"):
        keeping.unbind(at.database, ADMINISTRATOR, "lian", "cas", at.now)
    assert keeping.unbind(at.database, ADMINISTRATOR, "lian", "hr", at.now) == 1
    assert at.person_in(inside) is None
    assert refused(lambda: keeping.unbind(at.database, ADMINISTRATOR, "lian", "hr", at.now)) is Code.ACCOUNT_REFUSED
    assert verify(at.database).wrong == ()
