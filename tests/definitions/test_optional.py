"""What comes with the program and is off until a site loads it: members' points."""

from __future__ import annotations

from pathlib import Path

import pytest

from definitions.assessments.assessment_file import shipped_assessments
from definitions.campaigns.catalogue import shipped_campaigns
from definitions.catalogue import SHIPPED, load_process
from definitions.figures.figure_file import shipped_figures
from rules.forms.form import AnswerKind
from tests.support.shipped import catalogue

OPTIONAL = sorted((SHIPPED.parent / "optional").glob("*.yaml"))


@pytest.mark.parametrize("file", OPTIONAL, ids=lambda file: file.stem)
def test_it_loads_for_every_kind_of_unit_and_is_not_shipped_as_in_force(file: Path) -> None:
    process = load_process(file)
    assert process.id == file.stem
    assert len(process.all_resolved()) == len(process.unit_kinds) * len(process.variants) == 5
    assert process.id not in {one.id for one in catalogue()}
    assert process.prefix not in {one.prefix for one in catalogue()}


def test_members_points_are_no_persons_ranking_and_nobodys_score() -> None:
    """Names are kept apart from the record; neither a figure nor an assessment knows of them."""
    (points,) = (load_process(file) for file in OPTIONAL if file.stem == "points")
    process = points.all_resolved()[0]
    roster = process.form("roster")
    assert roster is not None
    (members,) = roster.fields
    kinds = {column.id: column.kind for column in members.columns}
    assert kinds == {"no": AnswerKind.TEXT, "who": AnswerKind.NAME}
    processes = catalogue()
    register = shipped_figures(processes)
    assert points.id not in {figure.of for figure in register.figures}
    for assessment in shipped_assessments(processes, shipped_campaigns(processes), register):
        assert points.id not in {one.process for one in (assessment.tiers.guidance if assessment.tiers else ())}
