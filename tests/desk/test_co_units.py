"""A co-unit finds the item in the register, marked as helped: under 本单位 on the page, in JSON, in an export."""

import csv
import io

import httpx2

from ledger.directory import people
from tests.support.product import Started
from tests.support.signed import as_


def _liaison(product: Started, name: str) -> tuple[str, str]:
    with product.database.read() as connection:
        unit = people.unit_ref(connection, name).id
        everybody = people.everybody(connection)
    return unit, next(p.id for p in everybody for post in p.posts if (post.unit, post.role) == (unit, "liaison"))


async def test_the_register_of_a_unit_shows_what_it_helps_with_and_says_so(
    web: httpx2.AsyncClient, product: Started
) -> None:
    unit, liaison = _liaison(product, "县档案馆")
    before = (await web.get("/api/v1/items", params={"unit": unit})).json()["total"]
    (no,) = await product.issue("县档案馆协办的事项", unit="县教育局", co_units=("县档案馆",))
    (other,) = await product.issue("县档案馆牵头的事项", unit="县档案馆")
    page = (await web.get("/api/v1/items", params={"unit": unit, "size": "500"})).json()
    assert {one["no"]: one["helps"] for one in page["items"] if one["no"] in (no, other)} == {no: True, other: False}
    assert page["total"] == sum(one["count"] for one in page["lamps"]) == before + 2
    everything = (await web.get("/api/v1/items", params={"text": no})).json()
    assert [one["helps"] for one in everything["items"]] == [False]

    cookie = as_(liaison)
    home = (await web.get("/items", headers=cookie)).text
    assert f'href="/items?unit={unit}">本单位' in home
    own = (await web.get("/items", params={"unit": unit, "text": no}, headers=cookie)).text
    assert no in own
    assert own.count("本项协办") == 1
    helped = own.split("本项协办")[0].rsplit("<td", 1)[1]
    assert no in helped, "the mark stands with the item, not under the name of the unit that leads it"
    assert "共 <strong>1</strong> 项" in own

    answer = await web.get("/api/v1/export/register.csv", params={"unit": unit}, headers=as_(liaison))
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    header = next(n for n, row in enumerate(rows) if "编号" in row)
    assert rows[header][-1] == "牵头或协办"
    assert {row[0]: row[-1] for row in rows[header + 1 :] if row and row[0] in (no, other)} == {
        no: "协办",
        other: "牵头",
    }
