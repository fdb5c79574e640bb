"""No float where scores are reckoned: whoever recomputes them in another language comes to the same hundredth."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("rules/assessment", "definitions/assessments", "ledger/scores", "desk/scores")
_CALLED = frozenset({"float", "round", "complex"})
_MODULES = frozenset({"math", "cmath", "statistics", "decimal", "random"})
_METHODS = frozenset({"total_seconds", "timestamp", "true_divide", "truediv"})


def inexact(source: str) -> list[str]:
    """What in the source is a float, makes one, or rounds as floats are rounded, as `line: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float() | complex()):
                found.append(f"{node.lineno}: {node.value!r}")
            case ast.BinOp(op=ast.Div(), right=right) if not _is_path(right):
                found.append(f"{node.lineno}: /")
            case ast.AugAssign(op=ast.Div()):
                found.append(f"{node.lineno}: /=")
            case ast.Name(id=name) if name in _CALLED:
                found.append(f"{node.lineno}: {name}")
            case ast.Attribute(attr=name) if name in _METHODS:
                found.append(f"{node.lineno}: .{name}")
            case ast.Import(names=names) if any(one.name.partition(".")[0] in _MODULES for one in names):
                found.append(f"{node.lineno}: import {', '.join(one.name for one in names)}")
            case ast.ImportFrom(module=str() as module) if module.partition(".")[0] in _MODULES:
                found.append(f"{node.lineno}: from {module}")
    return found


def _is_path(right: ast.expr) -> bool:
    """A folder and a name in it are joined by the same sign."""
    return isinstance(right, ast.JoinedStr) or (isinstance(right, ast.Constant) and isinstance(right.value, str))


def test_scores_know_no_float() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 12
    assert [f"{path.relative_to(ROOT)}:{one}" for path in files for one in inexact(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "share = 0.8",
        "half = whole / 2",
        "share = points / full",
        "whole /= 2",
        "value = float(text)",
        "points = round(value)",
        "points = [round for one in values]",
        "import math",
        "from math import floor",
        "from decimal import Decimal",
        "import statistics as s",
        "from operator import truediv\nreckon = operator.truediv",
        "seconds = span.total_seconds()",
    ],
)
def test_the_check_catches(source: str) -> None:
    assert inexact(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "half = whole // 2",
        "share = Fraction(points, full)",
        "points = (value + Fraction(1, 2)).__floor__()",
        "folder = SHIPPED / 'assessments'",
        "file = folder / f'{name}.yaml'",
    ],
)
def test_the_check_lets_pass(source: str) -> None:
    assert inexact(source) == []
