"""What an item owes so often, on the real server: reported on the page and over the API, counted, corrected, ended."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import httpx2

from definitions.process import ref_of
from ledger.chain import pinned
from rules.codec import encode
from rules.dates.calendar import local_date
from rules.process import Process
from tests.support import witness
from tests.support.processes import TALLIED
from tests.support.product import LEADER, SUPERVISOR, Started

PLAN = (("village", "东沟村"), ("households.1.code", "甲户"), ("households.2.code", "乙户"))


async def test_visits_are_reported_for_a_tally_counted_taken_back_and_the_step_ends_short(
    own: Started, site: httpx2.AsyncClient
) -> None:
    with own.database.write() as connection:
        pinned.load_processes(connection, TALLIED, datetime.now(UTC))
    (no,) = await own.issue("机关结对共建", process="pairing", variant="year")
    liaison, today = own.liaison(no), local_date(datetime.now(UTC))
    if witness.state(own.database, no).status == "unsigned":
        await own.give(no, "sign", liaison)
    await own.give(no, "submit", liaison, answers=PLAN)
    me = {"cookie": f"duban_person={liaison}", "origin": "http://127.0.0.1"}

    async def owed() -> dict[tuple[str, str], str]:
        shown = (await site.get(f"/api/v1/items/{no}", params={"person": liaison})).json()
        return {(t["id"], row["about"]): row["have"] for t in shown["tallies"] for row in t["rows"]}

    assert (await owed())["household", "甲户"] == "0"
    page = (await site.get(f"/items/{no}", headers=me)).text
    assert 'id="do-report-household"' in page
    assert '<svg class="strip"' in page
    assert 'id="do-submit">' in page, "what is owed comes first: the form that ends the step is folded"

    form = {"tally": "household", "about": "甲户", "on": today.isoformat(), "answer.how": "site"}
    refused = await site.post(f"/items/{no}/report", data={**form, "about": "丙户"}, headers=me)
    assert refused.status_code == 422
    assert "甲户、乙户" in refused.text
    assert 'id="do-report-household" open' in refused.text, "the form that was tried stands open, as it was filled in"
    answer = await site.post(f"/items/{no}/report", data={**form, "answer.amount": "120.5"}, headers=me)
    assert answer.status_code == 303, answer.text
    assert (await owed())["household", "甲户"] == "1"
    assert (await owed())["gift", "甲户"] == "120.5"

    said = {"person": liaison, "tally": "走访困难户", "about": "乙户", "answers": {"how": "call"}}
    over = await site.post(f"/api/v1/items/{no}/commands/report", json=said)
    assert over.status_code == 200, over.text
    assert (await owed())["household", "乙户"] == "0", "by telephone it is recorded, and does not count"
    assert "未计入" in (await site.get(f"/items/{no}", headers=me)).text

    entry = next(one.entry for one in witness.state(own.database, no).tallied)
    await own.give(no, "correct", SUPERVISOR, entry=entry, text="没有去", reason="误报")
    await own.give(no, "decide_correction", LEADER, grant=True)
    assert (await owed())["household", "甲户"] == "0"

    offered = (await site.get(f"/api/v1/items/{no}", params={"person": liaison})).json()["commands"]
    submit = next(one for one in offered if one["command"] == "submit")
    assert "reason" in [field["name"] for field in submit["fields"]]
    short = await site.post(f"/items/{no}/submit", data={"text": "完了"}, headers=me)
    assert (short.status_code, "走访困难户·甲户 0/4" in short.text) == (409, True)
    await own.give(no, "submit", liaison, text="完了", reason="整村搬迁")
    fact = witness.events(own.database, no)[-1].fact
    assert len(fact.missing) >= 4  # type: ignore[union-attr]
    assert witness.state(own.database, no).nodes == ()
    assert witness.wrong(own.database) == []


def _broad() -> Process:
    """The process with as many households as make 64 nodes."""
    process = next(one for one in TALLIED if one.unit_kind == "organ")
    forms = tuple(
        replace(form, fields=tuple(replace(one, most=60) if one.id == "households" else one for one in form.fields))
        for form in process.forms
    )
    tallies = tuple(tally for tally in process.tallies if tally.id != "greeting")
    found = replace(process, ref="", forms=forms, tallies=tallies)
    return replace(found, ref=ref_of(found))


async def test_an_item_with_64_nodes_stays_small_and_its_page_quick(own: Started, site: httpx2.AsyncClient) -> None:
    process = _broad()
    with own.database.write() as connection:
        pinned.load_processes(connection, [process], datetime.now(UTC))
    (no,) = await own.issue("许多户", unit="县教育局", process="pairing", variant="year")
    (plain,) = await own.issue("三会一课记录不全", unit="县教育局")
    liaison = own.liaison(no)
    await own.give(no, "sign", liaison)
    plan = (("village", "东沟村"), *((f"households.{n}.code", f"第 {n} 户") for n in range(1, 32)))
    await own.give(no, "submit", liaison, answers=plan)
    state = witness.state(own.database, no)
    assert len(state.nodes) == 64
    size = len(json.dumps(encode(state), ensure_ascii=False).encode())
    me = {"cookie": f"duban_person={liaison}", "origin": "http://127.0.0.1"}

    async def quickest(item: str) -> float:
        times = []
        for _ in range(8):
            begun = time.perf_counter()
            assert (await site.get(f"/items/{item}", headers=me)).status_code == 200
            times.append(time.perf_counter() - begun)
        return min(times)

    ratio = await quickest(no) / await quickest(plain)
    assert size < 48 * 1024, "31 KB were measured"
    assert ratio < 6, "1.9 to 2.4 were measured, 4.5 on a busy machine"
