"""Entries are found by time, kind, person, unit and what they came through without reading the whole ledger."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Creating an index does not touch the triggers of `entry`: no batch mode."""
    op.create_index("ix_entry_at", "entry", ["at"])
    op.create_index("ix_entry_kind", "entry", ["kind", "at"])
    op.create_index("ix_entry_actor", "entry", ["actor", "at"])
    for name, given in (("behalf", "behalf"), ("unit", "unit"), ("via", "through")):
        set_ = text(f"{given} IS NOT NULL")
        op.create_index(f"ix_entry_{name}", "entry", [name, "at"], sqlite_where=set_, postgresql_where=set_)
