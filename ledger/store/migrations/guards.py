"""The triggers that keep `entry` append-only and chained, on both databases, and whether they are as they were made.

The one place where they are named. Imported by migrations only.

Never alter `entry` by alembic's batch mode on SQLite: it makes the table anew and loses these triggers without a word.
"""

from sqlalchemy import Connection, text

_SQLITE_LAST = """CREATE TRIGGER entry_last AFTER INSERT ON entry
    WHEN NEW.position <> (SELECT max(position) FROM entry)
      OR NEW.position <> 1 AND NOT EXISTS (SELECT 1 FROM entry WHERE position = NEW.position - 1)
    BEGIN SELECT RAISE(ABORT, 'entry is chained: position does not follow'); END"""

SQLITE_GUARDS = (
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'entry is append-only: no update'); END""",
    """CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'entry is append-only: no delete'); END""",
    """CREATE TRIGGER entry_chained BEFORE INSERT ON entry
    WHEN NEW.seq <> coalesce((SELECT max(seq) FROM entry WHERE stream = NEW.stream), 0) + 1
      OR NEW.prev_hash <> coalesce(
        (SELECT hash FROM entry WHERE stream = NEW.stream ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
      OR EXISTS (SELECT 1 FROM entry WHERE position = NEW.position)
    BEGIN SELECT RAISE(ABORT, 'entry is chained: seq, prev_hash or position does not follow'); END""",
    _SQLITE_LAST,
)
"""`INSERT OR REPLACE` fires no DELETE trigger on SQLite. entry_chained refuses it: the seq is not the next, or the
position is taken. Where no position is given it is known only afterwards: entry_last."""

_POSTGRESQL_FOLLOW = """CREATE OR REPLACE FUNCTION entry_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE head record; last integer;
    BEGIN
      SELECT seq, hash INTO head FROM entry WHERE stream = NEW.stream ORDER BY seq DESC LIMIT 1;
      SELECT coalesce(max(position), 0) INTO last FROM entry;
      IF NEW.position IS NULL THEN NEW.position := last + 1; END IF;
      IF NEW.seq <> coalesce(head.seq, 0) + 1 OR NEW.prev_hash <> coalesce(head.hash, repeat('0', 64))
        OR NEW.position <> last + 1 THEN
        RAISE EXCEPTION 'entry is chained: seq, prev_hash or position does not follow';
      END IF;
      RETURN NEW;
    END $$"""

POSTGRESQL_GUARDS = (
    """CREATE FUNCTION entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'entry is append-only: no %', lower(TG_OP); END $$""",
    _POSTGRESQL_FOLLOW,
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_chained BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_follow()""",
)
"""A sequence would leave a gap where a transaction was rolled back, so the trigger gives the positions."""

SQLITE_AGAIN = ("DROP TRIGGER entry_last", _SQLITE_LAST)
POSTGRESQL_AGAIN = ("ALTER TABLE entry ALTER COLUMN position DROP DEFAULT", _POSTGRESQL_FOLLOW)
"""What a ledger made before positions were without gaps needs anew."""


def changed(connection: Connection) -> tuple[str, ...]:
    """Names of the guards that are not there, switched off, or not as we made them. Reads only.

    Their definitions are compared and nothing is tried: that each refuses what it is for is tested
    (tests/ledger/store/test_guards.py), and a trial would need the writers' lock.
    """
    if connection.dialect.name == "sqlite":
        made, found = {_name(one): one for one in SQLITE_GUARDS}, _sqlite(connection)
    else:
        made, found = _made_on_postgresql(), _postgresql(connection)
    return tuple(name for name in made if found.get(name) != made[name])


def foreign(connection: Connection) -> tuple[str, ...]:
    """What else acts by itself on what is written or read: each as its Chinese kind, its name and its table."""
    sqlite = connection.dialect.name == "sqlite"
    ours = {
        ("触发器", _name(one), "entry")
        for one in (SQLITE_GUARDS if sqlite else POSTGRESQL_GUARDS)
        if "CREATE TRIGGER" in one
    }
    found = connection.execute(text(_FOREIGN_ON_SQLITE if sqlite else _FOREIGN_ON_POSTGRESQL))
    return tuple(f"{row[0]} {row[1]}（{row[2]}）" for row in found if tuple(row) not in ours)


_FOREIGN_ON_SQLITE = """SELECT CASE type WHEN 'view' THEN '视图' ELSE '触发器' END, name, tbl_name FROM sqlite_master
    WHERE type IN ('trigger', 'view') ORDER BY name"""

_FOREIGN_ON_POSTGRESQL = """
    SELECT '触发器', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
    UNION ALL SELECT '规则', rulename, tablename FROM pg_rules WHERE schemaname = current_schema()
    UNION ALL SELECT '视图', viewname, viewname FROM pg_views WHERE schemaname = current_schema()
    UNION ALL SELECT '行级策略', policyname, tablename FROM pg_policies WHERE schemaname = current_schema()
    ORDER BY 1, 2"""


def _name(statement: str) -> str:
    """The name of the trigger that the statement makes."""
    return statement.split(None, 3)[2]


def _sqlite(connection: Connection) -> dict[str, str]:
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"
    return {name: sql for name, sql in connection.execute(text(query))}


def _made_on_postgresql() -> dict[str, str]:
    """Each trigger's definition, and under it language and text of its function."""
    bodies = {one.split("FUNCTION ")[1].split("(")[0]: one.split("$$")[1] for one in POSTGRESQL_GUARDS if "$$" in one}
    triggers = [one for one in POSTGRESQL_GUARDS if "$$" not in one]
    return {_name(one): f"{one}\nplpgsql\n{bodies[one.split()[-1].removesuffix('()')]}" for one in triggers}


def _postgresql(connection: Connection) -> dict[str, str]:
    """The same as it is; of those that fire for this user, and that is none where replication's role is another."""
    query = """SELECT t.tgname, pg_get_triggerdef(t.oid, true) || chr(10) || l.lanname || chr(10) || p.prosrc
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
        WHERE t.tgrelid = 'entry'::regclass AND t.tgenabled IN ('O', 'A')
          AND current_setting('session_replication_role') = 'origin'"""
    return {name: definition for name, definition in connection.execute(text(query))}
