"""Who may come in: accounts, what opens them, who is in, failures at the entrance. What one asks for and another has
to confirm."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Ten tables more."""
    op.create_table(
        "account",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_index("ix_account_key", "account", ["key"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_invitation_hash", "invitation", ["hash"], unique=True)
    op.create_index(
        "ix_invitation_open",
        "invitation",
        ["person"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("started_at", sa.String(), nullable=False),
        sa.Column("seen_at", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("security_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_session_hash", "session", ["hash"], unique=True)
    op.create_index("ix_session_person", "session", ["person", "started_at"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("reads_only", sa.Boolean(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.String(), nullable=True),
        sa.Column("used_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_token_hash", "token", ["hash"], unique=True)
    op.create_index("ix_token_person", "token", ["person", "issued_at"], unique=False)
    op.create_table(
        "tries",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("begun", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("held", sa.String(), nullable=True),
        sa.Column("noted", sa.String(), nullable=True),
        sa.Column("unnoted", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_index("ix_tries_begun", "tries", ["begun"], unique=False)
    op.create_index(
        "ix_tries_unnoted",
        "tries",
        ["noted"],
        unique=False,
        sqlite_where=sa.text("unnoted > 0"),
        postgresql_where=sa.text("unnoted > 0"),
    )
    op.create_table(
        "binding",
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("bound_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("way", "subject"),
    )
    op.create_index("ix_binding_person", "binding", ["person", "way"], unique=True)
    op.create_table(
        "spent",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_spent_until", "spent", ["until"], unique=False)
    op.create_table(
        "security_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_security_key_credential", "security_key", ["credential"], unique=True)
    op.create_index("ix_security_key_person", "security_key", ["person", "added_at"], unique=False)
    op.create_table(
        "half_in",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_half_in_until", "half_in", ["until"], unique=False)
    op.create_table(
        "joint_act",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.String(), nullable=True),
        sa.Column("carried_at", sa.String(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("apart", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_joint_act_state", "joint_act", ["state", "until"], unique=False)
