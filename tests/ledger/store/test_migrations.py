"""Bringing a database to the current schema, and noticing at start-up when the ledger's guards are gone."""

import multiprocessing
import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from ledger.store import migrations
from ledger.store.database import Database
from ledger.store.migrations import SchemaProblem
from tests.support import world
from tests.support.servers.postgres import PostgresServer


def _upgrade(url: str) -> str:
    """In another process: what came of it."""
    database = Database(url)
    try:
        return str(migrations.upgrade(database))
    finally:
        database.close()


def changed_in(database: Database) -> tuple[str, ...]:
    with database.read() as connection:
        return migrations.changed_guards(connection)


def test_the_revision_that_is_needed_is_the_last_one_written() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_an_empty_database_gets_the_current_schema(empty: Database) -> None:
    assert migrations.revision_of(empty) is None
    assert migrations.upgrade(empty) == (None, migrations.HEAD)
    assert migrations.revision_of(empty) == migrations.HEAD


def test_upgrading_twice_changes_nothing(empty: Database) -> None:
    migrations.upgrade(empty)
    assert migrations.upgrade(empty) == (migrations.HEAD, migrations.HEAD)


def test_an_empty_database_is_refused_at_start_up_with_the_way_out(empty: Database) -> None:
    with pytest.raises(SchemaProblem, match=r"是空的.*duban migrate"):
        migrations.check(empty)


def test_a_database_of_another_version_is_refused_with_both_versions_named(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaProblem, match=f"是 0000 版，程序需要 {migrations.HEAD} 版"):
        migrations.check(database)


