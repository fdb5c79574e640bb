"""What the product ships, each read once in a test process: reading a file of it takes longer than most tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from definitions.assessments.assessment_file import shipped_assessments
from definitions.campaigns.catalogue import shipped_campaigns
from definitions.catalogue import load_catalogue
from definitions.directory import DirectoryDefinition, load_directory
from definitions.figures.figure_file import shipped_figures
from definitions.process import ProcessDefinition
from rules.assessment.assessment import Assessment
from rules.figures.figure import FigureRegister
from rules.rounds.campaign import Campaign

COUNTY = Path(__file__).parents[2] / "definitions" / "demo" / "county.yaml"


@cache
def catalogue() -> tuple[ProcessDefinition, ...]:
    """The processes."""
    return load_catalogue()


@cache
def every_figure() -> FigureRegister:
    """The register of figures."""
    return shipped_figures(catalogue())


@cache
def every_campaign() -> tuple[Campaign, ...]:
    """The campaigns."""
    return shipped_campaigns(catalogue())


@cache
def every_assessment() -> tuple[Assessment, ...]:
    """The assessments."""
    return tuple(shipped_assessments(catalogue(), every_campaign(), every_figure()))


@cache
def example_county() -> DirectoryDefinition:
    """The demo's county."""
    return load_directory(COUNTY)
