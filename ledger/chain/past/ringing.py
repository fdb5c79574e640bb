"""Alarms rung at the ledger itself, while no sweep can run: the same ticks as a sweep gives, so each once."""

from datetime import datetime

from ledger.chain import bulk, selections
from ledger.store.database import Database


def ring_here(database: Database, now: datetime, *, size: int = selections.DUE.chunk) -> int:
    """Every alarm that has come by `now` is rung, of items with a workflow and without. Returns how many entries' items
    moved, an item as often as it rang.

    A workflow that wakes later at its old alarm finds it rung, adopts, and sleeps on; what was issued with it is left a
    nudge, and has its workflow once the engine is back. Safe beside sweeps and timers, and after being killed at any
    point. Raises LedgerUnavailable.
    """
    rung, selection = 0, selections.due(now)
    while True:
        stored, after = 0, tuple[str, ...]()
        while (given := bulk.give(database, selection, now, size, after=after, nudged=True)).seen:
            stored, after = stored + given.stored, given.after
        rung += stored
        if not stored:  # what is left the rules refuse, or it rings later
            return rung
