"""Words at the console are taken as people write them; where there is no data nothing is made by looking."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.chain.entries import ITEM
from ledger.store.database import Database
from runtime.cli.main import run
from tests.support.office import issue
from tests.support.product import AUDITOR, SUPERVISOR, known_county
from tests.support.sheet_factory import HEADING, workbook

Command = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with three items; nothing here changes it."""
    folder = tmp_path_factory.mktemp("county") / "data"
    database = known_county(folder)
    issue(database, units=3)
    database.close()
    return folder


@pytest.fixture
def county(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of the commands' data folder."""
    monkeypatch.setenv("DUBAN_DATA", str(folder))
    database = Database(f"sqlite:///{folder / 'duban.db'}")
    yield database
    database.close()


@pytest.fixture
def command(county: Database, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command that must succeed; returns what it says."""

    def told(*arguments: str) -> str:
        assert run(list(arguments)) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return told


def _row(database: Database) -> dict[str, str]:
    query = select(ITEM.c.no, ITEM.c.unit, ITEM.c.area).order_by(ITEM.c.no).limit(1)
    with database.read() as connection:
        return dict(connection.execute(query).mappings().one())


@pytest.mark.parametrize(
    "words",
    [("--lamp", "绿灯"), ("--lamp", "绿"), ("--lamp", "GREEN"), ("--status", "待签收"), ("--status", "UNSIGNED")],
)
def test_a_lamp_and_a_status_are_named_as_on_the_screen(command: Command, words: tuple[str, str]) -> None:
    assert len(json.loads(command("items", *words, "--json"))["items"]) == 3


def test_a_unit_and_an_area_are_named_by_id_in_any_case_or_by_name(county: Database, command: Command) -> None:
    row = _row(county)
    with county.read() as connection:
        unit = connection.exec_driver_sql("SELECT name FROM unit WHERE id = ?", (row["unit"],)).scalar_one()
        area = connection.exec_driver_sql("SELECT name FROM area WHERE id = ?", (row["area"],)).scalar_one()
    for words in (("--unit", row["unit"].upper()), ("--unit", unit), ("--unit", f" {unit} ")):
        assert [i["no"] for i in json.loads(command("items", *words, "--json"))["items"]] == [row["no"]]
    by_id, by_name = (command("items", "--area", word, "--json") for word in (row["area"].upper(), area))
    assert json.loads(by_id) == json.loads(by_name)
    assert row["no"] in by_name


def test_only_what_is_late_is_shown_when_asked(county: Database, command: Command) -> None:
    assert json.loads(command("items", "--late", "--json"))["items"] == []


@pytest.mark.parametrize("name", ["item", "why"])
def test_an_item_is_found_by_its_number_however_typed(county: Database, command: Command, name: str) -> None:
    no = _row(county)["no"]
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in no)
    for typed in (no.lower(), wide, f" {no} "):
        assert command(name, typed) == command(name, no)
    assert json.loads(command("items", "--text", no.lower(), "--json"))["items"][0]["no"] == no
    assert command("audit", "entries", "--item", no.lower()) == command("audit", "entries", "--item", no)


def test_what_a_person_can_do_now_is_what_the_rules_take_from_that_person(county: Database, command: Command) -> None:
    no = _row(county)["no"]
    query = "SELECT person FROM post WHERE role = 'liaison' AND unit = ?"
    with county.read() as connection:
        liaison = connection.exec_driver_sql(query, (_row(county)["unit"],)).scalar_one()
    able = {who: [c["command"] for c in json.loads(command("item", no, "--as", who, "--json"))["commands"]]
            for who in (liaison, SUPERVISOR, AUDITOR)}  # fmt: skip
    assert "sign" in able[liaison]
    assert "sign" not in able[SUPERVISOR]
    assert not {"decide_extension", "decide_correction", "approve"} & {c for each in able.values() for c in each}
    assert able[AUDITOR] == []
    assert "可以：签收（sign）" in command("item", no, "--as", liaison)
    assert "没有要办的" in command("item", no, "--as", AUDITOR)


def test_a_kind_of_entry_is_named_in_chinese_too(command: Command) -> None:
    assert command("audit", "entries", "--kind", "交办") == command("audit", "entries", "--kind", "Issued")


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--lamp", "紫灯"), "红灯（red）"), (("--status", "在办"), "办理中（working）"), (("--area", "北片"), "片组")],
)
def test_a_word_that_nobody_knows_is_refused_with_those_that_there_are(
    county: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, str], says: str
) -> None:
    assert run(["items", *words]) == 1
    assert says in capsys.readouterr().err


READING = [
    "items", "item ZG2026-0001", "why ZG2026-0001", "units", "people", "people away", "notices",
    "notices --person 张三",
    "audit verify", "audit entries", "audit reads", "audit repeats", "audit at ZG2026-0001 2026-01-01", "audit key",
    f"audit prove ZG2026-0001 --as {SUPERVISOR}",
    f"audit export register --format csv --out 台账.csv --as {SUPERVISOR}", "audit seal",
    "calendar is 2026-01-01", "calendar add 2026-01-01 5", "doctor", "do ZG2026-0001 sign --as 张三", "recover",
]  # fmt: skip


@pytest.mark.parametrize("line", READING)
def test_where_there_is_no_data_looking_makes_nothing_and_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    assert run(line.split()) == 1
    told = capsys.readouterr()
    assert "duban up" in told.err + told.out
    assert list(tmp_path.iterdir()) == []


def test_a_register_is_looked_at_where_there_is_no_data_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    file = tmp_path / "台账.xlsx"
    file.write_bytes(workbook([HEADING, (1, "学习不够", "改", "县教育局", "", "", "2036-01-31", "")]))
    assert run(["import", str(file), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["lead_units"] == ["县教育局"]
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_was_published_yet_and_a_unit_is_named_as_people_write_it(command: Command, county: Database) -> None:
    assert "公示登记" in command("publications")
    assert json.loads(command("publications", "--unit", _row(county)["unit"], "--json")) == {
        "publications": [],
        "next": None,
    }
