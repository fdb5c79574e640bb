"""Who may come in, and who is in: accounts, what opens them, and sessions against the entries that brought them.
What was put into the database past the program, an account, another password's hash, somebody's session, has none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection, RowMapping, Table, func, select

from ledger.accounts import bindings, invitations, security_keys
from ledger.accounts.accounts import ACCOUNT
from ledger.accounts.invitations import INVITATION
from ledger.accounts.opening import seal_of
from ledger.accounts.sessions import SESSION
from ledger.accounts.tokens import TOKEN
from ledger.chain import journal
from ledger.chain.journal import ENTRY
from ledger.proof.verifying.found import Wrong
from ledger.store.canonical import parse
from rules.accounts.facts import (
    ACCOUNT_FACTS,
    AccountFact,
    AccountOpened,
    AccountSwitched,
    InvitationIssued,
    InvitationUsed,
    InvitationWithdrawn,
    KeyAdded,
    KeyRemoved,
    PasswordChanged,
    PasswordSwitched,
    SignedIn,
    TokenIssued,
    TokenRevoked,
    WayBound,
    WayUnbound,
)
from rules.codec import decode, instant_text

Columns: TypeAlias = dict[str, Any]
_SIGNED_IN = journal.JOURNAL_KIND_OF[SignedIn]


@dataclass(slots=True)
class _VouchedDoor:
    """A row as the entries have it, and the entry that said something of it last."""

    columns: Columns
    stream: str
    seq: int


@dataclass(slots=True)
class _DoorsTold:
    """What the entries lead to, by the key of each table."""

    accounts: dict[str, _VouchedDoor] = field(default_factory=dict)
    invitations: dict[str, _VouchedDoor] = field(default_factory=dict)
    tokens: dict[str, _VouchedDoor] = field(default_factory=dict)
    bindings: dict[tuple[str, str], _VouchedDoor] = field(default_factory=dict)
    keys: dict[str, _VouchedDoor] = field(default_factory=dict)

    def add(self, entry: RowMapping, fact: AccountFact) -> None:
        """The fact counts from here on."""
        at = entry["recorded_at"]
        match fact:
            case AccountOpened():
                columns = {"name": fact.name, "active": True, "local": True, "password": "", "changed_at": None}
                self.accounts[fact.person] = _said(entry, columns | {"opened_at": at})
            case AccountSwitched():
                _change(self.accounts, fact.person, entry, active=fact.active)
            case PasswordChanged():
                _change(self.accounts, fact.person, entry, password=fact.seal, changed_at=at)
            case PasswordSwitched():
                _change(self.accounts, fact.person, entry, local=fact.active)
            case WayBound():
                self.bindings[fact.way, fact.person] = _said(entry, {"subject": fact.seal, "bound_at": at})
            case WayUnbound():
                self.bindings.pop((fact.way, fact.person), None)
            case KeyAdded():
                columns = {"person": fact.person, "name": fact.name, "public_key": fact.seal, "added_at": at}
                self.keys[fact.key] = _said(entry, columns)
            case KeyRemoved():
                self.keys.pop(fact.key, None)
            case InvitationIssued():
                columns = {"person": fact.person, "hash": fact.seal, "expires_at": instant_text(fact.expires)}
                opened = {"issued_at": at, "state": invitations.OPEN}
                self.invitations[fact.invitation] = _said(entry, columns | opened)
            case InvitationUsed():
                _change(self.invitations, fact.invitation, entry, state=invitations.USED)
            case InvitationWithdrawn():
                _change(self.invitations, fact.invitation, entry, state=invitations.WITHDRAWN)
            case TokenIssued():
                self.tokens[fact.token] = _said(
                    entry,
                    {
                        "person": fact.person,
                        "name": fact.name,
                        "hash": fact.seal,
                        "issued_at": at,
                        "expires_at": instant_text(fact.expires),
                        "reads_only": fact.reads_only,
                        "units": "\n".join(fact.units),
                        "scopes": "\n".join(fact.scopes),
                        "revoked_at": None,
                    },
                )
            case TokenRevoked():
                _change(self.tokens, fact.token, entry, revoked_at=at)


def verify_accounts(connection: Connection) -> Iterator[Wrong]:
    """What is wrong with who may come in, and with who is in."""
    told = _DoorsTold()
    for entry, fact in journal.facts(connection, *ACCOUNT_FACTS.values()):
        told.add(entry, fact)
    of = {"account": "人员 {} 的账号", "invitation": "邀请 {} ", "token": "令牌 {} "}
    yield from _compared(connection, ACCOUNT, "person", "password", told.accounts, of["account"].format)
    yield from _compared(connection, INVITATION, "id", "hash", told.invitations, of["invitation"].format)
    yield from _compared(connection, TOKEN, "id", "hash", told.tokens, of["token"].format)
    yield from _bindings(connection, told.bindings)
    yield from _keys(connection, told.keys)
    yield from _sessions(connection)


def _said(entry: RowMapping, columns: Columns) -> _VouchedDoor:
    return _VouchedDoor(columns=columns, stream=entry["stream"], seq=entry["seq"])


def _change(rows: dict[str, _VouchedDoor], key: str, entry: RowMapping, **columns: Any) -> None:
    if key in rows:
        rows[key] = _said(entry, rows[key].columns | columns)


def _compared(
    connection: Connection,
    table: Table,
    key: str,
    secret: str,
    told: Mapping[str, _VouchedDoor],
    named: Callable[[str], str],
) -> Iterator[Wrong]:
    """The rows of the table against what the entries say; of what is kept of a secret its seal stands there."""
    left = dict(told)
    for row in connection.execute(select(table).order_by(table.c[key])).mappings():
        known = left.pop(row[key], None)
        if known is None:
            what = f"{named(row[key])}登记着，却没有给出的记录：是绕过程序加上的，请立即停用并查是谁改了数据库"
            yield Wrong(stream="", seq=0, what=what)
            continue
        found = {**row, secret: seal_of(connection, row[secret]) if row[secret] else ""}
        changed = [name for name, value in known.columns.items() if found[name] != value]
        if changed:
            what = f"{named(row[key])}与这一条不一致（{'、'.join(changed)}）：登记被绕过程序改动，请停用后重新邀请"
            yield Wrong(stream=known.stream, seq=known.seq, what=what)
    for id_, known in left.items():
        what = f"{named(id_)}不见了：这一条说有，登记被绕过程序删除"
        yield Wrong(stream=known.stream, seq=known.seq, what=what)


def _bindings(connection: Connection, told: Mapping[tuple[str, str], _VouchedDoor]) -> Iterator[Wrong]:
    """Whoever comes in by another way was bound by an entry, and to that person; and whoever was, still is."""
    left = dict(told)
    for bound in bindings.all_bindings(connection):
        vouched = left.pop((bound.way, bound.person), None)
        found = {"subject": bindings.binding_seal(connection, bound.way, bound.subject), "bound_at": bound.bound_at}
        if vouched is None or vouched.columns != found:
            what = f"人员 {bound.person} 在 {bound.way} 的绑定没有相符的记录：是绕过程序加上或改的，请解除并查是谁"
            yield Wrong(stream=vouched.stream if vouched else "", seq=vouched.seq if vouched else 0, what=what)
    for (way, person), known in left.items():
        what = f"人员 {person} 在 {way} 的绑定不见了：这一条说有，登记被绕过程序删除，别的人可能顶替"
        yield Wrong(stream=known.stream, seq=known.seq, what=what)


def _keys(connection: Connection, told: Mapping[str, _VouchedDoor]) -> Iterator[Wrong]:
    """Whatever is shown besides was added by an entry; one taken away by hand would be asked for anew."""
    left = dict(told)
    for key in security_keys.all_keys(connection):
        vouched = left.pop(key.id, None)
        seal = security_keys.key_seal(connection, key.credential, key.public_key)
        found = {"person": key.person, "name": key.name, "public_key": seal, "added_at": key.added_at}
        if vouched is None or vouched.columns != found:
            what = f"人员 {key.person} 的安全密钥“{key.name}”没有相符的记录：是绕过程序加上或改的，请移除并查是谁"
            yield Wrong(stream=vouched.stream if vouched else "", seq=vouched.seq if vouched else 0, what=what)
    for id_, known in left.items():
        what = f"安全密钥 {id_} 不见了：这一条说有，登记被绕过程序删除"
        yield Wrong(stream=known.stream, seq=known.seq, what=what)


def _sessions(connection: Connection) -> Iterator[Wrong]:
    """Whoever is in came in by an entry."""
    first = connection.execute(select(func.min(SESSION.c.started_at))).scalar()
    if first is None:
        return
    query = select(ENTRY.c.actor, ENTRY.c.recorded_at, ENTRY.c.body).where(
        ENTRY.c.kind == _SIGNED_IN, ENTRY.c.at >= first
    )
    entered: dict[str, tuple[str, ...]] = {}
    for actor, recorded_at, body in connection.execute(query):
        try:
            fact = decode(SignedIn, parse(body))
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            continue  # said elsewhere
        entered[fact.session] = (actor, recorded_at, fact.seal, fact.how, fact.key)
    for row in connection.execute(select(SESSION).order_by(SESSION.c.id)).mappings():
        found = (row["person"], row["started_at"], seal_of(connection, row["hash"]), row["how"], row["security_key"])
        if entered.get(row["id"]) != found:
            what = f"人员 {row['person']} 的一处登录（{row['id']}）没有登录的记录：是绕过程序加上或改动的，请让其退出"
            yield Wrong(stream="", seq=0, what=what)
