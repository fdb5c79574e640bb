"""Draws as pages: all that they are worked out from, for whoever may see it; and looked for by the units, at every
stage through every route of the site."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from desk.caller import at_console
from desk.registers import draws
from desk.registers.draws import ToDraw
from ledger.directory import people
from ledger.store.database import Database
from rules.process import Role
from tests.desk.ways.test_veil import Veiled, addresses
from tests.support.product import AUDITOR, LEADER, SUPERVISOR
from tests.support.signed import OUT, as_, browsing

TITLE, DRAW, SALTS = "第三季度机要保密抽查", "2026-jc7", {LEADER: "0a" * 16, AUDITOR: "0b" * 16}


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Veiled]:
    made = Veiled(tmp_path / "data")
    yield made
    made.database.close()


def seal(database: Database) -> None:
    inspectors = tuple(f"p00{n}" for n in range(21, 27))
    asked = ToDraw(
        draw=DRAW, title=TITLE, by="kind", share=10, most=10, each=2, inspectors=inspectors, witnesses=(LEADER, AUDITOR)
    )
    draws.seal(database, asked, at_console(SUPERVISOR), datetime.now(UTC))


def numbers(database: Database) -> None:
    for person, salt in SALTS.items():
        draws.seal_number(database, DRAW, "31415", salt, at_console(person), datetime.now(UTC))


def opened(database: Database) -> None:
    for person, salt in SALTS.items():
        draws.open_number(database, DRAW, "31415", salt, at_console(person), datetime.now(UTC))


async def found(web: httpx2.AsyncClient, county: Veiled, person: str) -> set[str]:
    """The addresses at which that person finds the draw: its title, or its number where nobody had named it."""
    cookie = as_(person) if person else OUT
    seen = set()
    for address in addresses(county, "none", person or "p0009", draw=DRAW):
        said = (await web.get(f"{address}?stream=~draw/{DRAW}", headers=cookie)).text
        if any(word in said for word in (TITLE, "~draw")) or (DRAW in said and DRAW not in address):
            seen.add(address)
    return seen


def liaison_of(county: Veiled, unit: str) -> str:
    with county.database.read() as connection:
        holders = people.holders(connection, Role.LIAISON, unit=unit)
    return str(holders[0])


async def test_no_unit_finds_a_draw_anywhere_drawn_or_not_at_any_stage(county: Veiled) -> None:
    async with browsing(county.app) as web:
        for steps in ((seal,), (numbers, opened)):
            for step in steps:
                step(county.database)
            with county.database.read() as connection:
                drawn = [one.unit for one in draws.show_draw(connection, DRAW).units]
            for person in (liaison_of(county, drawn[0]), "") if drawn else (liaison_of(county, "u060"),):
                assert await found(web, county, person) == set(), (steps, person)
        seen = await found(web, county, SUPERVISOR)
        assert {"/draws", f"/draws/{DRAW}", "/api/v1/draws", f"/api/v1/draws/{DRAW}"} <= seen, "it is looked for"


async def test_the_page_says_all_that_it_is_worked_out_from_and_how(county: Veiled) -> None:
    async with browsing(county.app) as web:
        me = as_(SUPERVISOR)

        async def page() -> str:
            return (await web.get(f"/draws/{DRAW}", headers=me)).text

        seal(county.database)
        assert "封数" in (await web.get("/draws", headers=me)).text
        assert "还没有封数" in await page()
        numbers(county.database)
        assert "31415" not in await page(), "nobody sees a number before it is opened"
        assert "封好了，还没有打开" in await page()
        opened(county.database)
        with county.database.read() as connection:
            shown = draws.show_draw(connection, DRAW)
        told = await page()
        assert all(one.unit_name in told for one in shown.units)
        assert shown.seed in told
        assert "回避第一片组" in told
        text = (await web.get(f"/api/v1/draws/{DRAW}/population.txt", headers=me)).text
        assert hashlib.sha256(text.encode()).hexdigest() == shown.population_hash
        seed = hashlib.sha256(f"31415:31415:{shown.population_hash}".encode()).hexdigest()
        assert seed == shown.seed
        assert f"printf &#39;%s&#39; &#39;31415:31415:{shown.population_hash}&#39;" in told
        gone = shown.units[0]
        draws.replace_unit(county.database, DRAW, gone.unit, "正在整体搬迁", at_console(LEADER), datetime.now(UTC))
        told = await page()
        assert "正在整体搬迁" in told
        assert "已抽出，递补 1 个" in told
        exported = (await web.get(f"/api/v1/draws/{DRAW}/draw.json", headers=me)).json()
        assert [one["kind"] for one in exported["entries"]][-1] == "replaced"
        assert (await web.get("/draws/2099-jc1", headers=me)).status_code == 404
