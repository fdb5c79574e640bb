"""Who may read what: whoever stands in for somebody sees what that one sees and what they see themselves, no more."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import (
    CLOSED,
    POLICY,
    REACH_NAMES,
    REACH_WORDS,
    READABLE_NAMES,
    SEES_EVERYTHING,
    SEES_NOTHING,
    THREE_ADMINISTRATORS,
    Reach,
    Readable,
    SeenScope,
    check_open,
    held_together,
    reach,
    scope_of_posts,
)
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.permitting import HELD, OF_AREA, OF_BODY, OF_UNIT, PERMITTED, PERMITTED_ACTS, OfficeAct
from rules.process import Role

ROOT = Path(__file__).parents[2]
UNITS, AREAS = ("u1", "u2", "u3"), ("a1", "a2")


@st.composite
def posts(draw: st.DrawFn) -> list[Actor]:
    roles = draw(st.lists(st.sampled_from(HELD), max_size=3))
    return [
        Actor(
            id="p",
            role=role,
            unit=draw(st.sampled_from(UNITS)) if role in OF_UNIT else None,
            area=draw(st.sampled_from(AREAS)) if role in OF_AREA else None,
        )
        for role in roles
    ]


ITEMS = st.tuples(
    st.sampled_from(UNITS), st.sampled_from((*AREAS, None)), st.lists(st.sampled_from(UNITS), max_size=2, unique=True)
)


@given(posts(), posts(), ITEMS)
def test_standing_in_gives_what_both_see_and_no_more(
    own: list[Actor], others: list[Actor], item: tuple[str, str | None, list[str]]
) -> None:
    both = scope_of_posts([*own, *others])
    assert both.holds(*item) == (scope_of_posts(own).holds(*item) or scope_of_posts(others).holds(*item))


@given(posts(), ITEMS)
def test_a_scope_holds_what_the_table_says_of_one_of_the_posts(
    own: list[Actor], item: tuple[str, str | None, list[str]]
) -> None:
    unit, area, helping = item

    def sees(post: Actor) -> bool:
        match reach(Readable.ITEM, post.role):
            case Reach.BODY:
                return True
            case Reach.AREA:
                return post.area == area
            case Reach.RELATED:
                return post.unit == unit or post.unit in helping
            case _:
                return False

    assert scope_of_posts(own).holds(unit, area, helping) == any(sees(post) for post in own)


def test_the_unit_above_sees_what_units_below_lead_and_not_what_they_help_with() -> None:
    head = [Actor(id="p", role=Role.UNIT_HEAD, unit="u1")]
    scope = scope_of_posts(head, below=("u2", "u1"))
    assert scope == SeenScope(units=("u1",), below=("u2",))
    assert scope.holds("u2", None)
    assert not scope.holds("u3", None, ["u2"])
    assert scope_of_posts([Actor(id="p", role=Role.INSTRUCTOR, area="a1")], below=("u2",)) == SeenScope(
        areas=("a1",), instructs=("a1",)
    )


def test_what_is_not_settled_is_for_the_own_unit_and_for_whoever_instructs_it() -> None:
    above = scope_of_posts([Actor(id="p", role=Role.UNIT_HEAD, unit="u1")], below=("u2",))
    assert (above.near("u1", "a1"), above.near("u2", "a1")) == (True, False)
    for role, near in ((Role.INSTRUCTOR, True), (Role.AREA_LEADER, False)):
        scope = scope_of_posts([Actor(id="p", role=role, area="a1")])
        assert (scope.near("u2", "a1"), scope.near("u2", "a2")) == (near, False)


def test_whoever_holds_no_post_or_only_administers_sees_no_item() -> None:
    assert scope_of_posts([]) == scope_of_posts([Actor(id="p", role=Role.ADMINISTRATOR)]) == SEES_NOTHING
    assert scope_of_posts([Actor(id="p", role=Role.ADMINISTRATOR), Actor(id="p", role=Role.LEADER)]) == SEES_EVERYTHING


def test_an_auditor_reads_the_body_and_gives_no_command() -> None:
    assert not any(Role.AUDITOR in roles for roles in PERMITTED.values())
    acts = {act for act, roles in PERMITTED_ACTS.items() if Role.AUDITOR in roles}
    assert acts == {OfficeAct.READ, OfficeAct.EXPORT, OfficeAct.PROVE, OfficeAct.PROVE_SCORES, OfficeAct.WITNESS}
    assert reach(Readable.BULK, Role.AUDITOR) is reach(Readable.IMPORT, Role.AUDITOR) is Reach.NOTHING


def test_the_table_speaks_of_everything_and_binds_each_role_to_what_it_is_held_over() -> None:
    assert set(POLICY) == set(Readable) == set(READABLE_NAMES)
    assert set(REACH_NAMES) == set(REACH_WORDS) == set(Reach)
    for what, row in POLICY.items():
        for role, near in row.items():
            assert near is not Reach.AREA or role in OF_AREA
            assert near is not Reach.RELATED or role in OF_UNIT
            assert near is not Reach.BODY or role in OF_BODY or what is Readable.DEFINITIONS


def test_the_page_is_what_the_table_says() -> None:
    written = runpy.run_path(str(ROOT / "setup" / "access.py"))["page"]()
    page = ROOT / "docs" / "access-policy.md"
    assert page.read_text("utf-8") == written, "run: .venv/bin/python setup/access.py"


def test_what_is_closed_names_who_may() -> None:
    liaison, auditor = Actor(id="p", role=Role.LIAISON, unit="u1"), Actor(id="q", role=Role.AUDITOR)
    with pytest.raises(RuleViolation) as refusal:
        check_open(Readable.AUDIT, [liaison])
    assert refusal.value.code is Code.WRONG_ROLE
    assert "督查员、分管领导、审计" in str(refusal.value)
    check_open(Readable.AUDIT, [liaison, auditor])
    for open_to_all in set(Readable) - CLOSED:
        check_open(open_to_all, [liaison])


def test_the_three_administrators_are_apart() -> None:
    def posts(*roles: Role) -> list[Actor]:
        return [Actor(id="p", role=role) for role in roles]

    for role in THREE_ADMINISTRATORS:
        assert held_together(posts(role, Role.LEADER)) == ()
    assert held_together(posts(Role.AUDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR)) == (
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    )
    assert scope_of_posts(posts(Role.SECURITY)) == SEES_NOTHING
    assert reach(Readable.ACCOUNTS, Role.SECURITY) is Reach.BODY
    assert reach(Readable.SETTINGS, Role.SECURITY) is Reach.NOTHING
