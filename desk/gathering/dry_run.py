"""A register as understood, as JSON types, before anything is issued: what each row says, how it stands to what was
issued before, which way it can go."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from desk.gathering.many import SINGLE, shown_ways, single
from documents.sheets.reading import Reading, to_json
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.chain.family.gathering import MANY_LIMIT, TOGETHER
from ledger.chain.matters import VERDICTS
from rules.errors import Code, RuleViolation


def dry_run_json(reading: Reading, items: Sequence[NewItem]) -> dict[str, object]:
    """The dry run's JSON: each finding, and under `items` for each of its lead units how it stands to what was issued
    before (new, same, changed, closed), as which item, and that in words; under `many`, of a finding for many units,
    the ways in which it can go, and which one is proposed."""
    plain = to_json(reading)
    of_finding: list[list[dict[str, object]]] = [[] for _ in reading.findings]
    ways = shown_ways(items)
    for n, item in enumerate(items, 1):
        standing, unit = item.standing, item.order.unit
        if item.way not in SINGLE:
            continue
        of_finding[item.finding].append(
            {
                "n": n,
                "unit": unit.id,
                "unit_name": unit.name,
                "verdict": standing.verdict,
                "no": standing.no,
                "closed": standing.closed.isoformat() if standing.closed else None,
                "words": standing.words,
            }
        )
    plain["findings"] = [
        finding | {"number": found.number, "items": of, "many": asdict(ways[place]) if place in ways else None}
        for place, (finding, found, of) in enumerate(
            zip(plain["findings"], reading.findings, of_finding, strict=True)  # type: ignore[call-overload]
        )
    ]
    counts = Counter(item.standing.verdict for item in items if item.way in SINGLE)
    plain["standings"] = {verdict: counts[verdict] for verdict in VERDICTS}
    plain["most_together"] = MANY_LIMIT
    plain["together"] = sum(one.way == TOGETHER for one in ways.values())
    if (count := single(items)) > batches.LIMIT:
        too_many = str(RuleViolation(Code.TOO_MANY_ITEMS, actual=count, limit=batches.LIMIT))
        plain["remarks"] = [too_many, *reading.remarks]
    return plain


def full_json(reading: Reading, items: Sequence[NewItem] = ()) -> dict[str, object]:
    """The dry run's JSON, with what a person wants to see beside it: title, columns, and how much each note weighs
    (guess, wrong, info)."""
    notes = [[{"cell": n.cell, "text": n.text, "level": n.level} for n in f.notes] for f in reading.findings]
    return dry_run_json(reading, items) | {
        "title": reading.title or "",
        "columns": [
            {"column": letter, "heading": column.heading, "meaning": column.meaning}
            for letter, column in reading.columns.items()
        ],
        "all_notes": notes,
    }
