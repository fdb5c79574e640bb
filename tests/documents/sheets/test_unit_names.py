"""Units as they stand in a cell: separators, short names, typing errors, words for many, who leads and who helps."""

import time

import pytest

from documents.sheets.names import Directory, IssuableUnit, NameReader, read_people, read_units
from tests.support.sheet_factory import COUNTY, HEADING, NOBODY, grid, notes, one

TWO = ("县教育局", "县民政局")


@pytest.mark.parametrize(
    "cell",
    [
        "县教育局、县民政局", "县教育局，县民政局", "县教育局,县民政局", "县教育局；县民政局", "县教育局;县民政局",
        "县教育局/县民政局",
        "县教育局\n县民政局", "县教育局\r\n县民政局", "县教育局 县民政局", "县教育局　县民政局",
        "县教育局和县民政局", "县教育局及县民政局",
        "县教育局与县民政局", "县教育局以及县民政局", "1.县教育局\n2.县民政局", "县教育局、\n县民政局。",
        " 县教育局 、 县民政局 ",
        "县 教 育 局、县民政局", "县教育局、县民政局、县教育局", "县教育局、县民政局等2个单位", "①县教育局②县民政局",
    ],
)  # fmt: skip
def test_several_units_in_one_cell_each_lead(cell: str) -> None:
    finding = one(units=cell)
    assert finding.lead_units == TWO
    assert finding.lead_unit_ids == ("u1", "u2")
    assert finding.co_units == ()
    assert finding.state == "understood"


@pytest.mark.parametrize("name", ["县政协办", "市政协办"])
def test_the_office_of_the_political_consultative_conference_helps_nobody(name: str) -> None:
    known = IssuableUnit(id="u9", name="青溪县政协办公室", aliases=(name,), kind="organ")
    for directory in (Directory(units=(known,)), NOBODY):
        names = NameReader(directory)
        assert [(m.match.written, m.role) for m in read_units(name, names)] == [(name, None)]
        assert [(m.match.written, m.role) for m in read_units(f"{name}（牵头）", names)] == [(name, "lead")]
        assert [(m.match.written, m.role) for m in read_units(f"{name}协办", names)] == [(name, "co")]


def test_an_alias_that_ends_like_a_role_is_a_name() -> None:
    names = NameReader(Directory(units=(IssuableUnit(id="u9", name="青溪县志愿者协会", aliases=("志愿参与",)),)))
    assert [(m.match.written, m.role) for m in read_units("志愿参与", names)] == [("志愿参与", None)]


@pytest.mark.parametrize("cell", ["县人力资源和社会保障局", "县住房和城乡建设局"])
def test_a_name_that_holds_an_and_is_one_unit(cell: str) -> None:
    assert one(units=cell).lead_units == (cell,)
    assert one(units=cell, directory=NOBODY).lead_units == (cell,)


def test_two_names_that_hold_an_and_are_two_units() -> None:
    cell = "县人力资源和社会保障局和县住房和城乡建设局"
    expected = ("县人力资源和社会保障局", "县住房和城乡建设局")
    assert one(units=cell).lead_units == expected
    assert one(units=cell, directory=NOBODY).lead_units == expected


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("教育局", "县教育局"),
        ("县教育局党组", "县教育局"),
        ("县教育局机关党委", "县教育局"),
        ("云山县民政局", "县民政局"),
        ("中共云山县委组织部", "县委组织部"),
        ("组织部", "县委组织部"),
    ],
)
def test_a_short_name_is_a_guess_that_names_the_cell(cell: str, name: str) -> None:
    finding = one(units=cell)
    assert (finding.state, finding.lead_units) == ("guessed", (name,))
    assert cell in notes(finding)["D2"]
    assert name in notes(finding)["D2"]


@pytest.mark.parametrize(("cell", "name"), [("县人社局", "县人力资源和社会保障局"), ("县教体局", "县教育局")])
def test_an_alias_that_the_site_has_declared_is_understood(cell: str, name: str) -> None:
    finding = one(units=cell)
    assert (finding.state, finding.lead_units) == ("understood", (name,))


@pytest.mark.parametrize(("cell", "name"), [("县教肓局", "县教育局"), ("县民证局", "县民政局"), ("县财局", "县财政局")])
def test_a_typing_error_is_never_guessed_but_asked_about(cell: str, name: str) -> None:
    finding = one(units=cell)
    assert (finding.state, finding.lead_units, finding.lead_unit_ids) == ("wrong", (cell,), ())
    assert f"是不是“{name}”" in notes(finding)["D2"]


