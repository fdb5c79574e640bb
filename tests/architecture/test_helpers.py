"""Where tests' helpers stand: beside the tests of one folder, or in tests/support when more folders use them."""

from __future__ import annotations

import ast
from pathlib import Path, PurePath

from tests.architecture.test_rooms import ROOT, modules, name

SUPPORT = "tests.support"


def named_in(source: str) -> set[str]:
    """The modules of tests that the source imports, or names as a program to run."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module)):
                found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.Constant(value=str(text)) if text.startswith("tests."):
                found.add(text)
    return {module for module in found if module.startswith("tests.") and _file(module).is_file()}


def _file(module: str) -> Path:
    return ROOT / f"{module.replace('.', '/')}.py"


def room_of(module: str) -> str:
    """The folder of a module, as it is imported."""
    return module.rpartition(".")[0]


def used_from_elsewhere(source: str, room: str) -> list[str]:
    """What a file of that room takes from another folder of tests than its own, one around it, and tests/support."""
    rooms = {module: f"{room_of(module)}." for module in named_in(source)}
    return sorted(m for m, of in rooms.items() if not f"{room}.".startswith(of) and not of.startswith(f"{SUPPORT}."))


def dotted(path: Path) -> str:
    """The module's name as it is imported."""
    return ".".join(PurePath(name(path)).with_suffix("").parts)


def test_what_several_folders_use_stands_in_support() -> None:
    found = {
        name(path): used_from_elsewhere(path.read_text("utf-8"), room_of(dotted(path))) for path in modules("tests")
    }
    assert {path: taken for path, taken in found.items() if taken} == {}


def test_what_stands_in_support_is_used_by_several_folders() -> None:
    users: dict[str, set[str]] = {dotted(path): set() for path in modules("tests/support")}
    for path in modules("tests", "setup"):
        for module in named_in(path.read_text("utf-8")) & users.keys():
            users[module].add(room_of(dotted(path)))
    assert {module: rooms for module, rooms in users.items() if len(rooms) < 2} == {}


def test_a_helper_out_of_place_is_found() -> None:
    parts = dotted(ROOT / "tests" / "durability" / "parts.py")
    source = f"from tests.support import office\nfrom {parts} import Site"
    assert used_from_elsewhere(source, "tests.replay") == [parts]
    assert used_from_elsewhere(source, "tests.durability") == []
    assert used_from_elsewhere(f"RUN = '{parts}'", "tests.replay") == [parts]
