"""Coming in: one refusal whatever the reason, in the same words after the same work; links that work once; sessions
that end when they have to. On both databases, with a clock that the test moves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import event, func, select, text

from desk.accounts.hasher import Hasher, PasswordCompared
from ledger.accounts import accounts
from ledger.accounts.sessions import SESSION
from ledger.accounts.tries import TRIED
from ledger.directory import people
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from tests.ledger.accounts.coming_in import CHEAP, GOOD, HERE, LIMITS, OTHER, WRONG, door
from tests.support import world


def refusal(call: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        call()
    return refused.value


def test_by_the_link_a_password_is_set_and_then_lets_in_under_the_name_however_typed(database: Database) -> None:
    at = door(database)
    first = at.use(at.open("lian", "Li.An"), GOOD)
    assert at.person_in(first.secret) == "lian"
    for name in ("Li.An", " li.an", "ＬＩ．ＡＮ"):
        assert at.person_in(at.try_in(name, GOOD).secret) == "lian"
    assert [body["how"] for _, body in at.entered("signed_in")] == ["password"] * 4


def test_no_secret_stands_in_database_or_chain(database: Database) -> None:
    at = door(database)
    link = at.open("lian")
    cookie = at.use(link, GOOD).secret
    with database.read() as connection:
        for table in ("entry", "account", "invitation", "session", "tries"):
            kept = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert not [secret for secret in (link, cookie, GOOD) if secret in kept]


def test_every_reason_is_refused_in_the_same_words(database: Database) -> None:
    at = door(database)
    for person in ("lian", "dang", "du", "zhang", "xie", "lian1b"):
        at.let_in(person)
    of_theirs = at.invite("lian1b")
    expired, used = at.invite("zhang"), at.open("guan")
    never = at.open("fen")
    at.use(used, GOOD)
    at.switch("du", False)
    _left(database, "xie")
    for _ in range(3):
        refusal(lambda: at.try_in("dang", WRONG, address="10.9.9.9"))
    with database.write() as connection:
        accounts.switch_local(connection, "lian1b", active=False, reason="", by=SYSTEM, now=at.now)
    no_passwords = door(database, limits=replace(LIMITS, local=False))
    reasons: dict[str, Callable[[], object]] = {
        "passwords off for them": lambda: at.try_in("lian1b", GOOD, address="10.0.1.1"),
        "a link of theirs": lambda: at.use(of_theirs, OTHER, address="10.0.1.2"),
        "passwords off for all": lambda: no_passwords.try_in("lian", GOOD, address="10.0.1.3"),
        "any link then": lambda: no_passwords.use(expired, OTHER, address="10.0.1.4"),
        "unknown name": lambda: at.try_in("nobody", GOOD, address="10.0.0.1"),
        "wrong password": lambda: at.try_in("lian", WRONG, address="10.0.0.2"),
        "locked, with the right one": lambda: at.try_in("dang", GOOD, address="10.0.0.3"),
        "switched off": lambda: at.try_in("du", GOOD, address="10.0.0.4"),
        "left": lambda: at.try_in("xie", GOOD, address="10.0.0.5"),
        "no password yet": lambda: at.try_in("fen", GOOD, address="10.0.0.6"),
        "nothing at all": lambda: at.try_in("", "", address="10.0.0.7"),
        "a link used": lambda: at.use(used, OTHER, address="10.0.0.8"),
        "a link made up": lambda: at.use("x" * 43, OTHER, address="10.0.0.9"),
    }
    said = {why: refusal(call) for why, call in reasons.items()}
    at.wait(3 * 24 * 60)
    said["a link expired"] = refusal(lambda: at.use(expired, OTHER))
    assert {why: (one.code, str(one)) for why, one in said.items()} == dict.fromkeys(
        said, (Code.SIGN_IN_REFUSED, str(said["unknown name"]))
    )
    assert never


def test_every_refusal_costs_one_comparison_and_the_same_writes(database: Database) -> None:
    """The work is the same, so the time is: what is measured by a clock on a shared machine proves nothing."""
    counting = CountingHasher()
    at = door(database, counting)
    for person in ("lian", "dang", "du"):
        at.let_in(person)
    at.open("fen")
    at.switch("du", False)
    for _ in range(3):
        refusal(lambda: at.try_in("dang", WRONG, address="10.9.9.9"))
    at.wait(2)
    refusal(lambda: at.try_in("another", GOOD))  # what waited for an entry has it
    at.wait(2)
    counting.compared_with.clear()
    asked: dict[str, list[str]] = {}
    listening = ""

    def asks(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked[listening].append(statement.split()[0])

    event.listen(database.engine, "before_cursor_execute", asks)
    for listening in ("nobody", "lian", "dang", "du", "fen"):
        asked[listening] = []
        password = WRONG if listening == "lian" else GOOD
        refusal(lambda name=listening, password=password: at.try_in(name, password, address=f"10.0.0.{len(name)}"))  # type: ignore[misc]
        at.wait(2)
    event.remove(database.engine, "before_cursor_execute", asks)
    assert len(counting.compared_with) == 5, "one comparison each, of a password that nobody has too"
    counts = {name: len(statements) for name, statements in asked.items()}
    assert max(counts.values()) - min(counts.values()) == 0, counts


def test_so_many_failures_lock_and_the_right_password_does_not_help_until_it_is_over(database: Database) -> None:
    at = door(database)
    at.let_in("lian")
    for _ in range(3):
        refusal(lambda: at.try_in("lian", WRONG))
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_REFUSED
    at.wait(19.9)
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_REFUSED
    at.wait(0.2)
    assert at.person_in(at.try_in("lian", GOOD).secret) == "lian"
    (actor, locked), *more = at.entered("account_locked")
    assert (actor, locked["person"], locked["count"], more) == ("lian", "lian", 3, [])


def test_coming_in_ends_the_count(database: Database) -> None:
    at = door(database)
    at.let_in("lian")
    for _ in range(3):
        refusal(lambda: at.try_in("lian", WRONG))
        refusal(lambda: at.try_in("lian", WRONG))
        at.try_in("lian", GOOD)
        at.wait(11)
    assert at.entered("account_locked") == []


def test_an_address_from_which_too_much_fails_is_held_whatever_the_names(database: Database) -> None:
    at = door(database)
    at.let_in("lian")
    for n in range(8):
        refusal(lambda n=n: at.try_in(f"name{n}", WRONG))  # type: ignore[misc]
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_HELD
    assert refusal(lambda: at.use("x" * 43, OTHER)).code is Code.SIGN_IN_HELD
    assert at.person_in(at.try_in("lian", GOOD, address="10.1.2.4").secret) == "lian", "others are not"
    at.wait(5)
    assert at.person_in(at.try_in("lian", GOOD).secret) == "lian"
    (_, held), *more = at.entered("address_held")
    assert (held["address"], more) == (HERE, [])


def test_failures_are_entered_once_a_minute_with_their_count_and_nothing_typed(database: Database) -> None:
    at = door(database)
    at.let_in("lian")
    for _ in range(2):
        refusal(lambda: at.try_in("lian", WRONG))
    for n in range(4):
        refusal(lambda n=n: at.try_in(f"typed-{n}", WRONG))  # type: ignore[misc]
    assert [body["count"] for _, body in at.entered("sign_in_failed")] == [1, 1]
    at.wait(2)
    refusal(lambda: at.try_in("typed-9", WRONG, address="10.7.7.7"))
    told = [(actor, body.get("person", ""), body["count"]) for actor, body in at.entered("sign_in_failed")]
    assert sorted(told) == [("lian", "lian", 1), ("lian", "lian", 1)] + [("system", "", n) for n in (1, 1, 3)]
    assert "typed" not in str(at.entered("sign_in_failed"))
    with database.read() as connection:
        assert "typed" not in str(connection.execute(select(TRIED)).all())


def test_of_many_guesses_at_once_no_more_than_the_limit_can_hit(database: Database) -> None:
    """All of them were compared before the first was counted: the right one among them must not let in when it comes
    after the limit."""
    at = door(database, Together(6))
    at.let_in("lian")
    at.entrance.hasher.together = True  # type: ignore[attr-defined]
    with ThreadPoolExecutor(6) as pool:
        tried = [pool.submit(at.try_in, "lian", WRONG, address=f"10.0.0.{n}") for n in range(6)]
    assert {one.exception().code for one in tried if isinstance(one.exception(), RuleViolation)} == {  # type: ignore[union-attr]
        Code.SIGN_IN_REFUSED
    }
    at.entrance.hasher.together = False  # type: ignore[attr-defined]
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_REFUSED
    assert len(at.entered("account_locked")) == 1


def test_a_password_changed_between_comparing_and_storing_does_not_let_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = door(database)
    inside = at.let_in("lian")
    compared = CHEAP.compared

    def late(kept: str | None, typed: str) -> PasswordCompared:
        outcome = compared(kept, typed)
        monkeypatch.setattr(CHEAP, "compared", compared)
        at.entrance.change_password(inside.session, GOOD, OTHER, now=at.now)
        return outcome

    monkeypatch.setattr(CHEAP, "compared", late)
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_REFUSED


def test_who_finds_no_place_hears_it_at_once_and_nothing_is_counted(database: Database) -> None:
    full = Hasher(workers=1, waiting=1, memory_kib=8, passes=1, lanes=1)
    at = door(database, full)
    at.let_in("lian")
    with full.place(), full.place():
        assert refusal(lambda: at.try_in("lian", WRONG)).code is Code.SIGN_IN_BUSY
    assert at.entered("sign_in_failed") == []
    assert at.try_in("lian", GOOD)


def test_a_link_works_once_and_a_new_one_ends_the_old(database: Database) -> None:
    at = door(database)
    old = at.open("lian")
    new = at.invite("lian")
    assert refusal(lambda: at.use(old, GOOD)).code is Code.SIGN_IN_REFUSED
    assert refusal(lambda: at.use(new, "short")).code is Code.PASSWORD_REFUSED
    assert refusal(lambda: at.use(new, "李安李安 lian lian 1")).code is Code.PASSWORD_REFUSED
    assert at.use(new, GOOD), "a refused password does not use it up"
    assert refusal(lambda: at.use(new, OTHER)).code is Code.SIGN_IN_REFUSED
    kinds = ("invitation_issued", "invitation_withdrawn", "invitation_used", "password_changed")
    assert [len(at.entered(kind)) for kind in kinds] == [2, 1, 1, 1]


def test_a_session_ends_when_idle_and_when_old(database: Database) -> None:
    at = door(database)
    secret = at.let_in("lian").secret
    for _ in range(16):
        at.wait(29)
        assert at.person_in(secret) == "lian"
    at.wait(16.1)
    assert at.person_in(secret) is None, "eight hours"
    other = at.try_in("lian", GOOD).secret
    at.wait(30)
    assert at.person_in(other) is None


def test_a_session_from_the_future_is_none(database: Database) -> None:
    at = door(database)
    secret = at.let_in("lian").secret
    at.wait(-1)
    assert at.person_in(secret) == "lian"
    at.wait(-2)
    assert at.person_in(secret) is None


def test_seen_is_written_once_a_minute(database: Database) -> None:
    at = door(database)
    secret = at.let_in("lian").secret
    seen = set()
    for _ in range(8):
        at.wait(0.25)
        at.person_in(secret)
        with database.read() as connection:
            seen.add(connection.execute(select(SESSION.c.seen_at)).scalar())
    assert len(seen) == 3


def test_signing_in_again_in_a_browser_ends_the_session_it_had(database: Database) -> None:
    at = door(database)
    old = at.let_in("lian").secret
    elsewhere = at.try_in("lian", GOOD).secret
    new = at.try_in("lian", GOOD, old=old).secret
    assert [at.person_in(secret) for secret in (old, elsewhere, new)] == [None, "lian", "lian"]


def test_a_changed_password_ends_every_other_session_and_link(database: Database) -> None:
    at = door(database)
    here = at.let_in("lian")
    there = at.try_in("lian", GOOD).secret
    link = at.invite("lian")
    assert refusal(lambda: at.entrance.change_password(here.session, WRONG, OTHER, now=at.now)).code is (
        Code.SIGN_IN_REFUSED
    )
    assert at.person_in(there) == "lian"
    assert at.entrance.change_password(here.session, GOOD, OTHER, now=at.now) == 1
    assert [at.person_in(secret) for secret in (here.secret, there)] == ["lian", None]
    assert refusal(lambda: at.try_in("lian", GOOD)).code is Code.SIGN_IN_REFUSED
    assert refusal(lambda: at.use(link, GOOD)).code is Code.SIGN_IN_REFUSED
    assert at.try_in("lian", OTHER)


def test_who_is_switched_off_or_left_is_out_at_the_next_request(database: Database) -> None:
    at = door(database)
    off, gone = at.let_in("lian").secret, at.let_in("xie").secret
    at.switch("lian", False)
    _left(database, "xie")
    assert [at.person_in(secret) for secret in (off, gone)] == [None, None]


def test_whom_another_way_in_names_needs_an_account_that_lets_in(database: Database) -> None:
    at = door(database)
    said = {"address": HERE, "agent": "", "now": at.now}
    assert refusal(lambda: at.entrance.admit("lian", "oidc", **said)).code is Code.SIGN_IN_REFUSED  # type: ignore[arg-type]
    at.open("lian")
    assert at.entrance.admit("lian", "oidc", **said).session.how == "oidc"  # type: ignore[arg-type]


def test_a_hash_by_older_parameters_is_replaced_when_somebody_comes_in(database: Database) -> None:
    door(database, Hasher(memory_kib=16, passes=1, lanes=1)).let_in("lian")
    at = door(database)
    at.try_in("lian", GOOD)
    at.try_in("lian", GOOD)
    assert [body["how"] for _, body in at.entered("password_changed")] == ["invitation", "rehash"]


def test_what_can_follow_no_more_is_swept_away(database: Database) -> None:
    at = door(database)
    at.let_in("lian")
    for n in range(6):
        refusal(lambda n=n: at.try_in(f"name{n}", WRONG))  # type: ignore[misc]
    at.wait(40)
    at.try_in("lian", GOOD)
    with database.read() as connection:
        left = [connection.execute(select(func.count()).select_from(table)).scalar() for table in (TRIED, SESSION)]
    assert left[1] == 1, "the idle one is gone"
    assert left[0] == 0


class CountingHasher(Hasher):
    """Cheap, and says what it compared with."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, passes=1, lanes=1)
        self.compared_with: list[str | None] = []

    def compared(self, kept: str | None, typed: str) -> PasswordCompared:
        self.compared_with.append(kept)
        return super().compared(kept, typed)


class Together(Hasher):
    """Cheap, and none goes on before all have compared."""

    def __init__(self, number: int) -> None:
        super().__init__(memory_kib=8, passes=1, lanes=1)
        self.together, self._all = False, Barrier(number, timeout=30)

    def compared(self, kept: str | None, typed: str) -> PasswordCompared:
        outcome = super().compared(kept, typed)
        if self.together:
            self._all.wait()
        return outcome


def _left(database: Database, person: str) -> None:
    row = next(one for one in world.PEOPLE if one["id"] == person)
    with database.write() as connection:
        people.load(connection, areas=[], units=[], people=[row], posts=[])
