"""Accounts kept: the first administrator from the console, the rest by the administrator; own sessions and tokens;
and who did what with them is found."""

from collections.abc import Callable

import pytest

from desk.accounts import keeping
from desk.accounts.accounts_shown import show_accounts, show_sessions
from desk.accounts.keeping import Slip
from desk.caller import on_site
from desk.showing.audit import find_access
from ledger.accounts.tokens import TOKEN_PREFIX, TokenRights
from ledger.directory import people
from ledger.proof.verify import verify
from ledger.reading.entry_filters import EntrySearch
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from tests.ledger.accounts.coming_in import GOOD, LIMITS, MINUTE, OTHER, WRONG, Door, door
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


def test_the_first_administrator_is_invited_until_somebody_has_a_password(database: Database) -> None:
    at = door(database)

    def first(person: str) -> Slip:
        return keeping.invite_first(database, person, "admin.guan", LIMITS, SYSTEM, at.now)

    assert refused(lambda: first("lian")) is Code.ACCOUNT_REFUSED
    lost = first("guan")
    slip = first("关理")
    assert slip.link("https://duban.example/") == f"https://duban.example/invitation/{slip.secret}"
    assert refused(lambda: at.use(lost.secret, GOOD)) is Code.SIGN_IN_REFUSED
    assert at.person_in(at.use(slip.secret, GOOD).secret) == "guan"
    assert refused(lambda: first("guan")) is Code.ACCOUNT_REFUSED
    assert [body["first"] for _, body in at.entered("invitation_issued")] == [True, True]


def test_only_the_administrator_keeps_accounts(at: Door) -> None:
    database, liaison = at.database, on_site("lian")
    at.let_in("lian")
    acts: tuple[Callable[[], object], ...] = (
        lambda: keeping.invite(database, liaison, "dang", "", LIMITS, at.now),
        lambda: keeping.invite_everybody(database, liaison, LIMITS, at.now),
        lambda: keeping.switch(database, liaison, "guan", active=False, reason="x", now=at.now),
        lambda: keeping.sign_out_other(database, liaison, "guan", at.now),
        lambda: keeping.withdraw(database, liaison, "guan", at.now),
        lambda: keeping.tokens_shown(database, liaison, everybody=True),
        lambda: show_accounts(database, liaison, LIMITS, at.now),
    )
    assert [refused(act) for act in acts] == [Code.WRONG_ROLE] * len(acts)


def test_everybody_in_post_without_a_password_gets_a_slip(at: Door) -> None:
    at.let_in("lian")
    all_of_them = keeping.invite_everybody(at.database, ADMINISTRATOR, LIMITS, at.now)
    assert {slip.person for slip in all_of_them} == {one["id"] for one in world.PEOPLE} - {"guan", "lian"}
    of_unit = keeping.invite_everybody(at.database, ADMINISTRATOR, LIMITS, at.now, unit="农科院")
    assert [(slip.person, slip.unit, slip.sign_in_name) for slip in of_unit] == [
        ("lian1b", "农科院", "lian1b"),
        ("zhang", "农科院", "zhang"),
    ]
    old = next(slip for slip in all_of_them if slip.person == "zhang")
    assert refused(lambda: at.use(old.secret, GOOD)) is Code.SIGN_IN_REFUSED
    assert at.use(of_unit[1].secret, GOOD)


def test_two_people_cannot_have_one_sign_in_name_nor_one_two_accounts(at: Door) -> None:
    keeping.invite(at.database, ADMINISTRATOR, "lian", "Li.An", LIMITS, at.now)
    assert (
        refused(lambda: keeping.invite(at.database, ADMINISTRATOR, "dang", "ｌｉ.ａｎ", LIMITS, at.now))
        is Code.ACCOUNT_REFUSED
    )
    again = keeping.invite(at.database, ADMINISTRATOR, "lian", "other", LIMITS, at.now)
    assert again.sign_in_name == "Li.An"


