"""The month's form, which grows with the quarter, out as files and back."""

from __future__ import annotations

import io
import zipfile
from datetime import date, time, timedelta
from pathlib import Path

import openpyxl
from sqlalchemy import select

from desk.blanks.many import fill_many, round_sheets
from desk.caller import on_site
from ledger.chain import batches
from ledger.chain.entries import ITEM
from ledger.chain.figures.values import put
from ledger.directory import people
from ledger.directory.halves import UNFINISHED
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.rounds import open_in_ledger
from ledger.rounds.rows import batch_of
from rules.codec import instant_text
from rules.dates.calendar import instant_of
from rules.machine.commands import SYSTEM
from rules.process import Role
from rules.rounds.periods import read_period
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign

NAME = "monthly/2026-12"
OPENING = instant_of(date(2026, 12, 29), time(9))


def test_a_months_forms_grow_with_the_quarter_and_come_back_as_drafts(tmp_path: Path) -> None:
    database = known_county(tmp_path / "county", now=OPENING - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), OPENING - timedelta(days=30))
        monthly = campaign_in_force(connection, "monthly")
        open_in_ledger(connection, monthly, read_period("2026-12"), SYSTEM, OPENING)
        while batches.issue_chunk(connection, batch_of(NAME), 500, OPENING):
            pass
        before = {"figure": "dues_owed", "unit": "u081", "period": "2026-Q3", "value": "1100.00", "source": "imported"}
        put(connection, [{**before, "stream": "~figures/2026", "seq": 1, "at": instant_text(OPENING)}])
        no = connection.execute(select(ITEM.c.no).where(ITEM.c.unit == "u081")).scalar_one()
        liaison = people.holders(connection, Role.LIAISON, unit="u081")[0]
    with round_sheets(database, NAME, on_site(SUPERVISOR), OPENING) as made, zipfile.ZipFile(made.path) as archive:
        names = archive.namelist()
        own = next(name for name in names if name.startswith(no))
        book = openpyxl.load_workbook(io.BytesIO(archive.read(own)))
    assert len(names) == 96
    page = book["填报"]
    assert [str(page.cell(row, 1).value) for row in (9, 14, 20)] == [
        "本月有无党员转入转出（必填）",
        "党员大会次数（必填）",
        "廉政教育次数（必填）",
    ]
    labels = {str(page.cell(row, 1).value).removesuffix("（必填）"): row for row in range(9, 21)}
    assert "上次是 1100.00 元（2026年第三季度）" in str(page.cell(labels["应缴党费（元）"], 3).value)
    assert page.cell(labels["应缴党费（元）"], 2).value is None, "an old value that has to be confirmed is only shown"
    page.cell(labels["支委会次数"], 2).value = 2
    page.cell(labels["应缴党费（元）"], 2).value = 1250.5
    page.cell(labels["本月有无党员转入转出"], 2).value = "否"
    into, back = io.BytesIO(), io.BytesIO()
    book.save(into)
    with zipfile.ZipFile(back, "w") as archive:
        archive.writestr(own, into.getvalue())
    (report,) = fill_many(database, back, liaison, OPENING, NAME)
    assert (report.taken, report.no) == (True, no), report
    with database.read() as connection:
        kept = connection.execute(select(UNFINISHED.c.answers)).scalar_one()
    assert kept == '{"moved": "no", "committee": "2", "dues_owed": "1250.50"}'
