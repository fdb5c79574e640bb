"""Forms that somebody has filled in by half, and names on their way into an entry: kept beside the ledger, since they
are no facts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """One for each person, item and command; gone when the form is handed in."""
    op.create_table(
        "unfinished",
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", "person", "command"),
    )
    op.create_index("ix_unfinished_at", "unfinished", ["at"])
    op.create_table(
        "name_aside",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_name_aside_cause", "name_aside", ["cause"])
    op.add_column("erasable", sa.Column("cause", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_erasable_cause", "erasable", ["cause"])