def test_who_has_no_mail_address_is_not_mailed_and_keeps_the_link(at: Door) -> None:
    slip = keeping.invite(at.database, ADMINISTRATOR, "lian", "", LIMITS, at.now)
    assert (
        refused(lambda: keeping.invite(at.database, ADMINISTRATOR, "lian", "", LIMITS, at.now, mailed=True))
        is Code.ACCOUNT_REFUSED
    )
    assert at.use(slip.secret, GOOD)


def test_switching_off_ends_everything_and_needs_a_reason_and_another_person(at: Door) -> None:
    inside, link = at.let_in("lian").secret, at.invite("lian")
    token, _ = keeping.issue_token(
        at.database, on_site("lian"), "报表", TokenRights(), at.now + 60 * MINUTE, LIMITS, at.now
    )
    off = {"active": False, "now": at.now}
    assert refused(lambda: keeping.switch(at.database, ADMINISTRATOR, "lian", reason=" ", **off)) is Code.FIELD_MISSING  # type: ignore[arg-type]
    assert refused(lambda: keeping.switch(at.database, ADMINISTRATOR, "guan", reason="x", **off)) is (  # type: ignore[arg-type]
        Code.ACCOUNT_REFUSED
    )
    assert keeping.switch(at.database, ADMINISTRATOR, "lian", reason="借调", **off) == 1  # type: ignore[arg-type]
    assert at.person_in(inside) is None
    assert at.entrance.recognise_token(token, at.now) is None
    assert refused(lambda: at.use(link, OTHER)) is Code.SIGN_IN_REFUSED
    keeping.switch(at.database, ADMINISTRATOR, "lian", active=True, reason="", now=at.now)
    assert at.person_in(inside) is None, "what ended does not come back"
    assert at.try_in("lian", GOOD)
    assert at.entrance.recognise_token(token, at.now), "a token is switched off with the account, and on again"


def test_everybody_sees_and_ends_their_own_sessions_only(at: Door) -> None:
    me, here = on_site("lian"), at.let_in("lian")
    there = at.try_in("lian", GOOD, address="10.9.9.9")
    shown = show_sessions(at.database, me, LIMITS, at.now, here=here.session.id)
    assert {(one.id, one.address, one.here) for one in shown} == {
        (here.session.id, "10.1.2.3", True),
        (there.session.id, "10.9.9.9", False),
    }
    assert (
        refused(lambda: keeping.sign_out(at.database, on_site("dang"), at.now, session=there.session.id))
        is Code.UNKNOWN_SESSION
    )
    assert keeping.sign_out(at.database, me, at.now, keep=here.session.id) == 1
    assert [at.person_in(one.secret) for one in (here, there)] == ["lian", None]
    assert keeping.sign_out_other(at.database, ADMINISTRATOR, "lian", at.now) == 1
    assert at.person_in(here.secret) is None


def test_a_token_says_what_it_is_narrowed_to_and_works_until_it_is_revoked_or_over(at: Door) -> None:
    me, rights = on_site("lian"), TokenRights(units=("农科院",), scopes=("items", "register"))
    at.let_in("lian")
    secret, known = keeping.issue_token(at.database, me, "报表", rights, at.now + 60 * MINUTE, LIMITS, at.now)
    assert secret.startswith(TOKEN_PREFIX)
    found = at.entrance.recognise_token(secret, at.now)
    assert found is not None
    assert (found.person, found.rights) == ("lian", TokenRights(units=("u1",), scopes=("items", "register")))
    assert keeping.tokens_shown(at.database, me)[0].used_at is not None
    assert at.person_in(secret) is None, "no cookie"
    assert at.entrance.recognise_token(at.try_in("lian", GOOD).secret, at.now) is None, "and a cookie is no token"
    assert refused(lambda: keeping.revoke_token(at.database, on_site("dang"), known.id, at.now)) is Code.UNKNOWN_TOKEN
    at.wait(60)
    assert at.entrance.recognise_token(secret, at.now) is None
    other, kept = keeping.issue_token(at.database, me, "另一个", rights, at.now + 60 * MINUTE, LIMITS, at.now)
    keeping.revoke_token(at.database, ADMINISTRATOR, kept.id, at.now)
    assert at.entrance.recognise_token(other, at.now) is None
    assert [one.name for one in keeping.tokens_shown(at.database, ADMINISTRATOR, everybody=True)] == ["另一个", "报表"]


