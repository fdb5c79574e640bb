"""By which version of its process an item went when an entry was made is found without reading its stream."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Creating an index does not touch the triggers of `entry`: no batch mode."""
    where = text("kind IN ('migrated', 'reassigned')")
    op.create_index("ix_entry_process", "entry", ["stream", "seq"], sqlite_where=where, postgresql_where=where)
