"""Roles in sets, and how near a post is to an item: each said once, asked by rules, directory and pages alike."""

import pytest

from rules.machine.commands import Actor, CommandKind
from rules.permitting import ANYBODY, HELD, OF_AREA, OF_BODY, OF_UNIT, Near, OfficeAct, nearness, place_of
from rules.process import Role

R, K = Role, CommandKind


def test_every_role_that_people_hold_is_of_a_unit_or_of_an_area_or_of_the_whole_body() -> None:
    assert sorted(HELD) == sorted([*OF_UNIT, *OF_AREA, *OF_BODY]) == sorted(ANYBODY)
    assert Role.SYSTEM not in HELD


@pytest.mark.parametrize("role", HELD)
def test_a_post_is_bound_to_the_place_that_its_role_is_held_in(role: Role) -> None:
    bound = (role in OF_UNIT, role in OF_AREA)
    assert place_of(role, "u1", "a1") == ("u1" if bound[0] else None, "a1" if bound[1] else None)


@pytest.mark.parametrize(
    ("role", "unit", "area", "what", "near"),
    [
        (R.LIAISON, "u1", None, K.SUBMIT, Near.OWN),
        (R.LIAISON, "u2", None, K.REPORT, Near.HELPS),
        (R.LIAISON, "u2", None, OfficeAct.READ, Near.HELPS),
        (R.LIAISON, "u2", None, K.SUBMIT, Near.ELSEWHERE),  # a co-unit informs, and does nothing else
        (R.UNIT_HEAD, "u3", None, K.REPORT, Near.ELSEWHERE),
        (R.LIAISON, None, None, K.SUBMIT, Near.ELSEWHERE),
        (R.LIAISON, None, "a1", K.SUBMIT, Near.ELSEWHERE),  # a unit's post is none over an area
        (R.INSTRUCTOR, None, "a1", K.URGE, Near.OWN),
        (R.AREA_LEADER, None, "a2", K.URGE, Near.ELSEWHERE),
        (R.AREA_LEADER, None, None, K.URGE, Near.ELSEWHERE),
        (R.SUPERVISOR, None, None, K.APPROVE, Near.BODY),
        (R.AUDITOR, "u3", None, OfficeAct.READ, Near.BODY),
    ],
)
def test_how_near_a_post_is(
    role: Role, unit: str | None, area: str | None, what: CommandKind | OfficeAct, near: Near
) -> None:
    assert nearness(Actor(id="p", role=role, unit=unit, area=area), what, "u1", "a1", ("u2",)) is near


@pytest.mark.parametrize("role", HELD)
def test_without_an_item_no_post_is_its_own(role: Role) -> None:
    assert nearness(Actor(id="p", role=role), OfficeAct.READ, None, None) in (Near.BODY, Near.ELSEWHERE)
