"""The workflow API calls of a workflow's file, in source order: what decides which commands a run gives, and when.

    python -m tests.replay.fingerprint

writes them down. Only after a change that is guarded by `workflow.patched`, or before the first release.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

ROOT = Path(__file__).parents[2] / "workflows"
FILE = Path(__file__).parent / "fingerprints.json"
HARMLESS = {"imports_passed_through", "info", "now", "query", "set_current_details", "defn", "init", "run"}
"""Gives no command by itself, and is not asked for by the server in an order that could change."""


def of(source: str) -> list[str]:
    """Every call and handler of the workflow API as `function: call first argument`, in source order."""
    return [f"{place}: {call}" for place, call in _calls(ast.parse(source), "module")]


def _calls(node: ast.AST, place: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        place = node.name
        handlers = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        found += [(place, f"@{name}") for name in map(_name, handlers) if name and name not in HARMLESS]
        for statement in node.body:
            found += _calls(statement, place)
        return found
    for child in ast.iter_child_nodes(node):
        found += _calls(child, place)
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name and name not in HARMLESS:
            timer = " with a timeout" if any(k.arg == "timeout" for k in node.keywords) else ""
            first = f" {ast.unparse(node.args[0])}" if node.args else ""
            found.append((place, f"{name}{first}{timer}"))
    return found


def _name(called: ast.AST) -> str:
    """The name of a function of the module `workflow`, or nothing."""
    if isinstance(called, ast.Attribute) and ast.unparse(called.value) in ("workflow", "workflow.unsafe"):
        return called.attr
    return ""


def current() -> dict[str, list[str]]:
    """The fingerprint of every workflow's file."""
    found = {path.name: of(path.read_text("utf-8")) for path in sorted(ROOT.glob("*.py"))}
    return {name: calls for name, calls in found.items() if any(": @" in c or "execute" in c for c in calls)}


if __name__ == "__main__":
    FILE.write_text(json.dumps(current(), ensure_ascii=False, indent=2) + "\n", "utf-8")