def test_an_unknown_unit_beside_a_known_one_is_wrong() -> None:
    finding = one(units="县教育局、县外星事务局")
    assert (finding.state, finding.lead_units) == ("wrong", ("县教育局", "县外星事务局"))
    assert finding.lead_unit_ids == ("u1",)
    assert "县外星事务局" in notes(finding)["D2"]


@pytest.mark.parametrize("cell", ["各单位", "全县各单位", "所有单位", "各部门、各单位", "全体单位"])
def test_all_units_are_all_of_the_directory(cell: str) -> None:
    finding = one(units=cell)
    assert finding.lead_units == tuple(unit.name for unit in COUNTY.units)
    assert finding.state == "understood"


def test_all_branches_are_all_units_by_a_guess() -> None:
    finding = one(units="各党支部")
    assert (len(finding.lead_units), finding.state) == (len(COUNTY.units), "guessed")


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("各科研院所", ("县农业科学研究所", "县林业科学研究所")),
        ("各科研单位", ("县农业科学研究所", "县林业科学研究所")),
        ("各国有企业", ("县城市投资公司",)),
        ("各社会组织", ("县志愿者协会",)),
        ("各事业单位", ("县人民医院",)),
        ("县教育局、各科研院所", ("县教育局", "县农业科学研究所", "县林业科学研究所")),
    ],
)
def test_all_of_a_kind_are_those_of_the_directory(cell: str, names: tuple[str, ...]) -> None:
    assert one(units=cell).lead_units == names


@pytest.mark.parametrize(
    "cell", ["县教育局等3个单位", "县教育局等", "各有关单位", "相关单位", "各单位（除县教育局外）", "各学校"]
)
def test_what_does_not_say_which_units_is_wrong(cell: str) -> None:
    finding = one(units=cell)
    assert finding.state == "wrong"
    assert "D2" in notes(finding)


@pytest.mark.parametrize(
    "cell",
    [
        "牵头：县教育局；配合：县民政局、县财政局", "牵头单位:县教育局\n配合单位:县民政局、县财政局",
        "县教育局牵头，县民政局、县财政局配合",
        "县教育局（牵头）、县民政局（配合）、县财政局（协办）", "主责：县教育局；协办：县民政局，县财政局",
    ],
)  # fmt: skip
def test_a_cell_may_say_who_leads_and_who_helps(cell: str) -> None:
    for directory in (COUNTY, NOBODY):
        finding = one(units=cell, directory=directory)
        assert finding.lead_units == ("县教育局",)
        assert finding.co_units == ("县民政局", "县财政局")
        assert finding.state == "understood"


@pytest.mark.parametrize(
    "cell",
    [
        "县教育局、县财政局按职责分工负责", "县教育局、县财政局分别负责", "县教育局和县财政局共同负责",
        "县教育局、县财政局按照各自职责抓好落实", "县教育局、县财政局，按职责分工负责",
        "县教育局、县财政局（按职责分工负责）", "县教育局、县财政局分别牵头", "县教育局、县财政局各负其责",
        "县教育局、县财政局按职责分工", "县教育局、县财政局等2个单位按职责分工负责",
        "由县教育局、县财政局分别按职责负责",
    ],
)  # fmt: skip
def test_units_that_share_the_work_all_lead_and_nothing_sticks_to_the_last_name(cell: str) -> None:
    for directory in (COUNTY, NOBODY):
        finding = one(units=cell, directory=directory)
        assert (finding.lead_units, finding.co_units) == (("县教育局", "县财政局"), ())
        assert finding.state == "understood"


def test_units_that_share_the_work_beside_a_leading_one_lead_by_a_guess() -> None:
    finding = one(units="县教育局牵头，县财政局、县民政局按职责分工负责")
    assert (finding.lead_units, finding.state) == (("县教育局", "县财政局", "县民政局"), "guessed")
    assert "县民政局" in notes(finding)["D2"]


def test_those_who_help_by_their_duties_help() -> None:
    for directory in (COUNTY, NOBODY):
        finding = one(units="由县教育局牵头，县财政局、县民政局按职责分工配合", directory=directory)
        assert (finding.lead_units, finding.co_units) == (("县教育局",), ("县财政局", "县民政局"))


@pytest.mark.parametrize(
    "cell",
    ["县直各部门", "县直机关各部门", "机关各部门", "各部门", "县级各部门", "党政各部门", "县直各部门按职责分工负责"],
)
def test_all_departments_are_the_organs_by_a_guess(cell: str) -> None:
    finding = one(units=cell)
    assert finding.lead_units == tuple(unit.name for unit in COUNTY.units if unit.kind == "organ")
    assert finding.state == "guessed"


