"""The directory: loaded twice is loaded once; unknown names are refused with the nearest known ones."""

from typing import Any

import pytest
from sqlalchemy import insert, text

from ledger.chain import journal
from ledger.directory import leaving, loading, people, substitutes
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.office.facts import PostsEnded
from rules.permitting import OfficeAct
from rules.process import Role
from rules.units.facts import UnitsEnded
from tests.support import world
from tests.support.factories import LIAISON, SUPERVISOR
from tests.support.world import NOW


def _load(database: Database, **changed: list[dict[str, object]]) -> dict[str, tuple[int, int, int]]:
    rows: dict[str, Any] = {"areas": world.AREAS, "units": world.UNITS, "people": world.PEOPLE, "posts": world.POSTS}
    rows |= changed
    with database.write() as connection:
        done = people.load(connection, **rows)
    return {d.table: (d.new, d.changed, d.same) for d in done}


def _all(database: Database) -> list[object]:
    with database.read() as connection:
        return [
            connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).all()
            for table in ("area", "unit", "person", "post")
        ]


def test_loading_the_same_again_changes_nothing_and_says_so(database: Database) -> None:
    before = _all(database)
    assert _load(database) == {
        "area": (0, 0, len(world.AREAS)),
        "unit": (0, 0, len(world.UNITS)),
        "person": (0, 0, len(world.PEOPLE)),
        "post": (0, 0, len(world.POSTS)),
    }
    assert _all(database) == before


def test_changes_are_counted_and_people_named_get_exactly_their_posts(database: Database) -> None:
    renamed = [{**world.UNITS[0], "name": "农业科学院"}]
    person: list[dict[str, object]] = [{"id": "lian", "name": "李安", "unit": "u2"}]
    posts: list[dict[str, object]] = [{"person": "lian", "role": "unit_head", "unit": "u2", "area": None}]
    done = _load(database, areas=[], units=renamed, people=person, posts=posts)
    assert done == {"area": (0, 0, 0), "unit": (0, 1, 0), "person": (0, 1, 0), "post": (1, 0, 0)}
    with database.read() as connection:
        assert [(p.role, p.unit) for p in people.somebody(connection, "lian").posts] == [(Role.UNIT_HEAD, "u2")]
        assert people.somebody(connection, "zhang").posts, "others keep theirs"
        assert people.unit_ref(connection, "u1").name == "农业科学院"


def test_two_units_may_swap_their_names(database: Database) -> None:
    one, two = world.UNITS[0], world.UNITS[1]
    _load(database, areas=[], people=[], posts=[], units=[{**one, "name": two["name"]}, {**two, "name": one["name"]}])
    with database.read() as connection:
        assert (people.unit_ref(connection, "u1").name, people.unit_ref(connection, "u2").name) == ("档案馆", "农科院")


@pytest.mark.parametrize("text", ["u1", "农科院", "县农科院", "农业科学院"])
def test_a_unit_is_found_by_id_name_and_alias(database: Database, text: str) -> None:
    with database.read() as connection:
        assert people.unit_ref(connection, text).id == "u1"


@pytest.mark.parametrize("text", ["", " ", "\n", "县农科院\n农业科学院", "%", "_", "u1' OR '1'='1", "某" * 100_000])
def test_an_unknown_unit_is_refused(database: Database, text: str) -> None:
    with database.read() as connection, pytest.raises(RuleViolation) as refused:
        people.unit_ref(connection, text)
    assert refused.value.code is Code.UNKNOWN_UNIT
    assert len(str(refused.value)) < 200


def test_an_unknown_unit_is_refused_with_the_nearest_names(database: Database) -> None:
    with database.read() as connection, pytest.raises(RuleViolation, match=r"没有“林科院”这个单位；是不是.*林科所"):
        people.unit_ref(connection, "林科院")


def test_a_person_is_found_by_id_and_by_a_name_that_only_one_bears(database: Database) -> None:
    with database.read() as connection:
        by_id, by_name = people.somebody(connection, "zhang"), people.somebody(connection, "张红")
    assert by_id == by_name
    assert (by_id.id, by_id.name, by_id.unit_name, by_id.role_names) == ("zhang", "张红", "农科院", "单位负责人")


def test_a_name_that_two_bear_is_refused_with_both_ids(database: Database) -> None:
    _load(database, areas=[], units=[], posts=[], people=[{"id": "zhang9", "name": "张红", "unit": "u2"}])
    with database.read() as connection, pytest.raises(RuleViolation) as refused:
        people.somebody(connection, "张红")
    assert "zhang，农科院" in str(refused.value)
    assert "zhang9，档案馆" in str(refused.value)


