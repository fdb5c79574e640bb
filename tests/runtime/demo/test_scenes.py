"""The demonstration's scenes as data: each process has its item, in a county that there is, and nothing reads as a
placeholder. What becomes of them on the real server: tests/e2e/test_demo.py."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from definitions.directory import load_directory
from rules.figures.asking import takes_asks
from runtime.demo.scenes.acting import named
from runtime.demo.scenes.parts import Scene
from runtime.demo.scenes.programme import SCENES_BESIDE, SCENES_TOLD
from runtime.store import EXAMPLE_COUNTY
from tests.support.shipped import catalogue

SCENES = (*SCENES_TOLD, *SCENES_BESIDE)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for pair in value.items():
                yield from texts(pair)
        case tuple() | list():
            for one in value:
                yield from texts(one)
        case _ if is_dataclass(value):
            for one in fields(value):
                yield from texts(getattr(value, one.name))


def test_each_shipped_process_has_an_item_besides_those_of_the_register() -> None:
    shipped = {process.id for process in catalogue() if not takes_asks(process.all_resolved()[0])}
    assert shipped - {scene.process for scene in SCENES} == {"rectification", "similar", "score_appeal", "guidance"}, (
        "of which there is the whole register, and the half-year that is scored"
    )
    assert len({(scene.process, scene.title, scene.units) for scene in SCENES}) == len(SCENES)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.process}-{scene.title[:8]}")
def test_who_and_what_a_scene_names_there_is(scene: Scene) -> None:
    county = load_directory(EXAMPLE_COUNTY)
    known = {name for unit in county.units for name in (unit.name, *unit.aliases)}
    known |= {area.name for area in county.areas}
    units = {*scene.units, *(pair[1] for cue in scene.cues for pair in answers(cue) if pair[0].endswith(".unit"))}
    assert units <= known
    abouts = {cue.fields["about"] for cue in scene.cues if cue.fields.get("tally") in ("visit", "talk")}
    assert abouts <= known
    assert bool(scene.units) != bool(scene.lots)


def answers(cue: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(cue.fields.get("answers", ()))


def test_nothing_reads_as_a_placeholder() -> None:
    said = [text for scene in SCENES for text in texts(scene)]
    assert [text for text in said if re.search(r"测试[0-9]|lorem|xxx|待填|某某", text, re.I)] == []
    assert sum(len(text) for text in said) > 4000


def test_a_number_in_a_cue_is_that_of_the_item_or_of_what_follows_from_it() -> None:
    numbers = ("QD2027-0001", "QD2027-0002")
    assert named(numbers, "2") == "QD2027-0002"
    assert named(numbers, "1-3") == "QD2027-0001-3"
