"""After `duban load --renamed` what was done keeps the name of its day: on the page, in every export, on paper."""

import csv
import io
import json
from dataclasses import replace

import httpx2

from desk.timeline import timeline_of
from documents.reports.timeline import as_html, as_pdf
from ledger.directory import loading, people
from tests.support.product import AUDITOR, SUPERVISOR, Started
from tests.support.shipped import example_county
from tests.support.signed import as_


def rename(product: Started, names: dict[str, str]) -> None:
    """The county is loaded again with these names under known ids."""
    directory = example_county()
    named = tuple(replace(one, name=names.get(one.id, one.name)) for one in directory.people)
    with product.database.write() as connection:
        loading.load_directory(connection, replace(directory, people=named), renamed=names)


async def test_past_acts_keep_the_old_name_and_new_ones_bear_the_new(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("中途改了姓名的联络员")
    liaison, new = product.liaison(no), "改名后"
    with product.database.read() as connection:
        old = people.names_of(connection, {liaison})[liaison]
    await product.give(no, "sign", liaison)
    rename(product, {liaison: new})
    await product.give(no, "report", liaison, text="已开会")

    shown = (await web.get(f"/api/v1/items/{no}/timeline")).json()
    assert [entry["actor_name"] for entry in shown][1:] == [old, new]
    assert [told["name"] for told in shown[0]["told"] if told["person"] == liaison] == [old]
    page = (await web.get(f"/items/{no}")).text
    assert page.count(old) >= 1
    assert page.count(new) >= 1

    auditor = as_(AUDITOR)
    rows = csv.DictReader(io.StringIO((await web.get(f"/api/v1/items/{no}/export.csv", headers=auditor)).text[1:]))
    assert [row["办理人"] for row in rows][1:] == [old, new]
    lines = (await web.get(f"/api/v1/items/{no}/export.jsonl", headers=auditor)).text.splitlines()
    assert [json.loads(line)["actor"] for line in lines][1:] == [old, new]

    with product.database.read() as connection:
        data = timeline_of(connection, no)
    assert [entry["who"] for entry in data["entries"]][1:] == [old, new]
    assert old in as_html(data)
    assert new in as_html(data)


async def test_a_paper_printed_after_the_change_of_name_is_the_one_printed_before(product: Started) -> None:
    (no,) = await product.issue("改名前后各打印一次")
    await product.give(no, "sign", product.liaison(no))

    def paper() -> bytes:
        with product.database.read() as connection:
            return as_pdf(timeline_of(connection, no))

    before = paper()
    rename(product, {product.liaison(no): "改名后", SUPERVISOR: "督查员改名后"})
    assert paper() == before


async def test_who_issued_an_item_is_called_on_its_page_as_on_that_day(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("交办后督查员改了姓名")
    with product.database.read() as connection:
        old = people.names_of(connection, {SUPERVISOR})[SUPERVISOR]
    rename(product, {product.liaison(no): "改名后", SUPERVISOR: "又改名的督查员"})
    page = (await web.get(f"/items/{no}")).text
    assert f"<dt>交办</dt><dd>{old}，" in page
    assert "<dd>又改名的督查员，" not in page
