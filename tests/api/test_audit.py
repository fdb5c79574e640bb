"""What an auditor looks up, in JSON and as pages: entries, an item as it stood, who read what, what came again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.routes.evidence import disposition
from ledger.proof import checkpoints
from ledger.proof.keys import KeyFolder
from ledger.reading import queries
from rules.dates.calendar import local_date
from rules.dates.moments import moment
from rules.machine.commands import SYSTEM
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, Started
from tests.support.signed import as_

OWN = {"Sec-Fetch-Site": "same-origin"}


async def _found(web: httpx2.AsyncClient, where: str = "entries", **query: Any) -> list[dict[str, Any]]:
    answer = await web.get(f"/api/v1/audit/{where}", params=query)
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def _with_evidence(web: httpx2.AsyncClient, product: Started, finding: str) -> tuple[str, dict[str, str]]:
    (no,) = await product.issue(finding)
    liaison = product.liaison(no)
    sent = {"file": (f"会议纪要{no}.pdf", b"%PDF " + no.encode(), "application/pdf")}
    kept = (await web.post("/api/v1/evidence", files=sent, headers=as_(liaison))).json()
    await product.give(no, "sign", liaison)
    await product.give(no, "submit", liaison, text="报上", answers=(("measures", "一"),), evidence=(kept["id"],))
    return no, kept


async def test_entries_are_found_by_what_they_say_with_names_and_who_was_told(
    web: httpx2.AsyncClient, product: Started
) -> None:
    mark = uuid4().hex
    (no,) = await product.issue("检索的问题", unit="县民政局")
    await product.give(no, "remark", LEADER, text=f"“限期”办结 {mark.upper()}")
    (entry,) = await _found(web, text=mark)
    assert (entry["stream"], entry["seq"], entry["kind_name"]) == (no, 2, "批示")
    assert (entry["actor_name"], entry["title"], entry["item_unit_name"]) == ("陆佳柏", "检索的问题", "青溪县民政局")
    assert entry["told"]
    assert {t["role_name"] for t in entry["told"]} >= {"联络员"}
    assert [e["seq"] for e in await _found(web, item=no)] == [2, 1]
    assert [e["seq"] for e in await _found(web, item=no, person="陆佳柏")] == [2]
    assert [e["seq"] for e in await _found(web, item=no, unit="县民政局", kind="issued")] == [1]
    today = local_date(datetime.now(UTC))
    assert len(await _found(web, item=no, **{"from": str(today), "to": str(today)})) == 2
    assert await _found(web, item=no, to=str(today - timedelta(days=1))) == []


async def test_pages_of_entries_follow_each_other(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("翻页的留痕")
    for n in range(4):
        await product.give(no, "remark", LEADER, text=f"第{n}次")
    seen: list[int] = []
    after = ""
    while True:
        page = (await web.get("/api/v1/audit/entries", params={"item": no, "size": 2, "after": after})).json()
        seen += [e["seq"] for e in page["entries"]]
        if not page["next"]:
            break
        after = page["next"]
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"unit": "火星局"}, "unknown_unit"),
        ({"person": "李四光"}, "unknown_person"),
        ({"kind": "eaten"}, "field_invalid"),
        ({"from": "昨天"}, "field_invalid"),
        ({"from": "0001-01-01"}, "date_out_of_calendar"),
        ({"after": "x"}, "bad_request"),
        ({"size": "501"}, "field_invalid"),
        ({"colour": "red"}, "field_not_taken"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_and_the_page_says_so(
    web: httpx2.AsyncClient, query: dict[str, str], code: str
) -> None:
    answer = await web.get("/api/v1/audit/entries", params=query)
    assert answer.json()["code"] == code
    if code not in ("field_not_taken",) and "size" not in query:
        page = await web.get("/audit", params=query)
        assert page.status_code == answer.status_code
        assert "没有检索" in page.text


async def test_an_item_is_shown_as_it_stood_and_what_was_not_known_yet(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("按时点看的问题")
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    await product.give(no, "submit", liaison, text="报上", answers=(("measures", "一"),))
    issued, signed, submitted = (await web.get(f"/api/v1/items/{no}/timeline")).json()
    url = f"/api/v1/audit/items/{no}/at"
    then = (await web.get(url, params={"moment": signed["at"]})).json()
    features = {f["id"]: f["words"] for f in then["before"]["features"]}
    assert (features["status"], features["step"], then["before"]["lamp"]["name"]) == ("办理中", "制定整改方案", "绿灯")
    assert (then["before"]["seq"], then["before"]["later"]) == (2, 1)
    assert [e["seq"] for e in then["entries"]] == [3]
    assert then["before"]["dates"]["clocks"][0]["sentences"]
    # What the state was is what the item showed then: the same fold, the same words.
    with product.database.read() as connection:
        events = queries.item(connection, no).events
    assert moment(signed["at"]) == events[1].at
    compared = (await web.get(url, params={"moment": submitted["at"], "other": issued["at"]})).json()
    assert {d["id"]: (d["before"], d["after"]) for d in compared["differences"]}["status"] == ("待签收", "审核中")
    assert [e["seq"] for e in compared["entries"]] == [2, 3]
    long_ago = (await web.get(url, params={"moment": "2001-01-01"})).json()
    assert (long_ago["before"]["seq"], long_ago["before"]["later"]) == (0, 3)
    assert (await web.get(url, params={"moment": "昨天"})).json()["code"] == "field_invalid"
    page = await web.get(f"/audit/items/{no}", params={"at": "2001-01-01", "to": submitted["at"]})
    assert "差别" in page.text
    assert "2001年1月1日结束时" in page.text


async def test_reading_evidence_stands_in_the_journal_before_the_bytes_are_handed_out(
    web: httpx2.AsyncClient, product: Started
) -> None:
    no, kept = await _with_evidence(web, product, "有佐证的问题")
    got = await web.get(kept["url"], params={"item": no}, headers=as_(AUDITOR))
    assert got.content == b"%PDF " + no.encode()
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["content-disposition"] == disposition(f"会议纪要{no}.pdf")
    (read,) = await _found(web, "reads", item=no)
    assert (read["kind"], read["actor"], read["role_name"]) == ("evidence_read", AUDITOR, "审计")
    assert read["body"] == {"evidence": kept["id"], "item": no}
    assert read["stream"].startswith("~access/")
    assert [e["seq"] for e in await _found(web, "reads", person=AUDITOR, text=kept["id"][:20])] == [read["seq"]]
    assert await _found(web, "reads", person=LEADER, item=no) == []
    assert read in await _found(web, item=read["stream"])
    page = (await web.get("/audit/reads", params={"item": no})).text
    assert f"下载佐证材料“会议纪要{no}.pdf”" in page


async def test_by_the_page_it_is_whoever_is_in_who_reads(web: httpx2.AsyncClient, product: Started) -> None:
    no, kept = await _with_evidence(web, product, "网页上查阅的佐证")
    headers = OWN | as_(SUPERVISOR)
    assert f'href="{kept["url"]}?item={no}"' in (await web.get(f"/items/{no}", headers=headers)).text
    assert (await web.get(f"{kept['url']}?item={no}", headers=headers)).status_code == 200
    assert [e["actor"] for e in await _found(web, "reads", item=no)] == [SUPERVISOR]


async def test_nothing_is_handed_out_that_cannot_be_noted(web: httpx2.AsyncClient, product: Started) -> None:
    no, kept = await _with_evidence(web, product, "拿不到的佐证")
    (other,) = await product.issue("与这份佐证无关的问题")
    before = len(await _found(web, "reads"))
    refused = {
        "unknown_item": {"item": "ZG1999-0001"},
        "unknown_evidence": {"item": other},
    }
    for code, query in refused.items():
        answer = await web.get(kept["url"], params=query, headers=as_(AUDITOR))
        assert answer.json()["code"] == code
        assert no.encode() not in answer.content
    assert len(await _found(web, "reads")) == before


async def test_findings_that_come_again_are_grouped_with_the_reason(web: httpx2.AsyncClient, product: Started) -> None:
    mark = uuid4().hex[:8]
    said = {"县林科所": f"照抄照搬{mark}", "县茶科所": f"“照抄 照搬”{mark}。", "县中医院": f"照抄，照搬{mark}"}
    numbers = [(await product.issue(text, unit=unit))[0] for unit, text in said.items()]
    found = (await web.get("/api/v1/audit/repeats")).json()
    (group,) = [g for g in found["common"] if mark in g["text"]]
    assert [f["no"] for f in group["findings"]] == numbers
    assert "出现在 3 个单位、3 个事项" in group["why"]
    four = (await web.get("/api/v1/audit/repeats", params={"units": 4})).json()
    assert [g for g in four["common"] if mark in g["text"]] == []
    page = (await web.get("/audit/repeats", params={"units": 3, "months": "", "since": ""})).text
    assert numbers[2] in page
    refused = await web.get("/audit/repeats", params={"months": "many"})
    assert (refused.status_code, "没有比较" in refused.text) == (422, True)


async def test_checkpoints_are_shown_with_what_people_compare(web: httpx2.AsyncClient, product: Started) -> None:
    await product.issue("封存以前")
    signer = KeyFolder(product.folder / "keys").signer(product.database, datetime.now(UTC), SYSTEM)
    made, _ = checkpoints.seal(product.database, signer, datetime.now(UTC))
    await product.issue("封存以后")
    shown = (await web.get("/api/v1/audit/checkpoints")).json()
    assert shown["checkpoints"][0]["fingerprint"] == made.fingerprint
    assert shown["checkpoints"][0]["size"] == made.size
    assert shown["keys"][0]["public"] == signer.public.hex()
    assert shown["unsealed"] >= 1
    page = await web.get("/audit/seals")
    assert page.status_code == 200
    assert made.fingerprint in page.text
    assert signer.public.hex() in page.text
