"""A person's command for many items is kept from its preview on, with what became of it item by item."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Two tables more."""
    op.create_table(
        "bulk",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("behalf", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("previewed_at", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.String(), nullable=True),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("through", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bulk_item",
        sa.Column("bulk", sa.String(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("own", sa.Text(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bulk", "no"),
    )
    op.create_index("ix_bulk_item_open", "bulk_item", ["bulk", "result", "no"], unique=False)
