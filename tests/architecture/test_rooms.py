"""How large a room may be and what stands in it, so that a newcomer finds a line by folder and first line."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
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


def test_the_first_line_says_what_lives_there() -> None:
    first = {
        name(path): (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "\n").splitlines()[0]
        for path in modules(*PACKAGES)
        if path.parent.name != "versions"
    }
    assert [path for path, line in first.items() if len(line) <= 20] == []


_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")


def bindings(source: str, where: str) -> Iterator[tuple[str, str]]:
    """Each name of a type or a constant that the source brings up, with what it stands for: a class for itself, an
    alias or a constant for its value, a name given at import for what was imported. Left out: variables of types, and
    what is private to a module but no class."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name.lstrip("_"), f"class in {where}"
        elif isinstance(node, ast.ImportFrom):
            yield from ((a.asname, f"{a.name} of {node.module}") for a in node.names if a.asname not in (None, a.name))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case _ if type(node).__name__ == "TypeAlias":  # `type X = ...`, from Python 3.12 on
                target, value = node.name, node.value  # type: ignore[attr-defined]
            case _:
                continue
        together = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        pairs = zip(target.elts, value.elts, strict=True) if together else [(target, value)]  # type: ignore[attr-defined]
        for to, of in pairs:
            if isinstance(to, ast.Name) and not ast.unparse(of).startswith("TypeVar("):
                yield to.id, ast.unparse(of)


def two_things(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names of types and public constants that stand for more than one thing."""
    stands: defaultdict[str, list[str]] = defaultdict(list)
    for word, of in found:
        if _TYPE.fullmatch(word) or _CONSTANT.fullmatch(word):
            stands[word].append(of)
    classes = {word for word, of in stands.items() if sum(one.startswith("class in ") for one in of) > 1}
    return {word: of for word, of in stands.items() if len(set(of)) > 1 or word in classes}


def test_one_name_stands_for_one_class_type_or_constant() -> None:
    """`Page` of the register and `Page` of the alarms were one word for two ideas: a reader had to ask which."""
    assert two_things(b for path in modules(*PACKAGES) for b in bindings(path.read_text("utf-8"), name(path))) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("class State: ...", "class _State: ...\nx = 1"),
        ("class State: ...", "State = Literal['understood', 'wrong']"),
        ("class State: ...", "State: TypeAlias = str"),
        ("class State: ...", "State = NewType('State', str)"),
        ("class State(NamedTuple): ...", "from rules import Other as State"),
        ("SHOWN = 20", "SHOWN = 40"),
        ("SHOWN = 20", "NAMED, SHOWN = 1, 2"),
        ("NAMES = {}", "from ledger import OTHER as NAMES"),
    ],
)
def test_two_things_under_one_name_are_found(one: str, other: str) -> None:
    assert two_things([*bindings(one, "a.py"), *bindings(other, "b.py")])
    assert two_things(bindings(one, "a.py")) == {}


def test_what_is_private_or_the_same_is_no_second_thing() -> None:
    assert (
        two_things([*bindings("_SHOWN, NAMED = 20, 1\nT = TypeVar('T')", "a.py"), *bindings("_SHOWN = 3", "b.py")])
        == {}
    )
    assert two_things([*bindings("PAGE = 50", "a.py"), *bindings("PAGE = 50", "b.py")]) == {}


def test_a_test_does_not_bear_the_name_of_what_it_tests() -> None:
    """`from tests.ledger import ...` beside `from ledger import ...` was read wrongly more than once."""
    support = {path.stem for path in modules("tests") if not path.stem.startswith(("test_", "conftest"))}
    assert not support & set(PACKAGES)
