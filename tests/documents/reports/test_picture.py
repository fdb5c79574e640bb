"""A process as a picture: every step and every way is in it, nothing runs into anything else, and the docs show it."""

import re
import runpy
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from definitions.process import ProcessDefinition
from documents.reports.picture import BOX, picture, wrapped
from rules.process import Process
from tests.support.processes import EVERY
from tests.support.shipped import catalogue

ROOT = Path(__file__).parents[3]
SHIPPED = catalogue()
SVG = "{http://www.w3.org/2000/svg}"


def variants(*definitions: ProcessDefinition) -> dict[str, list[Process]]:
    """Every variant with its processes for all kinds of unit."""
    found: dict[str, list[Process]] = {}
    for process in (*(p for d in definitions for p in d.all_resolved()), *EVERY):
        found.setdefault(f"{process.id}/{process.variant}", []).append(process)
    return found


EACH = variants(*SHIPPED)


def numbers(element: ElementTree.Element, *names: str) -> list[int]:
    return [int(element.get(name, "0")) for name in names]


@pytest.mark.parametrize("name", EACH)
def test_every_step_is_a_box_of_its_own_and_every_word_fits(name: str) -> None:
    root = ElementTree.fromstring(picture(EACH[name]))
    boxes = [r for r in root.iter(f"{SVG}rect") if r.get("width") == str(BOX)]
    process = EACH[name][0]
    assert len(boxes) == len(process.steps) + bool(process.sign) + 1 + any(o.then == "watch" for o in process.outcomes)
    for one, other in combinations(boxes, 2):
        (_, y, height), (_, below, _) = numbers(one, "x", "y", "height"), numbers(other, "x", "y", "height")
        assert y + height < below
    width, height = numbers(root, "width", "height")
    words = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert all(step.name in words for step in process.steps)
    for text in root.iter(f"{SVG}text"):
        x, y, size = numbers(text, "x", "y", "font-size")
        wide = sum(1.0 if sign > "⺀" else 0.6 for sign in text.text or "") * size
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor", "")]
        assert 0 <= left <= left + wide <= width
        assert y < height


@pytest.mark.parametrize("name", EACH)
def test_every_way_is_an_arrow_and_what_leads_back_is_dashed(name: str) -> None:
    process = EACH[name][0]
    root = ElementTree.fromstring(picture(EACH[name]))
    arrows = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    dashed = [path for path in arrows if path.get("stroke-dasharray")]
    steps = [step.id for step in process.steps]
    back = {(step.id, to) for step in process.steps for to in step.return_to}
    back |= {(s.id, o.then) for s in process.steps if s.closes for o in process.outcomes if o.then in steps}
    assert len(dashed) == len(back)
    onward = {(s.id, to) for s in process.steps for to in (s.submit_to, s.approve_to) if to in steps}
    assert len(arrows) - len(dashed) >= len(onward) + bool(process.sign)


def test_no_two_arrows_beside_the_lanes_share_a_stretch_and_no_two_ports_are_one() -> None:
    for processes in EACH.values():
        beside = re.findall(r'd="M(\d+) (\d+)H(\d+)V(\d+)H(\d+)"', picture(processes))
        stretches = [(int(x), *sorted((int(a), int(b)))) for _, a, x, b, _ in beside]
        for (x, top, bottom), (other, above, below) in combinations(stretches, 2):
            assert x != other or bottom < above or below < top
        ports = [(int(x), int(y)) for a, b, _, c, d in beside for x, y in ((a, b), (d, c))]
        assert len(ports) == len(set(ports))


def test_names_are_broken_before_they_are_too_wide_but_never_before_a_full_stop() -> None:
    assert wrapped("候选人预备人选报批", 70, 14) == ("候选人预备", "人选报批")
    assert wrapped("候选人预备。", 70, 14) == ("候选人预备。",)


def test_what_a_definition_says_cannot_break_the_picture() -> None:
    (process,) = EACH["filing/report"][:1]
    odd = '</text><script>alert("甲")</script>'
    spoilt = replace(process, variant_name=odd, steps=(replace(process.steps[0], name=odd),))
    root = ElementTree.fromstring(picture([spoilt]))
    assert not list(root.iter(f"{SVG}script"))


def test_the_pictures_in_the_documents_are_those_of_the_shipped_processes() -> None:
    drawn = runpy.run_path(str(ROOT / "setup" / "pictures.py"))["pictures"]()
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "definitions").glob("*.svg")}
    assert kept == drawn, "run: .venv/bin/python setup/pictures.py"
    page = (ROOT / "docs" / "processes.md").read_text("utf-8")
    assert [name for name in drawn if f"definitions/{name}" not in page] == []
    assert [f"`{one.id}`" for one in catalogue() if f"## {one.name} `{one.id}`" not in page] == []
