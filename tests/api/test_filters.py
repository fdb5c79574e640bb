"""Filters of the register and of the audit search: every entrance offers those of the table and no others, and says
which it did not understand."""

import html
import json
import re
from collections.abc import Sequence
from urllib.parse import urlencode

import httpx2
import pytest
from typer.testing import CliRunner

from ledger.reading.entry_filters import ACCESS_FILTERS, ENTRY_FILTERS, READ_FILTERS, EntryFilter
from runtime.cli.audit.command import audit
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"status": "flying"}, "“状态”填写有误：flying"),
        ({"lamp": "紫灯"}, "“亮灯”填写有误：紫灯"),
        ({"area": "a99"}, "“片组”填写有误：a99"),
        ({"unit": "没有这个局"}, "没有“没有这个局”这个单位"),
        ({"unit_kind": "x"}, "“单位类型”填写有误：x"),
        ({"variant": "x"}, "“办理类型”填写有误：x"),
        ({"late": "也许"}, "“是否逾期”填写有误：也许"),
        ({"text": "字" * 300}, "“编号或事由”太长"),
        ({"unit": "u" * 300}, "“单位”太长"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[:12],
)
async def test_a_filter_that_nobody_knows_is_said_and_the_register_is_shown(
    web: httpx2.AsyncClient, product: Started, query: dict[str, str], said: str
) -> None:
    (no,) = await product.issue("筛选条件写错时照样看得到的事项")
    answer = await web.get("/items", params={**query, "batch": await _batch(web, no)})
    assert answer.status_code == 200
    assert said in answer.text
    assert "没有按它筛选" in answer.text
    assert no in answer.text
    assert "duban " not in answer.text.split('id="rows"')[1].split("</table>")[0]
    assert (await web.get("/api/v1/items", params=query)).status_code in (400, 404, 413, 422)


async def test_the_register_is_sorted_by_its_headings_and_filters_paging_and_exports_keep_it(
    web: httpx2.AsyncClient, product: Started
) -> None:
    numbers = list(await product.issue("排一排甲", "排一排乙", "排一排丙"))
    narrowed = {"text": "排一排", "sort": "-编号"}
    page = (await web.get("/items", params=narrowed, headers=as_(LEADER))).text
    assert re.findall(r'<td class="no">.*?href="/items/([^"]+)"', page) == numbers[::-1]
    heading = re.findall(r'<th scope="col" class="no sorts" aria-sort="descending"><a href="([^"]+)">编号', page)
    assert [html.unescape(link) for link in heading] == [f"/items?{urlencode({'text': '排一排'})}"], "the third click"
    assert page.count('aria-sort="') == 1
    assert '<input type="hidden" name="sort" value="-no">' in page
    assert re.search(r'href="/api/v1/export/register\.csv\?[^"]*sort=-no', page)
    assert re.search(r'class="chip[^"]*" href="/items\?[^"]*sort=-no', page)
    first = (await web.get("/api/v1/items", params={**narrowed, "size": 2})).json()
    rest = (await web.get("/api/v1/items", params={**narrowed, "size": 2, "after": first["next"]})).json()
    assert [one["no"] for one in first["items"] + rest["items"]] == numbers[::-1]
    asked = dict(narrowed)
    taken = (await web.get("/api/v1/export/register.jsonl", params=asked, headers=as_(LEADER))).text
    assert [json.loads(line)["no"] for line in taken.splitlines()] == numbers[::-1]
    unknown = (await web.get("/items", params={"sort": "事由", "text": "排一排"})).text
    assert "“排序”填写有误：事由" in unknown
    assert "没有按它排序" in unknown
    assert (await web.get("/api/v1/items", params={"sort": "事由"})).json()["code"] == "field_invalid"


async def test_the_register_is_narrowed_by_process_turn_supervisor_and_when_it_is_due(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("到期范围里的事项")
    item = (await web.get(f"/api/v1/items/{no}")).json()["item"]
    batch, due = item["batch"], item["due"]
    fits = [
        {"process": "整改事项"},
        {"party": "承办单位"},
        {"supervisor": SUPERVISOR},
        {"due_from": due, "due_to": due},
        {"due_from": "2026-01-01"},
    ]
    others = [{"party": "审核方"}, {"due_to": "2026-01-01"}, {"due_from": "2099-01-01"}, {"category": "没有这一类"}]
    for query in (*fits, *others):
        answer = await web.get("/api/v1/items", params={**query, "batch": batch})
        assert answer.status_code == 200, (query, answer.text)
        found = answer.json()["items"]
        assert [one["no"] for one in found] == ([no] if query in fits else []), query
        page = (await web.get("/items", params={**query, "batch": batch})).text
        assert (f'href="/items/{no}"' in page) is (query in fits), query
    refused = await web.get("/api/v1/items", params={"due_to": "明天"})
    assert refused.status_code == 422
    assert "2026-03-05" in refused.json()["detail"]


async def test_all_that_was_not_understood_is_one_notice(web: httpx2.AsyncClient, product: Started) -> None:
    page = (await web.get("/items", params={"lamp": "xyz", "late": "也许"})).text
    assert page.count('role="alert"') == 1
    assert "xyz" in page.split('role="alert"')[1].split("</div>")[0]
    assert "也许" in page.split('role="alert"')[1].split("</div>")[0]


async def _batch(web: httpx2.AsyncClient, no: str) -> str:
    batch: str = (await web.get(f"/api/v1/items/{no}")).json()["item"]["batch"]
    return batch


async def test_names_are_understood_on_the_page_as_everywhere(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("按名称筛选的事项", unit="县教育局")
    batch = await _batch(web, no)
    for query in ({"unit": "县教育局"}, {"status": "待签收"}, {"lamp": "绿灯"}, {"late": ""}):
        page = (await web.get("/items", params={**query, "batch": batch})).text
        assert no in page, query
        assert "没有按它筛选" not in page
    assert no not in (await web.get("/items", params={"late": "1", "batch": batch})).text


BOTH = pytest.mark.parametrize(
    ("filters", "page", "where"),
    [
        (ENTRY_FILTERS, "/audit", "entries"),
        (READ_FILTERS, "/audit/reads", "reads"),
        (ACCESS_FILTERS, "/audit/access", "access"),
    ],
    ids=["entries", "reads", "access"],
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
