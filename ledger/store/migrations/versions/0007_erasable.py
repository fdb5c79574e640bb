"""Names stand apart from the entries under hashes with salt; files and names can be erased, and say so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "erasable",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("erased", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.add_column("evidence", sa.Column("erased", sa.String(), nullable=False, server_default=""))
