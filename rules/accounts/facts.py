"""What can have happened to accounts, and at the site's entrance. No secret stands here: of a password, and of what
opens a door, only a `seal`: a hash of what the database keeps, itself a salted hash, or the hash of 256 random bits."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened:
    """The person has an account, under that sign-in name, and no password yet."""

    person: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSwitched:
    """Nobody signs in to the person's account any more, or they may again (`active`)."""

    person: str
    active: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationIssued:
    """By a link that works once, up to `expires`, the person gives the account a password. `first`: it was made at the
    console for the first administrator. Whatever link there was before works no longer."""

    invitation: str
    person: str
    expires: datetime
    seal: str
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationUsed:
    """The link was used; it works no more."""

    invitation: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationWithdrawn:
    """The link works no more, and nobody used it."""

    invitation: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged:
    """The account has another password (or the same, hashed stronger); nothing of it stands here. `how`: invitation,
    self or rehash."""

    person: str
    how: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSwitched:
    """Nobody comes in to the person's account by a password kept here any more, or they may again (`active`)."""

    person: str
    active: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBound:
    """By the way in `way` whoever is known there by the name that the `seal` is of comes in as the person, from now on.
    What they are called there does not stand here."""

    way: str
    person: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayUnbound:
    """Nobody comes in as the person by that way any more."""

    way: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdded:
    """The person has a security key, called `name`, which is shown besides. The `seal` is of what it is checked by."""

    key: str
    person: str
    name: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRemoved:
    """The security key shows nothing any more."""

    key: str
    person: str
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued:
    """Programs may act as the person by this token up to `expires`, in so much of what the person may: only read
    (`reads_only`), only these units, only these parts of the interface (`scopes`); empty: all of them."""

    token: str
    person: str
    name: str
    expires: datetime
    seal: str
    reads_only: bool = True
    units: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked:
    """The token works no more."""

    token: str
    person: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody came in. `how`: password (or by which other way); `address` and `agent`: from where, with what; `key`:
    the security key that was shown besides."""

    session: str
    seal: str
    how: str
    address: str = ""
    agent: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """So many `sessions` of the person ended. `why`: self (one was signed out), everywhere, password, switched_off,
    administrator, local_off (passwords kept here are off for them), unbound, key."""

    person: str
    sessions: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed:
    """So often (`count`, since the last such entry) somebody was not let in from that address. `person`: whose account
    it was tried on; empty where there is none of that name, and what was typed is not kept: it may be a password."""

    address: str
    count: int
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLocked:
    """After so many failures nobody is let in to the person's account up to `until`, whoever knows the password
    neither."""

    person: str
    until: datetime
    count: int
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressHeld:
    """After so many failures nobody is let in from that address up to `until`."""

    address: str
    until: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRefused:
    """The person asked so often (`count`, since the last such entry) for what they may not see or do. `what`: the act,
    `target`: of which item or route, the last time."""

    person: str
    what: str
    target: str
    count: int


AccountFact: TypeAlias = (
    AccountOpened
    | AccountSwitched
    | InvitationIssued
    | InvitationUsed
    | InvitationWithdrawn
    | PasswordChanged
    | PasswordSwitched
    | WayBound
    | WayUnbound
    | KeyAdded
    | KeyRemoved
    | TokenIssued
    | TokenRevoked
)
ACCOUNT_FACTS: dict[str, type[AccountFact]] = {
    "account_opened": AccountOpened,
    "account_switched": AccountSwitched,
    "invitation_issued": InvitationIssued,
    "invitation_used": InvitationUsed,
    "invitation_withdrawn": InvitationWithdrawn,
    "password_changed": PasswordChanged,
    "password_switched": PasswordSwitched,
    "way_bound": WayBound,
    "way_unbound": WayUnbound,
    "key_added": KeyAdded,
    "key_removed": KeyRemoved,
    "token_issued": TokenIssued,
    "token_revoked": TokenRevoked,
}
"""Kind of entry to its fact: who may come in, and by what."""

EntranceFact: TypeAlias = SignedIn | SignedOut | SignInFailed | AccountLocked | AddressHeld | ScopeRefused
ENTRANCE_FACTS: dict[str, type[EntranceFact]] = {
    "signed_in": SignedIn,
    "signed_out": SignedOut,
    "sign_in_failed": SignInFailed,
    "account_locked": AccountLocked,
    "address_held": AddressHeld,
    "scope_refused": ScopeRefused,
}
"""Kind of entry to its fact: who came in, and who was not let in."""
OF_NOBODY = frozenset({"sign_in_failed", "account_locked", "address_held", "scope_refused", "signed_out"})
"""Kinds that the system writes: of who was not let in nobody knows who it was. The entry's actor is then the person on
whose account it was tried, so that it is found with what that person did, and its role is the system's."""

ENTRANCE_NAMES = {
    "account_opened": "开立账号",
    "account_switched": "停用或启用账号",
    "invitation_issued": "发出邀请",
    "invitation_used": "使用邀请",
    "invitation_withdrawn": "邀请作废",
    "password_changed": "更换密码",
    "password_switched": "停用或启用本地密码",
    "way_bound": "绑定登录方式",
    "way_unbound": "解除登录方式的绑定",
    "key_added": "登记安全密钥",
    "key_removed": "移除安全密钥",
    "token_issued": "发出令牌",
    "token_revoked": "吊销令牌",
    "signed_in": "登录",
    "signed_out": "退出登录",
    "sign_in_failed": "登录未成",
    "account_locked": "账号锁定",
    "address_held": "来源暂停登录",
    "scope_refused": "越权被拒",
}
"""Kind to its Chinese name."""
