"""The triggers that keep `entry` append-only and chained, on both databases. Imported by migrations only.

Never alter `entry` by alembic's batch mode on SQLite: it makes the table anew and loses these triggers without a word.
"""

_SQLITE_LAST = """CREATE TRIGGER entry_last AFTER INSERT ON entry
    WHEN NEW.position <> (SELECT max(position) FROM entry)
      OR NEW.position <> 1 AND NOT EXISTS (SELECT 1 FROM entry WHERE position = NEW.position - 1)
    BEGIN SELECT RAISE(ABORT, 'entry is chained: position does not follow'); END"""

SQLITE = (
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

POSTGRESQL = (
    """CREATE FUNCTION entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'entry is append-only: no %', lower(TG_OP); END $$""",
    _POSTGRESQL_FOLLOW,
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_chained BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_follow()""",
)
"""A sequence would leave a gap where a transaction was rolled back, so the trigger gives the positions."""

SQLITE_AGAIN = ("DROP TRIGGER entry_last", _SQLITE_LAST)
POSTGRESQL_AGAIN = ("ALTER TABLE entry ALTER COLUMN position DROP DEFAULT", _POSTGRESQL_FOLLOW)
"""What a ledger made before positions were without gaps needs anew."""
