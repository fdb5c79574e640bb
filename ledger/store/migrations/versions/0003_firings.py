"""Plans fire: which nominal time was claimed and started, how far each plan has been walked; the due wave's index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A wave is one instant: within it items are taken by number, so the number stands in the index too."""
    op.drop_index("ix_item_alarm", "item")
    op.create_index("ix_item_alarm", "item", ["alarm_at", "no"], unique=False)
    op.create_table(
        "firing",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("nominal", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("started_at", sa.String(), nullable=True),
        sa.Column("seen", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_firing_plan", "firing", ["plan", "nominal"], unique=False)
    op.create_index("ix_firing_started", "firing", ["started_at"], unique=False)
    op.create_table(
        "plan_cursor",
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("walked_to", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("plan"),
    )
