"""Notices go out: deliveries by channel, substitutes, on whose behalf an entry was made."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
