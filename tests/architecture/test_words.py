"""One word per idea: docs/words.md is the vocabulary, and the code keeps to it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.architecture.test_rooms import PACKAGES, ROOT, modules, name

PAGE = ROOT / "docs" / "words.md"
_ROW = re.compile(
    r"^\| (?P<code>`[^|]*) \| (?P<chinese>[^|]+) \| (?P<means>[^|]+) \| (?P<never>[^|]*)\|$", re.MULTILINE
)
_CODE = re.compile("`([a-z_]+)`")


def rows() -> list[re.Match[str]]:
    """The rows of the page's tables."""
    return list(_ROW.finditer(PAGE.read_text("utf-8")))


@cache
def identifiers() -> dict[str, set[str]]:
    """Every word of every name in the code with the files that it stands in: `KnownUnit` is known and unit."""
    found: dict[str, set[str]] = {}
    for path in modules(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = [getattr(node, key, None) for key in ("id", "name", "attr", "arg")]
            for one in filter(lambda value: isinstance(value, str), named):
                snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(one)).lower().strip("_")
                for word in (snake, snake.removesuffix("s"), *snake.split("_")):
                    found.setdefault(word, set()).add(name(path))
    return found


def test_every_word_of_the_vocabulary_stands_once_and_is_used() -> None:
    words = [word for row in rows() for word in _CODE.findall(row["code"])]
    assert len(words) > 50
    assert sorted({word for word in words if words.count(word) > 1}) == []
    unused = [word for word in words if word not in identifiers() and f"{word}s" not in identifiers()]
    assert unused == [], "docs/words.md names what the code does not: take it out, or use it"


def test_no_other_word_is_used_for_what_has_one() -> None:
    never = {word: row["code"] for row in rows() for word in _CODE.findall(row["never"])}
    assert never
    said = {word: sorted(identifiers()[word]) for word in never if word in identifiers()}
    assert said == {}, "say the word of docs/words.md instead"


def test_a_trace_is_a_date_s_and_nothing_else() -> None:
    """An item's entries and what an auditor looks up were called traces too: one word for three ideas."""
    compound = {word for word in identifiers() if "trace" in word.split("_")} - {"trace"}
    assert compound == set()
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.[phc]*") if path.suffix != ".pyc"]
    assert [name(path) for path in files if re.search(r"(^|_)trac(e|ing)", path.stem)] == []
    elsewhere = [path for path in modules(*PACKAGES) if not name(path).startswith("rules/")]
    assert [
        f"{name(path)}: {found}" for path in elsewhere for found in traces_of_their_own(path.read_text("utf-8"))
    ] == []


def traces_of_their_own(source: str) -> list[str]:
    """What is called a trace in the source without being read from a date, or given to one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name="trace") | ast.ClassDef(name="Trace") | ast.arg(arg="trace"):
                found.append(f"line {node.lineno}")
            case ast.Constant(value="trace"):
                found.append(f"line {node.lineno}, as a word of a file or of JSON")
    return found


def test_a_trace_of_something_else_is_found() -> None:
    assert traces_of_their_own("def trace(): ...")
    assert traces_of_their_own("def extract(trace: Entries): ...")
    assert traces_of_their_own("WORDS = {'trace': '留痕'}")
    assert not traces_of_their_own("shown = Why(trace=due.trace)")


def test_the_readme_takes_its_words_from_the_vocabulary() -> None:
    readme = Path(ROOT / "README.md").read_text("utf-8")
    table = readme[readme.index("\n## 词\n") : readme.index("\n## 不做什么\n")]
    said = {word for line in table.splitlines() if line.startswith("| `") for word in _CODE.findall(line.split("|")[1])}
    known = {word for row in rows() for word in _CODE.findall(row["code"])}
    assert said
    assert said <= known
