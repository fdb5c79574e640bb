"""The ledger gets a name and an algorithm; entries say who was told; positions have no gaps; checkpoints seal them."""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import context, op

from ledger.store.hashing import SHA256
from ledger.store.migrations import guards
from rules.codec import instant_text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Columns are added plainly: batch mode would make `entry` anew, without its triggers (guards.py)."""
    op.add_column("entry", sa.Column("told", sa.Text(), nullable=True))
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        _close_gaps()
    for statement in guards.SQLITE_AGAIN if on_sqlite else guards.POSTGRESQL_AGAIN:
        op.execute(statement)
    identity = op.create_table(
        "ledger_identity",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    begun = op.get_bind().execute(sa.text("SELECT 1 FROM entry LIMIT 1")).first() is not None
    algorithm = SHA256.name if begun else context.config.attributes["algorithm"]
    row = {"id": str(uuid4()), "algorithm": algorithm, "created_at": instant_text(datetime.now(UTC))}
    op.bulk_insert(identity, [row])
    op.create_table(
        "checkpoint",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_checkpoint_size", "checkpoint", ["size"], unique=False)
    op.create_table(
        "seal_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("endorsement", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("n"),
    )
    op.create_table(
        "tree_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n"),
    )


def _close_gaps() -> None:
    """Positions were given by a sequence, which leaves a gap where a transaction was rolled back. They are not hashed.

    By way of negative numbers, so that no two entries have the same one in between.
    """
    op.execute("DROP TRIGGER entry_no_update ON entry")
    op.execute(
        "UPDATE entry SET position = -ranked.n FROM "
        "(SELECT position, row_number() OVER (ORDER BY position) AS n FROM entry) AS ranked "
        "WHERE ranked.position = entry.position"
    )
    op.execute("UPDATE entry SET position = -position")
    op.execute(next(s for s in guards.POSTGRESQL_GUARDS if s.startswith("CREATE TRIGGER entry_no_update")))
