"""Each part of the site is open to whom the table says, and every route belongs to a part."""

from itertools import chain

import httpx2
import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.policy import part_at
from ledger.store.evidence import EvidenceStore
from rules.access import CLOSED, Readable, opens
from rules.process import Role
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, Started

PEOPLE = {
    SUPERVISOR: Role.SUPERVISOR,
    LEADER: Role.LEADER,
    AUDITOR: Role.AUDITOR,
    "p2001": Role.LIAISON,
    "p0021": Role.INSTRUCTOR,
}
ADDRESSES = {
    Readable.AUDIT: ("/audit", "/audit/seals", "/audit/repeats", "/api/v1/audit/entries", "/api/v1/audit/checkpoints"),
    Readable.ACCESS_LOG: ("/audit/reads",),
    Readable.CLOCKS: ("/clocks", "/api/v1/clocks"),
    Readable.DRAWS: ("/draws", "/api/v1/draws"),
    Readable.IMPORT: ("/import",),
    Readable.ISSUE: ("/issue",),
}


def test_every_route_belongs_to_a_part(product: Started) -> None:
    files = EvidenceStore(product.files.folder)
    app = create_app(desk=product.desk, intake=product.intake, database=product.database, files=files)
    included = [one.original_router.routes for one in app.routes if hasattr(one, "original_router")]
    routes = [one for one in chain(app.routes, *included) if isinstance(one, APIRoute)]
    assert len(routes) > 80
    parts = {part_at(route.path) for route in routes}
    assert set(Readable) - parts == {Readable.SEARCH, Readable.COUNTS, Readable.BUNDLE, Readable.ADDRESSES} | {
        Readable.ACCOUNTS,
        Readable.SETTINGS,
    }
    assert set(ADDRESSES) == CLOSED - {Readable.ACCOUNTS, Readable.SETTINGS}


@pytest.mark.parametrize(("person", "role"), PEOPLE.items())
async def test_what_is_closed_is_refused_and_stands_in_no_menu(
    web: httpx2.AsyncClient, person: str, role: Role
) -> None:
    cookie = {"cookie": f"duban_person={person}"}
    menu = (await web.get("/inbox", headers=cookie)).text
    for part, addresses in ADDRESSES.items():
        for address in addresses:
            answer = await web.get(address, headers=cookie)
            assert answer.status_code == (200 if opens(part, [role]) else 403), (address, answer.text)
        if part is not Readable.ACCESS_LOG:
            assert (f'<a href="/{part}"' in menu) == opens(part, [role]), part


async def test_somebody_who_is_not_known_finds_nothing_and_is_told_so_where_it_is_closed(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("谁也不是的人看不到的事项")
    cookie = {"cookie": "duban_person=p9999"}
    assert (await web.get(f"/api/v1/items/{no}", headers=cookie)).status_code == 404
    assert (await web.get("/api/v1/audit/entries", headers=cookie)).json()["code"] == "unknown_person"
