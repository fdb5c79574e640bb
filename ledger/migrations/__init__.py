"""The schema by steps (alembic): bringing a database to the current one, and checking that it is there and guarded."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Executable, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from ledger.canonical import GENESIS
from ledger.database import Database
from ledger.hashing import SHA256
from ledger.migrations import guards
from ledger.tables import Entry, table_of

ENTRY = table_of(Entry)


class SchemaProblem(Exception):
    """The database is not as this version needs it. The message says what is wrong and the way out."""


HEAD = "0007"
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

    Alone with the writers' lock, so that two programs starting together do it once. A new ledger hashes by `algorithm`
    (empty: SHA-256); one that has entries keeps the one that it was made with.
    """
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
    """The schema is current and the ledger's guards bite. Raises SchemaProblem."""
    check_schema(database)
    missing = missing_guards(database)
    if missing:
        raise SchemaProblem(
            f"留痕表的防改触发器缺失（{'、'.join(missing)}）：请运行 duban audit verify 核验留痕链，再从备份恢复。"
        )


def check_schema(database: Database) -> None:
    """The schema is current; nothing is said of the guards, and nothing written. Raises SchemaProblem."""
    found = revision_of(database)
    if found != HEAD:
        what = "是空的" if found is None else f"是 {found} 版，程序需要 {HEAD} 版"
        raise SchemaProblem(f"数据库{what}：请先运行 duban migrate。")


def changed_guards(connection: Connection) -> tuple[str, ...]:
    """Names of the triggers on `entry` that are not there, switched off, or not as we made them. Reads only."""
    made, found = (_sqlite_guards if connection.dialect.name == "sqlite" else _postgresql_guards)(connection)
    return tuple(name for name in made if found.get(name) != made[name])


def _sqlite_guards(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
    """By name, the triggers as we made them and as they are."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"))
    return {_name(statement): statement for statement in guards.SQLITE}, {name: sql for name, sql in rows}


def _postgresql_guards(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
    """The same; of a trigger its function's name and text count."""
    bodies = {_name(one): one.split("$$")[1] for one in guards.POSTGRESQL if "$$" in one}
    made = {}
    for one in guards.POSTGRESQL:
        if "$$" not in one:
            function = one.rsplit(" ", 1)[1].removesuffix("()")
            made[_name(one)] = f"{function} {bodies[function]}"
    rows = connection.execute(
        text(
            "SELECT t.tgname, p.proname || ' ' || p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgrelid = 'entry'::regclass AND t.tgenabled IN ('O', 'A')"
        )
    )
    return made, {name: function for name, function in rows}


def _name(statement: str) -> str:
    """The name of the trigger or function that the statement makes."""
    return statement.split("TRIGGER " if "$$" not in statement else "FUNCTION ", 1)[1].split(None, 1)[0].split("(")[0]


_TRIGGERS = ("entry_no_delete", "entry_no_update", "entry_chained")
_SQLITE_TRIGGERS = (*_TRIGGERS, "entry_last")
_POSTGRESQL_TRIGGERS = (*_TRIGGERS, "entry_no_truncate")
_PROBE = {
    "stream": "~guards",
    "seq": 1,
    "at": "",
    "recorded_at": "",
    "actor": "",
    "role": "",
    "kind": "",
    "command": "",
    "body": "{}",
    "prev_hash": GENESIS,
    "hash": "",
}
"""An entry that is never kept: what the guards are tried on."""


def missing_guards(database: Database) -> tuple[str, ...]:
    """Names of the triggers on `entry` that are not there, or that let through what they are for.

    Present is not enough: a trigger may be switched off, or say nothing. So each is tried, and nothing of it kept.
    """
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = 'entry'::regclass AND tgenabled IN ('O', 'A')"
    )
    wanted = _SQLITE_TRIGGERS if database.is_sqlite else _POSTGRESQL_TRIGGERS
    with database.write() as connection:
        present = set(connection.execute(text(catalogue)).scalars())
        missing = [name for name in wanted if name not in present]
        return tuple(missing) if missing else tuple(_toothless(connection))


def _toothless(connection: Connection) -> Iterator[str]:
    """Names of the triggers that refuse nothing. TRUNCATE is not tried: it would wait for every reader."""
    trial = connection.begin_nested()
    try:
        position = connection.execute(select(func.coalesce(func.max(ENTRY.c.position), 0) + 1)).scalar_one()
        connection.execute(insert(ENTRY).values(position=position, **_PROBE))
        mine = ENTRY.c.position == position
        follows = {**_PROBE, "seq": 2, "prev_hash": ""}
        tried: dict[str, Executable] = {
            "entry_no_update": update(ENTRY).where(mine).values(kind="-"),
            "entry_no_delete": delete(ENTRY).where(mine),
            "entry_chained": insert(ENTRY).values(position=position + 1, **{**follows, "seq": 3}),
        }
        if connection.dialect.name == "sqlite":
            tried["entry_last"] = insert(ENTRY).values(position=0, **follows)
        yield from [name for name, statement in tried.items() if _succeeds(connection, statement)]
    finally:
        trial.rollback()


def _succeeds(connection: Connection, statement: Executable) -> bool:
    trial = connection.begin_nested()
    try:
        connection.execute(statement)
    except OperationalError:
        raise
    except DBAPIError:
        return False
    finally:
        trial.rollback()
    return True
