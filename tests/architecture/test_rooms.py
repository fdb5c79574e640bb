"""How large a room may be and what stands in it, so that a newcomer finds a line by folder and first line."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rules", "definitions", "ledger", "documents", "activities", "workflows", "desk", "api", "runtime")
LINES, MODULES = 400, 15


def modules(*packages: str) -> list[Path]:
    """Every module with something in it."""
    found = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [path for path in found if path.name != "__init__.py"]


def name(path: Path) -> str:
    """As one says it."""
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_longer_than_one_reads_at_a_time() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules(*PACKAGES, "tests")}
    assert {path: length for path, length in lengths.items() if length > LINES} == {}


def test_no_folder_holds_more_modules_than_one_keeps_in_mind() -> None:
    folders: defaultdict[str, int] = defaultdict(int)
    for path in modules(*PACKAGES, "tests"):
        folders[name(path.parent)] += 1
    assert {folder: count for folder, count in folders.items() if count > MODULES} == {}


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=name)
def test_the_first_line_says_what_lives_there(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    revision = path.parent.name == "versions"
    assert revision or (said and len(said.splitlines()[0]) > 20), f"{name(path)}: the first line says what lives here"


def test_one_word_names_one_class() -> None:
    """`Page` of the register and `Page` of the alarms were one word for two ideas: a reader had to ask which."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for path in modules(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes[node.name.lstrip("_")].append(name(path))
    assert {word: places for word, places in classes.items() if len(places) > 1} == {}


def test_a_test_does_not_bear_the_name_of_what_it_tests() -> None:
    """`from tests.ledger import ...` beside `from ledger import ...` was read wrongly more than once."""
    support = {path.stem for path in modules("tests") if not path.stem.startswith(("test_", "conftest"))}
    assert not support & set(PACKAGES)
