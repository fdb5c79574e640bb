"""Each part of the site is open to whom the table says, and every route belongs to a part."""

from itertools import chain

import httpx2
import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.entrance.policy import part_at
from ledger.store.evidence import EvidenceStore
from rules.access import CLOSED, Readable, opens
from rules.process import Role
from tests.support.product import ADMINISTRATOR, AUDITOR, LEADER, SUPERVISOR, Started
from tests.support.signed import as_, entrance_of

PEOPLE = {
    SUPERVISOR: Role.SUPERVISOR,
    LEADER: Role.LEADER,
    AUDITOR: Role.AUDITOR,
    ADMINISTRATOR: Role.ADMINISTRATOR,
    "p2001": Role.LIAISON,
    "p0021": Role.INSTRUCTOR,
}
ADDRESSES = {
    Readable.AUDIT: ("/audit", "/audit/seals", "/audit/repeats", "/api/v1/audit/entries", "/api/v1/audit/checkpoints"),
    Readable.ACCESS_LOG: ("/audit/reads", "/audit/access", "/api/v1/audit/access"),
    Readable.ACCOUNTS: ("/accounts",),
    Readable.CONFIRMATIONS: ("/confirmations", "/confirmations?every=true"),
    Readable.CLOCKS: ("/clocks", "/api/v1/clocks"),
    Readable.DRAWS: ("/draws", "/api/v1/draws"),
    Readable.IMPORT: ("/import",),
    Readable.ISSUE: ("/issue",),
}


def test_every_route_belongs_to_a_part(product: Started) -> None:
    files = EvidenceStore(product.files.folder)
    app = create_app(
        desk=product.desk,
        intake=product.intake,
        database=product.database,
        files=files,
        entrance=entrance_of(product.database),
    )
    included = [one.original_router.routes for one in app.routes if hasattr(one, "original_router")]
    routes = [one for one in chain(app.routes, *included) if isinstance(one, APIRoute)]
    assert len(routes) > 80
    parts = {part_at(route.path) for route in routes}
    assert set(Readable) - parts == {
        *(Readable.SEARCH, Readable.COUNTS, Readable.BUNDLE, Readable.ADDRESSES, Readable.SETTINGS)
    }
    assert set(ADDRESSES) == CLOSED - {Readable.SETTINGS}


@pytest.mark.parametrize(("person", "role"), PEOPLE.items())
async def test_what_is_closed_is_refused_and_stands_in_no_menu(
    web: httpx2.AsyncClient, person: str, role: Role
) -> None:
    cookie = as_(person)
    menu = (await web.get("/inbox", headers=cookie)).text
    for part, addresses in ADDRESSES.items():
        for address in addresses:
            answer = await web.get(address, headers=cookie)
            assert answer.status_code == (200 if opens(part, [role]) else 403), (address, answer.text)
        if part is not Readable.ACCESS_LOG:
            assert (f'<a href="/{part}"' in menu) == opens(part, [role]), part
