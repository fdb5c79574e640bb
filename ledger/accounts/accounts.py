"""Accounts: one for each person, under a sign-in name of its own. Each change is an entry, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Exists, RowMapping, bindparam, exists, insert, select, update

from ledger.accounts.opening import seal_of
from ledger.chain import journal
from ledger.directory import people
from ledger.directory.people import PERSON, POST
from ledger.store.account_tables import Account
from ledger.store.tables import table_of
from rules.accounts.facts import AccountOpened, AccountSwitched, PasswordChanged, PasswordSwitched
from rules.accounts.passwords import check_name, sign_in_key
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.process import Role

ACCOUNT = table_of(Account)


def in_post_now(person: object) -> Exists:
    """Whether whoever that column names is in the directory and holds a post: who left has none."""
    known = exists().where(PERSON.c.id == person).correlate(ACCOUNT)
    return known.where(exists().where(POST.c.person == person).correlate(ACCOUNT))


_COLUMNS = (*ACCOUNT.c, in_post_now(ACCOUNT.c.person).label("in_post"))
_BY_KEY = select(*_COLUMNS).where(ACCOUNT.c.key == bindparam("by_key"))
_BY_PERSON = select(*_COLUMNS).where(ACCOUNT.c.person == bindparam("who"))
_FIRST_POST = select(POST).where(POST.c.person == bindparam("who")).order_by(POST.c.role).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """An account as it stands. `password`: argon2id, none before an invitation was used; `local`: whether it lets in.
    `in_post`: the person holds a post today; nobody else comes in."""

    person: str
    name: str
    password: str | None
    local: bool
    active: bool
    in_post: bool
    opened_at: str
    changed_at: str | None

    @property
    def lets_in(self) -> bool:
        """Whether somebody can come in by it, with what opens it."""
        return self.active and self.in_post


def open_account(connection: Connection, person: str, name: str, by: Actor, now: datetime) -> None:
    """The person has an account. Raises account_refused, field_missing, field_too_long, field_invalid."""
    kept = check_name(name)
    if account_of(connection, person):
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"{_named(connection, person)}已有账号，一人一个")
    if account_called(connection, kept):
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"登录名 {kept} 已有人用，请换一个")
    if not _is_in_post(connection, person):
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"{_named(connection, person)}现在没有任何职务")
    connection.execute(
        insert(ACCOUNT).values(
            person=person, name=kept, key=sign_in_key(kept), local=True, active=True, opened_at=instant_text(now)
        )
    )
    journal.note(connection, AccountOpened(person=person, name=kept), by, now)


def switch(connection: Connection, person: str, *, active: bool, reason: str, by: Actor, now: datetime) -> bool:
    """The account lets the person in, or not. False: it was so before. Raises unknown_account."""
    account = needed(connection, person)
    if account.active == active:
        return False
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(active=active))
    journal.note(connection, AccountSwitched(person=person, active=active, reason=reason), by, now)
    return True


def switch_local(connection: Connection, person: str, *, active: bool, reason: str, by: Actor, now: datetime) -> bool:
    """The person's password kept here lets them in, or not. False: it was so before. Raises unknown_account."""
    if needed(connection, person).local == active:
        return False
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(local=active))
    journal.note(connection, PasswordSwitched(person=person, active=active, reason=reason), by, now)
    return True


def set_password(connection: Connection, person: str, hashed: str, how: str, by: Actor, now: datetime) -> None:
    """That is the person's password, hashed. `how`: as in PasswordChanged."""
    connection.execute(
        update(ACCOUNT).where(ACCOUNT.c.person == person).values(password=hashed, changed_at=instant_text(now))
    )
    journal.note(connection, PasswordChanged(person=person, how=how, seal=seal_of(connection, hashed)), by, now)


def account_of(connection: Connection, person: str) -> KnownAccount | None:
    """The person's account, if there is one."""
    return _known(connection.execute(_BY_PERSON, {"who": person}).mappings().first())


def account_called(connection: Connection, name: str) -> KnownAccount | None:
    """The account of that sign-in name, however it is written; any text may be asked for."""
    return _known(connection.execute(_BY_KEY, {"by_key": sign_in_key(name)}).mappings().first())


def needed(connection: Connection, person: str) -> KnownAccount:
    """The person's account. Raises unknown_account."""
    account = account_of(connection, person)
    if account is None:
        raise RuleViolation(Code.UNKNOWN_ACCOUNT, actual=_named(connection, person))
    return account


def all_accounts(connection: Connection) -> list[KnownAccount]:
    """Every account, by person."""
    rows = connection.execute(select(*_COLUMNS).order_by(ACCOUNT.c.person)).mappings()
    return [account for row in rows if (account := _known(row))]


def there_are_any(connection: Connection) -> bool:
    """Whether anybody has an account: from then on the first administrator is no longer made."""
    return connection.execute(select(ACCOUNT.c.person).limit(1)).first() is not None


def anybody_has_a_password(connection: Connection) -> bool:
    """Whether somebody could come in by a password now."""
    able = select(ACCOUNT.c.person).where(
        ACCOUNT.c.active, ACCOUNT.c.password.is_not(None), in_post_now(ACCOUNT.c.person)
    )
    return connection.execute(able.limit(1)).first() is not None


def as_themselves(connection: Connection, person: str) -> Actor:
    """The person, in the first post held, for entries about what they do to their own account."""
    row = connection.execute(_FIRST_POST, {"who": person}).mappings().first()
    if row is None:
        return Actor(id=person, role=Role.SYSTEM)
    return Actor(id=person, role=Role(row["role"]), unit=row["unit"], area=row["area"])


def _known(row: RowMapping | None) -> KnownAccount | None:
    if row is None:
        return None
    return KnownAccount(
        person=row["person"],
        name=row["name"],
        password=row["password"],
        local=row["local"],
        active=row["active"],
        in_post=bool(row["in_post"]),
        opened_at=row["opened_at"],
        changed_at=row["changed_at"],
    )


def _is_in_post(connection: Connection, person: str) -> bool:
    return connection.execute(_FIRST_POST, {"who": person}).first() is not None


def _named(connection: Connection, person: str) -> str:
    return people.names_of(connection, {person}).get(person, person)
