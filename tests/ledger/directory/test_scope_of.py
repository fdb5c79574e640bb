"""What somebody sees, out of the directory as it is on a day: compared with a plain one over random directories."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from ledger.chain.batches import DRAFT
from ledger.chain.entries import ITEM
from ledger.directory.people import PERSON, POST, UNIT, everybody
from ledger.directory.sight import scope_of, seen_by, units_in_sight
from ledger.directory.substitutes import SUBSTITUTE
from ledger.store.database import Database
from rules.access import SEES_EVERYTHING, SEES_NOTHING, Readable, SeenScope
from rules.errors import Code, RuleViolation
from rules.permitting import HELD, OF_AREA, OF_BODY, OF_UNIT
from rules.process import Role
from tests.support import world

TODAY = date(2026, 3, 2)
PEOPLE, UNITS, AREAS = ("n1", "n2", "n3", "n4"), ("u1", "u2", "u3", "u4"), ("a1", "a2")


class _UndoneError(Exception):
    """The directory is as before."""


@st.composite
def directories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, str | None], list[tuple[str, str, int, int]]]:
    """Posts; the unit above each; who stands in for whom, from when to when (days from today)."""
    held = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(HELD)), max_size=6, unique=True))
    posts = [
        {
            "person": person,
            "role": str(role),
            "unit": draw(st.sampled_from(UNITS)) if role in OF_UNIT else None,
            "area": draw(st.sampled_from(AREAS)) if role in OF_AREA else None,
        }
        for person, role in held
    ]
    above = {unit: draw(st.sampled_from((None, *UNITS[:n]))) for n, unit in enumerate(UNITS)}
    away = draw(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True))
    named = [
        (
            one,
            draw(st.sampled_from([p for p in PEOPLE if p != one])),
            draw(st.integers(-3, 1)),
            draw(st.integers(-1, 3)),
        )
        for one in away
    ]
    return posts, above, named


def _represented(named: list[tuple[str, str, int, int]], person: str) -> set[str]:
    """For whom the person acts today: whoever's chain comes to them."""
    today = {one: stand_in for one, stand_in, first, last in named if first <= 0 <= last}
    found = set()
    for one in today:
        at, seen = one, {one}
        while at in today and today[at] not in seen:
            at = today[at]
            seen.add(at)
            if at == person:
                found.add(one)
    return found


def _reckoned(posts: list[dict[str, Any]], above: dict[str, str | None], people: set[str]) -> SeenScope:
    mine = [post for post in posts if post["person"] in people]
    if any(Role(post["role"]) in OF_BODY - {Role.ADMINISTRATOR, Role.SECURITY} for post in mine):
        return SEES_EVERYTHING
    units = {post["unit"] for post in mine if post["unit"]}
    below = set()
    for unit in UNITS:
        up = above[unit]
        while up:
            if up in units:
                below.add(unit)
            up = above[up]
    areas = {post["area"] for post in mine if post["area"]}
    instructs = {post["area"] for post in mine if Role(post["role"]) is Role.INSTRUCTOR and post["area"]}
    return SeenScope(
        units=tuple(sorted(units)),
        below=tuple(sorted(below - units)),
        areas=tuple(sorted(areas)),
        instructs=tuple(sorted(instructs)),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(directories(), st.sampled_from(PEOPLE))
def test_the_scope_is_that_of_the_posts_of_today_and_of_those_stood_in_for(
    shared: Database, directory: tuple[list[dict[str, Any]], dict[str, str | None], Any], person: str
) -> None:
    posts, above, named = directory
    try:
        with shared.write() as connection:
            connection.execute(delete(POST))
            connection.execute(insert(PERSON), [{"id": one, "name": f"某{one}"} for one in PEOPLE])
            if posts:
                connection.execute(insert(POST), posts)
            for unit, up in above.items():
                connection.execute(update(UNIT).where(UNIT.c.id == unit).values(parent=up))
            for one, stand_in, first, last in named:
                days = {"first": TODAY + timedelta(days=first), "last": TODAY + timedelta(days=last)}
                said = {name: day.isoformat() for name, day in days.items()}
                row = {"person": one, "stand_in": stand_in, "named_by": "du", "named_at": "2026-03-01", **said}
                connection.execute(insert(SUBSTITUTE), [row])
            found = scope_of(connection, person, TODAY)
            raise _UndoneError
    except _UndoneError:
        pass
    assert found == _reckoned(posts, above, {person, *_represented(named, person)})


def test_who_has_no_name_and_whose_name_is_not_known(shared: Database) -> None:
    with shared.read() as connection:
        assert scope_of(connection, "", TODAY) == SEES_NOTHING
        assert scope_of(connection, "谁也不是", TODAY) == SEES_NOTHING
        assert scope_of(connection, "杜查", TODAY) == SEES_EVERYTHING


def test_names_are_listed_of_units_that_are_seen_and_of_posts_over_them(shared: Database) -> None:
    sights = {"lian": {"u1"}, "zhi": {"u1", "u3"}, "guan": set(), "du": None}
    for person, units in sights.items():
        with shared.seen(seen_by([person])).read() as connection:
            assert units_in_sight(connection) == units
    with shared.seen(seen_by(["lian", "zhi2"])).read() as connection:
        assert units_in_sight(connection) == frozenset()
        near = {who.id for who in everybody(connection) if who.is_near({"u1"})}
    assert {"lian", "zhang", "zhi", "du"} <= near
    assert not {"dang", "xie", "guan2"} & near


def test_whoever_issues_compares_with_all_that_was_issued(database: Database) -> None:
    """An administrator has nothing to read of items, and may import a register: the same twice has to be seen."""
    world.store_issued(database, world.issued())
    with database.write() as connection:
        world.save_batch(connection, "b1", [world.new_item(1)])
    for part, seen in ((None, 0), (Readable.REGISTER, 0), (Readable.IMPORT, 1), (Readable.ISSUE, 1)):
        with database.seen(seen_by(("guan",), part)).read() as connection:
            for table in (ITEM, DRAFT):
                assert len(connection.execute(select(table)).all()) == seen, (part, table.name)
    with pytest.raises(RuleViolation) as refused, database.seen(seen_by(("lian",), Readable.IMPORT)).read():
        pass
    assert refused.value.code is Code.WRONG_ROLE
