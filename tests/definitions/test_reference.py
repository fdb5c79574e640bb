"""The reference of the language in docs/definitions.md: it is written from the rows, the rows are all the keys that the
loader asks for, and what they say of a key is so."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from definitions.catalogue import SHIPPED, load_process
from definitions.fields import FileMapping
from definitions.language.keys import KEYS, TABLES
from definitions.source import path_text
from tests.definitions.sound import PROCESS, mistakes_of, replaced
from tests.support import processes

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "setup" / "reference.py"))
PAGES_AT_MOST = 144
"""Keys: at two dozen to a page six pages, which a newcomer reads in one go."""


def test_the_reference_is_up_to_date() -> None:
    page = SCRIPT["PAGE"].read_text("utf-8")
    assert SCRIPT["with_reference"](page) == page, "run: .venv/bin/python setup/reference.py"


def test_it_is_a_budget() -> None:
    assert len(KEYS) <= PAGES_AT_MOST
    assert max(len(row.about) for row in KEYS) <= 60


def test_the_rows_are_the_keys_that_the_loader_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()
    done = FileMapping.done

    def noted(table: FileMapping) -> None:
        for pattern in TABLES:
            parts = pattern.split(".") if pattern else []
            if len(parts) == len(table.path) and all(a in ("*", b) for a, b in zip(parts, table.path, strict=True)):
                asked.update((pattern, key) for key in table._asked)
        done(table)

    monkeypatch.setattr(FileMapping, "done", noted)
    for path in (*SHIPPED.glob("*.yaml"), *Path(processes.__file__).parent.glob("*.yaml")):
        load_process(path)
    missing = asked - {(row.table, row.key) for row in KEYS}
    assert missing == set(), "write a row for each in definitions/language/keys.py, then run setup/reference.py"
    assert {(row.table, row.key) for row in KEYS} - asked == set(), "no loader asks for these"


def test_a_key_is_a_must_just_when_the_loader_misses_it() -> None:
    conditional = {"submit_to", "approve_to", "outcome", "party", "that"}  # musts of some steps only
    for pattern in TABLES:
        rows = [row for row in KEYS if row.table == pattern and row.key not in conditional]
        for path, table in SCRIPT["tables"](SCRIPT["sample"](), pattern):
            written = [row for row in rows if row.key in table and not isinstance(table[row.key], dict)]
            plain: Any = SCRIPT["sample"]()
            emptied = plain
            for name in path:
                emptied = emptied[name]
            for row in written:
                del emptied[row.key]
            missed = {at for at, what, _ in SCRIPT["said_of"](plain) if what.startswith("缺少")}
            musts = {path_text((*path, row.key)) for row in written if row.without is None}
            assert missed & {path_text((*path, row.key)) for row in rows} == musts


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("cap: span", "cap: span\n    watch: 3 months"), "“watch”（它写在文件最外层）"),
        (("watch: 3 months", "watch: 3 months\nwindow: 5"), "“window”（它写在一个环节）"),
        (("reopen_to: draft", "reopen_two: draft"), "“reopen_two”（是不是“reopen_to”？）"),
    ],
)
def test_an_unknown_key_is_told_where_it_belongs(change: tuple[str, str], hint: str, tmp_path: Path) -> None:
    said = [m.what for m in mistakes_of(load_process, tmp_path, replaced(PROCESS, *change))]
    assert f"不认识的键{hint}" in said