@pytest.mark.parametrize(
    ("name", "rights", "minutes"),
    [
        ("", TokenRights(), 60),
        ("x" * 61, TokenRights(), 60),
        ("报表", TokenRights(scopes=("Items",)), 60),
        ("报表", TokenRights(units=("没有的单位",)), 60),
        ("报表", TokenRights(), 0),
        ("报表", TokenRights(), 366 * 24 * 60),
    ],
)
def test_what_is_no_token_is_refused(at: Door, name: str, rights: TokenRights, minutes: int) -> None:
    at.let_in("lian")
    assert refused(
        lambda: keeping.issue_token(
            at.database, on_site("lian"), name, rights, at.now + minutes * MINUTE, LIMITS, at.now
        )
    )


def test_how_each_account_stands_is_shown(at: Door) -> None:
    for person in ("lian", "dang", "xie", "zhi"):
        at.let_in(person)
    at.open("zhang")
    keeping.switch(at.database, ADMINISTRATOR, "dang", active=False, reason="借调", now=at.now)
    row = next(one for one in world.PEOPLE if one["id"] == "xie")
    with at.database.write() as connection:
        people.load(connection, areas=[], units=[], people=[row], posts=[])
    for _ in range(3):
        refused(lambda: at.try_in("zhi", WRONG))
    shown = {one.person: one.state for one in show_accounts(at.database, ADMINISTRATOR, LIMITS, at.now)}
    told = {"guan": "active", "lian": "active", "dang": "off", "xie": "left", "zhi": "locked", "zhang": "invited"}
    assert {person: shown[person] for person in told} == told
    assert shown["fen"] == "none"
    at.wait(4 * 24 * 60)
    later = {one.person: one.state for one in show_accounts(at.database, ADMINISTRATOR, LIMITS, at.now)}
    assert (later["zhang"], later["zhi"]) == ("expired", "active")


def test_the_search_finds_who_did_it_and_whom_it_is_about(at: Door) -> None:
    at.let_in("lian")
    refused(lambda: at.try_in("lian", WRONG))
    keeping.switch(at.database, ADMINISTRATOR, "lian", active=False, reason="借调", now=at.now)
    with at.database.read() as connection:
        found = find_access(connection, EntrySearch(person="李安"))
        only = find_access(connection, EntrySearch(person="李安", kinds=("停用或启用账号",)))
        nothing = find_access(connection, EntrySearch(person="党安", kinds=("登录",)))
    kinds = [one.kind for one in found.entries]
    assert kinds[:3] == ["signed_out", "account_switched", "sign_in_failed"]
    assert {"account_opened", "invitation_issued", "invitation_used", "password_changed", "signed_in"} <= set(kinds)
    assert [one.sentence for one in only.entries] == ["停用李安的账号：借调"]
    assert nothing.entries == ()


def test_refusals_of_scope_are_entered_once_a_minute(at: Door) -> None:
    for _ in range(5):
        at.entrance.refused(on_site("lian"), "查看事项", "XX2026-0001", at.now)
    at.wait(1)
    at.entrance.refused(on_site("lian"), "导出", "register", at.now)
    told = [(actor, body["what"], body["count"]) for actor, body in at.entered("scope_refused")]
    assert told == [("lian", "查看事项", 1), ("lian", "导出", 5)]
    assert verify(at.database).wrong == ()
