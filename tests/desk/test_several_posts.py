"""Who holds several posts hears what can be done in all of them, whichever the refused command was given in."""

from datetime import UTC, datetime, timedelta

import httpx2
from sqlalchemy import insert

from ledger.directory import people, substitutes
from ledger.directory.people import PERSON, POST
from rules.dates.calendar import local_date
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_


async def test_a_refusal_names_what_can_be_done_in_every_post_held_today(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("一人两职的事项", unit="县茶科所")
    liaison, both = product.liaison(no), "p7701"
    with product.database.read() as connection:
        unit = next(post.unit for post in people.somebody(connection, liaison).posts if post.role is Role.LIAISON)
    with product.database.write() as connection:
        connection.execute(insert(PERSON).values(id=both, name="兼任两职", unit=unit))
        for role, of in ((Role.LIAISON, unit), (Role.SUPERVISOR, None)):
            connection.execute(insert(POST).values(person=both, role=str(role), unit=of))
    assert (await _give(web, no, "sign", liaison)).status_code == 200
    alone = (await _give(web, no, "sign", liaison)).json()["detail"]
    assert "此时可以：" in alone
    assert "上报" in alone
    assert "催办" not in alone
    refused = (await _give(web, no, "sign", both)).json()["detail"]
    assert "上报" in refused
    assert "催办" in refused


async def test_a_refusal_names_what_can_be_done_for_whoever_is_away(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("代理联络员的事项", unit="县教育局")
    liaison, now = product.liaison(no), datetime.now(UTC)
    today = local_date(now)
    with product.database.write() as connection:
        substitutes.name(
            connection,
            person=SUPERVISOR,
            stand_in=liaison,
            first=today,
            last=today + timedelta(days=1),
            named_by=Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE),
            now=now,
        )
    assert (await _give(web, no, "sign", liaison)).status_code == 200
    refused = (await _give(web, no, "sign", liaison)).json()["detail"]
    with product.database.write() as connection:
        substitutes.call_off(connection, SUPERVISOR, Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE), now)
    assert "催办" in refused
    assert "上报" in refused


async def _give(web: httpx2.AsyncClient, no: str, command: str, person: str) -> httpx2.Response:
    return await web.post(f"/api/v1/items/{no}/commands/{command}", json={}, headers=as_(person))
