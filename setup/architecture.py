"""Writes the picture in docs/architecture.md: packages, the rooms of the larger ones, and who imports whom.

    .venv/bin/python setup/architecture.py

Drawn from the imports as they stand; a test fails when it is out of date.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("runtime", "api", "desk", "workflows", "activities", "documents", "ledger", "definitions", "rules")
"""From the top down, as import-linter holds them."""
BEGIN, END = "<!-- picture: setup/architecture.py -->\n", "<!-- end of picture -->\n"


def drawn() -> str:
    """The picture: a graph of the packages, each arrow an import, and a table of their rooms."""
    arrows: set[tuple[str, str]] = set()
    rooms: defaultdict[str, set[str]] = defaultdict(set)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name == "__init__.py":
                continue
            folder = path.parent.relative_to(ROOT / package).as_posix()
            rooms[package] |= {folder} - {"."}
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    named = node.module.partition(".")[0]
                    arrows |= {(package, named)} if named in PACKAGES and named != package else set()
    graph = [f"  {a} --> {b}" for a in PACKAGES for b in PACKAGES if (a, b) in arrows]
    table = [f"| `{package}/` | {'，'.join(f'`{room}/`' for room in sorted(rooms[package]))} |" for package in PACKAGES]
    return "\n".join(["```mermaid", "graph TD", *graph, "```", "", "| 包 | 房间 |", "|---|---|", *table, ""])


def with_picture(page: str) -> str:
    """The page with the picture as it is now."""
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:begin] + drawn() + page[end:]


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text("utf-8")), "utf-8")
