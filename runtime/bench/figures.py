"""What is measured and what must hold: the figures by name, their bounds, and the report's JSON form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A figure holds at or above `at_least`, at or below `at_most`, or below `below`; one of the three is given."""

    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` is within the bound."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.at_most is not None:
            return value <= self.at_most
        return self.below is not None and value < self.below

    def plain(self) -> dict[str, float]:
        """The bound as JSON."""
        parts = {"at_least": self.at_least, "at_most": self.at_most, "below": self.below}
        return {name: value for name, value in parts.items() if value is not None}


BOUNDS: Mapping[str, Bound] = {
    "issue_rate_ratio": Bound(at_least=4),
    "issue_visible_per_s": Bound(at_least=1500),
    "command_p50_ratio": Bound(at_most=0.8),
    "command_of_limit": Bound(at_most=2),
    "commands_rate_ratio": Bound(at_least=1.2),
    "checkin_command_ratio": Bound(at_most=0.2),
    "checkin_rate_ratio": Bound(at_least=4),
    "round_open_ratio": Bound(at_least=5),
    "round_page_ratio": Bound(at_most=2),
    "month_end_ratio": Bound(at_most=2.5),
    "score_ratio": Bound(at_least=0.4),
    "heat_map_ratio": Bound(at_most=3),
    "heat_map_areas_ratio": Bound(at_most=4),
    "rescore_ratio": Bound(at_most=2),
    "bulk_approve_ratio": Bound(at_least=8),
    "rss_mb_2000_items": Bound(below=900),
    "restart_s": Bound(below=10),
    "register_first_ratio": Bound(at_most=10),
    "register_filtered_ratio": Bound(at_most=60),
    "page_policy_ratio": Bound(at_most=1.2),
    "todo_ms_ratio": Bound(at_most=1.5),
    "session_share": Bound(at_most=0.05),
    "digest_s": Bound(below=60),
    "digest_rss_mb": Bound(below=300),
    "due_wave_s": Bound(below=5),
    "due_wave_command_ratio": Bound(at_most=3),
    "node_wave_ratio": Bound(at_most=1),
    "recalculate_rate_ratio": Bound(at_least=5),
    "follow_up_ratio": Bound(at_most=1.5),
    "parent_page_ratio": Bound(at_most=2),
    "load_ratio": Bound(at_most=3),
    "form_check_ratio": Bound(at_most=5),
    "deadline_us": Bound(below=20),
    "trace_us": Bound(below=200),
    "simulate_s": Bound(below=20),
    "simulate_rss_mb": Bound(below=300),
    "export_xlsx_ratio": Bound(at_most=1.5),
    "export_rss_mb": Bound(below=200),
    "pdf_s": Bound(below=5),
    "append_ratio": Bound(at_most=20),
    "verify_of_limit": Bound(at_least=0.5),
    "prove_s": Bound(below=1),
    "check_s": Bound(below=0.5),
    "consistency_s": Bound(below=0.1),
    "verify_incremental_s": Bound(below=1),
}
"""Every figure of the report with what must hold, in the report's order."""


class Runs:
    """The runs of a bench: each figure's values, and beside them what was measured to work them out."""

    def __init__(self) -> None:
        self._figures: defaultdict[str, list[float]] = defaultdict(list)
        self._measured: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        """One more run of a figure."""
        assert name in BOUNDS, name
        self._figures[name].append(value)

    def measured(self, **values: float) -> None:
        """One more run of what a figure was worked out from, or of what is good to know beside it."""
        for name, value in values.items():
            self._measured[name].append(value)

    def report(self) -> dict[str, Any]:
        """The medians under `figures`, and beside them every run, the bounds, and what was measured."""
        figures = {name: _short(median(self._figures[name])) for name in BOUNDS if self._figures[name]}
        return {
            "figures": figures,
            "bounds": {name: {**BOUNDS[name].plain(), "holds": BOUNDS[name].holds(figures[name])} for name in figures},
            "runs": {name: [_short(value) for value in self._figures[name]] for name in figures},
            "measured": {
                name: {"median": _short(median(values)), "runs": [_short(value) for value in values]}
                for name, values in self._measured.items()
            },
        }


def percentile(values: list[float], part: float) -> float:
    """The smallest of the values that `part` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(part * len(ordered)) - 1)]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
