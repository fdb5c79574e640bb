"""A draw as it is exported, and read again by whoever recomputes it."""

import json
from collections.abc import Mapping

from rules.codec import decode
from rules.draw.facts import DrawFact, Drawn, NumberOpened, NumberSealed, PopulationSealed, Replaced

DRAW_FORMAT = "duban-draw-1"
DRAW_FACTS: Mapping[str, type[DrawFact]] = {
    "population_sealed": PopulationSealed,
    "number_sealed": NumberSealed,
    "number_opened": NumberOpened,
    "drawn": Drawn,
    "replaced": Replaced,
}
"""The facts of a draw by their kind of entry."""


def read_draw(text: str) -> tuple[DrawFact, ...]:
    """The facts of an exported draw, in order. Raises ValueError, TypeError, KeyError for what is none."""
    plain = json.loads(text)
    if type(plain) is not dict or plain.get("format") != DRAW_FORMAT:
        raise ValueError(f"format 应是 {DRAW_FORMAT}")
    return tuple(decode(DRAW_FACTS[one["kind"]], json.loads(one["body"])) for one in plain["entries"])