@pytest.mark.parametrize("cell", ["县直机关各单位", "县直各单位"])
def test_all_units_of_the_county_seat_are_all_units_by_a_guess(cell: str) -> None:
    finding = one(units=cell)
    assert (len(finding.lead_units), finding.state) == (len(COUNTY.units), "guessed")


@pytest.mark.parametrize("cell", ["县直有关部门", "县教育局、县财政局等按职责分工负责"])
def test_units_that_are_not_named_stay_wrong_however_the_work_is_shared(cell: str) -> None:
    assert one(units=cell).state == "wrong"


def test_a_unit_beside_the_leading_one_helps_by_a_guess() -> None:
    finding = one(units="县教育局（牵头）、县民政局")
    assert (finding.lead_units, finding.co_units, finding.state) == (("县教育局",), ("县民政局",), "guessed")


def test_without_a_directory_names_are_taken_as_written() -> None:
    finding = one(units="县外星事务局、县民政局", directory=NOBODY)
    assert (finding.lead_units, finding.lead_unit_ids) == (("县外星事务局", "县民政局"), ())
    assert finding.state == "understood"


def test_a_missing_unit_is_wrong_at_its_cell() -> None:
    finding = one(units="")
    assert finding.state == "wrong"
    assert "责任单位" in notes(finding)["D2"]


def test_lead_and_co_columns_are_kept_apart_and_a_leader_does_not_help_itself() -> None:
    heading = ("序号", "问题", "牵头单位", "配合单位", "完成时限")
    reading = grid([heading, (1, "党费收缴不及时", "县教育局", "县民政局、县教育局", "2026-12-31")])
    assert reading.findings[0].lead_units == ("县教育局",)
    assert reading.findings[0].co_units == ("县民政局",)


def test_helpers_without_a_leader_are_wrong() -> None:
    heading = ("序号", "问题", "牵头单位", "配合单位", "完成时限")
    reading = grid([heading, (1, "党费收缴不及时", "", "县民政局", "2026-12-31")])
    assert reading.findings[0].state == "wrong"
    assert "C2" in notes(reading.findings[0])


def test_a_sheet_without_unit_columns_takes_the_unit_above_the_heading_by_a_guess() -> None:
    rows = [
        ("问题整改台账",),
        ("填报单位：县教育局",),
        ("序号", "问题", "整改措施", "完成时限"),
        (1, "学习不够", "加强学习", "2026-12-31"),
    ]
    finding = grid(rows).findings[0]
    assert (finding.lead_units, finding.state) == (("县教育局",), "guessed")
    assert "A2" in notes(finding)


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("张三、李四", "张三、李四"), ("张三\n李四", "张三、李四"), ("张 三", "张三"), ("张　三", "张三"),
        ("张三 13800000000", "张三"),
        ("张三,李四", "张三、李四"), ("张三（局长）", "张三(局长)"), ("-", ""), ("  ", ""), ("欧阳娜娜", "欧阳娜娜"),
    ],
)  # fmt: skip
def test_people_stand_in_one_line_without_numbers(cell: str, people: str) -> None:
    assert read_people(cell) == people


@pytest.mark.parametrize("cell", ["县教育局 张三", "县教育局、张三", "县教育局\n张三"])
def test_people_in_a_column_of_units_and_people_are_told_apart(cell: str) -> None:
    for directory in (COUNTY, NOBODY):
        for heading in ("责任单位及责任人", "责任领导、责任单位"):
            rows = [("问题", heading, "完成时限"), ("学习不够", cell, "2026-12-31")]
            finding = grid(rows, directory=directory).findings[0]
            assert (finding.lead_units, finding.said("person"), finding.state) == (("县教育局",), "张三", "guessed")


def test_units_under_one_heading_over_two_columns_are_all_read() -> None:
    rows = [("问题", "责任单位", "", "完成时限"), ("学习不够", "县教育局", "县民政局", "2026-12-31")]
    assert grid(rows, [(1, 2, 1, 3)]).findings[0].lead_units == TWO


def test_a_very_long_list_is_wrong_and_costs_little() -> None:
    began = time.monotonic()
    for cell in ("、".join(f"第{n}号机构" for n in range(600)), "和" * 4_000, "甲和" * 2_000, "县教育局和" * 800):
        assert one(units=cell).state == "wrong"
    rows = [HEADING, *((n, "学习不够", "", f"第{n}号机构、外{n}处", "", "", "2026-12-31", "") for n in range(3_000))]
    assert {finding.state for finding in grid(rows).findings} == {"wrong"}
    assert time.monotonic() - began < 20
