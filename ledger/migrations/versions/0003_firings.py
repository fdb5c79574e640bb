"""Plans fire: which nominal time was claimed and started, and how far each plan has been walked."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
