"""The schema by steps (alembic): bringing a database to the current one, and checking that it is there and guarded."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ledger.store.database import Database
from ledger.store.hashing import SHA256
from ledger.store.migrations import guards


class SchemaProblem(Exception):
    """The database is not as this version needs it. The message says what is wrong and the way out."""


HEAD = "0015"
"""The revision that this version of the program needs: the last of versions/, which a test compares."""


def revision_of(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with database.read() as connection:
        return revision_in(connection)


def revision_in(connection: Connection) -> str | None:
    """The same, inside a transaction."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(database: Database, algorithm: str = "") -> tuple[str | None, str]:
    """The database is at the current schema, its guards in place. Returns the revisions before and after.

    Alone with the writers' lock where there is something to do, so that two programs starting together do it once. A
    new ledger hashes by `algorithm` (empty: SHA-256); one that has entries keeps the one that it was made with.
    """
    before = revision_of(database)
    if before != HEAD:
        with database.write() as connection:
            before = revision_in(connection)
            migrate(connection, HEAD, algorithm)
    check(database)
    return before, HEAD


def migrate(connection: Connection, to: str, algorithm: str = "") -> None:
    """The database is at that revision, if it was at none later, in the caller's transaction. See `upgrade`."""
    from alembic import command  # here and not above: only upgrading needs it, and every command would wait for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    config.attributes["algorithm"] = algorithm or SHA256.name
    command.upgrade(config, to)


def is_known(revision: str) -> bool:
    """Whether this program has a step to that revision."""
    return any(path.name.startswith(f"{revision}_") for path in (Path(__file__).parent / "versions").glob("*.py"))


def check(database: Database) -> None:
    """The schema is current and the ledger's guards are as they were made. Reads only: a start waits for no writer.

    Raises SchemaProblem.
    """
    check_schema(database)
    with database.read() as connection:
        changed = guards.changed(connection)
    if changed:
        named = "、".join(changed)
        raise SchemaProblem(
            f"留痕表的防改触发器缺失或被换过（{named}）：请运行 duban audit verify 核验留痕链，再从备份恢复。"
        )


def check_schema(database: Database) -> None:
    """The schema is current; nothing is said of the guards, and nothing written. Raises SchemaProblem."""
    found = revision_of(database)
    if found != HEAD:
        what = "是空的" if found is None else f"是 {found} 版，程序需要 {HEAD} 版"
        raise SchemaProblem(f"数据库{what}：请先运行 duban migrate。")


def changed_guards(connection: Connection) -> tuple[str, ...]:
    """Names of the guards on `entry` that are not there, switched off, or not as we made them. Reads only."""
    return guards.changed(connection)


def foreign_rules(connection: Connection) -> tuple[str, ...]:
    """Triggers, views, rules and policies in the database that Duban has not made, in words. Reads only."""
    return guards.foreign(connection)
