"""A date beyond what the whole item may take: the dry run says for which units which day holds instead, and it does."""

from datetime import UTC, date, datetime, timedelta

import httpx2

from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.dates.calendar import local_date
from rules.machine.facts import Issued
from rules.machine.turns import CAP_RULE
from tests.desk.test_registers import sheet
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_


def in_days(days: int) -> date:
    return local_date(datetime.now(UTC)) + timedelta(days=days)


def limit(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日前"


async def test_the_dry_run_names_each_unit_whose_date_is_cut_and_the_day_that_holds_in_the_end(
    web: httpx2.AsyncClient, product: Started
) -> None:
    """A hundred and fifty days are more than an organ's 80 working days and less than a research body's 130."""
    rows = sheet(f"1,总时限截短的问题,整改,县财政局、各科研院所,{limit(in_days(150))}")
    read = (await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))).json()
    (finding,) = read["reading"]["findings"]
    assert len(finding["lead_units"]) > 1
    ((unit, due, why),) = [(one["unit"], one["due"], one["why"]) for one in finding["cut"]]
    assert (unit, why, finding["state"]) == ("青溪县财政局", CAP_RULE, "guessed")
    (note,) = [note for note in finding["notes"] if CAP_RULE in note["text"]]
    assert note["cell"] == "E2"
    assert "青溪县财政局以" in note["text"]
    assert note["text"] in (await web.get(f"/import/{read['batch']}")).text
    await web.post(f"/api/v1/registers/{read['batch']}/confirm", json={}, headers=as_(SUPERVISOR))
    with product.database.read() as connection:
        numbers = [row["no"] for row in queries.register(connection, Filters(batch=read["batch"])).rows]
        facts = [queries.item(connection, no).events[0].fact for no in numbers]
    holds = {fact.unit.name: fact.cap.date for fact in facts if isinstance(fact, Issued) and fact.cap}
    assert holds["青溪县财政局"] == date.fromisoformat(due) < in_days(150)
    assert all(day >= in_days(150) for name, day in holds.items() if name != "青溪县财政局")


async def test_of_all_units_every_one_is_listed_and_the_note_counts_them_by_kind(
    web: httpx2.AsyncClient, product: Started
) -> None:
    rows = sheet(f"1,各单位都截短的问题,整改,各单位,{limit(in_days(150))}")
    (finding,) = (await web.post("/api/v1/registers", files=rows)).json()["reading"]["findings"]
    with product.database.read() as connection:
        organs = {unit["name"] for unit in people.all_units(connection) if unit["kind"] == "organ"}
    cut = {one["unit"] for one in finding["cut"]}
    assert organs < cut < set(finding["lead_units"])
    assert any(f"机关 {len(organs)} 个单位以" in note["text"] for note in finding["notes"])


async def test_a_date_within_every_span_brings_no_warning(web: httpx2.AsyncClient) -> None:
    rows = sheet(f"1,时限之内的问题,整改,各单位,{limit(in_days(60))}")
    (finding,) = (await web.post("/api/v1/registers", files=rows)).json()["reading"]["findings"]
    assert (finding["state"], finding["cut"], finding["notes"]) == ("understood", [], [])
