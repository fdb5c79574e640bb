"""Who asks is one value, made at the entrances (api/entrance/caller.py, runtime/cli/caller.py) and nowhere else."""

from __future__ import annotations

import ast
import os
import pwd

import pytest

from desk.caller import BY_ITSELF, at_console, by_token, on_site, os_user
from rules.machine.commands import Via
from runtime.cli.caller import acting_as, or_else, standing_in
from tests.architecture.test_rooms import PACKAGES, ROOT, modules, name

SITE, CONSOLE = ROOT / "api" / "entrance" / "caller.py", ROOT / "runtime" / "cli" / "caller.py"
COOKIES = ROOT / "api" / "entrance" / "cookies.py"
TOLD = ROOT / "desk" / "caller.py"
STORY = ROOT / "runtime" / "demo"
"""The demo's people act as on the site: its story says who does what."""
MAKERS = {"Caller": (TOLD,), "on_site": (TOLD, SITE), "by_token": (TOLD, SITE), "at_console": (TOLD, CONSOLE)}
SAID = frozenset({"person", "by", "behalf"})
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


def callers_made(source: str) -> list[str]:
    """What the source makes callers with."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = {a.name for node in nodes if isinstance(node, ast.ImportFrom) for a in node.names}
    called = {ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
    return sorted((imported & (set(MAKERS) - {"Caller"})) | (called & set(MAKERS)))


def options_of_a_person(source: str) -> list[str]:
    """Options of a command by which somebody is named as who acts, and is taken as mere text."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    options = (call for call in calls if ast.unparse(call.func) == "typer.Option")
    return [f"line {one.lineno}" for one in options if "'--as'" in map(ast.unparse, one.args)]


def test_nobody_behind_the_entrance_asks_who_it_is() -> None:
    chooses = ROOT / "api" / "pages" / "entrance" / "sign_in.py"  # the demo's, where one clicks who one is
    read = {path: persons_read(path.read_text("utf-8")) for path in modules("api") if path not in (SITE, COOKIES)}
    assert len(read.pop(chooses)) == 3
    assert {name(path): found for path, found in read.items() if found} == {}


def test_a_caller_is_made_at_an_entrance() -> None:
    found: dict[str, list[str]] = {}
    for path in modules(*PACKAGES):
        source = path.read_text("utf-8")
        made = [maker for maker in callers_made(source) if path not in MAKERS[maker] and STORY not in path.parents]
        found[name(path)] = made + options_of_a_person(source)
    assert {path: what for path, what in found.items() if what} == {}


def test_what_reads_a_person_is_found() -> None:
    assert persons_read("def f(body): return body.person")
    assert persons_read("def f(request): return request.cookies")
    assert persons_read("def f(person: Annotated[str, Query()]): ...")
    assert not persons_read("def f(person: str): ...")


def test_what_makes_a_caller_is_found() -> None:
    assert callers_made("from desk.caller import at_console as by\ngive(by('p0001'))") == ["at_console"]
    assert callers_made("Caller(person='p0001', via=Via.SITE)") == ["Caller"]
    assert callers_made("def f(caller: Caller) -> None: ...") == []
    assert options_of_a_person("def f(by: str = typer.Option(..., '--as', help='')): ...")


def test_each_entrance_says_who_asks_through_what(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_site("p0001").via is Via.SITE
    made = acting_as().parser("p0001")
    assert (made.person, made.via, made.through, made.behalf) == ("p0001", Via.CONSOLE, os_user(), "")
    monkeypatch.setenv("USER", "somebody else")
    monkeypatch.setenv("SUDO_USER", "somebody else")
    os_user.cache_clear()
    assert at_console("p0001").through == f"{pwd.getpwuid(os.getuid()).pw_name} ({os.getuid()})", "what the kernel says"
    assert (BY_ITSELF.person, BY_ITSELF.via, BY_ITSELF.through) == ("", Via.SYSTEM, "")
    assert (by_token("p0001", "t1").via, by_token("p0001", "t1").through) == (Via.TOKEN, "t1")
    assert standing_in(made, "p2001").behalf == "p2001"
    assert [or_else(acting_as().parser(said), "p2001").person for said in ("", "p0001")] == ["p2001", "p0001"]
