"""The register is read in other orders than its own: by process, by date, by the last act."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Three indexes more."""
    op.create_index("ix_item_process", "item", ["process", "no"], unique=False)
    op.create_index("ix_item_due", "item", ["due", "no"], unique=False)
    op.create_index("ix_item_acted", "item", ["acted_at", "no"], unique=False)
