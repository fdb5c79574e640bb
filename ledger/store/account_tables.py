"""The tables of who may come in: accounts, what opens them, who is in, and who failed to get in. What opens a door is
here as a hash only. Accounts, invitations and tokens follow the entries of the accounts' journal, sessions those of
who came in."""

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel


class Account(SQLModel, table=True):
    """By what a person comes in. `name`: the sign-in name as it was given, `key` the same for comparing
    (rules.accounts.passwords.sign_in_key). `password`: argon2id, with its own salt; none before an invitation was
    used. `changed_at`: when it was set last. `local`: whether the password lets in."""

    __table_args__ = (Index("ix_account_key", "key", unique=True),)

    person: str = Field(primary_key=True)
    name: str
    key: str
    password: str | None = None
    local: bool
    active: bool
    opened_at: str
    changed_at: str | None = None


class Invitation(SQLModel, table=True):
    """A link that works once. `hash`: of its secret. `state`: open, used or withdrawn."""

    __table_args__ = (
        Index("ix_invitation_hash", "hash", unique=True),
        Index(
            "ix_invitation_open",
            "person",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: str = Field(primary_key=True)
    person: str
    hash: str
    issued_at: str
    expires_at: str
    state: str


class SessionRow(SQLModel, table=True):
    """Somebody who is in; ended ones are gone. `hash`: of what the cookie holds. `seen_at`: written once a minute at
    most. `agent`: the browser, shortened. `security_key`: which was shown besides; empty: none."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_hash", "hash", unique=True), Index("ix_session_person", "person", "started_at"))

    id: str = Field(primary_key=True)
    hash: str
    person: str
    started_at: str
    seen_at: str
    how: str
    address: str
    agent: str
    security_key: str


class TokenRow(SQLModel, table=True):
    """What a program comes in by. `hash`: of the token. `units`, `scopes`: what it is narrowed to, separated by line
    breaks. `used_at`: the last use, written once a minute at most. A revoked one keeps its row."""

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_hash", "hash", unique=True), Index("ix_token_person", "person", "issued_at"))

    id: str = Field(primary_key=True)
    hash: str
    person: str
    name: str
    issued_at: str
    expires_at: str
    reads_only: bool
    units: str = Field(sa_column=Column(Text, nullable=False))
    scopes: str
    revoked_at: str | None = None
    used_at: str | None = None


class TriesRow(SQLModel, table=True):
    """Failures at the entrance (rules.accounts.tries.Tries). `kind`: account (with `key` the person), name (that nobody
    has; the key is its hash, for it may be a password), address, or scope (the person): what was refused to somebody
    who is in, `what` the last time. `address`: the last one that it was tried from."""

    __tablename__ = "tries"
    __table_args__ = (
        Index("ix_tries_begun", "begun"),
        Index("ix_tries_unnoted", "noted", sqlite_where=text("unnoted > 0"), postgresql_where=text("unnoted > 0")),
    )

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    begun: str
    count: int
    held: str | None = None
    noted: str | None = None
    unnoted: int
    address: str = ""
    what: str = ""


class BindingRow(SQLModel, table=True):
    """Who comes in by another way. `way`: as sessions have it (oidc:hr); `subject`: what the person is called there,
    for ever."""

    __tablename__ = "binding"
    __table_args__ = (Index("ix_binding_person", "person", "way", unique=True),)

    way: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    person: str
    bound_at: str


class SpentRow(SQLModel, table=True):
    """What lets in once and was used: its hash, up to when it would let in."""

    __tablename__ = "spent"
    __table_args__ = (Index("ix_spent_until", "until"),)

    hash: str = Field(primary_key=True)
    until: str


class SecurityKeyRow(SQLModel, table=True):
    """What a person shows besides (WebAuthn). `credential`: the key's own name for it, `public_key`: by what it is
    checked, both base64url. `sign_count`: the last count that it showed; one that comes again is a copy's."""

    __tablename__ = "security_key"
    __table_args__ = (
        Index("ix_security_key_credential", "credential", unique=True),
        Index("ix_security_key_person", "person", "added_at"),
    )

    id: str = Field(primary_key=True)
    person: str
    name: str
    credential: str = Field(sa_column=Column(Text, nullable=False))
    public_key: str = Field(sa_column=Column(Text, nullable=False))
    sign_count: int
    added_at: str


class HalfInRow(SQLModel, table=True):
    """Somebody has said who they are and has still to show a security key. `hash`: of what their cookie holds; `how`:
    by what they said it; `misses`: how often what they showed was wrong."""

    __tablename__ = "half_in"
    __table_args__ = (Index("ix_half_in_until", "until"),)

    hash: str = Field(primary_key=True)
    person: str
    how: str
    until: str
    misses: int
