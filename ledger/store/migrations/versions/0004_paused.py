"""The register shows which items' clocks stand still."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("item", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