@pytest.mark.parametrize(("name", "hint"), [("李按", "是不是 李安"), ("nobody", "请核对姓名"), ("", "请核对姓名")])
def test_an_unknown_person_is_refused_with_a_hint(database: Database, name: str, hint: str) -> None:
    with database.read() as connection, pytest.raises(RuleViolation, match=hint) as refused:
        people.somebody(connection, name)
    assert refused.value.code is Code.UNKNOWN_PERSON


def test_a_person_acts_in_the_post_that_permits_the_command(database: Database) -> None:
    posts: list[dict[str, object]] = [
        {"person": "du", "role": "supervisor", "unit": None, "area": None},
        {"person": "du", "role": "leader", "unit": None, "area": None},
        {"person": "du", "role": "liaison", "unit": "u3", "area": None},
    ]
    _load(database, areas=[], units=[], people=[{"id": "du", "name": "杜查", "unit": None}], posts=posts)
    kinds = (CommandKind.REMARK, CommandKind.APPROVE, CommandKind.SIGN)
    roles = [_acts(database, "du", kind, world.issued(unit=world.U3)).role for kind in kinds]
    assert roles == [Role.LEADER, Role.SUPERVISOR, Role.LIAISON]
    with database.read() as connection:
        assert people.actor_for(connection, "du", OfficeAct.ISSUE).role is Role.SUPERVISOR


def _acts(database: Database, person: str, kind: CommandKind, issued: Event) -> Actor:
    with database.read() as connection:
        state, day = evolve(None, issued), world.NOW.date()
        return substitutes.actor_for(connection, person, kind, world.process_of(state), state, day=day)


def test_of_several_posts_the_one_nearest_to_the_item_acts(database: Database) -> None:
    posts: list[dict[str, object]] = [
        {"person": "du", "role": "instructor", "unit": None, "area": "a1"},
        {"person": "du", "role": "liaison", "unit": "u1", "area": None},
    ]
    people_: list[dict[str, object]] = [{"id": "du", "name": "杜查", "unit": None}]
    _load(database, areas=[], units=[], people=people_, posts=posts)
    with database.read() as connection:
        reading = people.actor_for(connection, "du", OfficeAct.READ, "u9", co_units=("u1",))
    urging = _acts(database, "du", CommandKind.URGE, world.issued(unit=world.U3))
    helping = _acts(database, "du", CommandKind.REPORT, world.issued(unit=world.U3, co_units=("u1",)))
    assert (urging.role, urging.area) == (Role.INSTRUCTOR, "a1")
    assert (helping.role, helping.unit) == (reading.role, reading.unit) == (Role.LIAISON, "u1")


def test_a_person_without_any_post_is_refused_by_name(database: Database) -> None:
    _load(database, areas=[], units=[], posts=[], people=[{"id": "du", "name": "杜查", "unit": None}])
    with pytest.raises(RuleViolation, match="杜查（没有任何职务）"):
        _acts(database, "du", CommandKind.APPROVE, world.issued())


def _posts(database: Database, person: str) -> list[tuple[Role, str | None]]:
    with database.read() as connection:
        return [(p.role, p.unit) for p in people.somebody(connection, person).posts]


def _ended(database: Database) -> list[tuple[str, str]]:
    """Whose which post has ended, by the entries."""
    with database.read() as connection:
        return [(post.person, post.role) for _, fact in journal.facts(connection, PostsEnded) for post in fact.posts]


def _stands_in_for_the_supervisor(database: Database, person: str) -> None:
    day = NOW.date()
    with database.write() as connection:
        substitutes.name(connection, person="du", stand_in=person, first=day, last=day, named_by=SUPERVISOR, now=NOW)


SUCCESSOR: dict[str, object] = {"id": "xin", "name": "新来", "unit": "u1", "email": None}


def test_a_unit_s_posts_are_the_file_s_and_who_held_one_before_holds_it_no_longer(database: Database) -> None:
    """A liaison's successor stands in the file: only one of them acts and hears from now on."""
    assert _posts(database, "lian") == [(Role.LIAISON, "u1")]
    posts: list[dict[str, object]] = [
        {"person": "xin", "role": "liaison", "unit": "u1", "area": None},
        {"person": "zhang", "role": "unit_head", "unit": "u1", "area": None},
    ]
    _load(database, areas=[], units=[world.UNITS[0]], people=[SUCCESSOR, _person("zhang")], posts=posts)
    assert (_posts(database, "lian"), _posts(database, "xin")) == ([], [(Role.LIAISON, "u1")])
    assert _posts(database, "zhang") == [(Role.UNIT_HEAD, "u1")]
    assert sorted(_ended(database)) == [("lian", "liaison"), ("lian1b", "liaison")]
    with database.read() as connection:
        assert people.holders(connection, Role.LIAISON, unit="u1") == ["xin"]
        with pytest.raises(RuleViolation) as raised:
            substitutes.check_post(connection, LIAISON, NOW.date())
    assert raised.value.code is Code.POST_NOT_HELD
    _load(database, areas=[], units=[world.UNITS[0]], people=[SUCCESSOR, _person("zhang")], posts=posts)
    assert len(_ended(database)) == 2, "loaded twice is loaded once"


