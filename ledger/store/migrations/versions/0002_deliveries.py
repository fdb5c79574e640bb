"""Notices go out: deliveries by channel, substitutes, on whose behalf an entry was made."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Columns are added plainly: batch mode would make `entry` anew, without its triggers (guards.py)."""
    op.add_column("entry", sa.Column("behalf", sa.String(), nullable=True))
    op.add_column("notice", sa.Column("read_at", sa.String(), nullable=True))
    op.add_column("person", sa.Column("email", sa.String(), nullable=True))
    # What was written before there were channels stays in the inbox: nobody wants months of it in one morning.
    op.execute("UPDATE notice SET state = 'routed'")
    pending = sa.text("state = 'pending'")
    op.create_index("ix_notice_pending", "notice", ["id"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "delivery",
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("behalf", sa.String(), nullable=False),
        sa.Column("immediate", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "channel"),
    )
    op.create_index("ix_delivery_queue", "delivery", ["channel", "state", "message", "person"], unique=False)
    op.create_index("ix_delivery_message", "delivery", ["message"], unique=False)
    op.create_table(
        "substitute",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("named_at", sa.String(), nullable=False),
        sa.Column("last", sa.String(), nullable=False),
        sa.Column("stand_in", sa.String(), nullable=False),
        sa.Column("named_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("person", "first", "named_at"),
    )
    op.create_index("ix_substitute_stand_in", "substitute", ["stand_in", "last"], unique=False)
