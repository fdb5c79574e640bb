"""Processes of other kinds than the shipped one: what differs between them is data, and these are that data."""

from pathlib import Path

from definitions.catalogue import load_process

_FILES = Path(__file__).parent
CHECKIN = load_process(_FILES / "checkin.yaml")
"""One step of the unit's, which ends the item."""
ELECTION = load_process(_FILES / "election.yaml")
"""Eight steps with forms, two approvals, returns to any of several steps, a step that may be gone through again."""
PROJECT = load_process(_FILES / "project.yaml")
"""Cycles until the figures bear the verdict, within one span; a step in which everybody waits for a day."""
EVERY = (*CHECKIN.all_resolved(), *ELECTION.all_resolved(), *PROJECT.all_resolved())
