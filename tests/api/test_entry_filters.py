"""The auditor's filters stand in one table: page, JSON and command line offer just these, under the same names."""

from collections.abc import Sequence

import httpx2
import pytest
from typer.testing import CliRunner

from ledger.reading.entry_filters import ENTRY_FILTERS, READ_FILTERS, EntryFilter
from runtime.cli.audit.command import audit
from tests.support.product import LEADER, Started

BOTH = pytest.mark.parametrize(
    ("filters", "page", "where"),
    [(ENTRY_FILTERS, "/audit", "entries"), (READ_FILTERS, "/audit/reads", "reads")],
    ids=["entries", "reads"],
)


@BOTH
async def test_every_entrance_offers_the_filters_of_the_table(
    web: httpx2.AsyncClient, filters: Sequence[EntryFilter], page: str, where: str
) -> None:
    keys = [one.key for one in filters]
    form = (await web.get(page)).text.split('<form class="filters"')[1].split("</form>")[0]
    assert [key for key in keys if f'name="{key}"' in form] == keys
    assert form.count('name="') == len(keys)
    described = (await web.get("/openapi.json")).json()["paths"][f"/api/v1/audit/{where}"]["get"]["parameters"]
    assert {one["name"]: one.get("description") for one in described} == {
        **{one.key: one.help for one in filters},
        "after": "上一页答复里的 next",
        "size": None,
    }
    told = CliRunner().invoke(audit, [where, "--help"], env={"COLUMNS": "400"}).stdout
    assert [key for key in keys if f"--{key}" in told] == keys


def test_what_is_asked_of_entries_alone_is_not_offered_for_reads() -> None:
    assert {one.name for one in ENTRY_FILTERS} - {one.name for one in READ_FILTERS} == {"unit"}


async def test_several_kinds_are_looked_for_at_once_and_blanks_count_for_nothing(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("几个种类一起找的问题")
    await product.give(no, "urge", LEADER)
    await product.give(no, "remark", LEADER, text="抓紧")
    query = {"item": f" {no.lower()} ", "kind": ["issued", "批示", ""]}
    found = (await web.get("/api/v1/audit/entries", params=query)).json()
    assert [entry["kind"] for entry in found["entries"]] == ["remarked", "issued"]
    page = (await web.get("/audit", params={"item": no.lower(), "kind": "urged"})).text
    assert f"{no}#e2" in page
    assert f"{no}#e3" not in page