def test_whoever_holds_no_post_any_more_stands_in_for_nobody(database: Database) -> None:
    _stands_in_for_the_supervisor(database, "lian")
    posts: list[dict[str, object]] = [{"person": "xin", "role": "liaison", "unit": "u1", "area": None}]
    _load(database, areas=[], units=[world.UNITS[0]], people=[SUCCESSOR], posts=posts)
    with database.read() as connection:
        assert substitutes.standing_in(connection, NOW.date()) == {}


def test_whoever_only_changes_the_post_keeps_the_substitutions_and_the_old_post_s_end_is_an_entry(
    database: Database,
) -> None:
    _stands_in_for_the_supervisor(database, "lian")
    moved: list[dict[str, object]] = [{"person": "lian", "role": "liaison", "unit": "u2", "area": None}]
    _load(database, areas=[], units=[], people=[{**_person("lian"), "unit": "u2"}], posts=moved)
    assert _posts(database, "lian") == [(Role.LIAISON, "u2")]
    with database.read() as connection:
        assert substitutes.standing_in(connection, NOW.date()) == {"du": "lian"}
        ended = [post for _, fact in journal.facts(connection, PostsEnded) for post in fact.posts]
    assert ("lian", "liaison", "u1") in [(post.person, post.role, post.unit) for post in ended]


def test_a_used_id_keeps_its_name_unless_it_is_said_to_be_the_same_person(database: Database) -> None:
    """An id given to a successor would put the successor's name under everything that was done before."""
    other = {**_person("lian"), "name": "接任者"}
    with pytest.raises(RuleViolation, match=r"lian 原为“.+”，现为“接任者”") as raised:
        _load(database, areas=[], units=[], people=[other], posts=[])
    assert raised.value.code is Code.PERSON_RENAMED
    with database.read() as connection:
        assert people.names_of(connection, {"lian"})["lian"] != "接任者"
    with database.write() as connection:
        people.load(connection, areas=[], units=[], people=[other], posts=[], renamed={"lian"})
    with database.read() as connection:
        assert people.names_of(connection, {"lian"}) == {"lian": "接任者"}


def test_what_a_file_leaves_out_is_listed_and_ends_only_when_somebody_says_so(database: Database) -> None:
    world.store_issued(database, world.issued())
    with database.read() as connection:
        absent = leaving.missing(connection, units=world.UNITS[1:], posts=[p for p in world.POSTS if p["unit"] != "u1"])
        assert [(unit["id"], count) for unit, count in absent.units] == [("u1", 1)]
        assert {(post["person"], post["role"]) for post in absent.posts} == {
            (p["person"], p["role"]) for p in world.POSTS if p["unit"] == "u1"
        }
        assert "u1" in {unit["id"] for unit in people.all_units(connection)}, "nothing ends by being left out"
    with database.write() as connection:
        loading.end(connection, absent, NOW)
    with database.read() as connection:
        assert "u1" not in {unit["id"] for unit in people.all_units(connection)}
        with pytest.raises(RuleViolation, match="已撤销"):
            people.unit_ref(connection, "u1")
        assert people.holders(connection, Role.LIAISON, unit="u1") == []
        assert [fact.units for _, fact in journal.facts(connection, UnitsEnded)] == [("u1",)]
    assert verify(database).wrong == ()
    _load(database)
    with database.read() as connection:
        assert people.unit_ref(connection, "u1").id == "u1", "one that comes back is one again"


def _person(id_: str) -> dict[str, object]:
    return next(dict(person) for person in world.PEOPLE if person["id"] == id_)


def test_where_the_three_administrators_are_apart_nobody_holds_two_of_their_posts(database: Database) -> None:
    with database.write() as connection:
        loading.check_apart(connection)
        connection.execute(insert(people.POST).values(person="shen", role="security"))
        with pytest.raises(RuleViolation) as refusal:
            loading.check_apart(connection)
    assert refusal.value.code is Code.ADMINISTRATORS_TOGETHER
    assert "沈计（shen）是安全保密管理员、审计" in str(refusal.value)
