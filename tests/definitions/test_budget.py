"""The language is a budget: each key is used by two shipped processes, or an ADR says why it stays."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from definitions.catalogue import SHIPPED
from definitions.language.keys import KEYS, TABLES
from definitions.language.shared import use_shared
from definitions.source import Source

REASONS = Path(__file__).parents[2] / "docs" / "adr" / "0019-keys-that-one-process-uses.md"


def written(node: Node | None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every key that stands somewhere, with the pattern of its table."""
    if isinstance(node, SequenceNode):
        for place, one in enumerate(node.value):
            yield from written(one, (*path, str(place)))
    if isinstance(node, MappingNode):
        of = [table for table in TABLES if _fits(table.split(".") if table else [], path)]
        for key, value in node.value:
            yield from ((table, key.value) for table in of)
            yield from written(value, (*path, key.value))


def _fits(pattern: list[str], path: tuple[str, ...]) -> bool:
    return len(pattern) == len(path) and all(a in ("*", b) for a, b in zip(pattern, path, strict=True))


def test_a_key_that_fewer_than_two_shipped_processes_use_has_its_reason() -> None:
    users: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for path in SHIPPED.glob("*.yaml"):
        source = Source(path)
        use_shared(source, SHIPPED.parent)
        for key in written(source.root):
            users[key].add(path.stem)
    rare = {row.path for row in KEYS if len(users[row.table, row.key]) < 2}
    assert len(rare) < len(KEYS) // 4, "the walk finds the keys"
    assert rare == set(re.findall(r"^\| `([^`]+)` \|", REASONS.read_text("utf-8"), re.M))
