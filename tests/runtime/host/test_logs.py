"""What comes from outside stands escaped in every part's log: no line of it can be made up by somebody else."""

import ast
import logging
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from api.app import _refuse
from api.pages.render import Renderer
from runtime.host.logs import CONTINUED, OneLine, escaped

EVIL = "a\n2026-11-28 10:00:00,000 INFO duban 已销号\x1b[2J\r\u2028\x85\u202e"
CLI = Path(__file__).parents[3] / "runtime" / "cli" / "parts"


@pytest.fixture
def said() -> Iterator[StringIO]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def test_breaks_and_escapes_are_shown_and_chinese_is_left() -> None:
    assert escaped(EVIL) == r"a\n2026-11-28 10:00:00,000 INFO duban 已销号\x1b[2J\r\u2028\x85\u202e"


@given(st.text())
def test_whatever_is_said_is_one_line_that_can_be_written(text: str) -> None:
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()


def test_a_traceback_with_words_from_outside_follows_in_marked_lines(said: StringIO) -> None:
    try:
        raise ValueError(EVIL)
    except ValueError as failure:
        logging.getLogger("duban").error("path %s", EVIL, exc_info=failure)
    first, *further = said.getvalue().splitlines()
    assert first.startswith("ERROR duban path a\\n2026")
    assert further
    assert all(line.startswith(CONTINUED) for line in further)


async def test_a_path_with_breaks_and_escapes_does_not_reach_the_log_raw(said: StringIO) -> None:
    app = FastAPI()
    app.state.renderer = Renderer()
    app.add_exception_handler(Exception, _refuse)

    @app.middleware("http")
    async def fails(request: Request, _: object) -> Response:
        raise RuntimeError(request.scope["path"])

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/x%0A2026-11-28%20INFO%20%1B%5B2J")).status_code == 500
    assert f"{CONTINUED}2026-11-28 INFO \\x1b[2J" in said.getvalue()
    assert not re.search(r"^2026-11-28 INFO", said.getvalue(), re.MULTILINE)
    assert "\x1b" not in said.getvalue()


@pytest.mark.parametrize("part", ["site", "worker", "scheduler"])
def test_every_part_begins_its_log_this_way(part: str) -> None:
    tree = ast.parse((CLI / f"{part}.py").read_text())
    assert "logs.begin" in {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
