"""Beside the questions of a round: old values marked as old, why one is asked, what is known and so not asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx2
import pytest
import pytest_asyncio

from api.app import create_app
from desk.burden.account_shown import show_account
from desk.caller import on_site
from desk.figures.importing import import_figures
from desk.intake import Intake
from desk.requests import Desk
from desk.showing.detail import detail
from desk.showing.values import ShownField
from ledger.directory import people
from ledger.reading import queries
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.rounds.periods import read_period
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import answer, counted, item_of, opened, opening
from tests.support.signed import as_, browsing, entrance_of
from workflows.gateway import Gateway

OFFICE = "县教育局"
ROSTER = f"单位,期,党员数,集中学习次数\n{OFFICE},2026-12,31,3\n"


@pytest.fixture
def county(tmp_path: Path) -> Database:
    """September's form is answered; December's is open, of which the roster knows two figures."""
    database = counted(tmp_path / "county")
    answer(database, item_of(database, opened(database, "2026-09"), unit(database)), {"dues_owed": "1200.50"})
    import_figures(
        database,
        ROSTER.encode(),
        "名册.csv",
        "县组〔2026〕5号",
        on_site(SUPERVISOR),
        opening("2026-12") - timedelta(days=1),
    )
    opened(database, "2026-12")
    return database


def unit(database: Database) -> str:
    with database.read() as connection:
        return people.unit_ref(connection, OFFICE).id


def liaison(database: Database) -> str:
    with database.read() as connection:
        return next(p.id for p in people.everybody(connection) for post in p.posts if post.unit == unit(database))


def asked(database: Database, period: str = "2026-12") -> ShownField:
    """The form of that month as its unit's liaison has it before them."""
    no = item_of(database, f"monthly/{period}", unit(database))
    with database.read() as connection:
        view = queries.item(connection, no)
        shown = detail(connection, view, opening(period), caller=on_site(liaison(database)))
    return next(f for command in shown.commands if command.command == "submit" for f in command.fields if f.questions)


def test_an_old_value_stands_beside_as_old_and_is_confirmed_before_it_counts(county: Database) -> None:
    questions = {one.at: one for one in asked(county).questions}
    dues = questions["dues_owed"]
    assert (dues.old, dues.old_words) == ("1200.50", "1200.50 元（2026年第三季度）")
    assert (dues.confirm, dues.value) == (True, ""), "it is not begun with: it has to be typed or ticked"
    assert questions["dues_paid"].old_words == "", "nobody asked for the old one of that"
    assert questions["assembly"].label == "党员大会次数（2026年第四季度）"
    assert "县委组织部" in questions["assembly"].why
    assert "党建月报" in questions["assembly"].why


def test_who_skipped_a_period_gets_the_last_value_that_there_is_with_its_period(tmp_path: Path) -> None:
    database = counted(tmp_path / "county")
    answer(database, item_of(database, opened(database, "2026-03"), unit(database)), {"dues_owed": "900.00"})
    opened(database, "2026-12")
    dues = next(one for one in asked(database).questions if one.at == "dues_owed")
    assert (dues.old, dues.old_words) == ("900.00", "900.00 元（2026年第一季度）")


def test_the_account_counts_as_prefilled_what_had_an_old_value(county: Database) -> None:
    with county.read() as connection:
        account = show_account(connection, read_period("2026-12"), opening("2026-12"))
        before = show_account(connection, read_period("2026-09"), opening("2026-12"))
    assert [(one.units, one.prefilled) for one in account.askers] == [(96, 1)]
    assert [(one.units, one.prefilled) for one in before.askers] == [(96, 0)], "the first quarter that was asked"


def test_what_another_item_asks_still_is_said_and_not_asked(county: Database) -> None:
    with county.write() as connection:
        monthly = campaign_in_force(connection, "monthly")
        quarter = replace(monthly.asks[1], shifted=1)
        later = replace(monthly, asks=(monthly.asks[0], quarter), version="2")
        load_campaigns(connection, [later], opening("2026-12"))
    opened(county, "2027-01")
    no = item_of(county, "monthly/2026-12", unit(county))
    said = f"党员大会次数（2026年第四季度）：还在事项 {no} 里等着填"
    assert said in asked(county, "2027-01").known


def test_what_is_known_is_shown_and_not_asked(county: Database) -> None:
    shown = asked(county)
    assert "study" not in {one.at for one in shown.questions}
    assert "集中学习次数（2026年12月）：3，导入" in shown.known
    assert "党员数（2026年12月）：31，导入" in shown.known
    assert "党务公开次数（2026年第四季度）：0，留痕" in shown.known


@pytest_asyncio.fixture
async def web(county: Database, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Pages are read only: nobody needs an engine for that."""
    gateway, files = cast(Gateway, None), EvidenceStore(tmp_path / "evidence")
    app = create_app(
        desk=Desk(gateway, county, files),
        intake=Intake(gateway, county),
        database=county,
        files=files,
        entrance=entrance_of(county),
    )
    async with browsing(app) as client:
        yield client


async def test_pages_of_figures_and_of_the_form(web: httpx2.AsyncClient, county: Database) -> None:
    listed = (await web.get("/figures")).text
    assert "党员大会次数" in listed
    one = (await web.get("/figures/study", params={"unit": OFFICE})).text
    assert "<polyline" in one or "<circle" in one
    assert (await web.get("/figures/none")).status_code == 404
    api = await web.get("/api/v1/figures/dues_owed", params={"unit": OFFICE, "last": 36})
    assert any(cell["words"] == "1200.50 元" for cell in api.json()["rows"][0]["cells"])
    no = item_of(county, "monthly/2026-12", unit(county))
    page = (await web.get(f"/items/{no}", headers=as_(liaison(county)))).text
    assert "已知，不问" in page
    assert 'name="answer.dues_owed" value="1200.50"> 与上次相同' in page
    assert "为什么问我" in page
