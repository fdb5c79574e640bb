"""A directory file gives areas, units and people; a name that could mean two is refused, like every other mistake."""

from collections import Counter
from pathlib import Path

import pytest

import definitions
from definitions.directory import UNIT_KINDS, DirectoryDefinition, PersonDefinition, load_directory
from tests.definitions.sound import marked_line, mistakes_of

COUNTY = Path(definitions.__file__).parent / "demo" / "county.yaml"

DIRECTORY = """\
name: 某县
people:
  p1: {name: 甲甲, roles: [supervisor]}
areas:
  a1: {name: 第一片组, leader: p2 乙乙, instructor: p3 丙丙}
units:
  u1: {name: 某县教育局, aliases: [教育局, 教体局], kind: organ, area: a1, head: p4 丁丁, liaison: p5 戊戊}
  u2: {name: 某县医院, kind: institution, area: a1, head: p6 己己, liaison: p7 庚庚}
"""


@pytest.fixture(scope="module")
def county() -> DirectoryDefinition:
    return load_directory(COUNTY)


def test_a_directory_gives_units_with_their_head_and_liaison(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(DIRECTORY, encoding="utf-8")
    directory = load_directory(tmp_path / "d.yaml")
    assert [(a.id, a.leader, a.instructor) for a in directory.areas] == [("a1", "p2", "p3")]
    assert directory.units[0].aliases == ("教育局", "教体局")
    assert (directory.units[0].parent, directory.units[0].size) == (None, "")
    assert directory.people == (
        PersonDefinition(id="p1", name="甲甲", roles=("supervisor",)),
        PersonDefinition(id="p2", name="乙乙", roles=("area_leader",), area="a1"),
        PersonDefinition(id="p3", name="丙丙", roles=("instructor",), area="a1"),
        PersonDefinition(id="p4", name="丁丁", unit="u1", roles=("unit_head",)),
        PersonDefinition(id="p5", name="戊戊", unit="u1", roles=("liaison",)),
        PersonDefinition(id="p6", name="己己", unit="u2", roles=("unit_head",)),
        PersonDefinition(id="p7", name="庚庚", unit="u2", roles=("liaison",)),
    )


def test_one_person_may_hold_several_roles(tmp_path: Path) -> None:
    text = DIRECTORY.replace("p2 乙乙", "p4 丁丁").replace("liaison: p5 戊戊", "liaison: p4 丁丁")
    (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
    found = next(p for p in load_directory(tmp_path / "d.yaml").people if p.id == "p4")
    assert found == PersonDefinition(
        id="p4", name="丁丁", unit="u1", roles=("area_leader", "unit_head", "liaison"), area="a1"
    )


BROKEN = {
    "an unknown kind of unit": ("kind: institution", "kind: institute", "units.u2.kind", "institution", "organ"),
    "an unknown area": ("institution, area: a1", "institution, area: a11", "units.u2.area", "是不是“a1”", "a1"),
    "a missing liaison": (", liaison: p7 庚庚", "", "units.u2.liaison", "缺少“liaison”", "p0001 陈思远"),
    "a person without a name": ("p7 庚庚", "p7", "units.u2.liaison", "“p7”", "p0001 陈思远"),
    "a person in two units": ("p7 庚庚", "p5 戊戊", "units.u2.liaison", "第 7 行", "只有一个单位"),
    "a person with two names": ("p7 庚庚", "p6 庚庚", "units.u2.liaison", "庚庚", "只有一个姓名"),
    "an unknown role": ("[supervisor]", "[superviser]", "people.p1.roles[1]", "是不是“supervisor”", "leader"),
    "the system as a person": ("[supervisor]", "[system]", "people.p1.roles[1]", "system", "leader"),
    "a liaison of no unit": ("[supervisor]", "[liaison]", "people.p1", "没有 unit", "unit"),
    "a person of an unknown unit": ("[supervisor]", "[liaison], unit: u9", "people.p1.unit", "u9", "unit"),
    "an instructor of no area": ("[supervisor]", "[instructor]", "people.p1", "没有 area", "area"),
    "an id in capitals": ("  u2:", "  U2:", "units.U2", "U2", "u001"),
    "a unit twice": ("  u2:", "  u1:", "units.u1", "重复", "第 7 行"),
    "an alias that is another unit's name": (
        "kind: institution", "aliases: [某县 教育局], kind: institution", "units.u2.aliases[1]", "u1", "一个单位"),
    "an alias of two units": (
        "kind: institution", "aliases: [教体局], kind: institution", "units.u2.aliases[1]", "u1", "一个单位"),
    "an unknown superior": (
        "kind: institution", "parent: u11, kind: institution", "units.u2.parent", "是不是“u1”", "u1"),
    "a unit above itself": (
        "kind: institution", "parent: u2, kind: institution", "units.u2.parent", "u2 → u2", "去掉 parent"),
    "a unit that is part of another and stands there": (
        "kind: institution", "merged: [u1], kind: institution", "units.u2.merged[1]", "u1 也在", "不再另列"),
    "an unknown size": (
        "kind: institution", "size: comittee, kind: institution", "units.u2.size", "是不是“committee”", "branch"),
    "an unknown key": ("kind: institution", "kin: x, kind: institution", "units.u2.kin", "是不是“kind”", "liaison"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_directory_is_refused_for(name: str, tmp_path: Path) -> None:
    old, new, path, found, expected = BROKEN[name]
    assert DIRECTORY.count(old) == 1
    text = DIRECTORY.replace(old, new)
    changed = next(n for n, line in enumerate(text.splitlines()) if line not in DIRECTORY.splitlines())
    lines = text.splitlines()
    lines[changed] += " #!"
    text = "\n".join(lines)
    (mistake,) = mistakes_of(load_directory, tmp_path, text)
    assert (mistake.line, mistake.path) == (marked_line(text), path)
    assert found in mistake.what
    assert expected in mistake.expected


def _under_each_other(count: int, top: str = "") -> str:
    """So many units, each under the one before it, the first under `top`."""
    line = "  v{0}: {{name: 第{0}层, kind: organ, area: a1, {1}head: h{0} 丁丁, liaison: l{0} 戊戊}}\n"
    above = [top, *(f"v{n}" for n in range(1, count))]
    units = "".join(line.format(n, f"parent: {up}, " if up else "") for n, up in enumerate(above, 1))
    return DIRECTORY[: DIRECTORY.index("  u1:")] + units


def test_units_stand_under_each_other_six_deep_and_no_deeper_and_never_in_a_ring(tmp_path: Path) -> None:
    assert mistakes_of(load_directory, tmp_path, _under_each_other(6)) == []
    (deep,) = mistakes_of(load_directory, tmp_path, _under_each_other(7))
    assert (deep.path, deep.expected) == ("units.v7.parent", "最多 6 层")
    assert "v7 → v6" in deep.what
    ring = mistakes_of(load_directory, tmp_path, _under_each_other(2, "v2"))
    assert [mistake.path for mistake in ring] == ["units.v1.parent", "units.v2.parent"]


def test_the_demo_county_has_96_units_in_6_areas_of_all_kinds(county: DirectoryDefinition) -> None:
    assert len(county.areas) == 6
    assert Counter(u.kind for u in county.units) == {
        "organ": 45, "institution": 25, "enterprise": 12, "social": 8, "research": 6
    }  # fmt: skip
    assert set(Counter(u.area for u in county.units).values()) == {16}
    assert set(UNIT_KINDS) == {u.kind for u in county.units}


def test_every_unit_of_the_demo_county_has_a_head_and_a_liaison_of_its_own(county: DirectoryDefinition) -> None:
    for role in ("unit_head", "liaison"):
        assert [p.unit for p in county.people if role in p.roles] == [u.id for u in county.units]


def test_the_demo_county_has_everybody_the_process_speaks_to(county: DirectoryDefinition) -> None:
    roles = Counter(role for p in county.people for role in p.roles)
    assert roles == {
        "supervisor": 3, "leader": 1, "auditor": 1, "administrator": 1, "area_leader": 6, "instructor": 6,
        "unit_head": 96, "liaison": 96,
    }  # fmt: skip


def test_names_in_the_demo_county_are_unique_and_ids_are_short(county: DirectoryDefinition) -> None:
    names = [p.name for p in county.people]
    assert len(set(names)) == len(names)
    assert all(u.id == f"u{n:03}" for n, u in enumerate(county.units, 1))
    assert all(p.id.isascii() and len(p.id) == 5 for p in county.people)


def test_the_demo_county_has_a_very_long_unit_name_and_aliases_throughout(county: DirectoryDefinition) -> None:
    assert max(len(u.name) for u in county.units) > 30
    assert all(u.aliases for u in county.units)


def test_a_person_may_have_an_address_beside_the_posts_written_elsewhere(tmp_path: Path) -> None:
    text = DIRECTORY.replace("areas:\n", "  p5: {name: 戊戊, email: wu@x.gov.cn}\nareas:\n", 1)
    (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
    people = {person.id: person for person in load_directory(tmp_path / "d.yaml").people}
    assert people["p5"] == PersonDefinition(id="p5", name="戊戊", unit="u1", roles=("liaison",), email="wu@x.gov.cn")
    assert people["p1"].email is None


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    text = DIRECTORY.replace("roles: [supervisor]", "roles: [supervisor], email: jia")
    (mistake,) = mistakes_of(load_directory, tmp_path, text)
    assert (mistake.line, mistake.path) == (3, "people.p1.email")
