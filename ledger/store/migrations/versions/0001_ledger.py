"""The ledger, its projections, the directory, batches and evidence; entries append-only from the first day."""

import sqlalchemy as sa
from alembic import op

from ledger.store.migrations import guards

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("leader", sa.String(), nullable=True),
        sa.Column("instructor", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("through", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.String(), nullable=True),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calendar_version",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_calendar_version_current", "calendar_version", ["current"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "draft",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("import_key", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("no", sa.String(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("finding", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("earlier", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "n"),
    )
    op.create_index("ix_draft_open", "draft", ["batch", "result", "n"], unique=False)
    op.create_table(
        "entry",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("through", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("stream", "seq"),
    )
    op.create_index("ix_entry_command", "entry", ["stream", "command"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("stored_at", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "item",
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("process_ref", sa.String(), nullable=False),
        sa.Column("calendar_ref", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("unit_kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("supervisor", sa.String(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("step_name", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("lamp", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("late_count", sa.Integer(), nullable=False),
        sa.Column("late_reviews", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("extension_to", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("alarm_at", sa.String(), nullable=True),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.Column("acted_at", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("import_key", sa.String(), nullable=True),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no"),
        sa.UniqueConstraint("import_key"),
    )
    op.create_index("ix_item_alarm", "item", ["alarm_at"], unique=False)
    op.create_index("ix_item_area", "item", ["area", "sort", "status"], unique=False)
    op.create_index("ix_item_area_lamp", "item", ["area", "lamp", "sort"], unique=False)
    op.create_index("ix_item_batch", "item", ["batch"], unique=False)
    op.create_index("ix_item_lamp", "item", ["lamp", "sort"], unique=False)
    op.create_index("ix_item_sort", "item", ["sort"], unique=True)
    op.create_index("ix_item_status", "item", ["status", "sort"], unique=False)
    op.create_index("ix_item_unit", "item", ["unit", "sort", "status"], unique=False)
    op.create_table(
        "item_co_unit",
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("no", "unit"),
    )
    op.create_index("ix_item_co_unit", "item_co_unit", ["unit", "sort", "status"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("lamp", sa.String(), nullable=False),
        sa.Column("immediate", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notice_cause", "notice", ["stream", "seq"], unique=False)
    op.create_index("ix_notice_person", "notice", ["person", "at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_person_unit", "person", ["unit"], unique=False)
    op.create_table(
        "post",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("area", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("person", "role"),
    )
    op.create_index("ix_post_role", "post", ["role", "unit", "area"], unique=False)
    op.create_table(
        "process_version",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("unit_kind", sa.String(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_process_version_current", "process_version", ["current"], unique=False)
    op.create_index("ix_process_version_process", "process_version", ["process"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("aliases", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("became", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_unit_area", "unit", ["area"], unique=False)
    op.create_index(
        "ix_unit_name",
        "unit",
        ["name"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_table(
        "unit_span",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("aliases", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("became", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "first"),
    )
    op.create_table(
        "unit_condition",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.Column("condition", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "first"),
    )
    op.create_table(
        "figure_value",
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("figure", "unit", "period", "revision"),
    )
    op.create_index("ix_figure_value_period", "figure_value", ["figure", "period", "unit", "revision"], unique=False)
    op.create_index("ix_figure_value_unit", "figure_value", ["unit", "period"], unique=False)
    op.create_index("ix_figure_value_cause", "figure_value", ["stream", "seq"], unique=False)
    for statement in guards.SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else guards.POSTGRESQL_GUARDS:
        op.execute(statement)
