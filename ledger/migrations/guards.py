"""The triggers that keep `entry` append-only and chained, on both databases. Not imported by anything but migrations.

Never alter `entry` by alembic's batch mode on SQLite: it makes the table anew and loses these triggers without a word.
"""

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
    """CREATE TRIGGER entry_last AFTER INSERT ON entry
    WHEN NEW.position <> (SELECT max(position) FROM entry)
    BEGIN SELECT RAISE(ABORT, 'entry is chained: position does not follow'); END""",
)
"""`INSERT OR REPLACE` fires no DELETE trigger on SQLite. entry_chained refuses it: the seq is not the next, or the
position is taken. Where no position is given it is known only afterwards: entry_last."""

POSTGRESQL = (
    """CREATE FUNCTION entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'entry is append-only: no %', lower(TG_OP); END $$""",
    """CREATE FUNCTION entry_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE head record;
    BEGIN
      SELECT seq, hash INTO head FROM entry WHERE stream = NEW.stream ORDER BY seq DESC LIMIT 1;
      IF NEW.seq <> coalesce(head.seq, 0) + 1 OR NEW.prev_hash <> coalesce(head.hash, repeat('0', 64))
        OR NEW.position <= (SELECT max(position) FROM entry) THEN
        RAISE EXCEPTION 'entry is chained: seq, prev_hash or position does not follow';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry EXECUTE FUNCTION entry_refuse()""",
    """CREATE TRIGGER entry_chained BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_follow()""",
)
