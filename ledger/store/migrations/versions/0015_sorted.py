"""The register is read in other orders than its own: by process, by date, by the last act; an item's follow-ups are
found by it, and counted; whatever it owes next is said. What was decided at the ledger past an item's
workflow is kept. How rounds stand is kept, unit by unit. By which version of its process an item went when an entry
was made is found without reading its stream."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Columns and indexes more, and a table."""
    op.add_column("item", sa.Column("parent", sa.String(), nullable=True))
    op.add_column("item", sa.Column("link", sa.String(), nullable=True))
    op.create_index("ix_item_parent", "item", ["parent", "no"], unique=False)
    op.create_index("ix_item_process", "item", ["process", "no"], unique=False)
    op.add_column("item", sa.Column("waits", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_item_waits", "item", ["waits", "sort"], unique=False)
    op.create_index("ix_item_supervisor", "item", ["supervisor", "waits", "sort"], unique=False)
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
    op.create_index(
        "ix_item_link",
        "item",
        ["link", "sort"],
        unique=False,
        sqlite_where=sa.text("link IS NOT NULL"),
        postgresql_where=sa.text("link IS NOT NULL"),
    )
    op.add_column("item", sa.Column("due_of", sa.String(), nullable=False, server_default=""))
    op.add_column("item", sa.Column("children", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("item", sa.Column("children_ended", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("draft", sa.Column("way", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "nudge",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("handed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "command"),
    )
    op.create_index(
        "ix_nudge_waiting",
        "nudge",
        ["stream", "at"],
        unique=False,
        sqlite_where=sa.text("handed_at IS NULL"),
        postgresql_where=sa.text("handed_at IS NULL"),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("campaign_ref", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened", sa.String(), nullable=False),
        sa.Column("first_due", sa.String(), nullable=False),
        sa.Column("last_due", sa.String(), nullable=False),
        sa.Column("locks", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("asking", sa.String(), nullable=False),
        sa.Column("stopped", sa.String(), nullable=False),
        sa.Column("alarm_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_round_campaign", "round", ["campaign", "opened"], unique=False)
    op.create_index(
        "ix_round_alarm",
        "round",
        ["id"],
        unique=False,
        sqlite_where=sa.text("alarm_at IS NOT NULL"),
        postgresql_where=sa.text("alarm_at IS NOT NULL"),
    )
    op.create_table(
        "round_unit",
        sa.Column("round", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("due_at", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("given", sa.String(), nullable=True),
        sa.Column("chosen", sa.String(), nullable=True),
        sa.Column("held", sa.String(), nullable=True),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("no", sa.String(), nullable=True),
        sa.Column("in_at", sa.String(), nullable=True),
        sa.Column("in_seq", sa.Integer(), nullable=True),
        sa.Column("reviewing", sa.Boolean(), nullable=False),
        sa.Column("unlocked", sa.String(), nullable=True),
        sa.Column("handed", sa.String(), nullable=True),
        sa.Column("annul", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("round", "unit"),
    )
    counted = ["round", "state", "area", "kind", "due", "reviewing"]
    op.create_index("ix_round_unit_counted", "round_unit", counted, unique=False)
    op.create_index("ix_round_unit_unit", "round_unit", ["unit", "round"], unique=False)
    op.create_index("ix_round_unit_no", "round_unit", ["no"], unique=False)
    op.create_index(
        "ix_round_unit_held",
        "round_unit",
        ["held", "round"],
        unique=False,
        sqlite_where=sa.text("held IS NOT NULL"),
        postgresql_where=sa.text("held IS NOT NULL"),
    )
    op.create_index(
        "ix_round_unit_unlocked",
        "round_unit",
        ["round"],
        unique=False,
        sqlite_where=sa.text("unlocked IS NOT NULL"),
        postgresql_where=sa.text("unlocked IS NOT NULL"),
    )
    # Creating an index does not touch the triggers of `entry`: no batch mode.
    where = sa.text("kind IN ('migrated', 'reassigned')")
    op.create_index("ix_entry_process", "entry", ["stream", "seq"], sqlite_where=where, postgresql_where=where)
    _scores()


def _scores() -> None:
    """How units stand in assessments, month by month and indicator by indicator; and summed by area."""
    op.create_table(
        "score",
        *_text("assessment", "unit", "month", "area", "kind", "version"),
        *_number("revision", "seq", "score"),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "unit", "month"),
    )
    op.create_index("ix_score_month", "score", ["assessment", "month", "area", "unit"], unique=False)
    op.create_index("ix_score_unit", "score", ["unit", "assessment", "month"], unique=False)
    op.create_table(
        "score_wait",
        *_text("assessment", "unit", "month", "round", "indicator"),
        sa.PrimaryKeyConstraint("assessment", "unit", "month", "round", "indicator"),
    )
    for column in ("round", "indicator"):
        op.create_index(f"ix_score_wait_{column}", "score_wait", [column, "assessment", "month", "unit"], unique=False)
    op.create_table(
        "score_half",
        *_text("assessment", "unit", "half"),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "unit", "half"),
    )
    op.create_table(
        "score_sum",
        *_text("assessment", "month", "area", "indicator"),
        *_number("points", "full", "lines"),
        sa.PrimaryKeyConstraint("assessment", "month", "area", "indicator"),
    )
    op.create_table(
        "tier",
        *_text("assessment", "unit", "area", "tier", "proposed", "period"),
        *_number("score", "below", "seq"),
        sa.PrimaryKeyConstraint("assessment", "unit"),
    )
    op.create_index("ix_tier_unit", "tier", ["unit"], unique=False)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]
