"""What a step publishes, on the real server: offered and refused on the page, and listed in the register."""

from datetime import UTC, date, datetime

import httpx2

from ledger.chain import pinned
from rules.dates.calendar import local_date
from tests.support import witness
from tests.support.processes import EVERY
from tests.support.processes.filled import filled
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_


async def test_candidates_are_published_objected_to_and_not_submitted_before_their_time(
    own: Started, site: httpx2.AsyncClient
) -> None:
    with own.database.write() as connection:
        pinned.load_processes(connection, EVERY, datetime.now(UTC))
    (no,) = await own.issue("机关党支部换届", process="election", variant="direct")
    liaison, today = own.liaison(no), local_date(datetime.now(UTC))
    for _ in range(3):
        await own.give(no, "submit", liaison, answers=filled(own, no))

    async def offered(person: str) -> dict[str, str]:
        shown = (await site.get(f"/api/v1/items/{no}", headers=as_(person))).json()
        return {one["command"]: one["refusal"] for one in shown["commands"]}

    assert "要先公示（候选人预备人选，内部公示不少于 5 个工作日）" in (await offered(liaison))["submit"]
    assert "object" not in await offered(SUPERVISOR), "there is nothing to object to"
    me = {**as_(liaison), "origin": "http://127.0.0.1"}
    page = (await site.get(f"/items/{no}", headers=me)).text
    assert all(f'name="{name}"' in page for name in ("place", "on", "reference"))
    form = {"place": "机关公开栏", "on": today.isoformat(), "reference": "青机〔2026〕3号"}
    answer = await site.post(f"/items/{no}/publish", data=form, headers=me)
    assert answer.status_code == 303, answer.text
    await own.give(no, "object", SUPERVISOR, text="第二名候选人任职年限不足")
    assert set(await offered(liaison)) >= {"publish", "answer_objection"}
    assert "满期" in (await offered(liaison))["submit"]
    shown = (await site.get(f"/api/v1/items/{no}/why")).json()["publicity"]
    assert (shown["name"], shown["words"]) == ("公示期满日", "1 件异议等答复")
    page = (await site.get(f"/items/{no}", headers={**me, **as_(SUPERVISOR)})).text
    assert "公示期满日" in page
    assert "1 件异议等答复" in page, "whoever oversees sees what the unit still owes"
    await own.give(no, "answer_objection", liaison, text="经核实符合条件")
    assert (await site.get(f"/api/v1/items/{no}/why")).json()["publicity"]["words"] == ""
    assert witness.kinds(own.database, no)[-3:] == ["published", "objected", "objection_answered"]
    publicity = witness.state(own.database, no).publicity
    assert publicity
    until = publicity.date
    assert until > today

    for unit in ({}, {"unit": "县教育局"}):
        (one,) = (await site.get("/api/v1/publications", params=unit)).json()["publications"]
        assert (one["no"], one["what"], one["scope_name"]) == (no, "候选人预备人选", "内部公示")
        assert (one["place"], one["on"], date.fromisoformat(one["until"])) == ("机关公开栏", today.isoformat(), until)
    page = (await site.get("/publications", headers=me)).text
    assert "青机〔2026〕3号" in page
    assert (await site.get("/api/v1/publications", params={"unit": "u060"})).json()["publications"] == []
    assert witness.wrong(own.database) == []
