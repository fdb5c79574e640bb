"""What happened and how things stand is put into words in one place each; whoever shows it asks there.

A second place says it a little differently sooner or later: with another set of statuses, or without the mark of a
date that is not certain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from rules.machine.commands import IN_STEP
from tests.architecture.test_rooms import PACKAGES, ROOT, modules, name

TEMPLATES = sorted((ROOT / "api" / "templates").glob("*.html"))
ONLY_HERE = {
    ("rules.telling.story", "tell"): {"ledger/reading/entry_words.py"},
    ("rules.telling.story", "CLIP"): set(),
    ("ledger.chain.journal_story", "tell_note"): {
        "ledger/reading/entry_words.py",
        "ledger/directory/following.py",  # what a change of units would say, before it is made
    },
    ("ledger.chain.journal", "JOURNAL_NAMES"): {"ledger/reading/entry_words.py"},
    ("rules.names", "STATUS_NAMES"): {
        "ledger/reading/filters.py",  # what there is to choose from
    },
}
"""What is told how, and the modules that may ask for it."""
SAID_HERE = {
    "（暂定）.*": "rules/dates/explain.py",
    "，已暂停计时.*": "rules/telling/item_words.py",
    "（代": "rules/telling/posts.py",
    "系统": "rules/names.py",
    "推测": "documents/sheets/reading.py",
    "长期整改": "documents/sheets/reading.py",
}
"""Words that stand behind a date, for a name or for a code, and the module that puts them there."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def taken(path: Path) -> frozenset[tuple[str, str]]:
    """What the module takes from others, by name or through the module's own name."""
    nodes = list(ast.walk(tree(path)))
    named = [(node.module or "", one) for node in nodes if isinstance(node, ast.ImportFrom) for one in node.names]
    known = {one.asname or one.name: f"{module}.{one.name}" for module, one in named}
    through = {
        (known.get(node.value.id, node.value.id), node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return frozenset(through | {(module, one.name) for module, one in named})


@cache
def texts(path: Path) -> frozenset[str]:
    """The module's strings but for what only explains it."""
    explaining = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
    strings = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and id(node) not in explaining)
    return frozenset(node.value for node in strings if isinstance(node.value, str))


def in_brackets(path: Path) -> Iterator[str]:
    """What the module's strings put in brackets behind something else."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            for before, value in zip(node.values, node.values[1:], strict=False):
                if isinstance(before, ast.Constant) and str(before.value).endswith("（"):
                    yield ast.unparse(value)


@pytest.mark.parametrize(("what", "where"), ONLY_HERE.items(), ids=[".".join(what) for what in ONLY_HERE])
def test_each_is_told_in_one_place(what: tuple[str, str], where: set[str]) -> None:
    assert {name(path) for path in modules(*PACKAGES) if what in taken(path)} == where


@pytest.mark.parametrize(("words", "where"), SAID_HERE.items())
def test_a_mark_is_set_in_one_place(words: str, where: str) -> None:
    assert {name(path) for path in modules(*PACKAGES) for text in texts(path) if re.fullmatch(words, text)} == {where}


def test_who_acts_in_which_post_is_said_in_one_place() -> None:
    said = {name(path) for path in modules(*PACKAGES) for shown in in_brackets(path) if "role" in shown.lower()}
    assert said == set()
    assert [path.name for path in TEMPLATES if re.search(r"\}\}（\{\{[^}]*role_name", path.read_text("utf-8"))] == []


def test_templates_know_no_status_in_which_a_step_is_said_and_no_word_of_their_own_for_the_system() -> None:
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert [status for status in IN_STEP if f"'{status}'" in text] == [], path.name
        assert ">系统<" not in text, path.name
        assert "}系统{" not in text, path.name
