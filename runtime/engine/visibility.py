"""The embedded server's list of workflows (Temporal: visibility), freed of the indexes that nobody looks into."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

VISIBILITY_TABLE = "executions_visibility"
LOOKED_INTO = frozenset(
    {"close_time", "execution_time", "workflow_id", "workflow_type_name", "status", "TemporalNamespaceDivision"}
)
"""Columns by which the server's own queries, its screens and ours find workflows; `close_time` is its default order."""
_KEY = re.compile(r"\(namespace_id,\s*\(?(?:COALESCE\()?(\w+)", re.IGNORECASE)
WAIT = 5.0


def drop_unused_indexes(database: Path, used: Collection[str]) -> int:
    """Only indexes over columns in LOOKED_INTO or `used` are left. Returns how many went; 0 when all is done already.

    The server's schema has 58 of them, one for every column that anybody might ever search by, and each start and each
    new lamp wrote into all: a third of what a start cost (docs/adr/0011). Everything can still be searched by, only
    slower. May be called while the server runs; a list that is busy for longer than WAIT seconds is left as it is.
    """
    if not database.exists():  # the development server keeps its list elsewhere
        return 0
    kept = LOOKED_INTO | set(used)
    with closing(sqlite3.connect(database, timeout=WAIT, isolation_level=None)) as db:
        try:
            db.execute("begin immediate")
            unused = [name for name, column in indexes(db) if column not in kept]
            for name in unused:
                db.execute(f'drop index "{name}"')
            db.execute("commit")
        except sqlite3.OperationalError:
            return 0
    return len(unused)


def indexes(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every index of the list that is not a key of its table, with the first column after the namespace's."""
    query = "select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null"
    found = ((name, _KEY.search(sql)) for name, sql in db.execute(query, (VISIBILITY_TABLE,)))
    return [(name, key.group(1)) for name, key in found if key]
