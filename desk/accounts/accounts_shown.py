"""Accounts and sessions as they are shown: to the administrator, to everybody their own. Reads only."""

from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from desk.acting import acting
from desk.caller import Caller
from desk.showing.values import Shown
from ledger.accounts import accounts, bindings, invitations, security_keys, sessions, tries
from ledger.accounts.tries import TriedOn
from ledger.directory import people
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits
from rules.accounts.telling import way_in_words
from rules.codec import instant_text
from rules.permitting import OfficeAct


class ShownSignIn(Shown):
    """An account, or that somebody in post has none (`sign_in_name` empty). `state`: none, invited, expired (the link,
    before a password was set), active, locked, off, or left (no post any more); `words` says it. `ways`: by what they
    come in, in words; `bound`: those of them that are bound, by id, in words; `local`: a password kept here lets them
    in; `keys`: their security keys, by id, their names; `sessions`: in how many places they are; `invited_until`: their
    link works up to then."""

    person: str
    name: str
    unit: str
    roles: str
    sign_in_name: str = ""
    state: str
    words: str
    ways: str = ""
    bound: dict[str, str] = Field(default_factory=dict)
    local: bool = True
    keys: dict[str, str] = Field(default_factory=dict)
    sessions: int = 0
    changed_at: str | None = None
    invited_until: str | None = None


class ShownSession(Shown):
    """Where somebody is in. `here`: it is the one that asks."""

    id: str
    how: str
    started_at: str
    seen_at: str
    address: str
    agent: str
    here: bool


class ShownSecurityKey(Shown):
    """A security key of one's own."""

    name: str
    added_at: str


STATE_WORDS = {
    "none": "没有账号",
    "invited": "已邀请，未设密码",
    "expired": "没有可用的邀请，未设密码",
    "active": "在用",
    "locked": "暂时锁定",
    "off": "已停用",
    "left": "已无职务",
}


def show_accounts(database: Database, caller: Caller, limits: AccessLimits, now: datetime) -> tuple[ShownSignIn, ...]:
    """Everybody who holds a post or has an account, by unit and name. Raises unknown_person, wrong_role."""
    with database.read() as connection:
        acting(connection, caller, OfficeAct.ACCOUNTS)
        return accounts_as_they_are(connection, limits, now)


def accounts_as_they_are(connection: Connection, limits: AccessLimits, now: datetime) -> tuple[ShownSignIn, ...]:
    """The same, to whoever has been let to ask."""
    known = {one.person: one for one in accounts.all_accounts(connection)}
    waiting, live = invitations.waiting(connection, now), sessions.live_counts(connection, now, limits)
    bound: dict[str, dict[str, str]] = {}
    for one in bindings.all_bindings(connection):
        bound.setdefault(one.person, {})[one.way] = way_in_words(one.way)
    keys: dict[str, dict[str, str]] = {}
    for key in security_keys.all_keys(connection):
        keys.setdefault(key.person, {})[key.id] = key.name
    held = tries.held_now(connection, TriedOn.ACCOUNT, now)
    shown = []
    for who in people.everybody(connection):
        account = known.get(who.id)
        if account is None and not who.posts:
            continue
        password = ["密码"] if account and account.password and account.local and limits.local else []
        ways = [*password, *bound.get(who.id, {}).values()]
        state = "none"
        if account is not None:
            state = (
                "off"
                if not account.active
                else "left"
                if not account.in_post
                else "locked"
                if who.id in held
                else "active"
                if ways
                else "invited"
                if who.id in waiting
                else "expired"
            )
        shown.append(
            ShownSignIn(
                person=who.id,
                name=who.name,
                unit=who.unit_name or "",
                roles=who.role_names,
                sign_in_name=account.name if account else "",
                state=state,
                words=STATE_WORDS[state],
                ways="、".join(ways),
                bound=bound.get(who.id, {}),
                local=account.local if account else True,
                keys=keys.get(who.id, {}),
                sessions=live.get(who.id, 0),
                changed_at=account.changed_at if account else None,
                invited_until=waiting.get(who.id),
            )
        )
    return tuple(sorted(shown, key=lambda one: (one.unit, one.person)))


def show_keys(database: Database, caller: Caller, limits: AccessLimits) -> tuple[ShownSecurityKey, ...] | None:
    """The caller's security keys, the oldest first; None: nobody asks the caller for any. Raises unknown_person."""
    with database.read() as connection:
        who = people.somebody(connection, caller.person)
        if not limits.second_factor or not security_keys.shows_a_key(connection, who.id):
            return None
        return tuple(
            ShownSecurityKey(name=one.name, added_at=one.added_at) for one in security_keys.keys_of(connection, who.id)
        )


def show_sessions(
    database: Database, caller: Caller, limits: AccessLimits, now: datetime, *, here: str = ""
) -> tuple[ShownSession, ...]:
    """Where the caller is in, the last seen first. `here`: the id of the session that asks. Raises unknown_person."""
    with database.read() as connection:
        who = people.somebody(connection, caller.person)
        return tuple(
            ShownSession(
                id=one.id,
                how=way_in_words(one.how),
                started_at=instant_text(one.started_at),
                seen_at=instant_text(one.seen_at),
                address=one.address,
                agent=one.agent,
                here=one.id == here,
            )
            for one in sessions.live_of(connection, who.id, now, limits)
        )
