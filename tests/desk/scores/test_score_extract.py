"""A unit's result as a file: every line with its reason and what it rests on, under the ledger's seal; of all units a
row for each indicator; and who took it stands in the ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from desk.caller import on_site
from desk.exporting import Format, exported
from desk.scores import keeping
from desk.scores.extract import SUM_ROW, ScoreSelection, scores_extract
from desk.scores.overview_shown import overview
from desk.scores.sheet_shown import score_sheet
from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.office.facts import Exported
from rules.process import Role
from tests.support.factories import at
from tests.support.product import SUPERVISOR
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import assessed, month

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "3", "theme_day": "1"}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    database = assessed(tmp_path_factory.mktemp("extract") / "county")
    now = month(database, "2026-01", {"u001": TOLD, "u002": TOLD})
    yield database, now + timedelta(hours=1)
    database.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """A county with all that can befall scores."""
    database, now = half_year(tmp_path_factory.mktemp("lived") / "county")
    yield database, now
    database.close()


def words_of(path: Path) -> str:
    """What is printed there, as far as this machine can read it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


def taken(database: Database, asked: ScoreSelection, form: Format) -> bytes:
    with exported(database, asked, form, caller=on_site(SUPERVISOR), now=asked.now) as made:
        return made.path.read_bytes()


