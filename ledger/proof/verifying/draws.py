"""Every draw, recomputed from what stands in its stream: its population, its seals, its numbers, who is inspected."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from ledger.chain.entries import ENTRY
from ledger.directory.draws import DRAW_KINDS, facts_of
from ledger.proof.verifying.found import Wrong
from rules.draw.drawing import recheck


def verify_draws(connection: Connection) -> Iterator[Wrong]:
    """Everything that does not follow. What cannot be read at all, its stream's own verification names."""
    streams = select(ENTRY.c.stream).where(ENTRY.c.kind.in_(DRAW_KINDS)).distinct().order_by(ENTRY.c.stream)
    for stream in connection.execute(streams).scalars().all():
        try:
            facts = facts_of(connection, stream.partition("/")[2])
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            continue
        for what in recheck(facts):
            yield Wrong(stream=stream, seq=0, what=f"抽取重算不符：{what}")