def test_programs_that_start_together_upgrade_once(empty_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        done = sorted(pool.map(_upgrade, [empty_url] * 2))
    head = migrations.HEAD
    assert done == sorted([str((None, head)), str((head, head))])


def test_the_tables_in_code_are_the_tables_in_the_database(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_guards_stand_after_the_migration(database: Database) -> None:
    world.live(database)
    assert changed_in(database) == ()
    migrations.check(database)


def test_looking_at_the_guards_leaves_nothing_behind(database: Database) -> None:
    world.live(database)
    with database.read() as connection:
        before = connection.execute(text("SELECT * FROM entry ORDER BY position")).all()
    migrations.check(database)
    with database.read() as connection:
        assert connection.execute(text("SELECT * FROM entry ORDER BY position")).all() == before
    world.store_issued(database, world.issued("XX2026-0002"))
    with database.read() as connection:
        assert connection.execute(text("SELECT max(position) FROM entry")).scalar() == len(before) + 1


@pytest.mark.parametrize("items", [0, 1], ids=["no entries", "entries"])
@pytest.mark.parametrize("trigger", ["entry_no_update", "entry_no_delete", "entry_chained"])
def test_a_missing_guard_is_found_at_start_up(database: Database, trigger: str, items: int) -> None:
    if items:
        world.live(database)
    with database.write() as connection:
        connection.execute(text(f"DROP TRIGGER {trigger}" + ("" if database.is_sqlite else " ON entry")))
    with pytest.raises(SchemaProblem, match=f"触发器.*{trigger}"):
        migrations.check(database)
    assert changed_in(database) == (trigger,)


@pytest.mark.parametrize("items", [0, 1], ids=["no entries", "entries"])
@pytest.mark.parametrize(
    ("trigger", "event"), [("entry_no_update", "UPDATE"), ("entry_no_delete", "DELETE"), ("entry_chained", "INSERT")]
)
def test_a_guard_that_refuses_nothing_is_found_at_start_up(
    database: Database, trigger: str, event: str, items: int
) -> None:
    if items:
        world.live(database)
    with database.write() as connection:
        if database.is_sqlite:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
            connection.execute(text(f"CREATE TRIGGER {trigger} BEFORE {event} ON entry BEGIN SELECT 1; END"))
        else:
            harmless = "BEGIN RETURN NEW; END" if event != "DELETE" else "BEGIN RETURN OLD; END"
            create = "CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS"
            connection.execute(text(f"{create} '{harmless}'"))
            connection.execute(text(f"DROP TRIGGER {trigger} ON entry"))
            each = "FOR EACH ROW EXECUTE FUNCTION harmless()"
            connection.execute(text(f"CREATE TRIGGER {trigger} BEFORE {event} ON entry {each}"))
    assert changed_in(database) == (trigger,)
    with pytest.raises(SchemaProblem, match=f"触发器.*{trigger}"):
        migrations.check(database)


def test_a_missing_guard_of_the_order_is_found_at_start_up(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "duban.db")
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    for harmless in ("", "CREATE TRIGGER entry_last AFTER INSERT ON entry BEGIN SELECT 1; END"):
        with database.write() as connection:
            connection.execute(text("DROP TRIGGER entry_last"))
            connection.execute(text(harmless or "SELECT 1"))
        assert changed_in(database) == ("entry_last",)
        with database.write() as connection:
            connection.execute(
                text("CREATE TRIGGER IF NOT EXISTS entry_last AFTER INSERT ON entry BEGIN SELECT 1; END")
            )
    database.close()


@pytest.mark.parametrize("how", ["DISABLE", "ENABLE REPLICA"])
@pytest.mark.parametrize("trigger", ["entry_no_update", "entry_no_truncate"])
def test_a_guard_that_is_switched_off_is_found_at_start_up(
    postgres: PostgresServer, postgres_template: str, how: str, trigger: str
) -> None:
    database = Database(postgres.create(postgres_template))
    with database.write() as connection:
        connection.execute(text(f"ALTER TABLE entry {how} TRIGGER {trigger}"))
    assert changed_in(database) == (trigger,)
    database.close()


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (
            "CREATE OR REPLACE TRIGGER entry_no_update BEFORE UPDATE ON entry FOR EACH ROW WHEN (false) "
            "EXECUTE FUNCTION entry_refuse()",
            ("entry_no_update",),
        ),
        (
            "CREATE OR REPLACE TRIGGER entry_no_update BEFORE UPDATE OF unit ON entry FOR EACH ROW "
            "EXECUTE FUNCTION entry_refuse()",
            ("entry_no_update",),
        ),
        (
            "CREATE OR REPLACE FUNCTION entry_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            ("entry_no_update", "entry_no_delete", "entry_no_truncate"),
        ),
        (
            "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
            "' SET session_replication_role = replica'; END $$",
            ("entry_no_update", "entry_no_delete", "entry_no_truncate", "entry_chained"),
        ),
    ],
    ids=[
        "fires under a condition",
        "fires for one column",
        "its function refuses nothing",
        "off for the whole database",
    ],
)
def test_a_guard_that_was_disarmed_without_being_dropped_is_found_at_start_up(
    postgres: PostgresServer, postgres_template: str, change: str, changed: tuple[str, ...]
) -> None:
    database = Database(postgres.create(postgres_template))
    assert changed_in(database) == ()
    with database.write() as connection:
        connection.execute(text(change))
    database.close()  # a setting of the database holds for connections made from now on
    assert changed_in(database) == changed
    database.close()


def test_a_batch_migration_that_loses_the_guards_is_found_at_start_up(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "duban.db")
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    world.live(database)
    with database.write() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("entry", recreate="always") as batch:
            batch.alter_column("kind", nullable=True)
    with pytest.raises(SchemaProblem, match="entry_no_update、entry_no_delete、entry_chained、entry_last"):
        migrations.check(database)
    database.close()


def test_notices_from_before_there_were_channels_stay_in_the_inbox(empty: Database) -> None:
    with empty.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        values = "'n1', 's', 1, 'x', 'p', 'liaison', 'issued', '', '', false, 'pending'"
        connection.execute(text(f"INSERT INTO notice VALUES ({values})"))
    migrations.upgrade(empty)
    with empty.read() as connection:
        assert connection.execute(text("SELECT state, read_at FROM notice")).all() == [("routed", None)]
