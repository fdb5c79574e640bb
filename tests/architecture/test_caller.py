"""Who asks is one value, made at the entrances (api/caller.py) and read nowhere else in the site."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from api.caller import by_path
from tests.architecture.test_rooms import ROOT, modules, name

ENTRANCE = ROOT / "api" / "caller.py"
SAID = frozenset({"person", "by", "behalf"})
READ = SAID | {"cookies"}
SENDERS = frozenset({"body", "query", "form", "request"})


def persons_read(source: str) -> list[str]:
    """Where a route or page reads a person: out of body, query, form or cookie, or as a parameter of its own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id=sender), attr=attr) if sender in SENDERS and attr in SAID | {
                "cookies"
            }:
                found.append(f"{node.lineno}: {sender}.{attr}")
            case ast.arg(arg=arg, annotation=ast.expr() as kind) if arg in SAID and "Annotated" in ast.unparse(kind):
                found.append(f"{node.lineno}: {arg}: {ast.unparse(kind)}")
    return found


@pytest.mark.parametrize("path", [path for path in modules("api") if path != ENTRANCE], ids=name)
def test_nobody_behind_the_entrance_asks_who_it_is(path: Path) -> None:
    chooses = ROOT / "api" / "pages" / "me.py"  # the form in which somebody says who they are
    found = persons_read(path.read_text("utf-8"))
    assert len(found) == (1 if path == chooses else 0), found


def test_what_reads_a_person_is_found() -> None:
    assert persons_read("def f(body): return body.person")
    assert persons_read("def f(request): return request.cookies")
    assert persons_read("def f(person: Annotated[str, Query()]): ...")
    assert not persons_read("def f(person: str): ...")


def test_each_entrance_says_who_asks_through_what() -> None:
    assert by_path("p0001").via == "site"
