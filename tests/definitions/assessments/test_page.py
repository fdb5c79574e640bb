"""What docs/assessments.md shows is true: its example loads, its sentences and its sheet are the program's own, and the
reference has every key."""

from __future__ import annotations

import re
import runpy
from datetime import date
from pathlib import Path

import pytest

from definitions.assessments.assessment_file import shipped_assessments
from definitions.assessments.keys import ASSESSMENT_KEYS, ASSESSMENT_TABLES
from definitions.fields import FileMapping
from rules.assessment.known import FigureTold, MeritTold, UnitKnown
from rules.assessment.lines import ScoreLine
from rules.assessment.scoring import score
from rules.assessment.sheets import points_text, sheet
from rules.assessment.telling import why
from rules.rounds.periods import read_period
from tests.definitions.assessments.small import SMALL, campaigns, figures, loaded
from tests.support.shipped import catalogue

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "assessments.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```yaml assessment\n(.*?)```", PAGE, re.DOTALL)
KNOWN = UnitKnown(
    unit="u1",
    kind="organ",
    figures={
        ("study", "2027-01"): FigureTold("4"),
        ("study", "2027-02"): FigureTold("3"),
        ("study", "2027-03"): FigureTold("4"),
        ("closed_on_time", "2027-Q1"): FigureTold("82.5"),
    },
    merits=(MeritTold(indicator="performance", merit="award", day=date(2027, 2, 10), points=200),),
)


def test_the_example_is_scored_as_the_page_says(tmp_path: Path) -> None:
    of = loaded(tmp_path, EXAMPLE)
    lines: list[ScoreLine] = []
    for month in ("2027-01", "2027-02", "2027-03"):
        lines += score(of, figures(), read_period(month), KNOWN).lines
    names = {one.id: one.name for one in of.indicators}
    by_id = {one.id: one for one in of.indicators}
    lines.sort(key=lambda line: (list(by_id).index(line.indicator), line.period))
    told = [f"{names[line.indicator]}　{why(by_id[line.indicator], figures(), line)}" for line in lines]
    assert re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL) == ["\n".join(told)]
    found = sheet(of, of.indicators, lines)
    for line in found.lines:
        weight = points_text(line.weight) if line.weight else ""
        row = rf"\| {names[line.indicator]} \|.*\| {weight} \|.*\| {re.escape(points_text(line.counts))} \|"
        assert re.search(row.replace("|  \\|", "| *\\|"), PAGE), row
    assert re.search(rf"\| 合计 \|.*\| {re.escape(points_text(found.score))} \|", PAGE)


def test_the_reference_is_up_to_date_and_has_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = runpy.run_path(str(ROOT / "setup" / "campaigns.py"))
    assert script["with_assessments"](PAGE) == PAGE, "run: .venv/bin/python setup/campaigns.py"
    asked: set[tuple[str, str]] = set()
    done = FileMapping.done
    named = re.compile(r"^(indicators|honours|tiers\.bands|tiers\.issues|indicators\.\*\.entries)\.[a-z_0-9]+")

    def noted(table: FileMapping) -> None:
        place = ".".join(str(part) for part in table.path)
        for _ in range(2):
            place = named.sub(r"\1.*", place)
        if place in ASSESSMENT_TABLES:
            asked.update((place, key) for key in table._asked)
        done(table)

    monkeypatch.setattr(FileMapping, "done", noted)
    of, register = campaigns(), figures()
    asked.clear()
    loaded(tmp_path, SMALL)
    shipped_assessments(catalogue(), of, register)
    assert asked == {(row.table, row.key) for row in ASSESSMENT_KEYS}
