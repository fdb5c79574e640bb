"""What an item owes so often, on the real server: reported on the page and over the API, counted, corrected, ended."""

from dataclasses import replace
from datetime import UTC, date, datetime

import httpx2

from desk.showing.parts.tallies import ShownCount, marks_on_strip, strip_year
from ledger.chain import pinned
from rules.dates.calendar import local_date
from rules.forms.tally import OwedBy
from rules.nodes.node import Amount, Tallied
from rules.nodes.owing import Owing, opened
from tests.support import witness
from tests.support.factories import CALENDAR, at
from tests.support.processes import TALLIED
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_

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
    me = {**as_(liaison), "origin": "http://127.0.0.1"}

    async def owed() -> dict[tuple[str, str], str]:
        shown = (await site.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()
        return {(t["id"], row["about"]): row["have"] for t in shown["tallies"] for row in t["rows"]}

    assert (await owed())["household", "甲户"] == "0"
    page = (await site.get(f"/items/{no}", headers=me)).text
    assert 'id="do-report-household"' in page
    assert '<svg class="strip"' in page
    assert 'id="do-submit">' in page, "what is owed comes first: the form that ends the step is folded"

    listed = (await site.get("/api/v1/items", params={"text": no})).json()["items"][0]
    first = min(n.clock.due.date for n in witness.state(own.database, no).nodes if n.clock)
    assert (listed["due"], listed["due_of"]) == (first.isoformat(), witness.state(own.database, no).next_due.what)
    by_then = {"text": no, "due_from": first.isoformat(), "due_to": first.isoformat()}
    assert [one["no"] for one in (await site.get("/api/v1/items", params=by_then)).json()["items"]] == [no]
    assert listed["due_of"] in (await site.get("/items", params={"text": no})).text

    form = {"tally": "household", "about": "甲户", "on": today.isoformat(), "answer.how": "site"}
    refused = await site.post(f"/items/{no}/report", data={**form, "about": "丙户"}, headers=me)
    assert refused.status_code == 422
    assert "甲户、乙户" in refused.text
    assert 'id="do-report-household" open' in refused.text, "the form that was tried stands open, as it was filled in"
    answer = await site.post(f"/items/{no}/report", data={**form, "answer.amount": "120.5"}, headers=me)
    assert answer.status_code == 303, answer.text
    assert (await owed())["household", "甲户"] == "1"
    assert (await owed())["gift", "甲户"] == "120.5"

    said = {"tally": "走访困难户", "about": "乙户", "answers": {"how": "call"}}
    over = await site.post(f"/api/v1/items/{no}/commands/report", json=said, headers=as_(liaison))
    assert over.status_code == 200, over.text
    assert (await owed())["household", "乙户"] == "0", "by telephone it is recorded, and does not count"
    assert "未计入" in (await site.get(f"/items/{no}", headers=me)).text

    entry = next(one.entry for one in witness.state(own.database, no).tallied)
    await own.give(no, "correct", SUPERVISOR, entry=entry, text="没有去", reason="误报")
    await own.give(no, "decide_correction", LEADER, grant=True)
    assert (await owed())["household", "甲户"] == "0"

    offered = (await site.get(f"/api/v1/items/{no}", headers=as_(liaison))).json()["commands"]
    submit = next(one for one in offered if one["command"] == "submit")
    assert "reason" in [field["name"] for field in submit["fields"]]
    short = await site.post(f"/items/{no}/submit", data={"text": "完了"}, headers=me)
    assert (short.status_code, "走访困难户·甲户 0/4" in short.text) == (409, True)
    await own.give(no, "submit", liaison, text="完了", reason="整村搬迁")
    fact = witness.events(own.database, no)[-1].fact
    assert len(fact.missing) >= 4  # type: ignore[union-attr]
    assert witness.state(own.database, no).nodes == ()
    assert witness.wrong(own.database) == []


def test_each_date_stands_once_on_the_strip_and_where_it_was_moved_by_a_rest_day() -> None:
    """A Saturday and a Sunday: the day itself and the one it is moved to stood there beside each other."""
    process = next(one for one in TALLIED if one.unit_kind == "organ")
    tally = replace(process.tallies[0], each="", by=(OwedBy(count=1, by="03-28"), OwedBy(count=2, by="06-28")))
    owing = Owing(process=replace(process, tallies=(tally,)), calendar=CALENDAR, since=at("2026-03-02"))
    (node,) = opened(owing, [(tally, "")], no=1)
    assert node.clock is not None
    assert node.clock.due.date.isoformat() == "2026-03-30"
    marks = marks_on_strip(owing, tally, "", node, (ShownCount(entry=3, on=date(2026, 3, 9), amount="1"),), 2026)
    assert [(mark.kind, mark.words) for mark in marks] == [
        ("met", "3月9日 1"),
        ("owed", "3月30日前"),
        ("owed", "6月29日前"),
    ]
    begun_in_december = replace(owing, since=at("2026-12-31"))
    january = Tallied(entry=3, about="", on=date(2027, 1, 6), amounts=(Amount(tally=tally.id, amount="1"),))
    assert strip_year(begun_in_december, replace(tally, by=()), (january,)) == 2027, "where no dates are, the reports'"
    assert strip_year(begun_in_december, tally, (january,)) == 2026
    late = replace(node, clock=replace(node.clock, late=node.clock.due.at))
    assert [mark.kind for mark in marks_on_strip(owing, tally, "", late, (), 2026)] == ["late", "owed"]
