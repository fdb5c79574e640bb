"""A unit's result as a file: every line with its reason and what it rests on, under the ledger's seal; of all units a
row for each indicator; and who took it stands in the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from desk.caller import on_site
from desk.exporting import Format, exported
from desk.scores.extract import ScoreSelection, scores_extract
from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.office.facts import Exported
from tests.support.product import SUPERVISOR
from tests.support.scores.scored import assessed, month

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "3", "theme_day": "1"}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    database = assessed(tmp_path_factory.mktemp("extract") / "county")
    now = month(database, "2026-01", {"u001": TOLD, "u002": TOLD})
    yield database, now + timedelta(hours=1)
    database.close()


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


def test_of_all_units_a_row_for_each_indicator(scored: tuple[Database, datetime], tmp_path: Path) -> None:
    database, now = scored
    file = tmp_path / "a.xlsx"
    file.write_bytes(taken(database, ScoreSelection(now=now, period="2026-01"), Format.XLSX))
    sheet = load_workbook(file).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert sum(1 for row in cells if "集中学习" in row) == 96


def test_the_result_is_printed(scored: tuple[Database, datetime]) -> None:
    database, now = scored
    assert taken(database, ScoreSelection(now=now, unit="u001"), Format.PDF).startswith(b"%PDF")


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
