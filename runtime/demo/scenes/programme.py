"""Which scenes the demonstration plays: those that are told, and what else the county has going on. Data only."""

from runtime.demo.scenes.elections import BESIDE_ELECTIONS, ELECTION
from runtime.demo.scenes.inspections import BESIDE_INSPECTIONS, INSPECTION
from runtime.demo.scenes.lists import BESIDE_LISTS, YEARLY
from runtime.demo.scenes.openness import BESIDE_OPENNESS
from runtime.demo.scenes.projects import BESIDE_PROJECTS, PROJECT

SCENES_TOLD = (PROJECT, ELECTION, INSPECTION, YEARLY)
"""In the order in which they are told."""
SCENES_BESIDE = (*BESIDE_PROJECTS, *BESIDE_ELECTIONS, *BESIDE_INSPECTIONS, *BESIDE_OPENNESS, *BESIDE_LISTS)
"""At least one item of each process that no scene is told of."""
