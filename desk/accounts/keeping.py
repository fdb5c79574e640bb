"""Accounts kept by the administrator: opened, invited, switched off; and what everybody does with their own sessions
and tokens. The first administrator is let in from the console."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from desk.acting import acting
from desk.caller import Caller
from ledger.accounts import accounts, bindings, invitations, security_keys, sessions, tokens
from ledger.accounts.accounts import KnownAccount
from ledger.accounts.invitations import Invited
from ledger.accounts.tokens import KnownToken, TokenRights
from ledger.chain import deliveries
from ledger.directory import people
from ledger.directory.people import Somebody
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.permitting import OfficeAct
from rules.process import Role

LINK_PATH = "/invitation/"
"""Where the site takes what an invitation's link holds behind it."""
REASON_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What one person is handed, on paper or by mail: how they come in the first time. Nowhere else, and not again."""

    invitation: str
    person: str
    name: str
    unit: str
    email: str
    sign_in_name: str
    secret: str
    expires: datetime

    def link(self, site: str) -> str:
        """The whole link, on the site of that address."""
        return f"{site.rstrip('/')}{LINK_PATH}{self.secret}"


def invite_first(
    database: Database, person: str, sign_in_name: str, limits: AccessLimits, by: Actor, now: datetime
) -> Slip:
    """The first administrator, who holds that post already, is invited; as often as it takes until somebody has an
    account with a password. Raises unknown_person, account_refused."""
    with database.write() as connection:
        who = people.somebody(connection, person)
        if any(one.password for one in accounts.all_accounts(connection)):
            why = "已有账号在用；别的人由管理员邀请"
            raise RuleViolation(Code.ACCOUNT_REFUSED, why=why)
        if not any(post.role is Role.ADMINISTRATOR for post in who.posts):
            why = f"{people.held(who)}不是管理员；请先在名录里给出这个职务，再载入名录"
            raise RuleViolation(Code.ACCOUNT_REFUSED, why=why)
        return _invited(connection, who, sign_in_name, limits, by, now, first=True)


def invite(
    database: Database,
    caller: Caller,
    person: str,
    sign_in_name: str,
    limits: AccessLimits,
    now: datetime,
    *,
    mailed: bool = False,
) -> Slip:
    """The person is invited, for the first time or because the password was lost; who had no account has one, under
    that sign-in name (empty: their id). `mailed`: only where the directory has an address of theirs. Raises
    unknown_person, wrong_role, account_refused."""
    with database.write() as connection:
        by = acting(connection, caller, OfficeAct.ACCOUNTS)
        slip = _invited(connection, people.somebody(connection, person), sign_in_name, limits, by, now)
        if mailed and not slip.email:  # nothing is stored then: what link there was still works
            raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"{slip.name}没有登记邮箱，请印出来交给本人")
        return slip


def invite_everybody(
    database: Database, caller: Caller, limits: AccessLimits, now: datetime, *, unit: str = ""
) -> tuple[Slip, ...]:
    """Everybody who holds a post (in that unit) and has no password is invited, in one transaction, by unit and id.
    Raises unknown_person, wrong_role, unknown_unit."""
    with database.write() as connection:
        by = acting(connection, caller, OfficeAct.ACCOUNTS)
        only = people.unit_ref(connection, unit).id if unit else ""
        known = {one.person: one for one in accounts.all_accounts(connection)}
        wanted = [
            who
            for who in people.everybody(connection)
            if who.posts
            and (not only or only in {who.unit, *(post.unit for post in who.posts)})
            and (who.id not in known or _has_no_password(known[who.id]))
        ]
        wanted.sort(key=lambda who: (who.unit_name or "", who.id))
        return tuple(_invited(connection, who, "", limits, by, now) for who in wanted)


def _invited(
    connection: Connection,
    who: Somebody,
    sign_in_name: str,
    limits: AccessLimits,
    by: Actor,
    now: datetime,
    *,
    first: bool = False,
) -> Slip:
    account = accounts.account_of(connection, who.id)
    if not limits.local or (account and not account.local):
        why = f"{'这个网站' if not limits.local else who.name}不用本地密码登录，不必邀请"
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=why)
    if account is None:
        accounts.open_account(connection, who.id, sign_in_name or who.id, by, now)
    made: Invited = invitations.invite(connection, who.id, limits.link, by, now, first=first)
    address = deliveries.addresses(connection, {who.id}).get(who.id)
    return Slip(
        invitation=made.invitation,
        person=who.id,
        name=who.name,
        unit=who.unit_name or "",
        email=address["email"] or "" if address else "",
        sign_in_name=made.name,
        secret=made.secret,
        expires=made.expires,
    )


def _has_no_password(account: KnownAccount) -> bool:
    return account.active and account.local and account.password is None


def open_for(
    database: Database, caller: Caller, person: str, sign_in_name: str, now: datetime, *, unit: str = ""
) -> tuple[str, ...]:
    """The person has an account, without a link: they come in by another way. `person` empty: everybody who holds a
    post (in that unit) and has none, under their id. Returns whose were opened. Raises unknown_person, unknown_unit,
    wrong_role, account_refused."""
    with database.write() as connection:
        by = acting(connection, caller, OfficeAct.ACCOUNTS)
        if person:
            who = people.somebody(connection, person)
            accounts.open_account(connection, who.id, sign_in_name or who.id, by, now)
            return (who.id,)
        only = people.unit_ref(connection, unit).id if unit else ""
        known = {one.person for one in accounts.all_accounts(connection)}
        wanted = sorted(
            who.id
            for who in people.everybody(connection)
            if who.posts
            and who.id not in known
            and (not only or only in {who.unit, *(post.unit for post in who.posts)})
        )
        for id_ in wanted:
            accounts.open_account(connection, id_, id_, by, now)
        return tuple(wanted)


def switch_local(database: Database, caller: Caller, person: str, *, active: bool, reason: str, now: datetime) -> int:
    """The person's password kept here lets them in, or not; switched off, every session of theirs has ended (how many
    is returned) and no link works. Raises as switch."""
    reason = _reason(reason, "停用本地密码", needed=not active)
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        if who.id == by.id:
            raise RuleViolation(Code.ACCOUNT_REFUSED, why="自己的本地密码由另一位管理员停用或启用")
        changed = accounts.switch_local(connection, who.id, active=active, reason=reason, by=by, now=now)
        if active or not changed:
            return 0
        invitations.withdraw(connection, who.id, by, now)
        return sessions.end(connection, who.id, "local_off", by, now)


def unbind(database: Database, caller: Caller, person: str, way: str, now: datetime) -> int:
    """Nobody comes in as the person by that way (as sessions have it, or its id alone) until they are found there anew;
    every session of theirs has ended (how many is returned). Raises unknown_person, wrong_role, account_refused."""
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        bound = [one.way for one in bindings.all_bindings(connection) if one.person == who.id]
        found = [known for known in bound if way in (known, known.partition(":")[2])]
        if len(found) != 1:
            what = f"现有的绑定是 {'、'.join(bound)}" if bound else "没有任何绑定"
            raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"{who.name}与 {way} 没有绑定，{what}")
        bindings.unbind(connection, found[0], who.id, by, now)
        return sessions.end(connection, who.id, "unbound", by, now)


def remove_key(database: Database, caller: Caller, person: str, key: str, reason: str, now: datetime) -> int:
    """The person's security key (its id or name; empty: all of them) shows nothing any more, and every session of
    theirs has ended (how many is returned): who has none adds one as they come in next. By another administrator.
    Raises unknown_person, wrong_role, account_refused, field_missing, field_too_long."""
    reason = _reason(reason, "移除安全密钥", needed=True)
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        if who.id == by.id:
            raise RuleViolation(Code.ACCOUNT_REFUSED, why="自己的安全密钥由另一位管理员移除")
        keys = security_keys.keys_of(connection, who.id)
        found = [one for one in keys if not key or key in (one.id, one.name)]
        if not found or (key and len(found) > 1):
            known = "、".join(f"{one.name}（{one.id}）" for one in keys)
            raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"{who.name}的安全密钥有：{known or '没有'}，请写明编号")
        for one in found:
            security_keys.remove(connection, one, reason, by, now)
        return sessions.end(connection, who.id, "key", by, now)


def _reason(reason: str, what: str, *, needed: bool) -> str:
    """The reason as it is entered. Raises field_missing, field_too_long."""
    kept = reason.strip()
    if needed and not kept:
        raise RuleViolation(Code.FIELD_MISSING, command=what, field="理由")
    if len(kept) > REASON_LENGTH:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="理由", limit=f"{REASON_LENGTH} 个字", actual=len(kept))
    return kept


def switch(database: Database, caller: Caller, person: str, *, active: bool, reason: str, now: datetime) -> int:
    """The person's account lets them in or not; switched off, every session of theirs has ended (how many is returned)
    and no link works. Raises unknown_person, unknown_account, wrong_role, account_refused for one's own, field_missing,
    field_too_long."""
    reason = _reason(reason, "停用账号", needed=not active)
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        if who.id == by.id:
            raise RuleViolation(Code.ACCOUNT_REFUSED, why="自己的账号由另一位管理员停用或启用")
        accounts.switch(connection, who.id, active=active, reason=reason, by=by, now=now)
        if active:
            return 0
        invitations.withdraw(connection, who.id, by, now)
        return sessions.end(connection, who.id, "switched_off", by, now)


def withdraw(database: Database, caller: Caller, person: str, now: datetime) -> bool:
    """The person's link works no more; False: none did. Raises unknown_person, wrong_role."""
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        return invitations.withdraw(connection, who.id, by, now)


