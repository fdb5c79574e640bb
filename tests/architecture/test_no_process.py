"""No process is named but in definitions, in the demonstration and in tests: a new one is a YAML file and no code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.test_rooms import PACKAGES, ROOT, modules, name

FILES = [
    *(ROOT / "definitions" / "catalogue").glob("*.yaml"),
    *(ROOT / "tests" / "support" / "processes").glob("*.yaml"),
]
IDS = sorted({found[1] for path in FILES if (found := re.search("^process: ([a-z_]+)", path.read_text("utf-8"), re.M))})
NAMED = re.compile(rf"(?<!{{)\b({'|'.join(IDS)})\b")
"""But for what a progress bar fills in: {task.description}."""
MAY_NAME = ("definitions/", "runtime/demo/")
TEMPLATES = sorted((ROOT / "api" / "templates").glob("*.html"))


def texts(source: str) -> Iterator[str]:
    """Every text of the module that it works with: no docstring and no comment."""
    tree = ast.parse(source)
    told = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    after = {one.value for one in ast.walk(tree) if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told | after:
            yield node.value


def test_no_code_names_a_process() -> None:
    asked = [path for path in modules(*PACKAGES) if not name(path).startswith(MAY_NAME)]
    sources = {name(path): source for path in asked if NAMED.search(source := path.read_text("utf-8"))}
    assert [(path, text) for path, source in sources.items() for text in texts(source) if NAMED.search(text)] == []


def test_no_template_names_a_process() -> None:
    assert [path.name for path in TEMPLATES if NAMED.search(path.read_text("utf-8"))] == []


def test_a_process_that_is_named_is_found() -> None:
    assert "rectification" in IDS
    named = 'def f(p):\n    """The rectification."""\n    return p == "rectification"\nX = 1\n"""Of a checkin."""\n'
    assert [text for text in texts(named) if NAMED.search(text)] == ["rectification"]
