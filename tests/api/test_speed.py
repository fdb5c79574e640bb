"""Pages that look through everything take about as long as the register, at the county's 2,000 items."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

import httpx2
import pytest

from api.app import create_app
from definitions.catalogue import EXAMPLE
from desk.acting import issuer
from desk.caller import on_site
from desk.intake import Intake
from desk.requests import Desk
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.directory import people
from ledger.store.evidence import EvidenceStore
from rules.machine.issuing import Order
from tests.support.product import SUPERVISOR, Started, known_county
from tests.support.signed import app_of, browsing, entrance_of
from workflows.gateway import Gateway

ITEMS, RUNS = 2_000, 7
SLOWER = 3.0
"""So many times the register's time at most; both are measured in turns in the same run, by the processor's time: other
programs on the machine stretch the clock of the one or the other."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], httpx2.AsyncClient]:
    """The site over 2,000 items, without an engine: pages only read."""
    folder = tmp_path_factory.mktemp("speed")
    database, now = known_county(folder), datetime.now(UTC)
    with database.write() as connection:
        refs = [people.unit_ref(connection, unit["id"]) for unit in people.all_units(connection)]
        orders = [
            Order(
                no="",
                unit=refs[n % len(refs)],
                title=f"第 {n % 20} 类：三会一课记录不全，党员学习不深入",
                matter=(("category", "组织建设"),),
            )
            for n in range(ITEMS)
        ]
        new = [
            NewItem(process=EXAMPLE, variant="staged", import_key=f"speed/{n}", order=order)
            for n, order in enumerate(orders)
        ]
        actor = issuer(connection, on_site(SUPERVISOR))
        batches.save(connection, "speed", new, filename="", title="", reading={}, actor=actor, now=now)
        batches.confirm(connection, "speed", actor, now)
    taken = True
    while taken:
        with database.write() as connection:
            taken = bool(batches.issue_chunk(connection, "speed", 500, now))
    files, gateway = EvidenceStore(folder / "evidence"), Gateway(None, database, task_queue="")  # type: ignore[arg-type]
    site = create_app(
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
        database=database,
        files=files,
        entrance=entrance_of(database),
    )
    return lambda: browsing(site)


@pytest.mark.parametrize("address", ["/account", "/audit/repeats", "/audit", "/clocks"])
async def test_the_page_takes_about_as_long_as_the_register(
    app: Callable[[], httpx2.AsyncClient], address: str
) -> None:
    best = {"/items": 9.0, address: 9.0}
    async with app() as web:
        for _ in range(RUNS):
            for one in best:
                begun = process_time()
                answer = await web.get(one)
                best[one] = min(best[one], process_time() - begun)
                assert answer.status_code == 200
    assert best[address] < SLOWER * best["/items"], best


async def test_a_large_group_shows_its_first_findings_and_leads_to_the_others(
    app: Callable[[], httpx2.AsyncClient],
) -> None:
    async with app() as web:
        page = (await web.get("/audit/repeats")).text
        assert page.count("另有 80 个") == 20
        assert 'href="/items?text=' in page


async def test_from_the_start_templates_are_compiled_so_that_no_first_request_waits_for_it(product: Started) -> None:
    app = app_of(product)
    jinja = app.state.renderer._jinja
    assert jinja.cache is not None
    assert not len(jinja.cache)
    async with app.router.lifespan_context(app):
        await app.state.compiling
        assert len(jinja.cache) == len(jinja.list_templates())
