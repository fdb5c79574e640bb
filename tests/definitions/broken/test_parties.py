"""Parties that nobody is, nobody needs or that judge themselves are refused with line, path and what was expected."""

from pathlib import Path

import pytest

from definitions.catalogue import load_process
from tests.definitions.sound import PROCESS, marked_line, mistakes_of, replaced

REVIEW = "review: {name: 审阅, stage: plan, party: reviewer,"
JUDGED = replaced(PROCESS, REVIEW, REVIEW.replace("party: reviewer", "party: above"))
PARTIES = "outcomes: {done: 已办, more: 再办}\n"
SOUND = replaced(JUDGED, PARTIES, f"parties:\n  above: {{any: [supervisor@parent, leader@site]}}\n{PARTIES}")
ABOVE = "above: {any: [supervisor@parent, leader@site]}"

BROKEN: dict[str, tuple[tuple[str, str], str, str, str]] = {
    # name: (what is changed to what, path, part of what was found, part of what was expected); #! marks the line
    "an unknown role": (
        (ABOVE, "above: {any: [superviser@site]} #!"),
        "parties.above.any[1]",
        "supervisor@site",
        "leader@site",
    ),
    "an unknown place": (
        (ABOVE, "above: {any: [leader@sight]} #!"),
        "parties.above.any[1]",
        "leader@site",
        "instructor@area",
    ),
    "a role without a place": (
        (ABOVE, "above: {any: [leader]} #!"),
        "parties.above.any[1]",
        "没有“leader”",
        "leader@site",
    ),
    "an auditor who acts": (
        (ABOVE, "above: {any: [auditor@site]} #!"),
        "parties.above.any[1]",
        "auditor",
        "leader@site",
    ),
    "a role at another place": (
        (ABOVE, "above: {any: [liaison@site]} #!"),
        "parties.above.any[1]",
        "liaison",
        "liaison@unit",
    ),
    "one post twice": (
        (ABOVE, "above: {all: [leader@site, leader@site]} #!"),
        "parties.above.all[2]",
        "重复",
        "只写一次",
    ),
    "nobody at all": ((ABOVE, "above: {any: []} #!"), "parties.above.any", "只有 0 项", "至少 1 项"),
    "neither any nor all": ((ABOVE, "above: {} #!"), "parties.above", "空的一方", "any: [职务"),
    "any and all": ((ABOVE, "above: {any: [leader@site], all: [leader@site]} #!"), "parties.above", "any、all", "之一"),
    "more answers than posts": (
        (ABOVE, "above: {least: 3, of: [supervisor@site, leader@site]} #!"),
        "parties.above.least",
        "要 3 方",
        "不多于 2",
    ),
    "how many without a list": (
        (ABOVE, "above: {any: [leader@site], least: 2} #!"),
        "parties.above.least",
        "any",
        "of",
    ),
    "what is there already": (
        (ABOVE, f"unit: {{any: [leader@site]}} #!\n  {ABOVE}"),
        "parties.unit",
        "固有",
        "别的名字",
    ),
    "a party that nobody names": (
        (ABOVE, f"{ABOVE}\n  other: {{any: [leader@site]}} #!"),
        "parties.other",
        "没有用到",
        "party: other",
    ),
    "a step of a party that is not there": (
        ("stage: plan, party: above,", "stage: plan, party: abov,"),
        "variants.plain.steps.review.party",
        "above",
        "reviewer",
    ),
    "a step that is worked and judged": (
        (
            "party: above, window: 5, approve_to: work,",
            "party: above, window: 5, submit_to: work, approve_to: work,",
        ),
        "variants.plain.steps.review.approve_to",
        "上报",
        "只能有一边",
    ),
    "a step that is neither": (
        (
            "party: above, window: 5, approve_to: work, return_to: draft}",
            "party: above, window: 5, return_to: draft} #!",
        ),
        "variants.plain.steps.review",
        "没有通过之后的去向",
        "closes: true",
    ),
    "several who submit": (
        (
            "party: above, window: 5, approve_to: work, return_to: draft}",
            "party: panel, window: 5, submit_to: work} #!",
        ),
        "variants.plain.steps.review.party",
        "2 方",
        "审核环节",
    ),
    "whoever did it": (
        (ABOVE, "above: {any: [liaison@unit]}"),
        "variants.plain.steps.review.party",
        "同一方",
        "另一方",
    ),
    "kinds of units where areas have the items": (
        ("unit_kinds:", "holder: area\nunit_kinds:"),
        "unit_kinds",
        "不分单位类别",
        "去掉 unit_kinds",
    ),
    "a unit's post where areas have the items": (
        (ABOVE, "above: {any: [liaison@unit, leader@site]}"),
        "parties.above.any[1]",
        "liaison@unit",
        "instructor@area",
    ),
    "a unit's people as hearers where areas have the items": (
        ("audience: [unit_head]", "audience: [unit_head, leader]"),
        "ladder.late.audience[1]",
        "unit_head",
        "area_leader",
    ),
}
AREAS = {"a unit's post where areas have the items", "a unit's people as hearers where areas have the items"}
PANELS = {"several who submit": "panel: {all: [supervisor@site, leader@site]}"}


def test_the_file_that_is_broken_here_is_sound(tmp_path: Path) -> None:
    assert mistakes_of(load_process, tmp_path, SOUND) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_process_file_is_refused_for(name: str, tmp_path: Path) -> None:
    change, path, found, expected = BROKEN[name]
    sound = SOUND
    if name in AREAS:
        sound = replaced(SOUND, "unit_kinds: {organ: 机关, research: 科研院所}", "holder: area")
    if name in PANELS:
        sound = replaced(SOUND, ABOVE, PANELS[name])
    text = replaced(sound, *change)
    (mistake,) = [m for m in mistakes_of(load_process, tmp_path, text) if m.path == path]
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text:
        assert mistake.line == marked_line(text)
