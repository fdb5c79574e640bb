"""What reading and checking the shipped definitions takes beside parsing their YAML alone."""

from __future__ import annotations

from time import process_time

from ruamel.yaml import YAML

from definitions.catalogue import SHIPPED, load_catalogue
from runtime.bench.figures import Runs


def measure(runs: Runs, times: int) -> None:
    """One run: the whole catalogue, resolved for every kind of unit, and its files merely parsed, in turn."""
    texts = [path.read_text("utf-8") for path in sorted(SHIPPED.glob("*.yaml"))]
    loaded = parsed = 0.0
    for _ in range(times):
        begun = process_time()
        for definition in load_catalogue():
            definition.all_resolved()
        loaded += process_time() - begun
        begun = process_time()
        for text in texts:
            YAML().compose(text)
        parsed += process_time() - begun
    runs.add("load_ratio", loaded / parsed)
    runs.measured(load_ms=loaded / times * 1000, load_parse_ms=parsed / times * 1000)
