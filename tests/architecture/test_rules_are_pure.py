"""`rules` is passed through the workflow sandbox unchecked, so this reads its source: standard library, no world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "rules"

# Modules without a clock, a random number, a time-zone database, a file, a network or a thread.
ALLOWED_MODULES = frozenset(
    "__future__ abc bisect calendar collections collections.abc dataclasses datetime decimal enum fractions functools"
    " hashlib heapq itertools json math operator re string textwrap types typing unicodedata".split()
)
# `datetime.now` in any spelling, and a call of it on anything; a field `case.now` is the instant that was handed in.
CLOCKS = frozenset("now today utcnow utcfromtimestamp".split())
FORBIDDEN_NAMES = frozenset(
    "open input print exec eval compile __import__ globals locals vars id hash breakpoint memoryview".split()
)
# `set_at.astimezone(CHINA)` names its zone; without an argument it asks the machine for one.
NEEDS_ARGUMENT = frozenset({"astimezone", "fromtimestamp"})


def faults(source: str) -> list[str]:
    """What in `source` reads the world or leaves the standard library, as `line: reason`."""
    found: list[str] = []
    tree = ast.parse(source)
    own_hash = {
        call
        for method in ast.walk(tree)
        if isinstance(method, ast.FunctionDef) and method.name == "__hash__"
        for call in ast.walk(method)
    }
    clock_names = {
        name.asname or name.name
        for imported in ast.walk(tree)
        if isinstance(imported, ast.Import | ast.ImportFrom)
        for name in imported.names
        if "datetime" in (name.name, getattr(imported, "module", ""))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"{node.lineno}: imports {name.name}" for name in node.names if not allowed(name.name)]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not allowed(node.module or ""):
                found.append(f"{node.lineno}: imports {'.' * node.level}{node.module or ''}")
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS and root(node) in clock_names:
            found.append(f"{node.lineno}: reads the clock with .{node.attr}")
        elif isinstance(node, ast.Call) and node not in own_hash:
            found += call_faults(node)
        elif isinstance(node, ast.Global):
            found.append(f"{node.lineno}: keeps state in a global")
        if isinstance(node, ast.expr | ast.stmt) and is_inexact(node):
            found.append(f"{node.lineno}: reckons with floats: use integers, timedeltas and //")
    return found


def is_inexact(node: ast.AST) -> bool:
    """A number that another machine may round otherwise, or what makes one."""
    match node:
        case ast.Constant(value=float() | complex()) | ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return True
        case ast.Name(id="float") | ast.Attribute(attr="total_seconds" | "timestamp"):
            return True
    return False


def call_faults(node: ast.Call) -> list[str]:
    """A call of a forbidden built-in, or of a conversion that would ask the machine for its time zone."""
    if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_NAMES:
        return [f"{node.lineno}: calls {node.func.id}()"]
    if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
        return [f"{node.lineno}: reads the clock with .{node.func.attr}()"]
    if isinstance(node.func, ast.Attribute) and node.func.attr in NEEDS_ARGUMENT:
        needed = 2 if node.func.attr == "fromtimestamp" else 1
        if len(node.args) + len(node.keywords) < needed:
            return [f"{node.lineno}: .{node.func.attr} asks the machine for its time zone"]
    return []


def root(node: ast.expr) -> str:
    """The name on which a chain of attributes hangs."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def allowed(module: str) -> bool:
    """True for `rules` itself and the listed modules of the standard library."""
    return module == "rules" or module.startswith("rules.") or module in ALLOWED_MODULES


def test_rules_read_no_clock_no_randomness_no_files_and_only_the_standard_library() -> None:
    found = [
        f"{path.name}:{fault}" for path in sorted(RULES.rglob("*.py")) for fault in faults(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "import random",
        "import os.path",
        "import zoneinfo",
        "import uuid",
        "from pathlib import Path",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\nstart = date.today",
        "from datetime import datetime as moment\nread = moment.now",
        "import datetime as time_of\nread = time_of.date.today",
        "type(at).now()",
        "from datetime import datetime\ndatetime.fromtimestamp(0)",
        "moment.astimezone()",
        "import pydantic",
        "import definitions.loader",
        "from . import item",
        "open('f')",
        "def f():\n    import secrets",
        "key = hash('unit')",  # salted anew in every process
        "share = 0.8",
        "half = whole / 2",
        "whole /= 2",
        "days = float(text)",
        "seconds = (until - since).total_seconds()",
        "def f():\n    global seen\n    seen = 1",
    ],
)
def test_the_check_catches(source: str) -> None:
    assert faults(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime\nat = datetime(2026, 1, 1, tzinfo=UTC)",
        "from rules.dates.calendar import Calendar",
        "local = at.astimezone(CHINA)",
        "late = case.now >= due.at",
        "hours = (until - since) // timedelta(hours=1)",
        "from collections.abc import Mapping",
        "class A:\n    def __hash__(self) -> int:\n        return hash(self.version)",
    ],
)
def test_the_check_lets_pass(source: str) -> None:
    assert faults(source) == []
