"""A process whose items may have all the parts that an item may have: sixty rows that each become an item and are owed
by a day, and four more nodes."""

from dataclasses import replace

from definitions.catalogue import EXAMPLE, SHIPPED, load_process
from definitions.process import ref_of
from rules.forms.answers import Pairs
from rules.forms.form import ROW_LIMIT
from rules.forms.tally import SUBJECT_LENGTH, OwedBy, Tally
from rules.nodes.node import OPEN_LIMIT
from rules.process import ClockKind, Process
from runtime.bench import with_parts
from tests.support.processes import TALLIED

MORE_BY = "12-10"
MORE = tuple(f"more{n}" for n in range(OPEN_LIMIT - ROW_LIMIT))


def full(unit_kind: str = "organ") -> Process:
    """For one kind of unit; its nodes ring all the rungs of the shipped ladder of nodes."""
    shipped = load_process(SHIPPED / f"{EXAMPLE}.yaml").resolve(unit_kind, with_parts.PARTS_VARIANT)
    rungs = tuple(one for one in TALLIED[0].rungs if ClockKind.NODE in one.applies)
    parts = with_parts.owing(with_parts.issuing(shipped), rungs=rungs)
    by = (OwedBy(count=1, by=MORE_BY),)
    more = tuple(Tally(id=one, name="另行开展的", step=parts.tallies[0].step, by=by) for one in MORE)
    found = replace(parts, ref="", tallies=(*parts.tallies, *more))
    return replace(found, ref=ref_of(found))


def rows(process: Process, day: str) -> Pairs:
    """Sixty rows, each as long as what a node is about may be."""
    _, table = with_parts.first_table(process)
    cells = []
    for n in range(1, ROW_LIMIT + 1):
        cells += [
            (f"{table.id}.{n}.{table.columns[0].id}", f"{n:02d}{'事' * (SUBJECT_LENGTH - 2)}"),
            (f"{table.id}.{n}.day", day),
        ]
    return tuple(cells)