def sign_out(database: Database, caller: Caller, now: datetime, *, session: str = "", keep: str = "") -> int:
    """The caller's own session of that id has ended; or all of them, but for the one to `keep`. Returns how many.
    Raises unknown_session, unknown_person."""
    with database.write() as connection:
        me = themselves(connection, caller)
        why = "self" if session else "everywhere"
        ended = sessions.end(connection, me.id, why, me, now, only=session, keep=keep)
        if session and not ended:
            raise RuleViolation(Code.UNKNOWN_SESSION)
        return ended


def sign_out_other(database: Database, caller: Caller, person: str, now: datetime) -> int:
    """Every session of that person has ended, by the administrator's hand. Raises unknown_person, wrong_role."""
    with database.write() as connection:
        by, who = acting(connection, caller, OfficeAct.ACCOUNTS), people.somebody(connection, person)
        return sessions.end(connection, who.id, "administrator", by, now)


def issue_token(
    database: Database,
    caller: Caller,
    name: str,
    rights: TokenRights,
    expires: datetime,
    limits: AccessLimits,
    now: datetime,
) -> tuple[str, KnownToken]:
    """The caller has a token, shown this once, for part of what they may. Raises unknown_account, account_refused,
    unknown_unit, field_missing, field_invalid, field_too_long."""
    with database.write() as connection:
        me = themselves(connection, caller)
        units = tuple(dict.fromkeys(people.unit_ref(connection, unit).id for unit in rights.units))
        asked = replace(rights, units=units)
        return tokens.issue(connection, me.id, name, asked, expires, limits, me, now)


def revoke_token(database: Database, caller: Caller, token: str, now: datetime) -> KnownToken:
    """The token works no more: one's own, or anybody's by the administrator. Raises unknown_token."""
    with database.write() as connection:
        me = themselves(connection, caller)
        try:
            by, of = acting(connection, caller, OfficeAct.ACCOUNTS), ""
        except RuleViolation as refusal:
            if refusal.code is not Code.WRONG_ROLE:
                raise
            by, of = me, me.id
        return tokens.revoke(connection, token, by, now, of=of)


def tokens_shown(database: Database, caller: Caller, *, everybody: bool = False) -> Sequence[KnownToken]:
    """The caller's tokens; everybody's, to the administrator. Raises unknown_person, wrong_role."""
    with database.read() as connection:
        if everybody:
            acting(connection, caller, OfficeAct.ACCOUNTS)
            return tokens.tokens_of(connection)
        return tokens.tokens_of(connection, themselves(connection, caller).id)


def themselves(connection: Connection, caller: Caller) -> Actor:
    """The caller, in the first post held, for what they do to their own account. Raises unknown_person."""
    return caller.acting(accounts.as_themselves(connection, people.somebody(connection, caller.person).id))
