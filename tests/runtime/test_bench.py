"""`duban bench` from end to end in a small size: it measures everything, and says so in JSON and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from runtime.bench.figures import BOUNDS, Bound, Runs, percentile
from runtime.bench.run import parts_of
from runtime.ending import Problem


def _bench(*arguments: str) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli.main", "bench", "--quick", *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith("DUBAN_")},
        capture_output=True,
        timeout=480,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.soak
@pytest.mark.timeout(500)
def test_every_figure_is_measured_and_standard_output_is_json() -> None:
    report = _bench()
    assert list(report["figures"]) == list(BOUNDS)
    assert all(isinstance(value, float) and value > 0 for value in report["figures"].values())
    assert {name: len(values) for name, values in report["runs"].items()} == dict.fromkeys(BOUNDS, 1)
    assert {"cpu", "cores", "memory_gib", "python", "sqlite", "temporal_server"} <= set(report["machine"])


def test_an_unknown_part_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Problem, match="nonsense"):
        parts_of("issue,nonsense")


def test_the_report_gives_the_median_of_the_runs_and_whether_it_holds() -> None:
    runs = Runs()
    for seconds in (3.0, 30.0, 4.0):
        runs.add("restart_s", seconds)
    report = runs.report()
    assert report["figures"] == {"restart_s": 4.0}
    assert report["runs"] == {"restart_s": [3.0, 30.0, 4.0]}
    assert report["bounds"] == {"restart_s": {"below": 10, "holds": True}}


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        (Bound(at_least=4), 4, True),
        (Bound(at_least=4), 3.99, False),
        (Bound(at_most=2), 2, True),
        (Bound(at_most=2), 2.01, False),
        (Bound(below=10), 9.99, True),
        (Bound(below=10), 10, False),
    ],
)
def test_a_bound_means_what_it_says(bound: Bound, value: float, holds: bool) -> None:
    assert bound.holds(value) is holds


def test_the_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.95) == 95.0
    assert percentile([7.0], 0.95) == 7.0
