"""Coming in: by name and password, or by an invitation; recognising who is in; going out. What a site's entrance calls.

Whoever is not let in hears one refusal in the same words after the same work, whatever the reason: unknown name, wrong
password, locked, switched off, passwords off, left, link used or expired. The checks before the password is compared
only choose what it is compared with; those that decide are made after it, in the transaction that stores the outcome,
so that of many tries at once none is judged by what was true before the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from definitions.accounts.common import common_passwords
from desk.accounts.hasher import Hasher
from desk.caller import Caller
from ledger.accounts import accounts, invitations, security_keys, sessions, tokens, tries
from ledger.accounts.accounts import KnownAccount
from ledger.accounts.addresses import address_key
from ledger.accounts.opening import hash_of
from ledger.accounts.security_keys import HalfIn
from ledger.accounts.sessions import LiveSession
from ledger.accounts.tokens import KnownToken
from ledger.accounts.tries import TriedOn
from ledger.directory import people
from ledger.store.database import Database, LedgerUnavailable
from rules.accounts.limits import AccessLimits
from rules.accounts.passwords import as_typed, check_password, sign_in_key
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Via

PASSWORD = "password"
"""How somebody came in, as sessions and entries have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Somebody is in. `secret`: for the cookie, shown this once; `until`: when the session ends in any case."""

    secret: str
    session: LiveSession
    until: datetime


class KeyAsked(Exception):
    """Somebody has said who they are and is not in: whoever has the cookie with `secret` has still to show a security
    key (desk.accounts.second_factor), up to `until`. Raised, so that nobody takes half for whole."""

    def __init__(self, secret: str, until: datetime) -> None:
        self.secret, self.until = secret, until
        super().__init__("a security key is asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """The entrance, with what it needs. One for a process; `now` is given with every call."""

    database: Database
    hasher: Hasher
    limits: AccessLimits

    def sign_in(self, name: str, password: str, *, address: str, agent: str, now: datetime, old: str = "") -> Admitted:
        """Somebody came in by name and password, in a new session. `old`: the secret of the session that the browser
        had before, which ends.

        Raises sign_in_refused; sign_in_held where too much failed from that address, and sign_in_busy, both at once;
        KeyAsked where the person has to show a security key besides.
        """
        with self.hasher.place():
            source = self.source(address, now)
            with self.database.read() as connection:
                before = accounts.account_called(connection, name)
            kept = before.password if before else None
            compared = self.hasher.compared(kept, as_typed(password))
            with self.database.write() as connection:
                self._sweep(connection, now)
                account = accounts.account_called(connection, name)
                kind, key = TriedOn.ACCOUNT, account.person if account else ""
                if account is None:
                    kind, key = TriedOn.NAME, hash_of(connection, sign_in_key(name))
                held = tries.held(connection, kind, key, now)
                if account is None or held or not self._opens(account, kept if compared.same else None):
                    self._failed(connection, kind, key, source, now)
                    came = None
                else:
                    tries.forget(connection, account.person, now)
                    if compared.stronger:
                        me = self.at_the_site(connection, account.person)
                        accounts.set_password(connection, account.person, compared.stronger, "rehash", me, now)
                    self._leave(connection, old, now)
                    came = self._begin(connection, account.person, source, agent, now)
        return _in(came, Code.SIGN_IN_REFUSED)

    def use_invitation(
        self, secret: str, password: str, *, address: str, agent: str, now: datetime, old: str = ""
    ) -> Admitted:
        """The person whom the link invited has that password, and is in. Raises password_refused; and as sign_in."""
        typed = check_password(password, common_passwords(), length=self.limits.length)
        with self.hasher.place():
            source = self.source(address, now)
            hashed = self.hasher.hashed(typed)
            with self.database.write() as connection:
                self._sweep(connection, now)
                found = invitations.invited_by(connection, secret, now)
                account = accounts.account_of(connection, found[1]) if found else None
                if found is None or account is None or not self._takes_passwords(account):
                    self._count_address(connection, source, now)
                    came = None
                else:
                    self._check_own(connection, account, password)
                    me = self.at_the_site(connection, account.person)
                    invitations.use(connection, found[0], account.person, me, now)
                    accounts.set_password(connection, account.person, hashed, "invitation", me, now)
                    sessions.end(connection, account.person, "password", me, now)
                    tries.forget(connection, account.person, now)
                    self._leave(connection, old, now)
                    came = self._begin(connection, account.person, source, agent, now)
        return _in(came, Code.SIGN_IN_REFUSED)

    def change_password(self, session: LiveSession, old: str, new: str, *, now: datetime) -> int:
        """The person has that password instead of the old one; every other session of theirs has ended, and how many
        is returned. Raises password_refused, signed_out; sign_in_refused for a wrong old one, which counts as failing
        to sign in; sign_in_busy."""
        typed = check_password(new, common_passwords(), length=self.limits.length)
        with self.hasher.place():
            with self.database.read() as connection:
                before = accounts.needed(connection, session.person)
            compared = self.hasher.compared(before.password, as_typed(old))
            hashed = self.hasher.hashed(typed)
            ended = None
            with self.database.write() as connection:
                if not any(one.id == session.id for one in self._live(connection, session.person, now)):
                    raise RuleViolation(Code.SIGNED_OUT)
                account = accounts.needed(connection, session.person)
                held = tries.held(connection, TriedOn.ACCOUNT, account.person, now)
                if not held and self._opens(account, before.password if compared.same else None):
                    self._check_own(connection, account, new)
                    me = self.at_the_site(connection, session.person)
                    tries.forget(connection, session.person, now)
                    accounts.set_password(connection, session.person, hashed, "self", me, now)
                    invitations.withdraw(connection, session.person, me, now)
                    ended = sessions.end(connection, session.person, "password", me, now, keep=session.id)
                else:
                    self._failed(connection, TriedOn.ACCOUNT, account.person, session.address, now)
        if ended is None:
            raise RuleViolation(Code.SIGN_IN_REFUSED)
        return ended

    def admit(self, person: str, how: str, *, address: str, agent: str, now: datetime, old: str = "") -> Admitted:
        """The person, of whom another way in (`how`) has said who it is, is in. Raises sign_in_refused for one without
        an account that lets them in: nobody is created by coming in."""
        return self.admit_whom(lambda _: person, how, address=address, agent=agent, now=now, old=old)

    def admit_whom(
        self,
        whom: Callable[[Connection], str | None],
        how: str,
        *,
        address: str,
        agent: str,
        now: datetime,
        old: str = "",
        met: Callable[[Connection, Actor], None] | None = None,
        refusal: Code = Code.SIGN_IN_REFUSED,
    ) -> Admitted:
        """The same, of whoever `whom` finds in the transaction in which they come in; nobody (None) is refused like one
        without an account. `met`: what is to be written of the person before they are in, once it is sure that they
        will be."""
        source = address_key(address)
        came = None
        with self.database.write() as connection:
            self._sweep(connection, now)
            person = whom(connection)
            account = accounts.account_of(connection, person) if person else None
            if account is None:
                self._count_address(connection, source, now)
            elif not account.lets_in:  # known, so that the entry can say whose account it was
                self._failed(connection, TriedOn.ACCOUNT, account.person, source, now)
            else:
                if met:
                    met(connection, self.at_the_site(connection, account.person))
                self._leave(connection, old, now)
                came = self._begin(connection, account.person, source, agent, now, how=how)
        return _in(came, refusal)

    def show_key(
        self,
        secret: str,
        shows: Callable[[Connection, HalfIn], str | None],
        *,
        address: str,
        agent: str,
        now: datetime,
        old: str = "",
    ) -> Admitted:
        """Whoever is half in with that secret is in, by the key (its id) that `shows` finds in what they showed; None
        counts as failing to sign in. Raises key_refused, sign_in_held."""
        source = self.source(address, now)
        admitted = None
        with self.database.write() as connection:
            self._sweep(connection, now)
            half = security_keys.half_in(connection, secret, now)
            account = accounts.account_of(connection, half.person) if half else None
            if half is None or account is None or not account.lets_in:
                self._count_address(connection, source, now)
            elif tries.held(connection, TriedOn.ACCOUNT, half.person, now) or not (key := shows(connection, half)):
                security_keys.missed(connection, secret)
                self._failed(connection, TriedOn.ACCOUNT, half.person, source, now)
            else:
                security_keys.end_half(connection, secret)
                tries.forget(connection, half.person, now)
                self._leave(connection, old, now)
                admitted = self._session(connection, half.person, source, agent, now, how=half.how, key=key)
        if admitted is None:
            raise RuleViolation(Code.KEY_REFUSED)
        return admitted

    def not_let_in(self, source: str, now: datetime) -> None:
        """Somebody of whom nobody knows who it was failed to come in, from there."""
        with self.database.write() as connection:
            self._sweep(connection, now)
            self._count_address(connection, source, now)

    def recognise(self, secret: str, now: datetime) -> LiveSession | None:
        """Who asks, by the secret in the cookie; None: nobody is in. Asks one question of the database; writes once a
        minute that somebody was seen, and where nothing can be written now, not."""
        with self.database.read() as connection:
            found = sessions.recognise(connection, secret, now, self.limits)
        if found and sessions.is_to_be_seen(found, now):
            try:
                with self.database.write() as connection:
                    sessions.write_seen(connection, found, now)
            except LedgerUnavailable:
                pass  # who only reads goes on reading; the next request tries again
        return found

    def recognise_token(self, secret: str, now: datetime) -> KnownToken | None:
        """Which token a program shows; None: none that works now. Writes once a minute that it was used."""
        with self.database.read() as connection:
            found = tokens.recognise_token(connection, secret, now)
        if found and tokens.use_is_to_be_written(found, now):
            try:
                with self.database.write() as connection:
                    tokens.write_used(connection, found, now)
            except LedgerUnavailable:
                pass
        return found

    def sign_out(self, secret: str, now: datetime) -> None:
        """The session of that cookie has ended, if it lived."""
        with self.database.write() as connection:
            self._leave(connection, secret, now)

    def refused(self, caller: Caller, what: str, target: str, now: datetime) -> None:
        """The caller, who is in, was refused `what` they may not see or do, of `target`: an entry says it, once a
        minute for each person, with the count."""
        with self.database.write() as connection:
            me = caller.acting(accounts.as_themselves(connection, caller.person))
            tries.refused(connection, me, what, target, self.limits.account, now)

    def source(self, address: str, now: datetime) -> str:
        """By what the address is counted. Raises sign_in_held: nothing is compared or written then."""
        source = address_key(address)
        with self.database.read() as connection:
            if tries.held(connection, TriedOn.ADDRESS, source, now):
                raise RuleViolation(Code.SIGN_IN_HELD)
        return source

    def _failed(self, connection: Connection, kind: TriedOn, key: str, source: str, now: datetime) -> None:
        """Counted against the account, or the name that nobody has, and against the address: two rows either way, and
        one of them enters."""
        known = kind == TriedOn.ACCOUNT
        tries.count(connection, kind, key, self.limits.account, now, address=source, enters=known)
        self._count_address(connection, source, now, enters=not known)

    def _count_address(self, connection: Connection, source: str, now: datetime, *, enters: bool = True) -> None:
        tries.count(connection, TriedOn.ADDRESS, source, self.limits.address, now, address=source, enters=enters)

    def _begin(
        self, connection: Connection, person: str, source: str, agent: str, now: datetime, *, how: str = PASSWORD
    ) -> Admitted | KeyAsked:
        if self.limits.second_factor and security_keys.shows_a_key(connection, person):
            return KeyAsked(*security_keys.begin_half(connection, person, how, now))
        return self._session(connection, person, source, agent, now, how=how)

    def _session(
        self,
        connection: Connection,
        person: str,
        source: str,
        agent: str,
        now: datetime,
        *,
        how: str,
        key: str = "",
    ) -> Admitted:
        me = self.at_the_site(connection, person)
        secret, session = sessions.begin(
            connection, person, how=how, address=source, agent=agent, by=me, now=now, security_key=key
        )
        return Admitted(secret=secret, session=session, until=session.started_at + self.limits.life)

    def _leave(self, connection: Connection, secret: str, now: datetime) -> None:
        if found := sessions.recognise(connection, secret, now, self.limits):
            me = self.at_the_site(connection, found.person)
            sessions.end(connection, found.person, "self", me, now, only=found.id)

    def _live(self, connection: Connection, person: str, now: datetime) -> list[LiveSession]:
        return sessions.live_of(connection, person, now, self.limits)

    def _check_own(self, connection: Connection, account: KnownAccount, password: str) -> None:
        """It is not what everybody knows of the person. Raises password_refused."""
        who = people.names_of(connection, {account.person}).get(account.person, "")
        own = (account.name, account.person, who)
        check_password(password, common_passwords(), length=self.limits.length, own=own)

    def _opens(self, account: KnownAccount, matched: str | None) -> bool:
        """Whether the account lets in somebody who knew the password `matched`: it still is that one."""
        return matched is not None and account.password == matched and self._takes_passwords(account)

    def _takes_passwords(self, account: KnownAccount) -> bool:
        """Whether a password kept here lets in: for everybody, for this person, and anybody at all."""
        return self.limits.local and account.local and account.lets_in

    def at_the_site(self, connection: Connection, person: str) -> Actor:
        """The person, in what they do to their own account here."""
        return replace(accounts.as_themselves(connection, person), via=Via.SITE)

    def _sweep(self, connection: Connection, now: datetime) -> None:
        tries.sweep(connection, now, self.limits)
        sessions.sweep(connection, now, self.limits)
        security_keys.sweep(connection, now)


def _in(came: Admitted | KeyAsked | None, refusal: Code) -> Admitted:
    """Who came in. Raises the refusal where nobody did; KeyAsked."""
    if came is None:
        raise RuleViolation(refusal)
    if isinstance(came, KeyAsked):
        raise came
    return came
