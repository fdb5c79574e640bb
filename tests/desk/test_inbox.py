"""The inbox in JSON: unread first, seen once; whoever stands in reads, acts and is named for the one who is away."""

from datetime import UTC, datetime, timedelta

import httpx2

from rules.dates.calendar import local_date
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.signed import as_


def _days(first: int, last: int) -> dict[str, str]:
    today = local_date(datetime.now(UTC))
    return {"from": str(today + timedelta(days=first)), "to": str(today + timedelta(days=last))}


async def test_unread_comes_first_and_reading_again_does_not_change_when(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("收件箱的问题", unit="县总工会")
    liaison = product.liaison(no)
    await product.give(no, "remark", LEADER, text="请“限期”办结")
    inbox = (await web.get("/api/v1/me/inbox", headers=as_(liaison))).json()
    assert (inbox["unread"], inbox["total"]) == (2, 2)
    assert [n["kind_name"] for n in inbox["notices"]] == ["批示", "交办"]
    assert inbox["notices"][0]["sentence"] == "批示：请“限期”办结"
    assert inbox["notices"][0]["actor_name"]
    first = inbox["notices"][0]["id"]
    assert (await web.post("/api/v1/me/inbox/read", json={"ids": [first]}, headers=as_(liaison))).json() == {"count": 1}
    inbox = (await web.get("/api/v1/me/inbox", headers=as_(liaison))).json()
    assert (inbox["unread"], [n["id"] == first for n in inbox["notices"]]) == (1, [False, True])
    assert (await web.post("/api/v1/me/inbox/read", json={}, headers=as_(liaison))).json() == {"count": 1}
    assert (await web.post("/api/v1/me/inbox/read", json={}, headers=as_(liaison))).json() == {"count": 0}
    after = (await web.get("/api/v1/me/inbox", headers=as_(liaison))).json()
    assert next(n for n in after["notices"] if n["id"] == first)["read_at"] == inbox["notices"][1]["read_at"]


async def test_nobody_marks_what_another_person_hears(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("别人的通知", unit="县审计局")
    liaison = product.liaison(no)
    assert (
        await web.post("/api/v1/me/inbox/read", json={"ids": [f"{no}/1/{liaison}"]}, headers=as_("p2001"))
    ).json() == {"count": 0}
    notices = (await web.get("/api/v1/me/inbox", headers=as_(liaison))).json()["notices"]
    assert [n["read_at"] for n in notices if n["no"] == no] == [None]


async def test_who_stands_in_reads_acts_and_both_names_stand_in_the_history(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("请假期间的问题", unit="县司法局")
    away, stand_in = product.liaison(no), "p2026"
    named = await web.post(
        f"/api/v1/people/{away}/substitute", json={"stand_in": stand_in, **_days(0, 3)}, headers=as_(away)
    )
    assert named.status_code == 200, named.text
    inbox = (await web.get("/api/v1/me/inbox", headers=as_(stand_in))).json()
    assert inbox["standing_in"] == [named.json()["person_name"]]
    assert next(n for n in inbox["notices"] if n["no"] == no)["behalf_name"] == named.json()["person_name"]
    offered = (await web.get(f"/api/v1/items/{no}", headers=as_(stand_in))).json()["commands"]
    (sign,) = [c for c in offered if c["command"] == "sign"]
    assert sign["role_name"] == f"联络员，代{named.json()['person_name']}"
    done = await web.post(f"/api/v1/items/{no}/commands/sign", json={"id": f"{no}-sign"}, headers=as_(stand_in))
    assert done.status_code == 200, done.text
    again = await web.post(f"/api/v1/items/{no}/commands/sign", json={"id": f"{no}-sign"}, headers=as_(stand_in))
    assert again.json() == done.json()
    signed = (await web.get(f"/api/v1/items/{no}/timeline")).json()[-1]
    assert (signed["actor"], signed["behalf"]) == (stand_in, away)
    assert signed["actor_name"] == f"{named.json()['stand_in_name']}（代{named.json()['person_name']}）"
    shown = (await web.get("/api/v1/substitutes")).json()
    assert [s["stand_in"] for s in shown if s["person"] == away] == [stand_in]
    ended = await web.delete(f"/api/v1/people/{away}/substitute", headers=as_(away))
    assert ended.json() == {"count": 1}
    # Who stands in no longer sees nothing of the item; whoever sees it does not speak for others all the same.
    for person, said in ((stand_in, (404, "unknown_item")), (SUPERVISOR, (403, "not_stand_in"))):
        refused = await web.post(
            f"/api/v1/items/{no}/commands/submit", json={"text": "报", "behalf": away}, headers=as_(person)
        )
        assert (refused.status_code, refused.json()["code"]) == said


async def test_only_oneself_or_the_committee_names_a_substitute(web: httpx2.AsyncClient) -> None:
    body = {"stand_in": "p2027", **_days(0, 1)}
    refused = await web.post("/api/v1/people/p2028/substitute", json=body, headers=as_("p2029"))
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_role")
    named = await web.post("/api/v1/people/p2028/substitute", json=body, headers=as_(SUPERVISOR))
    assert named.json()["named_by"] == SUPERVISOR


async def test_circles_overlaps_and_days_gone_by_are_refused_in_words(web: httpx2.AsyncClient) -> None:
    async def name(person: str, stand_in: str, first: int, last: int) -> tuple[int, str, str]:
        body = {"stand_in": stand_in, **_days(first, last)}
        answer = await web.post(f"/api/v1/people/{person}/substitute", json=body, headers=as_(person))
        told = answer.json()
        return answer.status_code, told.get("code", ""), told.get("detail", "")

    assert (await name("p2030", "p2031", 0, 5))[0] == 200
    assert (await name("p2030", "p2032", 5, 9))[:2] == (409, "stand_in_overlap")
    assert (await name("p2031", "p2032", 3, 9))[0] == 200
    status, code, words = await name("p2032", "p2030", 0, 9)
    assert (status, code) == (409, "stand_in_cycle")
    assert words.count(" → ") == 3
    assert (await name("p2033", "p2034", -5, -1))[:2] == (422, "date_in_past")
    assert (await name("p2033", "p2034", 5, 1))[:2] == (422, "field_invalid")
    assert (await name("p2033", "nobody", 0, 1))[:2] == (404, "unknown_person")