def test_a_units_lines_with_their_reasons(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    lines = [
        json.loads(one) for one in taken(database, ScoreSelection(now=now, unit="u001"), Format.JSONL).splitlines()
    ]
    study = next(one for one in lines if one["indicator"] == "集中学习")
    assert (study["period"], study["points"], study["full"]) == ("2026-01", "4.5", "5")
    assert "集中学习次数 3" in study["why"]
    assert study["basis"].startswith("YB2026-")
    with database.read() as connection:
        rows = connection.execute(ENTRY.select().where(ENTRY.c.kind == "exported")).mappings().all()
        last = journal.decode_note("exported", json.loads(rows[-1]["body"]))
    assert isinstance(last, Exported)
    assert (last.what, last.rows) == ("考核得分", len(lines))


def test_what_an_indicator_counts_stands_once_and_adds_up_to_the_score(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    for unit in ("u001", "u003", "u004"):
        with database.read() as connection:
            sheet = score_sheet(connection, unit, now, period="2026-H1")
            found = scores_extract(connection, ScoreSelection(now=now, unit=unit, period="2026-H1"))
            rows = [dict(zip((one.name for one in found.columns), row.values, strict=True)) for row in found.rows]
        assert len(rows) == found.total
        *lines, whole = rows
        assert (whole["indicator"], whole["counts"], whole["weight"]) == (SUM_ROW, sheet.score, sheet.total)
        assert sum(Decimal(str(row["counts"] or 0)) for row in lines) == Decimal(sheet.score), unit
        assert sum(Decimal(str(row["weight"] or 0)) for row in lines) == Decimal(sheet.total), unit
        assert len([row for row in lines if row["indicator"] == "集中学习"]) == 6
        said = [line for one in sheet.indicators for line in one.lines]
        assert [row["before"] for row in lines if row["period"]] == [line.before for line in said]
        assert [row["difference"] for row in lines if row["period"]] == [line.difference for line in said]


def test_of_all_units_a_row_as_their_page_has_it(lived: tuple[Database, datetime], tmp_path: Path) -> None:
    database, now = lived
    file = tmp_path / "a.xlsx"
    file.write_bytes(taken(database, ScoreSelection(now=now, period="2026-H1"), Format.XLSX))
    sheet = load_workbook(file).active
    assert sheet is not None
    heads, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows) == 96
    with database.read() as connection:
        shown = overview(connection, now, period="2026-H1", area="a1")
    assert heads[7:] == [name for _, name, _ in shown.indicators]
    cells = {row[1]: row for row in rows}
    for unit in shown.rows:
        own = cells[unit.id]
        assert [own[3], str(own[4]), own[5], own[6]] == [unit.score, unit.whole.percent, unit.whole.level, unit.tier]
        assert ["" if cell is None else str(cell) for cell in own[7:]] == [cell.percent for cell in unit.cells]
    assert "名次" not in heads, "nobody has agreed that they are compared"


def test_who_sees_one_unit_takes_along_that_one(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u002")[0]
        instructor = people.holders(connection, Role.INSTRUCTOR, area="a1")[0]
    for person, seen in ((liaison, {"u002"}), (instructor, {f"u{n:03}" for n in range(1, 17)})):
        with database.seen(seen_by((person,))).read() as connection:
            found = scores_extract(connection, ScoreSelection(now=now, period="2026-H1"))
            assert {row.values[1] for row in found.rows} == seen, person


def test_the_result_is_printed_with_what_the_page_tells_besides(
    lived: tuple[Database, datetime], tmp_path: Path
) -> None:
    """The chart, and below the table how the tier came, what was appealed against, what it brought, what was used."""
    database, now = lived
    boss = on_site(SUPERVISOR)
    keeping.use_result(database, boss, "u012", "honour", "先进基层党组织", "县委〔2026〕9号", now)
    with database.read() as connection:
        found = scores_extract(connection, ScoreSelection(now=now, unit="u012"))
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
    beside = dict(found.beside)
    assert "软弱涣散：班子不健全，到 " in beside["状况的来历"][0]
    assert len(beside["分类指导"]) == 1
    assert beside["结果用在哪里"] == ("2026 年：评先评优，先进基层党组织",)
    no = keeping.appeal(database, on_site(liaison), "u001", "theme_day", "2026-06", at("2026-07-23"))
    with database.read() as connection:
        found = scores_extract(connection, ScoreSelection(now=now, unit="u001"))
        sheet = score_sheet(connection, "u001", now)
    assert dict(found.beside)["申诉"] == (f"{no}　2026年6月的主题党日，办理中",)
    assert sheet.chart is not None
    assert found.drawn.count("<circle") == len(sheet.chart.marks) > 1
    assert ElementTree.fromstring(found.drawn).tag.endswith("svg")
    made = tmp_path / "a.xlsx"
    made.write_bytes(taken(database, ScoreSelection(now=now, unit="u001"), Format.XLSX))
    about = [[cell.value for cell in row] for row in load_workbook(made)["说明"].iter_rows()]
    assert ["申诉", f"{no}　2026年6月的主题党日，办理中"] in [row[:2] for row in about]
    made = tmp_path / "a.pdf"
    made.write_bytes(taken(database, ScoreSelection(now=now, unit="u001"), Format.PDF))
    told = words_of(made)
    for words in ("申诉", no, "合计", "6月", sheet.score):
        assert words in told, words


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"table": "tiers"}, "标准：先进：90 分进入，低于 87 分退出；中间：75 分进入，低于 72 分退出；薄弱：其余"),
        ({"table": "judging", "indicator": "integrity", "period": "2026-H1"}, "指标：党风廉政"),
        ({"table": "honours"}, "先进基层党组织：全年不低于 90 分，状况是先进，绩效没有扣过分"),
    ],
)
def test_the_other_pages_are_taken_along_as_tables(
    scored: tuple[Database, datetime], asked: dict[str, str], says: str
) -> None:
    database, now = scored
    with database.read() as connection:
        found = scores_extract(connection, ScoreSelection(now=now, **asked))
    assert says in "；".join(f"{name}：{words}" for name, words in found.scope)
    rows = list(found.rows)
    assert len(rows) == found.total
    assert all(len(row.values) == len(found.columns) for row in rows)
    assert taken(database, ScoreSelection(now=now, **asked), Format.XLSX).startswith(b"PK")


def test_another_table_there_is_not(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    with database.read() as connection, pytest.raises(RuleViolation) as refusal:
        scores_extract(connection, ScoreSelection(now=now, table="people"))
    assert "tiers、judging、honours" in str(refusal.value)
