"""What an item is about is its title and a form of its process, and not the finding of a rectification alone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Renamed plainly, as both databases can; batch mode would make the table anew."""
    op.execute("ALTER TABLE item RENAME COLUMN finding TO title")
    op.create_table(
        "process_headings",
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("process"),
    )
