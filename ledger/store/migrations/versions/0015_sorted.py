"""The register is read in other orders than its own: by process, by date, by the last act; and an item's follow-ups are
found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Two columns and four indexes more."""
    op.add_column("item", sa.Column("parent", sa.String(), nullable=True))
    op.add_column("item", sa.Column("link", sa.String(), nullable=True))
    op.create_index("ix_item_parent", "item", ["parent", "no"], unique=False)
    op.create_index("ix_item_process", "item", ["process", "no"], unique=False)
    op.create_index("ix_item_due", "item", ["due", "no"], unique=False)
    op.create_index("ix_item_acted", "item", ["acted_at", "no"], unique=False)
    op.add_column("item", sa.Column("veiled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_item_veiled",
        "item",
        ["no"],
        unique=False,
        sqlite_where=sa.text("veiled = 1"),
        postgresql_where=sa.text("veiled"),
    )
