"""Where a unit's year begins is found by a program in another language too: as the assessment of the year before left
it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.proof.reckoning.test_scores import Rows, of_four, processes, reckoned, rows

__all__ = ["of_four", "processes", "rows"]
U3 = "~score/organ_2026/u003"
BEFORE = {"score_of": "organ_2025", "unit": "u003", "tier": "weak", "day": "2025-07-20", "period": "2025-H1"}


def year_before(rows: Rows) -> Rows:
    """The same, and an assessment of the year before by which u003 is weak."""
    loaded = next(row for row in rows if row["kind"] == "assessment_loaded")
    body = json.loads(loaded["body"])
    body["assessment"] |= {"id": "organ_2025", "year": 2025}
    own = next(row for row in rows if row["stream"] == U3)
    first = loaded | {"position": -2, "body": json.dumps(body)}
    stream = {"stream": "~score/organ_2025/u003", "seq": 1, "kind": "tier_decided"}
    return [first, own | stream | {"position": -1, "body": json.dumps(BEFORE)}, *rows]


def begun(rows: Rows, **said: Any) -> Rows:
    """What was proposed for u003 says that."""
    return [
        row | {"body": json.dumps(json.loads(row["body"]) | said)}
        if (row["stream"], row["kind"]) == (U3, "tier_proposed")
        else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, '"" (0) is written as what it began from, "weak" (0) follows'),
        (
            {"began": "weak", "before": "weak", "already": 1, "follows": "organ_2025"},
            '"weak" (1) is written as what it',
        ),
        ({"began": "weak", "before": "weak", "follows": "organ_2025"}, "0 wrong"),
    ],
)
def test_a_stranger_begins_the_year_as_the_one_before_left_the_unit(
    said: dict[str, Any], found: str, go_scores: Path, processes: Path, of_four: Rows, tmp_path: Path
) -> None:
    assert any((row["stream"], row["kind"]) == (U3, "tier_proposed") for row in of_four)
    _, told = reckoned(go_scores, processes, tmp_path, begun(year_before(of_four), **said))
    assert any(found in line for line in told), told[:10]
