"""`duban simulate` from end to end, without any server: imagined items, the register as it stands, a changed file."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from definitions.catalogue import SHIPPED
from ledger.chain import batches, entries, lookup, pinned
from ledger.chain.batches import NewItem
from ledger.directory import people
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.machine.issuing import Order
from rules.machine.item import decide
from rules.process import Role
from runtime.cli.main import run
from runtime.ending import DONE, REFUSED, WRONG_USAGE
from runtime.settings import Settings
from runtime.store import load_shipped, open_database

RECTIFICATION = SHIPPED / "rectification.yaml"
SUPERVISOR = Actor(id="p0001", role=Role.SUPERVISOR, via=Via.SITE)
SPAN = ("--issued", "2026-03-02", "--until", "2026-12-31")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that knows the demo county; every test has a copy."""
    folder = tmp_path_factory.mktemp("county")
    settings = Settings(data=folder)
    database = open_database(settings, migrate=True)
    load_shipped(database, settings, county=True)
    database.close()
    return folder


@pytest.fixture
def county(loaded: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The demo county's database, which `duban` finds; no items, nothing running."""
    monkeypatch.setenv("DUBAN_DATA", str(settings.data))
    shutil.copytree(loaded, settings.data, dirs_exist_ok=True)
    database = open_database(settings)
    yield database
    database.close()


def _issue(
    database: Database, *units: str, days_ago: int = 0, process: str = "rectification", variant: str = "staged"
) -> None:
    now = datetime.now(UTC) - timedelta(days=days_ago)
    with database.write() as connection:
        items = [
            NewItem(
                process=process,
                variant=variant,
                import_key=f"{unit}/{n}",
                order=Order(no="", unit=people.unit_ref(connection, unit), title=f"问题 {n}"),
            )
            for n, unit in enumerate(units)
        ]
        batches.save(connection, "b", items, filename="", title="", reading={}, actor=SUPERVISOR, now=now)
        batches.confirm(connection, "b", SUPERVISOR, now)
        batches.issue_chunk(connection, "b", 500, now)


def _simulate(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = DONE) -> dict[str, Any]:
    assert run(["simulate", *map(str, arguments), "--json"]) == status
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def _changed(folder: Path, *replaced: tuple[str, str]) -> Path:
    text = RECTIFICATION.read_text("utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.yaml"
    path.write_text(text, "utf-8")
    return path


def test_imagined_items_tell_the_people_of_their_units(county: Database, tmp_path: Path, capsys: Any) -> None:
    items = tmp_path / "items.yaml"
    items.write_text("items:\n  - {unit: 县教育局, variant: staged, behaviour: reviewer=0}\n", "utf-8")
    told = _simulate(capsys, "--process", "rectification", "--items", items, *SPAN, "--rows", 1000)
    with county.read() as connection:
        unit = people.unit_ref(connection, "县教育局")
        liaison = next(
            p for p in people.everybody(connection) for a in p.posts if (a.unit, a.role) == (unit.id, Role.LIAISON)
        )
    mine = [row["因何"] for row in told["heard"] if row["谁"] == liaison.name]
    assert mine == ["交办", "逾期亮红灯·签收", "发督办函·签收", "通报·签收"]
    load = next(p for p in told["people"] if p["person"] == liaison.id)
    assert (load["name"], load["total"], load["unit"]) == (liaison.name, 4, unit.name)
    assert load["weeks"] == {"2026-03-02": 2, "2026-03-09": 2}
    assert sum(p["total"] for p in told["people"]) == told["notices"] == len(told["heard"])
    assert told["vacant"] == []


def test_a_behaviour_in_time_makes_nobody_late_and_each_date_is_told(county: Database, capsys: Any) -> None:
    told = _simulate(capsys, "--process", "rectification", "--behaviour", "0", *SPAN, "--rows", 1000)
    assert (told["items"], told["late_items"]) == (15, 0)
    staged = [row for row in told["dates"] if row["事项"] == "拟ZG-0013"]
    assert [row["计时"] for row in staged] == ["签收", "制定整改方案", "审核方案", "整改落实", "检查验收"]
    assert [row["到期"] for row in staged[:-1]] == [row["起"] for row in staged[1:]]


def test_only_items_that_are_alike_in_everything_go_one_way(county: Database, tmp_path: Path, capsys: Any) -> None:
    items = tmp_path / "items.csv"
    rows = ["organ,at_once,,0,2", "organ,at_once,,never,1", "organ,at_once,2026-03-09,0,1", "research,at_once,,0,1"]
    items.write_text("\n".join(["unit_kind,variant,deadline,behaviour,count", *rows]), "utf-8")
    told = _simulate(capsys, "--process", "rectification", "--items", items, *SPAN, "--rows", 1000)
    assert told["late_items"] == 1
    due = {row["事项"]: row["到期"] for row in told["dates"] if row["计时"] == "整改落实"}
    assert due["拟ZG-0001"] == due["拟ZG-0002"] == "2026-03-18"
    assert (due["拟ZG-0004"], due["拟ZG-0005"]) == ("2026-03-09", "2026-03-19")


def test_the_register_goes_on_from_where_it_stands_and_nothing_is_written(county: Database, capsys: Any) -> None:
    _issue(county, "县教育局", "县审计局", days_ago=1)
    before = _content(county)
    told = _simulate(capsys, "--register", "--rows", 1000)
    assert told["items"] == told["late_items"] == 2
    assert {row["事项"] for row in told["heard"]} == {row["no"] for row in _rows(county)}
    assert "交办" not in {row["因何"] for row in told["heard"]}
    assert _content(county) == before


def _rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return lookup.open_items(connection)


def _content(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").scalars()
        return [
            (name, *row)
            for name in list(tables)
            for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1").all()
        ]


def test_an_unchanged_definition_changes_nothing(county: Database, capsys: Any) -> None:
    told = _simulate(capsys, "--process", "rectification", "--change", RECTIFICATION, *SPAN)
    change = told["change"]
    assert (change["items"], change["added"], change["removed"], change["changed"]) == (0, {}, {}, [])
    assert change["weeks"] == told["weeks"]


def test_a_changed_definition_is_compared_with_todays(county: Database, tmp_path: Path, capsys: Any) -> None:
    """Another window for organs, one rung more and one less."""
    changed = _changed(
        tmp_path,
        ("at_once: 10 ", "at_once: 12 "),
        ("  letter:\n    name: 发督办函", "  phone:\n    name: 电话督办"),
    )
    told = _simulate(
        capsys,
        *("--process", "rectification", "--change", changed, "--behaviour", "sign=0 unit=never reviewer=never"),
        *(*SPAN, "--rows", 1000),
    )
    change = told["change"]
    assert change["items"] == told["items"] == 15
    assert (change["moved_items"], change["moved_dates"]) == (5, 5)
    assert change["added"] == {"电话督办": 15}
    assert change["removed"] == {"发督办函": 15}
    moved = [row["变动的日期"] for row in change["changed"] if row["变动的日期"] and row["单位"] == "某机关"]
    assert moved == ["整改落实 2026-03-18 → 2026-03-20"]
    assert change["shifted"]["约谈"] == 5


def test_a_changed_definition_without_the_step_in_which_an_item_stands_says_so(
    county: Database, tmp_path: Path, capsys: Any
) -> None:
    _issue(county, "县教育局")
    changed = _changed(tmp_path, ("  organ: 机关", "  office: 机关"), ("{organ: ", "{office: "))
    told = _simulate(capsys, "--register", "--change", changed)
    assert told["change"]["without"] == 1


def test_another_calendar_moves_the_registers_dates_as_adopting_it_would(county: Database, capsys: Any) -> None:
    from dataclasses import replace

    from ledger.chain import pinned
    from rules.dates.calendar import DayException

    _issue(county, "县教育局")
    due = date.fromisoformat(_rows(county)[0]["due"])
    with county.write() as connection:
        now = pinned.current_calendar(connection)
        day = DayException(day=due, working=False, name="临时放假")
        kept = [e for e in now.exceptions if e.day != due]
        other = replace(now, version="other#1", exceptions=tuple(sorted([*kept, day], key=lambda e: e.day)))
        pinned.load_calendar(connection, other)
    assert _simulate(capsys, "--register")["dates"][0]["到期"] == due.isoformat()
    assert _simulate(capsys, "--register", "--calendar", "other#1")["dates"][0]["到期"] > due.isoformat()


def test_the_export_holds_everything(county: Database, tmp_path: Path, capsys: Any) -> None:
    arguments = ("--process", "rectification", "--change", RECTIFICATION, *SPAN, "--rows", 3)
    told = _simulate(capsys, *arguments, "--export", tmp_path / "all.xlsx")
    assert len(told["heard"]) == 3
    book = openpyxl.load_workbook(tmp_path / "all.xlsx", read_only=True)
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    assert len(rows["通知"]) == told["notices"] + 1
    assert {"日期", "每人", "每单位", "每人每周", "每单位每周", "改后每人"} <= set(rows)
    assert sum(int(str(row[2])) for row in rows["每人每周"][1:]) == told["notices"]
    _simulate(capsys, *arguments, "--export", tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [tuple(map(_text, row)) for row in rows["通知"]]
    assert (tmp_path / "all-每人每周.csv").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def test_without_a_database_the_shipped_process_is_played_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    told = _simulate(capsys, "--process", "rectification", *SPAN)
    assert told["items"] == 15
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), WRONG_USAGE, "没有说明用哪个流程"),
        (("--process", "nonsense"), REFUSED, "nonsense"),
        (("--process", "rectification", "--register", "--items", "x.yaml"), WRONG_USAGE, "只能用一个"),
        (("--process", "rectification", "--behaviour", "soon"), WRONG_USAGE, "看不懂"),
        (("--process", "rectification", "--calendar", "no#1"), REFUSED, "no#1"),
        (("--process", "rectification", "--items", "none.csv"), REFUSED, "读不到"),
        (("--process", "rectification", "--until", "2020-01-01"), WRONG_USAGE, "早于"),
        (("--process", "rectification", "--export", "x.pdf"), WRONG_USAGE, "xlsx"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_way_out(
    county: Database, capsys: Any, arguments: tuple[str, ...], status: int, said: str
) -> None:
    assert run(["simulate", *arguments]) == status
    assert said in capsys.readouterr().err


def test_an_item_that_cannot_be_issued_is_named_and_the_others_are_played(
    county: Database, tmp_path: Path, capsys: Any
) -> None:
    items = tmp_path / "items.csv"
    items.write_text(
        "单位,走法,交办日期,完成时限\n县教育局,staged,2026-03-02,2026-03-01\n不存在局,staged,,\n县审计局,staged,,\n",
        "utf-8",
    )
    told = _simulate(capsys, "--process", "rectification", "--items", items, status=REFUSED)
    assert (told["items"], told["refused_items"]) == (3, 2)
    assert "items.csv:2：" in told["refused"][0]
    assert "不存在局" in told["refused"][1]


def test_rows_become_children_of_real_units_and_tell_the_item_that_waits(county: Database, capsys: Any) -> None:
    told = _simulate(capsys, "--process", "project", "--issued", "2026-01-12", "--rows", 1000)
    assert (told["items"], told["children"], told["late_items"], told["refused"]) == (5, 15, 0, [])
    mine = [row for row in told["heard"] if row["事项"].startswith("拟XM-0001")]
    assert [row["时间"] for row in mine] == sorted(row["时间"] for row in mine)
    begun = {row["事项"]: row["时间"] for row in mine if row["因何"] == "交办"}
    ended = {row["因何"]: row["时间"] for row in mine if row["事项"] == "拟XM-0001" and "子项" in row["因何"]}
    assert sorted(begun) == ["拟XM-0001", "拟XM-0001-1", "拟XM-0001-2", "拟XM-0001-3"]
    assert begun["拟XM-0001-1"] == begun["拟XM-0001-2"] < begun["拟XM-0001-3"] == ended["子项办结·第 1 个"]
    nodes = [row for row in told["dates"] if row["事项"] == "拟XM-0001" and row["计时"].startswith("里程碑·")]
    assert [(row["逾期"], row["到期"] == row["止"]) for row in nodes] == [("", True)] * 3


def test_of_each_date_it_is_told_what_follows_if_nobody_keeps_it(county: Database, capsys: Any) -> None:
    told = _simulate(capsys, "--process", "project", "--issued", "2026-01-12", "--rows", 1000)
    said = {(row["事项"], row["计时"]): row["不办会怎样"] for row in told["stalled"]}
    assert list(said) == list(dict.fromkeys((row["事项"], row["计时"]) for row in told["dates"]))
    no = next(row["事项"] for row in told["stalled"] if row["单位"] == "某机关")
    node = said[no, "里程碑·里程碑 1 第 1 次"]
    assert "03-02 逾期亮红灯（" in node
    assert "；03-16 每两周督办（督查员" in node
    child = said[f"{no}-1", "办理"]
    rungs = ("逾期亮红灯", "发督办函", "通报", "约谈", "每周督办")
    assert [rung for rung in rungs if rung in child] == list(rungs)
    assert child.count("（") == len(rungs)  # each once, and no reminder


def test_who_is_late_with_a_child_keeps_the_item_waiting_and_each_node_that_is_late_rings(
    county: Database, capsys: Any
) -> None:
    late = ("--behaviour", "0 work=25 node=4", "--issued", "2026-01-12", "--rows", 1000)
    told = _simulate(capsys, "--process", "project", *late)
    mine = [row for row in told["dates"] if row["事项"] == "拟XM-0001"]
    assert [row["逾期"] for row in mine if row["计时"].startswith("里程碑·")] == ["是"] * 3
    last = max(row["止"] for row in told["dates"] if row["事项"].startswith("拟XM-0001-"))
    (doing,) = [row for row in mine if row["计时"] == "实施"]
    assert doing["到期"] < last < doing["止"]
    said = [row["因何"] for row in told["heard"] if row["事项"] == "拟XM-0001-1"]
    assert {"发督办函·办理", "通报·办理", "约谈·办理"} <= set(said)
    nodes = [row["因何"] for row in told["heard"] if row["事项"] == "拟XM-0001" and "里程碑" in row["因何"]]
    assert nodes.count("逾期亮红灯·里程碑·里程碑 1 第 1 次") >= 2


def test_a_changed_definition_changes_the_dates_of_what_follows(county: Database, tmp_path: Path, capsys: Any) -> None:
    text = (SHIPPED / "project.yaml").read_text("utf-8")
    assert "    deadline: row.by\n" in text
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace("    deadline: row.by\n", ""), "utf-8")
    items = tmp_path / "items.yaml"
    items.write_text('items:\n  - {unit: 县教育局, variant: pdca, behaviour: "0"}\n', "utf-8")
    told = _simulate(capsys, "--process", "project", "--items", items, "--change", changed, *SPAN, "--rows", 100)
    moved = {row["事项"]: row["变动的日期"] for row in told["change"]["changed"]}
    assert sorted(moved) == ["拟XM-0001-1", "拟XM-0001-2", "拟XM-0001-3"]
    assert all(dates.startswith("办理 ") for dates in moved.values())
    assert (told["stalled"], told["change"]["items"]) == ([], 3)


def test_an_area_is_named_like_a_unit_and_visits_its_own(county: Database, tmp_path: Path, capsys: Any) -> None:
    items = tmp_path / "items.yaml"
    items.write_text('items:\n  - {unit: a2, variant: monthly, behaviour: "0", deadline: 2026-03-31}\n', "utf-8")
    told = _simulate(capsys, "--process", "visit", "--items", items, *SPAN, "--rows", 1000)
    with county.read() as connection:
        own = {row["name"] for row in people.all_units(connection) if row["area"] == "a2"}
    units = {row["事项"]: row["单位"] for row in told["dates"]}
    assert units["拟ZF-0001"].startswith("第二片组")
    found = [unit for no, unit in units.items() if no != "拟ZF-0001"]
    assert len(set(found)) == 3
    assert set(found) <= own


def test_the_inspected_unit_hears_nothing_until_it_is_told(county: Database, tmp_path: Path, capsys: Any) -> None:
    items = tmp_path / "items.yaml"
    items.write_text('items:\n  - {unit: 县教育局, variant: unannounced, behaviour: "0"}\n', "utf-8")
    told = _simulate(capsys, "--process", "inspection", "--items", items, *SPAN, "--rows", 1000)
    mine = [row for row in told["heard"] if row["事项"] == "拟CC-0001"]
    of_unit = [row["因何"] for row in mine if row["职务"] in ("联络员", "单位负责人")]
    assert [row["因何"] for row in mine][:2] == ["交办", "临期提醒·办理"]
    assert of_unit[0] == "上报"


def _give(database: Database, no: str, kind: CommandKind, role: Role, **said: Any) -> None:
    """Somebody in that role gives the item the command."""
    with database.read() as connection:
        state = lookup.state_of(lookup.item_row(connection, no))
        process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    actor = Actor(id=f"some-{role}", role=role, unit=state.unit.id, area=state.unit.area, via=Via.SITE)
    command = Command(kind=kind, id=f"c{state.seq}", actor=actor, **said)
    events = decide(process, calendar, state, command, datetime.now(UTC)).events
    entries.append(database, no, state.seq, command.id, events)


def test_the_registers_children_are_played_with_the_item_that_waits_for_them(county: Database, capsys: Any) -> None:
    """One of two tasks has ended, and a third is held back behind the other."""
    _issue(county, "县教育局", process="project", variant="pdca")
    (row,) = _rows(county)
    no, late = row["no"], local_date(datetime.now(UTC)) + timedelta(days=60)
    _give(county, no, CommandKind.SIGN, Role.LIAISON, answers=(("signed", "0" * 64),))
    plan = {"problem": "台账不全", "measure": "得分", "before": "60.0", "target": "80.0"}
    plan |= {"milestones.1.what": "摸底", "milestones.1.by": late.isoformat()}
    plan |= {"tasks.1.what": "一", "tasks.2.what": "二", "tasks.3.what": "三", "tasks.3.after": "2"}
    _give(county, no, CommandKind.SUBMIT, Role.LIAISON, text="计划", answers=tuple(plan.items()))
    _give(county, no, CommandKind.APPROVE, Role.SUPERVISOR)
    _give(county, no, CommandKind.APPROVE, Role.LEADER)
    _give(county, f"{no}-1", CommandKind.SUBMIT, Role.LIAISON, answers=(("how", "做完了"),))
    _give(county, f"{no}-1", CommandKind.CLOSE, Role.SUPERVISOR, outcome="done")
    before = _content(county)
    for process in ((), ("--process", "project")):
        told = _simulate(capsys, "--register", *process, "--behaviour", "0", "--rows", 1000)
        assert (told["items"], told["children"], told["refused"]) == (1, 2, [])
        ended = {row["事项"]: row["止"] for row in told["dates"]}
        assert sorted(ended) == [no, f"{no}-2", f"{no}-3"]
        assert all(ended.values())
        begun = next(row["时间"] for row in told["heard"] if (row["事项"], row["因何"]) == (f"{no}-3", "交办"))
        told_of = [row["时间"] for row in told["heard"] if row["事项"] == no and row["因何"].startswith("子项办结")]
        assert told_of[0] == begun
    alone = _simulate(capsys, "--register", "--process", "task", "--behaviour", "0")
    assert (alone["items"], alone["children"]) == (1, 0)
    assert _content(county) == before


def test_the_tables_say_it_in_words(county: Database, capsys: Any) -> None:
    assert run(["simulate", "--process", "rectification", *SPAN, "--change", str(RECTIFICATION)]) == DONE
    told = capsys.readouterr().out
    assert "谁会在何时听到什么" in told
    assert "没有人听到" in told
    assert "改后：0 项有变化" in told
