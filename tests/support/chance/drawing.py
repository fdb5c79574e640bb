"""A whole draw, made of facts alone, and as the file in which it would be exported."""

from typing import Any

from ledger.chain.journal import JOURNAL_KIND_OF
from ledger.store.canonical import canonical
from rules.codec import encode
from rules.draw.drawing import (
    DrawState,
    draw,
    fold_draw,
    opened,
    population_text,
    replacement,
    seal_of,
    seal_population,
    sealed,
)
from rules.draw.facts import DrawFact, DrawInspector, DrawUnit, PopulationSealed, StratumBy
from rules.draw.reading import DRAW_FORMAT

SALTS = ("a1" * 16, "b2" * 16)
UNITS = tuple(
    DrawUnit(id=f"u{n:03}", kind=("organ", "research", "social")[n % 3], size="branch", area=f"a{n % 4}")
    for n in range(40)
)
INSPECTORS = tuple(DrawInspector(person=f"p{n}", area=f"a{n % 4}") for n in range(6))


def population(**said: Any) -> PopulationSealed:
    usual: dict[str, Any] = {
        "draw": "2026-jc1",
        "title": "第三季度检查",
        "by": StratumBy.AREA,
        "share": 20,
        "units": UNITS,
        "witnesses": ("wit1", "wit2"),
        "population_hash": "",
        "inspectors": INSPECTORS,
        "each": 2,
    }
    return seal_population(PopulationSealed(**usual | said))


def facts(of: PopulationSealed, numbers: tuple[str, str] = ("31415", "27182")) -> list[DrawFact]:
    """A whole draw with these numbers."""
    found: list[DrawFact] = [of]
    for person, number, salt in zip(of.witnesses, numbers, SALTS, strict=True):
        found.append(sealed(state(found), person, seal_of(of.draw, person, number, salt)))
    for person, number, salt in zip(of.witnesses, numbers, SALTS, strict=True):
        found.append(opened(state(found), person, number, salt))
    return [*found, draw(state(found))]


def state(found: list[DrawFact]) -> DrawState:
    folded = fold_draw(found)
    assert folded is not None
    return folded


def exported() -> dict[str, Any]:
    """A draw with a replacement, as a file."""
    found = facts(population())
    found.append(replacement(state(found), state(found).standing[0].unit, "单位已撤销"))
    entries = [{"kind": JOURNAL_KIND_OF[type(fact)], "body": canonical(encode(fact)).decode()} for fact in found]
    return {"format": DRAW_FORMAT, "draw": "2026-jc1", "population": population_text(population()), "entries": entries}
