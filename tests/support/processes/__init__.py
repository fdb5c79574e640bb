"""Processes of other kinds than the shipped one: what differs between them is data, and these are that data."""

from dataclasses import replace
from pathlib import Path

from definitions.catalogue import SHIPPED, load_process, load_processes
from definitions.process import ref_of
from rules.process import Process

_FILES = Path(__file__).parent
CHECKIN = load_process(_FILES / "filing.yaml")
"""One step of the unit's, which ends the item."""
ELECTION = load_process(SHIPPED / "election.yaml")
"""Eight steps with forms, two approvals by whoever stands above the unit, returns to any of several steps, a step that
may be gone through again."""
UPGRADE = load_process(SHIPPED / "upgrade.yaml")
"""Cycles until the figures bear the verdict, within one span; a step in which everybody waits for a day."""
CALL = load_process(_FILES / "call.yaml")
"""Held by an area, done by its instructor, ended by the report."""
APPRAISAL = load_process(SHIPPED / "appraisal.yaml")
"""Judged by two of three, then by a panel of two."""
UNANNOUNCED = load_process(_FILES / "unannounced.yaml")
"""Its unit sees nothing of it before it is asked."""
EVERY = tuple(p for one in (CHECKIN, ELECTION, UPGRADE, CALL, APPRAISAL, UNANNOUNCED) for p in one.all_resolved())
DRIVE, ERRAND = load_processes([_FILES / "drive.yaml", _FILES / "errand.yaml"])
"""Whose rows become errands in order, for other units, and which waits for them; and an errand."""
FAMILY = (*DRIVE.all_resolved(), *ERRAND.all_resolved())

SIX_ONES = load_process(_FILES / "pairing.yaml")
"""Whose unit owes so often, about each household, so much in all, by so many dates."""
TALLIED = SIX_ONES.all_resolved()


def at_once(process: Process) -> Process:
    """The same process, in which nothing has to be published: nobody waits for days on a real server."""
    other = replace(process, ref="", steps=tuple(replace(step, publish=None) for step in process.steps))
    return process if other.steps == process.steps else replace(other, ref=ref_of(other))
