"""Nothing gets round the scope: every table is either narrowed or said not to need it, what is narrowed is asked by
Selects, and whoever answers a request has the database only as the caller sees it."""

from __future__ import annotations

import ast
import re

from sqlmodel import SQLModel

from ledger.store.sight import NARROWED_TABLES
from tests.architecture.test_rooms import ROOT, modules, name

OPEN = {
    "area": "a name",
    "unit": "names by scope are the directory's to narrow",
    "unit_span": "a name",
    "unit_condition": "of a unit, shown on the page of the unit",
    "person": "a name; addresses are the directory's to narrow",
    "post": "who is who",
    "substitute": "who stands in for whom",
    "known_name": "by entry",
    "erasable": "opened by entries, which are narrowed",
    "name_aside": "on its way to an entry",
    "process_version": "a definition",
    "process_headings": "a definition",
    "calendar_version": "a definition",
    "counter": "no page shows one",
    "evidence": "handed out by way of an item only",
    "delivery": "by notice",
    "channel": "the house's",
    "firing": "the scheduler's",
    "plan_cursor": "the scheduler's",
    "bulk": "by its person",
    "checkpoint": "hashes",
    "seal_key": "public keys",
    "tree_node": "hashes",
    "ledger_identity": "the ledger's own",
    "joint_act": "says nothing of items",
    "account": "asked before anybody is known",
    "invitation": "asked before anybody is known",
    "session": "by its person",
    "token": "by its person",
    "tries": "asked before anybody is known",
    "binding": "asked before anybody is known",
    "spent": "hashes",
    "security_key": "asked before anybody is known",
    "half_in": "asked before anybody is known",
}
"""Why nothing has to be left out of these."""
WHOLE = {
    "api/guards.py": "by which names it answers",
    "api/pages/entrance/security_key.py": "what its cookies are called",
    "api/site.py": "makes it what the caller sees",
    "api/entrance/caller.py": "asks the entrance who it is",
    "api/entrance/noting.py": "whether what somebody was told is not there, is",
    "api/pages/render.py": "how much waits for the engine",
}
"""Who has the database as it is, and for what."""


def test_every_table_is_narrowed_or_need_not_be() -> None:
    tables = set(SQLModel.metadata.tables)
    narrowed = {table.name for table in NARROWED_TABLES}
    assert not narrowed & set(OPEN)
    assert tables - narrowed - set(OPEN) == set(), "say in ledger/store/sight who sees it, or here why everybody may"


def test_no_text_asks_a_table_that_is_narrowed() -> None:
    names = "|".join(table.name for table in NARROWED_TABLES)
    asks = re.compile(rf"\b(?:from|join)\s+(?:{names})\b", re.IGNORECASE)
    found = []
    for path in modules("ledger", "desk", "api", "activities", "workflows"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and asks.search(node.value):
                found.append(f"{name(path)}:{node.lineno}: {node.value[:60]}")
    assert found == []


def test_whoever_answers_a_request_has_the_database_as_the_caller_sees_it() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in modules("api")
        if re.search(r"state\.site\b(?!,)", path.read_text("utf-8")) and path.name != "app.py"
    }
    assert found == set(WHOLE)
    assert not [name(path) for path in modules("api") if ".write()" in path.read_text("utf-8")]
