"""An entry says which command it carries out: by a hash of what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Added plainly: batch mode would make `entry` anew, without its triggers (guards.py)."""
    op.add_column("entry", sa.Column("command_hash", sa.String(), nullable=True))
